/* SPDX-License-Identifier: Apache-2.0 */
/* A copy becomes the store while it serves, whole or not at all. */
#include "store/support/restore.h"

#include "store/support/migrations.h"

#include <pthread.h>

/* ------------------------------------------------------------ what comes back ----------------- */

START_TEST(all_is_as_it_was_when_the_copy_was_made)
{
    const struct as_store_status before = {.schema = 0};
    struct as_store_status after = before;
    const struct as_party *party = NULL;
    const struct as_resource_set *set = NULL;
    const struct as_binding binding = {.x5t = true, .thumbprint = {7}};
    const struct as_certificate_row *row = NULL;
    const struct as_identifier known = {.kind = 1, .digest = {0xAA, 1}};
    as_span ids[2];
    size_t count = 0;
    bool found = false;

    start();
    ck_ok(as_store_party_delete(f.job, AS_PARTY_RESOURCE, AS_LIT("rs"), NULL, &found));
    ck_ok(as_store_party_delete(f.job, AS_PARTY_CLIENT, AS_LIT("c-1"), NULL, &found));
    ck_assert(!is_there(f.worker, "c-1"));
    restore();
    ck_assert(!is_there(f.worker, "c-2"));
    ck_ok(as_store_party_get(f.worker, AS_LIT("c-1"), &party));
    ck_assert_ptr_nonnull(party);
    ck_assert(party->has_rat && party->shared);
    ck_span_eq(party->client->scope, "accounts");
    ck_ok(as_store_resources(f.worker, &set));
    ck_assert_uint_eq(set->count, 1);
    ck_span_eq(set->items[0]->audience[0], "https://rs.example/");
    ck_ok(as_store_certificate_get(f.worker, &binding, &row));
    ck_span_eq(row->der, "leaf");
    ck_ok(as_store_parties_of(f.worker, f.mem, AS_PARTY_CLIENT, &known, 1, ids, 2, &count));
    ck_assert_uint_eq(count, 1);
    ck_ok(as_store_token_is_revoked(f.worker, jti_of_all, &found));
    ck_assert(found);
    as_store_session_done(f.worker);
    after = status_of(&f);
    ck_assert_int_eq(after.clients, 1);
    ck_assert_int_eq(after.resources, 1);
    ck_assert(after.ready);
    fixture_end(&f);
}
END_TEST

START_TEST(REG_147_what_was_issued_before_is_dead)
{
    const struct as_key_row *keys = NULL;
    size_t count = 9;

    start();
    int64_t theirs = epoch_of(&f, "c-1");
    int64_t ours = epoch_of(&f, "c-2");
    ck_assert_int_gt(ours, theirs);
    restore();
    ck_ok(as_store_keys(f.job, f.mem, &keys, &count));
    ck_assert_uint_eq(count, 0);
    as_store_session_done(f.job);
    ck_assert_int_eq(status_of(&f).iats, 0);
    ck_assert_int_eq(status_of(&f).epoch, 2);
    put_key(&f, "bb", "one"); /* the line is free */
    struct a_client c;
    ck_ok(create(f.job, client_named(&c, "c-2")));
    ck_assert_int_gt(epoch_of(&f, "c-2"), ours); /* no epoch is given twice */
    restore();
    ck_assert_int_eq(status_of(&f).epoch, 3);
    fixture_end(&f);
}
END_TEST

/* A copy of a store that had gone further than the new one that takes it. */
START_TEST(D8_epochs_go_on_from_the_higher_of_both)
{
    struct fixture other;
    struct a_client c;
    char why[AS_STORE_MESSAGE];

    start();
    sql_on(copy_path(&f), "UPDATE sequence SET value = 1000 WHERE name = 'epoch';"
                          "UPDATE sequence SET value = 7 WHERE name = 'store'");
    fixture_start(&other, 0);
    ck_ok(as_store_restore(other.job, copy_path(&f), &restored, why));
    ck_assert_int_eq(status_of(&other).epoch, 8);
    ck_ok(create(other.job, client_named(&c, "c-2")));
    ck_assert_int_eq(epoch_of(&other, "c-2"), 1001);
    fixture_end(&other);
    fixture_end(&f);
}
END_TEST

static size_t lines(struct fixture *fixture, const struct as_audit_row **rows)
{
    size_t count = 0;

    ck_ok(as_store_audit_list(fixture->job, fixture->mem, 0, 100, rows, &count));
    as_store_session_done(fixture->job);
    return count;
}

START_TEST(the_audit_is_only_ever_added_to)
{
    const struct as_audit_row *rows = NULL;
    struct fixture other;
    struct as_audit later = audit_line;
    char why[AS_STORE_MESSAGE];

    start();
    later.event = "later";
    ck_ok(as_store_token_revoke(f.job, jti_of_all, FAR, &later));
    restore();
    ck_assert_uint_eq(lines(&f, &rows), 3);
    ck_assert_str_eq(rows[0].audit.event, "client_created"); /* of both, once */
    ck_assert_str_eq(rows[1].audit.event, "later");
    ck_assert_str_eq(rows[2].audit.event, "store_restored");
    ck_span_eq(rows[2].audit.actor, "uid:0");
    fixture_start(&other, 0); /* a new store learns what the old one had written */
    ck_ok(as_store_token_revoke(other.job, jti_of_all, FAR, &later));
    ck_ok(as_store_restore(other.job, copy_path(&f), &restored, why));
    ck_assert_uint_eq(lines(&other, &rows), 3);
    ck_assert_str_eq(rows[0].audit.event, "later");
    ck_assert_str_eq(rows[1].audit.event, "client_created");
    ck_assert_str_eq(rows[2].audit.event, "store_restored");
    ck_assert_int_eq(rows[2].number, 3);
    fixture_end(&other);
    fixture_end(&f);
}
END_TEST

