/* SPDX-License-Identifier: Apache-2.0 */
#include "store/session.h"
#include "store/support/fixture.h"

static struct fixture f;

static void check_common(const struct as_party *party, const struct as_party *want)
{
    ck_assert(as_span_equal(party->id, want->id));
    ck_assert_int_eq(party->kind, want->kind);
    ck_assert_int_eq(party->status, want->status);
    ck_assert_int_eq(party->method, want->method);
    ck_assert_uint_eq(party->name_kind, want->name_kind);
    ck_assert(as_span_equal(party->name_canon, want->name_canon));
    ck_assert_uint_eq(party->certificate_count, want->certificate_count);
    for (size_t i = 0; i < want->certificate_count; i++) {
        ck_assert_mem_eq(party->certificates[i], want->certificates[i], AS_DIGEST);
    }
    ck_assert(as_span_equal(party->trust, want->trust));
    ck_assert_int_eq(party->shared, want->shared);
    ck_assert_int_eq(party->created, want->created);
    ck_assert_int_eq(party->updated, want->updated);
    ck_assert(as_span_equal(party->metadata, want->metadata));
}

static void fill_client(struct a_client *c)
{
    static const unsigned char certificates[2][AS_DIGEST] = {{1, 2, 3}, {4, 5, 6}};

    (void)client_named(c, "c-1");
    c->party.status = AS_PARTY_DISABLED;
    c->party.method = AS_METHOD_SELF_SIGNED_TLS_CLIENT_AUTH;
    c->party.name_kind = 3;
    c->party.name_canon = as_span_bytes("\x00\xFF\x01", 3);
    c->party.certificates = certificates;
    c->party.certificate_count = 2;
    c->party.trust = AS_LIT("banks");
    c->party.shared = true;
    c->party.metadata = AS_LIT("{\"client_name\":\"\xC3\xA9\"}");
    c->party.updated = 1600000009;
    c->client.profile = AS_LIT("fapi2");
    c->client.grants = 1U << AS_GRANT_CLIENT_CREDENTIALS;
    c->client.scope = AS_LIT("accounts payments");
    c->client.default_resource = AS_LIT("https://rs.example/");
    c->client.bound_access_tokens = true;
}

START_TEST(a_client_comes_back_as_it_was_stored)
{
    struct a_client c;
    const struct as_party *party = NULL;

    fixture_start(&f, (size_t)_i);
    fill_client(&c);
    ck_ok(create(f.job, &c.write));
    ck_ok(as_store_party_get(f.worker, AS_LIT("c-1"), &party));
    ck_assert_ptr_nonnull(party);
    check_common(party, &c.party);
    ck_assert_int_gt(party->epoch, 0);
    ck_assert_ptr_null(party->resource);
    ck_assert_ptr_eq(party->client->party, party);
    ck_span_eq(party->client->profile, "fapi2");
    ck_assert_uint_eq(party->client->grants, c.client.grants);
    ck_span_eq(party->client->scope, "accounts payments");
    ck_span_eq(party->client->default_resource, "https://rs.example/");
    ck_assert(party->client->bound_access_tokens);
    fixture_end(&f);
}
END_TEST

START_TEST(a_resource_server_comes_back_as_it_was_stored)
{
    const as_span audience[] = {AS_LIT_ROW("https://z.example/"), AS_LIT_ROW("https://a.example/")};
    struct a_resource r;
    const struct as_party *party = NULL;

    fixture_start(&f, (size_t)_i);
    (void)resource_named(&r, "rs-1", "");
    r.resource.audience = audience;
    r.resource.audience_count = 2;
    ck_ok(create(f.job, &r.write));
    ck_ok(as_store_party_get(f.worker, AS_LIT("rs-1"), &party));
    ck_assert_ptr_nonnull(party);
    check_common(party, &r.party);
    ck_assert_ptr_null(party->client);
    ck_assert_ptr_eq(party->resource->party, party);
    ck_assert_uint_eq(party->resource->audience_count, 2);
    ck_span_eq(party->resource->audience[0], "https://z.example/"); /* in the order given */
    ck_span_eq(party->resource->audience[1], "https://a.example/");
    ck_span_eq(party->resource->scope, "accounts payments");
    fixture_end(&f);
}
END_TEST

