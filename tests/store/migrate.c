/* SPDX-License-Identifier: Apache-2.0 */
/* Databases of earlier versions go on with all they hold. */
#include "store/support/migrations.h"
#include "store/support/whole.h"

static struct fixture f;

/* A database as the first part left it. */
static void start_old(void)
{
    char text[2048];

    fixture_start(&f, 0);
    fixture_close(&f);
    ck_assert_int_eq(unlink(f.path), 0);
    sql_on(f.path, migrations[0].sql);
    (void)snprintf(text, sizeof(text),
                   "%s PRAGMA application_id = 1717661801; PRAGMA user_version = 1;"
                   "PRAGMA journal_mode = WAL",
                   old_rows);
    sql_on(f.path, text);
    ck_assert_int_eq(chmod(f.path, 0600), 0);
}

START_TEST(REG_147_sealing_keys_go_on_the_youngest_of_a_purpose_is_used)
{
    static const struct {
        const char *kid, *purpose, *wrapped;
        enum as_key_state state;
        as_time created, retired;
    } want[] = {
        {"b102030405060708", "two", "\xDD", AS_KEY_ACTIVE, 50, 0},
        {"0102030405060708", "one", "\xAA", AS_KEY_RETIRED, 100, 100},
        {"a102030405060708", "one", "\xCC", AS_KEY_RETIRED, 200, 200},
        {"f102030405060708", "one", "\xBB", AS_KEY_ACTIVE, 300, 0},
    };
    const struct as_key_row *keys = NULL;
    size_t count = 0;

    start_old();
    fixture_open(&f, 0);
    ck_ok(as_store_keys(f.job, f.mem, &keys, &count));
    ck_assert_uint_eq(count, AS_COUNT(want));
    for (size_t i = 0; i < count; i++) {
        ck_span_eq(keys[i].kid, want[i].kid);
        ck_span_eq(keys[i].purpose, want[i].purpose);
        ck_span_eq(keys[i].wrapped, want[i].wrapped);
        ck_assert_uint_eq(keys[i].alg.len + keys[i].public_.len, 0);
        ck_assert_int_eq(keys[i].state, want[i].state);
        ck_assert_int_eq(keys[i].created, want[i].created);
        ck_assert_int_eq(keys[i].activates, want[i].created);
        ck_assert_int_eq(keys[i].retired, want[i].retired);
        ck_assert_int_eq(keys[i].lifetime, 86400);
    }
    fixture_end(&f);
}
END_TEST

START_TEST(parties_go_on_and_chose_nothing_of_what_is_new)
{
    const struct as_party *party = NULL;

    start_old();
    fixture_open(&f, 0);
    ck_ok(as_store_party_get(f.worker, AS_LIT("old-client"), &party));
    ck_assert_ptr_nonnull(party);
    ck_assert_int_eq(party->epoch, 7);
    ck_assert(!party->has_rat);
    ck_assert_int_eq(party->client->token_format, AS_TOKEN_UNSET);
    ck_span_eq(party->trust, "banks");
    ck_span_eq(party->client->default_resource, "https://rs.example/");
    ck_assert(party->client->bound_access_tokens);
    ck_ok(as_store_party_get(f.worker, AS_LIT("old-rs"), &party));
    ck_assert_uint_eq(party->certificate_count, 1);
    ck_assert_int_eq(party->resource->token_format, AS_TOKEN_UNSET);
    ck_assert_int_eq(party->resource->token_alg, AS_ALG_NONE);
    ck_assert_int_eq(party->resource->introspection_alg, AS_ALG_NONE);
    ck_assert(!party->resource->scopes_hidden);
    as_store_session_done(f.worker);
    const struct as_store_status status = status_of(&f);
    ck_assert_int_eq(status.schema, 3);
    ck_assert_int_eq(status.epoch, 1);
    ck_assert_int_eq(status.revocations, 1);
    ck_assert_int_eq(status.audits, 1);
    struct a_client c;
    ck_ok(create(f.job, client_named(&c, "new")));
    ck_assert_int_eq(epoch_of(&f, "new"), 9);
    fixture_end(&f);
}
END_TEST

static void tell(void *arg, const char *text)
{
    (void)snprintf(arg, 256, "%s", text);
}

START_TEST(check_reads_an_older_database_without_migrating_it)
{
    char told[AS_STORE_MESSAGE] = "";

    start_old();
    ck_ok(as_store_check("sqlite", f.path, tell, told));
    ck_assert_int_eq(number_on(f.path, "PRAGMA user_version"), 1);
    fixture_open(&f, 0);
    fixture_close(&f);
    ck_ok(as_store_check("sqlite", f.path, tell, told));
    ck_assert_int_eq(number_on(f.path, "PRAGMA user_version"), 3);
    fixture_remove(&f);
}
END_TEST