/* What replace.c knows must be all there is. */
START_TEST(every_table_is_thought_of)
{
    start();
    ck_assert_int_eq(number_on(f.path, "SELECT count(*) FROM sqlite_schema WHERE type = 'table' "
                                       "AND name NOT IN ('party', 'audience', 'identifier', "
                                       "'certificate', 'revocation', 'key', 'iat', 'audit', "
                                       "'sequence', 'sqlite_sequence')"),
                     0);
    fixture_end(&f);
}
END_TEST

START_TEST(an_older_copy_is_brought_to_todays_schema)
{
    char text[2048];

    start();
    ck_assert_int_eq(unlink(copy_path(&f)), 0);
    sql_on(copy_path(&f), migrations[0].sql);
    (void)snprintf(text, sizeof(text),
                   "%s PRAGMA application_id = 1717661801;"
                   "PRAGMA user_version = 1",
                   old_rows);
    sql_on(copy_path(&f), text);
    ck_assert_int_eq(chmod(copy_path(&f), 0600), 0);
    restore();
    ck_assert(is_there(f.worker, "old-client"));
    ck_assert(is_there(f.worker, "old-rs"));
    ck_assert(!is_there(f.worker, "c-2"));
    ck_assert_int_eq(status_of(&f).keys, 0);
    ck_assert_int_eq(status_of(&f).epoch, 2);
    ck_assert_int_eq(number_on(copy_path(&f), "PRAGMA user_version"), 1); /* left as it was */
    fixture_end(&f);
}
END_TEST

/* ------------------------------------------------------------ while it serves ----------------- */

/* Reads until told; a client is there in both contents, and another in one of them with its key. */
static void *read_on(void *arg)
{
    atomic_bool *stop = arg;
    struct as_store_session *session = NULL;
    struct as_arena *mem = as_arena_new(1 << 20);

    ck_ok(as_store_session_new(f.store, false, &session));
    while (!atomic_load(stop)) {
        const struct as_party *const *list = NULL;
        const struct as_key_row *keys = NULL;
        size_t parties = 0;
        size_t count = 0;
        as_arena_reset(mem);
        ck_ok(as_store_party_list(session, mem, AS_PARTY_CLIENT, AS_SPAN_NONE, 9, &list, &parties));
        ck_ok(as_store_keys(session, mem, &keys, &count));
        ck_assert_uint_eq(parties, count == 1 ? 2 : 1);
        ck_span_eq(list[0]->id, "c-1");
        as_store_session_done(session);
    }
    as_store_session_free(session);
    as_arena_free(mem);
    return NULL;
}

/* The store goes forth and back between two contents; no reader sees a mixture. */
START_TEST(D10_readers_see_one_content_or_the_other)
{
    static atomic_bool stop;
    pthread_t threads[3];

    start();
    for (size_t i = 0; i < AS_COUNT(threads); i++) {
        ck_assert_int_eq(pthread_create(&threads[i], NULL, read_on, &stop), 0);
    }
    restore();
    atomic_store(&stop, true);
    for (size_t i = 0; i < AS_COUNT(threads); i++) {
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    }
    fixture_end(&f);
}
END_TEST

static void *register_on(void *arg)
{
    atomic_bool *stop = arg;
    struct as_store_session *session = NULL;

    ck_ok(as_store_session_new(f.store, true, &session));
    for (int i = 0; i < 100000 && !atomic_load(stop); i++) {
        struct a_client c;
        char id[16];
        size_t which = 0;
        (void)snprintf(id, sizeof(id), "w%d", i);
        ck_ok(as_store_party_create(session, client_named(&c, id), 1, NULL, &which));
        as_store_session_done(session);
    }
    as_store_session_free(session);
    return NULL;
}

START_TEST(D10_writers_wait_and_go_on)
{
    static atomic_bool stop;
    pthread_t threads[3];
    struct a_client c;

    start();
    ck_assert_int_eq(pthread_create(&threads[0], NULL, register_on, &stop), 0);
    for (int i = 0; i < 5; i++) {
        restore();
    }
    atomic_store(&stop, true);
    ck_assert_int_eq(pthread_join(threads[0], NULL), 0);
    ck_ok(create(f.job, client_named(&c, "c-9")));
    restore();
    ck_assert(!is_there(f.worker, "c-9"));
    ck_assert(is_there(f.worker, "c-1"));
    ck_assert_int_eq(status_of(&f).clients, 1);
    fixture_end(&f);
}
END_TEST

AS_TESTS("store_restore", {
    tcase_add_test(t, all_is_as_it_was_when_the_copy_was_made);
    tcase_add_test(t, REG_147_what_was_issued_before_is_dead);
    tcase_add_test(t, D8_epochs_go_on_from_the_higher_of_both);
    tcase_add_test(t, the_audit_is_only_ever_added_to);
    tcase_add_test(t, every_table_is_thought_of);
    tcase_add_test(t, an_older_copy_is_brought_to_todays_schema);
    tcase_add_test(t, D10_readers_see_one_content_or_the_other);
    tcase_add_test(t, D10_writers_wait_and_go_on);
})