START_TEST(nobody_has_a_strange_id)
{
    char longest[AS_LIMIT_PARTY_ID + 1];
    const struct as_party *party = NULL;
    struct a_client c;

    fixture_start(&f, (size_t)_i);
    memset(longest, 'x', sizeof(longest));
    const as_span strange[] = {AS_SPAN_NONE, as_span_bytes("c\0", 2),
                               as_span_bytes(longest, sizeof(longest)), AS_LIT("C"), AS_LIT("c ")};
    ck_ok(create(f.job, client_named(&c, "c")));
    for (size_t i = 0; i < AS_COUNT(strange); i++) {
        ck_ok(as_store_party_get(f.job, strange[i], &party));
        ck_assert_ptr_null(party);
    }
    (void)client_named(&c, "");
    for (size_t i = 0; i < 3; i++) {
        c.party.id = strange[i];
        ck_fault(create(f.job, &c.write), AS_INVALID_CLIENT_METADATA);
    }
    c.party.id = as_span_bytes(longest, AS_LIMIT_PARTY_ID);
    ck_ok(create(f.job, &c.write));
    fixture_end(&f);
}
END_TEST

START_TEST(ids_are_one_space)
{
    struct a_client c;
    struct a_resource r;

    fixture_start(&f, (size_t)_i);
    ck_ok(create(f.job, client_named(&c, "one")));
    ck_refuses(create(f.job, client_named(&c, "one")), AS_ALREADY_EXISTS, "the id is taken");
    ck_refuses(create(f.job, resource_named(&r, "one", "https://one.example/")), AS_ALREADY_EXISTS,
               "the id is taken");
    ck_ok(create(f.job, resource_named(&r, "two", "https://one.example/")));
    fixture_end(&f);
}
END_TEST

START_TEST(an_audience_belongs_to_one_resource_server)
{
    struct a_resource r;
    bool found = false;

    fixture_start(&f, (size_t)_i);
    ck_ok(create(f.job, resource_named(&r, "a", "https://rs.example/")));
    ck_refuses(create(f.job, resource_named(&r, "b", "https://rs.example/")), AS_ALREADY_EXISTS,
               "the audience is taken");
    ck_assert(!is_there(f.worker, "b"));
    ck_ok(create(f.job, resource_named(&r, "b", "https://rs.example")));
    (void)resource_named(&r, "b", "https://rs.example/");
    ck_fault(as_store_party_replace(f.job, &r.write, NULL, &found), AS_ALREADY_EXISTS);
    (void)resource_named(&r, "a", "https://rs.example/"); /* its own is no obstacle */
    ck_ok(as_store_party_replace(f.job, &r.write, NULL, &found));
    ck_assert(found);
    fixture_end(&f);
}
END_TEST

START_TEST(MTLS_114_an_identifier_of_another_party_is_refused)
{
    struct a_client c;
    bool found = false;

    fixture_start(&f, (size_t)_i);
    ck_ok(create(f.job, client_known(&c, "a", 1, digest_a)));
    ck_fault(create(f.job, client_known(&c, "b", 1, digest_a)), AS_INVALID_CLIENT_METADATA);
    ck_assert(!is_there(f.worker, "b"));
    ck_ok(create(f.job, client_known(&c, "b", 2, digest_a))); /* another kind of name */
    ck_ok(create(f.job, client_known(&c, "c", 1, digest_b)));
    (void)client_known(&c, "c", 1, digest_a);
    ck_fault(as_store_party_replace(f.job, &c.write, NULL, &found), AS_INVALID_CLIENT_METADATA);
    (void)client_known(&c, "a", 1, digest_a); /* its own is no obstacle */
    ck_ok(as_store_party_replace(f.job, &c.write, NULL, &found));
    ck_assert(found);
    fixture_end(&f);
}
END_TEST

START_TEST(MTLS_114_shared_is_the_switch)
{
    struct a_client c;
    as_span ids[4];
    size_t count = 0;

    fixture_start(&f, (size_t)_i);
    ck_ok(create(f.job, client_known(&c, "a", 1, digest_a)));
    (void)client_known(&c, "b", 1, digest_a);
    c.party.shared = true;
    ck_ok(create(f.job, &c.write));
    ck_ok(as_store_parties_of(f.job, f.mem, AS_PARTY_CLIENT, &c.identifier, 1, ids, 4, &count));
    ck_assert_uint_eq(count, 2);
    fixture_end(&f);
}
END_TEST

static as_err replace_known(const char *id, const unsigned char digest[AS_DIGEST], bool shared)
{
    struct a_client c;
    bool found = false;

    (void)client_known(&c, id, 1, digest);
    c.party.shared = shared;
    as_err err = as_store_party_replace(f.job, &c.write, NULL, &found);
    ck_assert_msg(as_failed(err) || found, "there is no %s", id);
    return err;
}

