/* SPDX-License-Identifier: Apache-2.0 */
/* What a large job went through is not kept in memory when it is over. */
#include "store/support/restore.h"

#define MANY  5000
#define LARGE (1 << 20) /* octets of pages: a job was one */
#define SMALL (1 << 18)

/* Octets of pages that all connections hold, and the most that they did since this was asked. */
static int64_t pages_held(int64_t *most)
{
    sqlite3_int64 held = 0;
    sqlite3_int64 high = 0;

    ck_assert_int_eq(sqlite3_status64(SQLITE_STATUS_PAGECACHE_OVERFLOW, &held, &high, most != NULL),
                     SQLITE_OK);
    if (most != NULL) {
        *most = high;
    }
    return held;
}

/* Asked afterwards: they may have been given back before this thread comes to it. */
static bool were_many(void)
{
    int64_t most = 0;

    (void)pages_held(&most);
    return most > LARGE;
}

static bool are_given_back(void)
{
    const struct timespec moment = {0, 50000000};

    for (int i = 0; i < 1200 && pages_held(NULL) > SMALL; i++) {
        (void)nanosleep(&moment, NULL);
    }
    return pages_held(NULL) <= SMALL;
}

static void import_many(void)
{
    static struct a_client clients[MANY];
    static struct as_party_write writes[MANY];
    static char ids[MANY][16];
    size_t which = 0;

    for (size_t i = 0; i < MANY; i++) {
        unsigned char digest[AS_DIGEST] = {(unsigned char)i, (unsigned char)(i >> 8), 1};
        (void)snprintf(ids[i], sizeof(ids[i]), "many-%zu", i);
        writes[i] = *client_known(&clients[i], ids[i], 1, digest);
    }
    ck_ok(as_store_party_create(f.job, writes, MANY, &audit_line, &which));
    as_store_session_done(f.job);
}

START_TEST(pages_of_a_large_write_are_given_back)
{
    struct a_client c;

    fixture_start(&f, 0);
    import_many();
    ck_assert(were_many());
    ck_assert(are_given_back());
    ck_ok(create(f.job, client_named(&c, "one-more"))); /* and it goes on */
    ck_assert(is_there(f.worker, "one-more") && is_there(f.worker, "many-7"));
    ck_assert(are_given_back());
    fixture_end(&f);
}
END_TEST

START_TEST(pages_of_work_on_the_whole_are_given_back)
{
    fixture_start(&f, 0);
    import_many();
    back_up(&f);
    need_no_findings();
    ck_assert(were_many() && are_given_back());
    (void)were_many(); /* the most is counted from here on */
    ck_assert(!were_many());
    restore();
    ck_assert(were_many());
    ck_assert(are_given_back());
    ck_assert(is_there(f.worker, "many-7"));
    fixture_end(&f);
}
END_TEST

AS_TESTS("store_rest", {
    tcase_set_timeout(t, 120);
    tcase_add_test(t, pages_of_a_large_write_are_given_back);
    tcase_add_test(t, pages_of_work_on_the_whole_are_given_back);
})
