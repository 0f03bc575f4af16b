/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tokens that are out when fapid is brought from schema 2 to 3: none changes its state by it. They
 * name no way, and the database has one row for each certificate, whoever proved it last.
 */
#include "store/support/migrations.h"
#include "support/shared.h"
#include "token/form.h"

#include <sqlite3.h>
#include <sys/stat.h>

static const struct as_cert *lone;

/* ------------------------------------------------------------ as it was ----------------------- */

/* The same token in version 1 of its form (token/form.h). */
static char *in_version_1(char *text)
{
    const struct as_ctx *ctx = &f->w->ctx;
    const size_t at_way = 2 + AS_JTI + 3 * 8 + 1 + AS_DIGEST;
    const struct as_token *token = NULL;
    unsigned char inside[AS_SEAL_PLAIN_MAX], without[AS_SEAL_PLAIN_MAX];
    as_span sealed = AS_SPAN_NONE;
    size_t len = 0;

    ck_ok(as_token_read(ctx, as_span_of(text), &token));
    ck_assert_ptr_nonnull(token);
    ck_assert(as_token_inside_write(token, inside, sizeof(inside), &len));
    inside[0] = 1;
    if (token->binding.class_ == AS_CERTIFICATE_PKI) {
        len -= AS_WAY;
        memcpy(without, inside + at_way + AS_WAY, len - at_way);
        memcpy(inside + at_way, without, len - at_way);
    }
    ck_ok(as_seal(ctx->keys->ring, ctx->mem, AS_LIT(AS_TOKEN_PREFIX),
                  as_span_of(ctx->settings->issuer), as_span_bytes(inside, len), &sealed));
    free(text);
    return strndup(sealed.ptr, sealed.len);
}

static void run(sqlite3 *db, const char *sql)
{
    char *message = NULL;

    ck_assert_msg(sqlite3_exec(db, sql, NULL, NULL, &message) == SQLITE_OK, "%s", message);
}

/* The content in a database of schema 2. Of a certificate the row that was written first is there,
 * and one of a trust group rather than one of a registration, as it was kept then. */
static void make_0002(const char *path)
{
    char old[128], attach[256];
    sqlite3 *db = NULL;

    snprintf(old, sizeof(old), "%s.old", path);
    snprintf(attach, sizeof(attach), "ATTACH '%s' AS now", path);
    ck_assert_int_eq(sqlite3_open(old, &db), SQLITE_OK);
    run(db, migrations[0].sql);
    run(db, migrations[1].sql);
    run(db, attach);
    run(db, "DELETE FROM sequence; INSERT INTO sequence SELECT * FROM now.sequence;"
            "INSERT INTO party SELECT * FROM now.party;"
            "INSERT INTO audience SELECT * FROM now.audience;"
            "INSERT INTO identifier SELECT * FROM now.identifier;"
            "INSERT INTO key SELECT * FROM now.key;"
            "INSERT INTO certificate "
            "(thumbprint, der, chain, class, trust, anchor, path, not_after) "
            "SELECT thumbprint, der, chain, class, trust, anchor, path, not_after "
            "FROM now.certificate AS it WHERE number = (SELECT number FROM now.certificate "
            "WHERE thumbprint = it.thumbprint ORDER BY class, number LIMIT 1);"
            "DETACH now; PRAGMA application_id = 1717661801; PRAGMA user_version = 2;"
            "PRAGMA journal_mode = WAL");
    ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
    ck_assert_int_eq(chmod(old, 0600), 0);
    ck_assert_int_eq(rename(old, path), 0);
}