/* `a` was there first, and `b` shares its name with it by an operator's word about `b`. */
START_TEST(MTLS_114_who_came_first_keeps_what_others_share)
{
    static const unsigned char digest_free[AS_DIGEST] = {0xCC, 3};
    struct a_client c;

    fixture_start(&f, (size_t)_i);
    ck_ok(create(f.job, client_known(&c, "a", 1, digest_a)));
    ck_ok(create(f.job, client_known(&c, "other", 1, digest_b)));
    (void)client_known(&c, "b", 1, digest_a);
    c.party.shared = true;
    ck_ok(create(f.job, &c.write));
    ck_ok(replace_known("a", digest_a, false));
    ck_ok(replace_known("a", digest_a, false)); /* and it stays so */
    ck_fault(replace_known("a", digest_b, false), AS_INVALID_CLIENT_METADATA);
    ck_ok(replace_known("a", digest_a, false)); /* the refusal took nothing from it */
    ck_fault(replace_known("b", digest_a, false), AS_INVALID_CLIENT_METADATA); /* it came later */
    ck_fault(create(f.job, client_known(&c, "c", 1, digest_a)), AS_INVALID_CLIENT_METADATA);
    ck_ok(replace_known("a", digest_free, false));
    ck_fault(replace_known("a", digest_a, false), AS_INVALID_CLIENT_METADATA); /* given up */
    ck_ok(replace_known("b", digest_a, false)); /* alone with it now */
    fixture_end(&f);
}
END_TEST

START_TEST(MTLS_114_within_one_import_too)
{
    struct a_client c[2];
    size_t which = 9;

    fixture_start(&f, (size_t)_i);
    const struct as_party_write writes[] = {*client_known(&c[0], "a", 1, digest_a),
                                            *client_known(&c[1], "b", 1, digest_a)};
    ck_fault(as_store_party_create(f.job, writes, 2, NULL, &which), AS_INVALID_CLIENT_METADATA);
    ck_assert_uint_eq(which, 1);
    ck_assert(!is_there(f.worker, "a"));
    fixture_end(&f);
}
END_TEST

START_TEST(MTLS_114_a_deleted_party_frees_its_identifiers)
{
    struct a_client c;
    bool found = false;

    fixture_start(&f, (size_t)_i);
    ck_ok(create(f.job, client_known(&c, "a", 1, digest_a)));
    ck_ok(as_store_party_delete(f.job, AS_PARTY_CLIENT, AS_LIT("a"), NULL, &found));
    ck_assert(found);
    ck_ok(create(f.job, client_known(&c, "b", 1, digest_a)));
    fixture_end(&f);
}
END_TEST

START_TEST(MTLS_114_a_replaced_party_frees_what_it_gave_up)
{
    struct a_client c;
    struct a_resource r;
    bool found = false;

    fixture_start(&f, (size_t)_i);
    ck_ok(create(f.job, client_known(&c, "a", 1, digest_a)));
    ck_ok(as_store_party_replace(f.job, client_known(&c, "a", 1, digest_b), NULL, &found));
    ck_assert(found);
    ck_fault(create(f.job, client_known(&c, "b", 1, digest_b)), AS_INVALID_CLIENT_METADATA);
    ck_ok(create(f.job, client_known(&c, "b", 1, digest_a)));
    ck_ok(create(f.job, resource_named(&r, "rs", "https://a.example/")));
    (void)resource_named(&r, "rs", "https://b.example/");
    ck_ok(as_store_party_replace(f.job, &r.write, NULL, &found));
    ck_ok(create(f.job, resource_named(&r, "rs-2", "https://a.example/")));
    fixture_end(&f);
}
END_TEST

START_TEST(parties_are_found_by_identifier_each_once)
{
    const struct as_identifier asked[] = {
        {1, {0xAA, 1}}, {AS_IDENTIFIER_KEY, {0xBB, 2}}, {1, {0xCC}}};
    struct a_client c;
    struct a_resource r;
    as_span ids[2];
    size_t count = 0;

    fixture_start(&f, (size_t)_i);
    (void)client_named(&c, "both");
    c.write.identifiers = asked;
    c.write.identifier_count = 2;
    ck_ok(create(f.job, &c.write));
    (void)resource_named(&r, "rs", "https://rs.example/");
    r.party.shared = true;
    r.write.identifiers = asked;
    r.write.identifier_count = 1;
    ck_ok(create(f.job, &r.write));
    ck_ok(as_store_parties_of(f.worker, f.mem, AS_PARTY_CLIENT, asked, 3, ids, 2, &count));
    ck_assert_uint_eq(count, 1);
    ck_span_eq(ids[0], "both");
    ck_ok(as_store_parties_of(f.worker, f.mem, AS_PARTY_RESOURCE, asked, 3, ids, 2, &count));
    ck_assert_uint_eq(count, 1);
    ck_span_eq(ids[0], "rs");
    ck_ok(as_store_parties_of(f.worker, f.mem, AS_PARTY_CLIENT, &asked[2], 1, ids, 2, &count));
    ck_assert_uint_eq(count, 0);
    fixture_end(&f);
}
END_TEST