/* A migration that cannot be made leaves the database as it was. */
START_TEST(a_migration_is_made_whole_or_not_at_all)
{
    struct as_store *store = NULL;
    char message[AS_STORE_MESSAGE];

    start_old();
    sql_on(f.path, "CREATE TABLE iat (nonsense TEXT)"); /* in the way of the second step */
    ck_assert(as_failed(as_store_open("sqlite", f.path, &store, message)));
    ck_assert_ptr_null(store);
    ck_assert_int_eq(number_on(f.path, "PRAGMA user_version"), 1);
    ck_assert_int_eq(number_on(f.path, "SELECT count(*) FROM seal_key"), 4);
    sql_on(f.path, "DROP TABLE iat");
    fixture_open(&f, 0);
    ck_assert(is_there(f.worker, "old-client"));
    fixture_end(&f);
}
END_TEST

/* A database as the second part left it: three certificates with a row each, B and C registered. */
static void start_0002(void)
{
    start_old();
    sql_on(f.path, migrations[1].sql);
    sql_on(f.path,
           "PRAGMA user_version = 2;"
           "INSERT INTO identifier VALUES (100, CAST(printf('%030dBB', 0) AS BLOB), 5);"
           "INSERT INTO identifier VALUES (100, CAST(printf('%030dCC', 0) AS BLOB), 5);"
           "INSERT INTO certificate VALUES (7, CAST(printf('%030dAA', 0) AS BLOB), x'01',"
           " x'02', 0, 'banks', CAST(printf('%032d', 9) AS BLOB), zeroblob(61), 40000000001);"
           "INSERT INTO certificate VALUES (8, CAST(printf('%030dBB', 0) AS BLOB), x'03',"
           " x'', 0, 'others', CAST(printf('%032d', 9) AS BLOB), zeroblob(122), 40000000002);"
           "INSERT INTO certificate VALUES (9, CAST(printf('%030dCC', 0) AS BLOB), x'04',"
           " x'', 1, '', zeroblob(32), x'', 40000000003);");
}

static const struct as_certificate_row *row_of(const char *last, enum as_certificate_class class_)
{
    struct as_binding binding = {.x5t = true, .class_ = class_};
    const struct as_certificate_row *row = NULL;
    char thumbprint[AS_DIGEST + 1];

    (void)snprintf(thumbprint, sizeof(thumbprint), "%030d%s", 0, last);
    memcpy(binding.thumbprint, thumbprint, AS_DIGEST);
    ck_ok(as_store_certificate_get(f.worker, &binding, &row));
    return row;
}

START_TEST(D9_each_certificate_goes_on_with_its_row)
{
    start_0002();
    fixture_open(&f, 0);
    const struct as_certificate_row *row = row_of("AA", AS_CERTIFICATE_PKI);
    ck_assert_ptr_nonnull(row);
    ck_span_eq(row->der, "\x01");
    ck_span_eq(row->chain, "\x02");
    ck_span_eq(row->trust, "banks");
    ck_assert_uint_eq(row->anchor[AS_DIGEST - 1], '9');
    ck_assert_uint_eq(row->path_count, 1);
    ck_assert_int_eq(row->not_after, INT64_C(40000000001));
    ck_assert_ptr_null(row_of("AA", AS_CERTIFICATE_REGISTERED)); /* no party has registered it */
    row = row_of("BB", AS_CERTIFICATE_PKI); /* it was the row of both methods */
    ck_assert_uint_eq(row->path_count, 2);
    ck_span_eq(row->trust, "others");
    row = row_of("BB", AS_CERTIFICATE_REGISTERED);
    ck_assert_ptr_nonnull(row);
    ck_span_eq(row->der, "\x03");
    ck_assert_uint_eq(row->path_count + row->trust.len + row->anchor[AS_DIGEST - 1], 0);
    ck_assert_int_eq(row->not_after, INT64_C(40000000002));
    row = row_of("CC", AS_CERTIFICATE_REGISTERED);
    ck_assert_ptr_nonnull(row);
    ck_assert_int_eq(row->not_after, INT64_C(40000000003));
    ck_assert_ptr_null(row_of("CC", AS_CERTIFICATE_PKI));
    as_store_session_done(f.worker);
    ck_assert_int_eq(number_on(f.path, "SELECT count(*) FROM certificate"), 4);
    ck_assert_int_eq(status_of(&f).certificates, 3);
    fixture_end(&f);
}
END_TEST

AS_TESTS("store_migrate", {
    tcase_add_test(t, REG_147_sealing_keys_go_on_the_youngest_of_a_purpose_is_used);
    tcase_add_test(t, parties_go_on_and_chose_nothing_of_what_is_new);
    tcase_add_test(t, check_reads_an_older_database_without_migrating_it);
    tcase_add_test(t, a_migration_is_made_whole_or_not_at_all);
    tcase_add_test(t, D9_each_certificate_goes_on_with_its_row);
})
