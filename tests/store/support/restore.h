/* SPDX-License-Identifier: Apache-2.0 */
/* A store of which there is a copy, and restoring it. */
#ifndef AS_TESTS_STORE_RESTORE_H
#define AS_TESTS_STORE_RESTORE_H

#include "store/support/shim.h"
#include "store/support/whole.h"

static struct fixture f;

static const struct as_audit restored = {
    .event = "store_restored",
    .actor = AS_LIT_ROW("uid:0"),
    .auth_method = "admin",
    .outcome = "success",
    .reason = "",
    .at = FAR + 9,
};

/* A store of which there is a copy, and that went on. */
static inline void start(void)
{
    struct a_client c;

    fixture_start(&f, 0);
    put_all(&f, "c-1", "rs", "https://rs.example/");
    put_key(&f, "aa", "one");
    back_up(&f);
    ck_ok(create(f.job, client_named(&c, "c-2")));
}

static inline void restore(void)
{
    char why[AS_STORE_MESSAGE] = "";
    as_err err = as_store_restore(f.job, copy_path(&f), &restored, why);

    ck_assert_msg(!as_failed(err), "%s: %s", err.why, why);
}

/* While it is in use. */
static inline void need_no_findings(void)
{
    size_t findings = 1;

    ck_ok(as_store_check_live(f.job, NULL, NULL, &findings));
    ck_assert_uint_eq(findings, 0);
}

static inline void refuses(const char *path, enum as_fault_id fault, const char *says)
{
    char why[AS_STORE_MESSAGE] = "";
    char place[160];
    as_err err = as_store_restore(f.job, path, &restored, why);

    ck_assert_msg(as_err_is(err, fault), "%s: %s: %s", path, err.why, why);
    ck_assert_msg(strstr(why, says) != NULL, "\"%s\" lacks \"%s\"", why, says);
    ck_assert_msg(strstr(why, path) != NULL, "\"%s\" names no path", why);
    (void)snprintf(place, sizeof(place), "%s.restore", f.path);
    ck_assert(!exists(place));
    ck_assert(is_there(f.worker, "c-2")); /* as it was */
    ck_assert_int_eq(status_of(&f).keys, 1);
    ck_assert_int_eq(status_of(&f).epoch, 1);
}

#endif