START_TEST(more_holders_than_room_are_told_by_the_count)
{
    struct a_client c;
    as_span ids[2];
    size_t count = 0;
    static const char *const names[] = {"a", "b", "c", "d"};

    fixture_start(&f, (size_t)_i);
    for (size_t i = 0; i < AS_COUNT(names); i++) {
        (void)client_known(&c, names[i], 1, digest_a);
        c.party.shared = true;
        ck_ok(create(f.job, &c.write));
    }
    ck_ok(as_store_parties_of(f.job, f.mem, AS_PARTY_CLIENT, &c.identifier, 1, ids, 2, &count));
    ck_assert_uint_eq(count, 3);
    ck_ok(as_store_parties_of(f.job, f.mem, AS_PARTY_CLIENT, &c.identifier, 1, NULL, 0, &count));
    ck_assert_uint_eq(count, 1);
    fixture_end(&f);
}
END_TEST

START_TEST(an_import_is_all_or_none)
{
    struct a_client c[3];
    size_t which = 9;

    fixture_start(&f, (size_t)_i);
    ck_ok(create(f.job, client_named(&c[0], "taken")));
    const struct as_party_write bad[] = {*client_named(&c[0], "new-1"),
                                         *client_named(&c[1], "new-2"),
                                         *client_named(&c[2], "taken")};
    ck_fault(as_store_party_create(f.job, bad, 3, &audit_line, &which), AS_ALREADY_EXISTS);
    ck_assert_uint_eq(which, 2);
    ck_assert(!is_there(f.worker, "new-1") && !is_there(f.worker, "new-2"));
    ck_assert_uint_eq(audits(&f), 0);
    ck_ok(as_store_party_create(f.job, bad, 2, &audit_line, &which));
    ck_assert(is_there(f.worker, "new-1") && is_there(f.worker, "new-2"));
    ck_assert_uint_eq(audits(&f), 2);
    fixture_end(&f);
}
END_TEST

START_TEST(replace_keeps_epoch_and_created)
{
    struct a_client c;
    const struct as_party *before = NULL;
    const struct as_party *after = NULL;
    bool found = false;

    fixture_start(&f, (size_t)_i);
    ck_ok(create(f.job, client_named(&c, "c-1")));
    ck_ok(as_store_party_get(f.job, AS_LIT("c-1"), &before));
    fill_client(&c);
    c.party.method = before->method; /* the same identity */
    c.party.name_kind = before->name_kind;
    c.party.name_canon = before->name_canon;
    c.party.created = 1;
    c.party.epoch = 999;
    ck_ok(as_store_party_replace(f.job, &c.write, NULL, &found));
    ck_assert(found);
    ck_ok(as_store_party_get(f.job, AS_LIT("c-1"), &after));
    c.party.created = before->created;
    check_common(after, &c.party);
    ck_assert_int_eq(after->epoch, before->epoch);
    ck_span_eq(after->client->profile, "fapi2");
    ck_span_eq(before->client->profile, "fapi1"); /* still readable in this request */
    fixture_end(&f);
}
END_TEST

START_TEST(TOK_149_another_identity_ends_the_tokens)
{
    struct a_client c;
    const struct as_party *party = NULL;
    bool found = false;

    fixture_start(&f, (size_t)_i);
    ck_ok(create(f.job, client_named(&c, "c-1")));
    ck_ok(as_store_party_get(f.job, AS_LIT("c-1"), &party));
    int64_t epoch = party->epoch;
    c.party.updated++;
    ck_ok(as_store_party_replace(f.job, &c.write, NULL, &found));
    ck_ok(as_store_party_get(f.job, AS_LIT("c-1"), &party));
    ck_assert_int_eq(party->epoch, epoch); /* the same name */
    c.party.name_canon = AS_LIT("another name");
    ck_ok(as_store_party_replace(f.job, &c.write, NULL, &found));
    ck_ok(as_store_party_get(f.job, AS_LIT("c-1"), &party));
    ck_assert_int_gt(party->epoch, epoch);
    epoch = party->epoch;
    c.party.method = AS_METHOD_SELF_SIGNED_TLS_CLIENT_AUTH;
    ck_ok(as_store_party_replace(f.job, &c.write, NULL, &found));
    ck_ok(as_store_party_get(f.job, AS_LIT("c-1"), &party));
    ck_assert_int_gt(party->epoch, epoch);
    fixture_end(&f);
}
END_TEST