/* fapid of schema 2 is stopped, and today's is started on what it left. */
static void update(void)
{
    struct world *w = f->w;
    char path[96];
    char message[AS_STORE_MESSAGE] = "";

    flow_app_free(f);
    as_store_session_free(w->session);
    as_keyset_drop(w->keyset);
    as_keys_stop(w->keys);
    w->keyset = NULL;
    w->keys = NULL;
    as_store_close(w->store);
    snprintf(path, sizeof(path), "%s/fapid.db", w->dir);
    make_0002(path);
    ck_assert_msg(!as_failed(as_store_open("sqlite", path, &w->store, message)), "store: %s",
                  message);
    ck_ok(as_store_session_new(w->store, true, &w->session));
    w->ctx.store = w->session;
    world_keys(w, (struct as_keys_conf){.algs = 1u << AS_ALG_ES256,
                                        .alg = AS_ALG_ES256,
                                        .rotate_every = 30 * 86400,
                                        .publish_lead = 7200,
                                        .token_lifetime = 86400});
    flow_restart(f);
}

/* ------------------------------------------------------------ who is there -------------------- */

/* `banker`, `other` and `self` share a certificate: under either group, and registered. */
static void start(void)
{
    shared_start();
    lone = world_leaf(f->w, NULL, "CN=lone");
    world_add(f->w, (struct world_party){.id = "self", .certs = {by_banks}, .scope = "read"});
    world_add(f->w, (struct world_party){.id = "lone", .certs = {lone}, .scope = "read"});
}

static void stop(void)
{
    flow_free(f);
}

/* ------------------------------------------------------------ as it is ------------------------ */

START_TEST(D9_no_token_changes_its_state)
{
    char *banker = in_version_1(flow_token(f, by_banks, "banker"));
    char *self = in_version_1(flow_token(f, by_banks, "self"));
    char *other = in_version_1(flow_token(f, by_others, "other"));
    char *alone = in_version_1(flow_token(f, lone, "lone"));

    update();
    is_active(banker);
    is_active(self); /* the row of class pki was its own */
    is_active(alone);
    is_inactive(other, "cert_untrusted"); /* the row of its certificate is that of banker */

    char *newer = flow_token(f, by_others, "other"); /* from now on nobody ends another's */
    is_active(newer);
    is_active(banker);
    is_active(self);
    is_inactive(other, "cert_untrusted");

    anchors(f->w->ca_files[2], f->w->ca_files[1]); /* what ended them before ends them still */
    is_inactive(banker, "cert_untrusted");
    is_active(newer);
    is_active(self);
    anchors(f->w->ca_files[0], f->w->ca_files[1]);
    is_active(banker);
    world_delete(f->w, AS_PARTY_CLIENT, "self");
    is_inactive(self, "client_unknown");
    is_active(banker);
    free(banker);
    free(self);
    free(other);
    free(newer);
    free(alone);
}
END_TEST

/* Where the other one came first, it is his that go on. */
START_TEST(D9_whoever_had_the_row_keeps_it)
{
    char *self = in_version_1(flow_token(f, by_banks, "self"));
    char *other = in_version_1(flow_token(f, by_others, "other"));
    char *banker = in_version_1(flow_token(f, by_banks, "banker"));

    update();
    is_active(self);
    is_active(other);
    is_inactive(banker, "cert_untrusted");
    free(self);
    free(other);
    free(banker);
}
END_TEST

/* What registration had vouched for alone is forgotten with it. */
START_TEST(D9_a_registered_one_is_forgotten_as_before)
{
    char *alone = in_version_1(flow_token(f, lone, "lone"));

    update();
    is_active(alone);
    world_replace(f->w, (struct world_party){.id = "lone",
                                             .certs = {world_leaf(f->w, NULL, "CN=newer")},
                                             .scope = "read"});
    is_inactive(alone, "cert_not_registered");
    free(alone);
}
END_TEST

AS_TESTS("flow_introspection_update", {
    tcase_add_checked_fixture(t, start, stop);
    tcase_add_test(t, D9_no_token_changes_its_state);
    tcase_add_test(t, D9_whoever_had_the_row_keeps_it);
    tcase_add_test(t, D9_a_registered_one_is_forgotten_as_before);
})