START_TEST(replace_finds_nobody_of_another_id_or_kind)
{
    struct a_client c;
    struct a_resource r;
    bool found = true;

    fixture_start(&f, (size_t)_i);
    ck_ok(create(f.job, client_named(&c, "c-1")));
    ck_ok(as_store_party_replace(f.job, client_named(&c, "c-2"), &audit_line, &found));
    ck_assert(!found);
    found = true;
    (void)resource_named(&r, "c-1", "https://rs.example/");
    ck_ok(as_store_party_replace(f.job, &r.write, &audit_line, &found));
    ck_assert(!found);
    ck_assert_uint_eq(audits(&f), 0);
    fixture_end(&f);
}
END_TEST

START_TEST(MTLS_15_disable_and_delete_are_seen_by_the_next_request)
{
    struct a_client c;
    const struct as_party *party = NULL;
    bool found = false;

    fixture_start(&f, (size_t)_i);
    ck_ok(create(f.job, client_named(&c, "c-1")));
    ck_assert(is_there(f.worker, "c-1")); /* now in the worker's cache */
    ck_ok(as_store_party_set_status(f.job, AS_PARTY_CLIENT, AS_LIT("c-1"), AS_PARTY_DISABLED,
                                    &audit_line, &found));
    ck_assert(found);
    ck_ok(as_store_party_get(f.worker, AS_LIT("c-1"), &party));
    ck_assert_int_eq(party->status, AS_PARTY_DISABLED);
    ck_assert_int_eq(party->updated, audit_line.at);
    as_store_session_done(f.worker);
    ck_ok(as_store_party_delete(f.job, AS_PARTY_CLIENT, AS_LIT("c-1"), &audit_line, &found));
    ck_assert(found);
    ck_assert(!is_there(f.worker, "c-1"));
    fixture_end(&f);
}
END_TEST

START_TEST(status_and_delete_ask_for_the_kind)
{
    struct a_client c;
    bool found = true;

    fixture_start(&f, (size_t)_i);
    ck_ok(create(f.job, client_named(&c, "c-1")));
    ck_ok(as_store_party_set_status(f.job, AS_PARTY_RESOURCE, AS_LIT("c-1"), AS_PARTY_DISABLED,
                                    &audit_line, &found));
    ck_assert(!found);
    found = true;
    ck_ok(as_store_party_delete(f.job, AS_PARTY_RESOURCE, AS_LIT("c-1"), &audit_line, &found));
    ck_assert(!found);
    ck_assert(is_there(f.job, "c-1"));
    ck_assert_uint_eq(audits(&f), 0);
    fixture_end(&f);
}
END_TEST

static int64_t epoch_of(const char *id)
{
    const struct as_party *party = NULL;

    ck_ok(as_store_party_get(f.worker, as_span_of(id), &party));
    ck_assert_ptr_nonnull(party);
    int64_t epoch = party->epoch;
    as_store_session_done(f.worker);
    return epoch;
}

START_TEST(epochs_never_repeat)
{
    struct a_client c;
    bool found = false;

    fixture_start(&f, (size_t)_i);
    ck_ok(create(f.job, client_named(&c, "a")));
    ck_ok(create(f.job, client_named(&c, "b")));
    int64_t a1 = epoch_of("a");
    int64_t b1 = epoch_of("b");
    ck_ok(as_store_client_revoke_tokens(f.job, AS_LIT("a"), NULL, &found));
    ck_assert(found);
    int64_t a2 = epoch_of("a");
    ck_assert_int_eq(epoch_of("b"), b1);
    ck_ok(as_store_party_delete(f.job, AS_PARTY_CLIENT, AS_LIT("a"), NULL, &found));
    ck_ok(create(f.job, client_named(&c, "a")));
    int64_t a3 = epoch_of("a");
    ck_assert(a1 < b1 && b1 < a2 && a2 < a3);
    ck_ok(as_store_client_revoke_tokens(f.job, AS_LIT("nobody"), &audit_line, &found));
    ck_assert(!found);
    ck_assert_uint_eq(audits(&f), 0);
    ck_ok(create(f.job, client_named(&c, "c")));
    ck_assert_int_eq(epoch_of("c"), a3 + 1); /* nobody's revocation took none */
    fixture_end(&f);
}
END_TEST

START_TEST(lists_go_on_where_they_stopped)
{
    static const char *const names[] = {"b", "a", "d", "c"};
    const struct as_party *const *list = NULL;
    struct a_client c;
    struct a_resource r;
    size_t count = 0;

    fixture_start(&f, (size_t)_i);
    for (size_t i = 0; i < AS_COUNT(names); i++) {
        ck_ok(create(f.job, client_named(&c, names[i])));
    }
    ck_ok(create(f.job, resource_named(&r, "aa", "https://rs.example/")));
    ck_ok(as_store_party_list(f.job, f.mem, AS_PARTY_CLIENT, AS_SPAN_NONE, 3, &list, &count));
    ck_assert_uint_eq(count, 3);
    ck_span_eq(list[0]->id, "a");
    ck_span_eq(list[2]->id, "c");
    ck_span_eq(list[0]->metadata, "{}");
    ck_ok(as_store_party_list(f.job, f.mem, AS_PARTY_CLIENT, AS_LIT("c"), 3, &list, &count));
    ck_assert_uint_eq(count, 1);
    ck_span_eq(list[0]->id, "d");
    ck_ok(as_store_party_list(f.job, f.mem, AS_PARTY_RESOURCE, AS_SPAN_NONE, 3, &list, &count));
    ck_assert_uint_eq(count, 1);
    ck_span_eq(list[0]->resource->audience[0], "https://rs.example/");
    fixture_end(&f);
}
END_TEST

START_TEST(the_set_of_resource_servers_follows_changes)
{
    const struct as_resource_set *set = NULL;
    struct a_resource r;
    struct a_client c;
    bool found = false;

    fixture_start(&f, (size_t)_i);
    ck_ok(as_store_resources(f.worker, &set));
    ck_assert_uint_eq(set->count, 0);
    as_store_session_done(f.worker);
    ck_ok(create(f.job, resource_named(&r, "b", "https://b.example/")));
    ck_ok(create(f.job, resource_named(&r, "a", "https://a.example/")));
    ck_ok(create(f.job, client_named(&c, "client")));
    ck_ok(as_store_resources(f.worker, &set));
    ck_assert_uint_eq(set->count, 2);
    ck_span_eq(set->items[0]->party->id, "a");
    ck_assert_ptr_eq(as_resource_of_audience(set, AS_LIT("https://b.example/")), set->items[1]);
    ck_assert_uint_eq(set->items[0]->party->metadata.len, 0);
    as_store_session_done(f.worker);
    ck_ok(as_store_party_delete(f.job, AS_PARTY_RESOURCE, AS_LIT("a"), NULL, &found));
    ck_ok(as_store_resources(f.worker, &set));
    ck_assert_uint_eq(set->count, 1);
    fixture_end(&f);
}
END_TEST

START_TEST(resource_servers_have_a_limit)
{
    struct a_resource *r = calloc(AS_LIMIT_RESOURCE_SERVERS + 1, sizeof(*r));
    struct as_party_write *writes = calloc(AS_LIMIT_RESOURCE_SERVERS + 1, sizeof(*writes));
    char(*names)[32] = calloc(AS_LIMIT_RESOURCE_SERVERS + 1, sizeof(*names));
    const struct as_resource_set *set = NULL;
    struct a_client c;
    size_t which = 0;

    fixture_start(&f, (size_t)_i);
    for (size_t i = 0; i <= AS_LIMIT_RESOURCE_SERVERS; i++) {
        (void)snprintf(names[i], sizeof(names[i]), "https://%zu.example/", i);
        writes[i] = *resource_named(&r[i], names[i], names[i]);
    }
    ck_fault(as_store_party_create(f.job, writes, AS_LIMIT_RESOURCE_SERVERS + 1, NULL, &which),
             AS_NOT_ALLOWED);
    ck_assert_uint_eq(which, AS_LIMIT_RESOURCE_SERVERS);
    ck_ok(as_store_party_create(f.job, writes, AS_LIMIT_RESOURCE_SERVERS, NULL, &which));
    ck_fault(create(f.job, &writes[AS_LIMIT_RESOURCE_SERVERS]), AS_NOT_ALLOWED);
    ck_ok(create(f.job, client_named(&c, "client")));
    ck_ok(as_store_resources(f.worker, &set));
    ck_assert_uint_eq(set->count, AS_LIMIT_RESOURCE_SERVERS);
    fixture_end(&f);
    free(r);
    free(writes);
    free(names);
}
END_TEST

/* A resource server as large as may be, and `more` octets: long audiences, each of its own. */
#define LARGE_AUDIENCES ((size_t)AS_LIMIT_RESOURCE_OCTETS / (2048 + 32) + 1)
#define LARGE           16

static struct large {
    struct a_resource r;
    char id[16];
    char text[AS_LIMIT_RESOURCE_OCTETS + 64];
    as_span audience[LARGE_AUDIENCES];
} large[LARGE];

static const struct as_party_write *large_resource(struct large *it, int number, size_t more)
{
    size_t left = AS_LIMIT_RESOURCE_OCTETS, count = 0;

    (void)snprintf(it->id, sizeof(it->id), "r-%d", number);
    (void)resource_named(&it->r, it->id, "");
    left -= it->r.party.id.len + it->r.resource.scope.len;
    memset(it->text, 'u', sizeof(it->text));
    for (char *at = it->text; left > 32; at += it->audience[count++].len) {
        size_t len = left > 2048 + 32 ? 2048 : left - 32;
        left -= len + 32;
        int begins = snprintf(at, 64, "%s:%zu", it->id, count);
        at[begins] = ':';
        it->audience[count] = as_span_bytes(at, len);
    }
    it->audience[count - 1].len += more;
    it->r.resource.audience = it->audience;
    it->r.resource.audience_count = count;
    return &it->r.write;
}

/* Else every token would meet a bound that nothing kept the operator from passing. Each has its
 * share of AS_LIMIT_RESOURCE_BYTES, of which the list of them takes a pointer. */
START_TEST(as_many_resource_servers_as_may_be_written_can_be_read)
{
    const size_t share = AS_LIMIT_RESOURCE_BYTES / AS_LIMIT_RESOURCE_SERVERS - sizeof(void *);
    const size_t most = LARGE * share + AS_LIMIT_RESOURCE_SERVERS * sizeof(void *);
    struct as_arena *mem = as_arena_new(most);
    const struct as_resource_set *set = NULL;
    bool found = false;

    fixture_start(&f, (size_t)_i);
    ck_refuses(create(f.job, large_resource(&large[0], 0, 1)), AS_INVALID_CLIENT_METADATA,
               "audience and scope are too long together");
    ck_assert(!is_there(f.worker, "r-0"));
    for (int i = 0; i < LARGE; i++) {
        ck_ok(create(f.job, large_resource(&large[i], i, 0)));
    }
    ck_refuses(as_store_party_replace(f.job, large_resource(&large[0], 0, 1), NULL, &found),
               AS_INVALID_CLIENT_METADATA, "audience and scope are too long together");
    ck_ok(as_session_read(f.job));
    ck_ok(f.store->ops->resources(f.job->reader, mem, &set));
    ck_assert_uint_eq(set->count, LARGE);
    as_arena_free(mem);
    fixture_end(&f);
}
END_TEST

START_TEST(changes_and_their_audit_rows_are_one)
{
    const struct as_audit_row *rows = NULL;
    struct a_client c;
    struct as_audit line = audit_line;
    size_t which = 0;
    size_t count = 0;
    bool found = false;

    fixture_start(&f, (size_t)_i);
    ck_ok(as_store_party_create(f.job, client_named(&c, "c-1"), 1, &audit_line, &which));
    line.event = "client_deleted";
    line.client_id = AS_LIT("named");
    line.thumbprint = AS_LIT("tp");
    line.serial = AS_LIT("01");
    line.issuer = AS_LIT("CN=x");
    ck_ok(as_store_party_delete(f.job, AS_PARTY_CLIENT, AS_LIT("c-1"), &line, &found));
    ck_ok(as_store_token_revoke(f.job, digest_a, 1, &line));
    ck_ok(as_store_audit_list(f.worker, f.mem, 0, 2, &rows, &count));
    ck_assert_uint_eq(count, 2);
    ck_assert_str_eq(rows[0].audit.event, "client_created");
    ck_span_eq(rows[0].audit.actor, "uid:0");
    ck_span_eq(rows[0].audit.client_id, "c-1"); /* put in where the line names nobody */
    ck_assert_str_eq(rows[0].audit.auth_method, "admin");
    ck_assert_str_eq(rows[0].audit.outcome, "success");
    ck_assert_str_eq(rows[0].audit.reason, "");
    ck_span_eq(rows[0].audit.request_id, "r-1");
    ck_assert_int_eq(rows[0].audit.at, audit_line.at);
    ck_span_eq(rows[1].audit.client_id, "named");
    ck_span_eq(rows[1].audit.thumbprint, "tp");
    ck_span_eq(rows[1].audit.serial, "01");
    ck_span_eq(rows[1].audit.issuer, "CN=x");
    ck_assert_int_lt(rows[0].number, rows[1].number);
    ck_ok(as_store_audit_list(f.worker, f.mem, rows[1].number, 2, &rows, &count));
    ck_assert_uint_eq(count, 1);
    fixture_end(&f);
}
END_TEST

START_TEST(a_party_without_the_record_of_its_kind_is_refused)
{
    struct a_client c;

    fixture_start(&f, (size_t)_i);
    (void)client_named(&c, "c-1");
    c.party.kind = AS_PARTY_RESOURCE;
    ck_fault(create(f.job, &c.write), AS_SERVER_ERROR);
    ck_assert(!is_there(f.job, "c-1"));
    fixture_end(&f);
}
END_TEST

START_TEST(a_worker_never_writes)
{
    struct a_client c;
    size_t which = 0;
    bool found = false;

    fixture_start(&f, (size_t)_i);
    (void)client_named(&c, "c-1");
    ck_fault(as_store_party_create(f.worker, &c.write, 1, NULL, &which), AS_ELSEWHERE);
    ck_fault(as_store_party_replace(f.worker, &c.write, NULL, &found), AS_ELSEWHERE);
    ck_fault(as_store_party_set_status(f.worker, AS_PARTY_CLIENT, c.party.id, AS_PARTY_DISABLED,
                                       NULL, &found),
             AS_ELSEWHERE);
    ck_fault(as_store_party_delete(f.worker, AS_PARTY_CLIENT, c.party.id, NULL, &found),
             AS_ELSEWHERE);
    ck_fault(as_store_client_revoke_tokens(f.worker, c.party.id, NULL, &found), AS_ELSEWHERE);
    ck_fault(as_store_token_revoke(f.worker, digest_a, 1, NULL), AS_ELSEWHERE);
    ck_assert(!is_there(f.job, "c-1"));
    ck_ok(create(f.job, &c.write));
    fixture_end(&f);
}
END_TEST

AS_TESTS("store_parties", {
    add_for_backends(t, as_many_resource_servers_as_may_be_written_can_be_read);
    add_for_backends(t, a_client_comes_back_as_it_was_stored);
    add_for_backends(t, a_resource_server_comes_back_as_it_was_stored);
    add_for_backends(t, nobody_has_a_strange_id);
    add_for_backends(t, ids_are_one_space);
    add_for_backends(t, an_audience_belongs_to_one_resource_server);
    add_for_backends(t, MTLS_114_an_identifier_of_another_party_is_refused);
    add_for_backends(t, MTLS_114_who_came_first_keeps_what_others_share);
    add_for_backends(t, MTLS_114_shared_is_the_switch);
    add_for_backends(t, MTLS_114_within_one_import_too);
    add_for_backends(t, MTLS_114_a_deleted_party_frees_its_identifiers);
    add_for_backends(t, MTLS_114_a_replaced_party_frees_what_it_gave_up);
    add_for_backends(t, parties_are_found_by_identifier_each_once);
    add_for_backends(t, more_holders_than_room_are_told_by_the_count);
    add_for_backends(t, an_import_is_all_or_none);
    add_for_backends(t, replace_keeps_epoch_and_created);
    add_for_backends(t, TOK_149_another_identity_ends_the_tokens);
    add_for_backends(t, replace_finds_nobody_of_another_id_or_kind);
    add_for_backends(t, MTLS_15_disable_and_delete_are_seen_by_the_next_request);
    add_for_backends(t, status_and_delete_ask_for_the_kind);
    add_for_backends(t, epochs_never_repeat);
    add_for_backends(t, lists_go_on_where_they_stopped);
    add_for_backends(t, the_set_of_resource_servers_follows_changes);
    add_for_backends(t, resource_servers_have_a_limit);
    add_for_backends(t, changes_and_their_audit_rows_are_one);
    add_for_backends(t, a_party_without_the_record_of_its_kind_is_refused);
    add_for_backends(t, a_worker_never_writes);
})
