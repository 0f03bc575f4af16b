/* SPDX-License-Identifier: Apache-2.0 */
/* Resumption: who gets a session, what it carries, and where it is worth nothing (design D7). */
#include "edge/tls_parts.h"
#include "unit/edge/support/tls.h"

#include <limits.h>

static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};

/* What the server kept of the last handshake. */
static SSL_SESSION *newest;

static void forget(void)
{
    SSL_SESSION_free(newest);
    newest = NULL;
}

/* The sessions that a client was given, the newest last. */
struct bag {
    SSL_SESSION *sessions[8];
    size_t count;
};

static int on_session(SSL *ssl, SSL_SESSION *session)
{
    struct bag *bag = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));

    ck_assert_uint_lt(bag->count, AS_COUNT(bag->sessions));
    bag->sessions[bag->count++] = session;
    return 1;
}

static void empty(struct bag *bag)
{
    while (bag->count > 0) {
        SSL_SESSION_free(bag->sessions[--bag->count]);
    }
}

/* A client that shows the certificate, or none, and keeps what it is given. */
static SSL_CTX *client_of(int version, const struct test_cert *cert, struct bag *bag)
{
    SSL_CTX *client = tls_client(version);

    *bag = (struct bag){.count = 0};
    if (cert != NULL) {
        tls_show(client, cert);
    }
    SSL_CTX_set_session_cache_mode(client, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(client, on_session);
    SSL_CTX_set_app_data(client, bag);
    return client;
}

/* Connects under a name, NULL for none, with a session or without, and says who the peer is. */
static struct as_peer visit(struct as_tls_context *context, SSL_CTX *client, const char *name,
                            SSL_SESSION *session)
{
    struct as_peer peer = {.cert = NULL};
    struct tls_pair pair;

    tls_open(&pair, context, client);
    if (name != NULL) {
        SSL_set_tlsext_host_name(pair.client, name);
    }
    if (session != NULL) {
        ck_assert(SSL_set_session(pair.client, session) == 1);
    }
    tls_shake(&pair);
    ck_done(&pair);
    ck_ok(as_tls_peer_fill(pair.server, &peer));
    ck_assert_int_eq(peer.resumed, SSL_session_reused(pair.client));
    forget();
    newest = SSL_get1_session(pair.server);
    tls_close(&pair);
    return peer;
}

static bool is_of(const struct as_peer *peer, const struct test_cert *cert)
{
    as_span der = test_cert_der(cert);
    bool is = peer->cert != NULL && as_span_equal(peer->cert->der, der);

    free((void *)(uintptr_t)der.ptr);
    return is;
}

/* A full handshake that gives one session, kept in the bag. */
static void begin(struct as_tls_context *context, SSL_CTX *client, const char *name,
                  struct bag *bag)
{
    struct as_peer peer = visit(context, client, name, NULL);

    ck_assert(!peer.resumed);
    ck_assert_uint_eq(bag->count, 1);
    as_cert_drop(peer.cert);
}

/* Is the session resumed? */
static bool resumes(struct as_tls_context *context, SSL_CTX *client, const char *name,
                    SSL_SESSION *session)
{
    struct as_peer peer = visit(context, client, name, session);

    as_cert_drop(peer.cert);
    return peer.resumed;
}

START_TEST(TLS_50_a_certificate_earns_a_session)
{
    struct as_listener_conf conf = tls_conf(AS_CLIENT_CERTIFICATE_REQUEST);

    for (size_t i = 0; i < AS_COUNT(versions); i++) {
        struct as_tls_context *context = tls_context(&conf);
        struct bag bag;
        SSL_CTX *client = client_of(versions[i], kit.client, &bag);
        struct as_peer first = visit(context, client, TLS_NAME, NULL);
        ck_assert(!first.resumed);
        ck_assert(is_of(&first, kit.client));
        ck_assert_uint_eq(bag.count, 1);
        struct as_peer second = visit(context, client, TLS_NAME, bag.sessions[0]);
        ck_assert(second.resumed);
        ck_assert_ptr_eq(second.cert, first.cert); /* nothing was decoded again */
        as_cert_drop(first.cert);
        as_cert_drop(second.cert);
        empty(&bag);
        SSL_CTX_free(client);
        as_tls_context_drop(context);
    }
}
END_TEST

START_TEST(TLS_50_the_ticket_is_a_handle)
{
    struct as_listener_conf conf = tls_conf(AS_CLIENT_CERTIFICATE_REQUEST);
    struct as_tls_context *context = tls_context(&conf);
    struct bag bag;
    SSL_CTX *client = client_of(TLS1_3_VERSION, kit.client, &bag);
    const unsigned char *ticket = NULL;
    size_t len = 0;

    begin(context, client, TLS_NAME, &bag);
    SSL_SESSION_get0_ticket(bag.sessions[0], &ticket, &len);
    ck_assert_uint_eq(len, SSL_MAX_SSL_SESSION_ID_LENGTH);
    ck_assert_uint_le(SSL_SESSION_get_ticket_lifetime_hint(bag.sessions[0]), 3600);
    empty(&bag);
    SSL_CTX_free(client);
    client = client_of(TLS1_2_VERSION, kit.client, &bag);
    begin(context, client, TLS_NAME, &bag);
    ck_assert(!SSL_SESSION_has_ticket(bag.sessions[0]));
    empty(&bag);
    SSL_CTX_free(client);
    as_tls_context_drop(context);
}
END_TEST

START_TEST(TLS_50_the_switch_is_off)
{
    struct as_listener_conf conf = tls_conf(AS_CLIENT_CERTIFICATE_REQUEST);

    conf.resumption = false;
    for (size_t i = 0; i < AS_COUNT(versions); i++) {
        struct as_tls_context *context = tls_context(&conf);
        struct bag bag;
        SSL_CTX *client = client_of(versions[i], kit.client, &bag);
        struct as_peer peer = visit(context, client, TLS_NAME, NULL);
        ck_assert(is_of(&peer, kit.client));
        as_cert_drop(peer.cert);
        for (size_t given = 0; given < bag.count; given++) {
            ck_assert(!SSL_SESSION_is_resumable(bag.sessions[given]));
        }
        ck_assert_int_eq(SSL_CTX_sess_number(as_tls_context_ssl(context)), 0);
        empty(&bag);
        SSL_CTX_free(client);
        as_tls_context_drop(context);
    }
}
END_TEST

START_TEST(TLS_50_a_handle_is_renewed_at_each_use)
{
    struct as_listener_conf conf = tls_conf(AS_CLIENT_CERTIFICATE_REQUEST);
    struct as_tls_context *context = tls_context(&conf);
    struct bag bag;
    SSL_CTX *client = client_of(TLS1_3_VERSION, kit.client, &bag);

    begin(context, client, TLS_NAME, &bag);
    for (size_t i = 0; i < 4; i++) {
        struct as_peer peer = visit(context, client, TLS_NAME, bag.sessions[i]);
        ck_assert(peer.resumed);
        ck_assert(is_of(&peer, kit.client));
        ck_assert_uint_eq(bag.count, i + 2);
        as_cert_drop(peer.cert);
    }
    empty(&bag);
    SSL_CTX_free(client);
    as_tls_context_drop(context);
}
END_TEST

START_TEST(TLS_52_a_session_without_a_certificate_does_not_exist)
{
    struct as_listener_conf conf = tls_conf(AS_CLIENT_CERTIFICATE_REQUEST);

    for (size_t i = 0; i < AS_COUNT(versions); i++) {
        struct as_tls_context *context = tls_context(&conf);
        struct bag bag;
        SSL_CTX *client = client_of(versions[i], NULL, &bag);
        struct as_peer peer = visit(context, client, TLS_NAME, NULL);
        ck_assert_ptr_null(peer.cert);
        ck_assert_int_eq(SSL_CTX_sess_number(as_tls_context_ssl(context)), 0);
        if (versions[i] == TLS1_3_VERSION) {
            ck_assert_uint_eq(bag.count, 0);
        } else {
            /* TLS 1.2 names a session before it knows; it is found by nobody */
            ck_assert_uint_eq(bag.count, 1);
            tls_show(client, kit.client);
            peer = visit(context, client, TLS_NAME, bag.sessions[0]);
            ck_assert(!peer.resumed);
            ck_assert(is_of(&peer, kit.client));
            as_cert_drop(peer.cert);
        }
        empty(&bag);
        SSL_CTX_free(client);
        as_tls_context_drop(context);
    }
}
END_TEST

START_TEST(MTLS_113_a_session_keeps_its_own_certificate)
{
    struct as_listener_conf conf = tls_conf(AS_CLIENT_CERTIFICATE_REQUEST);

    for (size_t i = 0; i < AS_COUNT(versions); i++) {
        struct as_tls_context *context = tls_context(&conf);
        struct bag bag, other_bag;
        SSL_CTX *client = client_of(versions[i], kit.client, &bag);
        SSL_CTX *other = client_of(versions[i], kit.other_client, &other_bag);
        begin(context, client, TLS_NAME, &bag);
        struct as_peer peer = visit(context, other, TLS_NAME, bag.sessions[0]);
        ck_assert(peer.resumed);
        ck_assert(is_of(&peer, kit.client)); /* what was proved, not what is meant now */
        as_cert_drop(peer.cert);
        peer = visit(context, other, TLS_NAME, NULL);
        ck_assert(!peer.resumed);
        ck_assert(is_of(&peer, kit.other_client));
        as_cert_drop(peer.cert);
        empty(&bag);
        empty(&other_bag);
        SSL_CTX_free(client);
        SSL_CTX_free(other);
        as_tls_context_drop(context);
    }
}
END_TEST

START_TEST(TLS_53_a_session_of_another_name)
{
    static const struct {
        const char *made, *used;
        bool resumed;
    } rows[] = {{TLS_NAME, TLS_NAME, true},
                {TLS_NAME, "AS.example", true},
                {TLS_NAME, TLS_NAME2, false},
                {TLS_NAME2, TLS_NAME, false},
                {TLS_NAME, NULL, false},
                {NULL, TLS_NAME, false},
                {NULL, NULL, true}};
    struct as_listener_conf conf = tls_conf(AS_CLIENT_CERTIFICATE_REQUEST);

    for (size_t i = 0; i < AS_COUNT(rows) * AS_COUNT(versions); i++) {
        struct as_tls_context *context = tls_context(&conf);
        struct bag bag;
        SSL_CTX *client = client_of(versions[i % 2], kit.client, &bag);
        begin(context, client, rows[i / 2].made, &bag);
        struct as_peer peer = visit(context, client, rows[i / 2].used, bag.sessions[0]);
        ck_assert_msg(peer.resumed == rows[i / 2].resumed, "%s then %s: resumed %d",
                      rows[i / 2].made ? rows[i / 2].made : "none",
                      rows[i / 2].used ? rows[i / 2].used : "none", peer.resumed);
        ck_assert(is_of(&peer, kit.client)); /* a full handshake asks for it again */
        as_cert_drop(peer.cert);
        empty(&bag);
        SSL_CTX_free(client);
        as_tls_context_drop(context);
    }
}
END_TEST

/* Makes the newest session older in the server's cache. */
static void age(long seconds)
{
    intptr_t proved = (intptr_t)SSL_SESSION_get_ex_data(newest, as_tls_slots()->proved);

    ck_assert(proved != 0);
    SSL_SESSION_set_ex_data(newest, as_tls_slots()->proved, (void *)(proved - seconds));
    SSL_SESSION_set_time(newest, SSL_SESSION_get_time(newest) - seconds);
}

START_TEST(TLS_54_an_hour_and_no_longer)
{
    struct as_listener_conf conf = tls_conf(AS_CLIENT_CERTIFICATE_REQUEST);

    for (size_t i = 0; i < AS_COUNT(versions); i++) {
        struct as_tls_context *context = tls_context(&conf);
        struct bag bag;
        SSL_CTX *client = client_of(versions[i], kit.client, &bag);
        begin(context, client, TLS_NAME, &bag);
        age(AS_LIMIT_SESSION_S - 60);
        ck_assert(resumes(context, client, TLS_NAME, bag.sessions[0]));
        age(62);
        ck_assert(!resumes(context, client, TLS_NAME, bag.sessions[0]));
        empty(&bag);
        SSL_CTX_free(client);
        as_tls_context_drop(context);
    }
}
END_TEST

START_TEST(TLS_54_renewal_does_not_prolong)
{
    struct as_listener_conf conf = tls_conf(AS_CLIENT_CERTIFICATE_REQUEST);
    struct as_tls_context *context = tls_context(&conf);
    struct bag bag;
    SSL_CTX *client = client_of(TLS1_3_VERSION, kit.client, &bag);

    begin(context, client, TLS_NAME, &bag);
    age(AS_LIMIT_SESSION_S - 60);
    ck_assert(resumes(context, client, TLS_NAME, bag.sessions[0]));
    ck_assert_uint_eq(bag.count, 2);
    ck_assert(resumes(context, client, TLS_NAME, bag.sessions[1]));
    ck_assert_uint_eq(bag.count, 3);
    age(62); /* the new handle has a minute, not an hour */
    ck_assert(!resumes(context, client, TLS_NAME, bag.sessions[2]));
    empty(&bag);
    SSL_CTX_free(client);
    as_tls_context_drop(context);
}
END_TEST

START_TEST(TLS_55_the_oldest_go)
{
    struct as_listener_conf conf = tls_conf(AS_CLIENT_CERTIFICATE_REQUEST);
    struct as_tls_context *context = tls_context(&conf);
    SSL_CTX *ctx = as_tls_context_ssl(context);
    struct bag bag;
    SSL_CTX *client = client_of(TLS1_2_VERSION, kit.client, &bag);

    ck_assert_int_eq(SSL_CTX_sess_get_cache_size(ctx), AS_LIMIT_SESSIONS);
    SSL_CTX_sess_set_cache_size(ctx, 3); /* 4,096 handshakes take too long here */
    for (size_t i = 0; i < 5; i++) {
        ck_assert(!resumes(context, client, TLS_NAME, NULL));
    }
    ck_assert_uint_eq(bag.count, 5);
    ck_assert_int_ge(SSL_CTX_sess_number(ctx), 2);
    ck_assert_int_le(SSL_CTX_sess_number(ctx), 3);
    ck_assert(resumes(context, client, TLS_NAME, bag.sessions[4]));
    ck_assert(resumes(context, client, TLS_NAME, bag.sessions[3]));
    ck_assert(!resumes(context, client, TLS_NAME, bag.sessions[1]));
    ck_assert(!resumes(context, client, TLS_NAME, bag.sessions[0]));
    empty(&bag);
    SSL_CTX_free(client);
    as_tls_context_drop(context);
}
END_TEST

/* With an extension of so many octets. */
static struct test_cert *of_size(int octets)
{
    char value[3 * AS_LIMIT_SESSION_CERTS];

    (void)snprintf(value, sizeof(value), "DER:%0*d", 2 * octets, 0);
    return test_cert(
        kit.ca, (struct test_cert_ask){.subject = "CN=large", .extra = {{"1.2.3.4.5", value}}});
}

static int sessions_of(int version, const struct test_cert *cert)
{
    struct as_listener_conf conf = tls_conf(AS_CLIENT_CERTIFICATE_REQUEST);
    struct as_tls_context *context = tls_context(&conf);
    struct bag bag;
    SSL_CTX *client = client_of(version, cert, &bag);
    struct as_peer peer = visit(context, client, TLS_NAME, NULL);

    ck_assert(is_of(&peer, cert)); /* whether there is a session or not */
    as_cert_drop(peer.cert);
    int count = (int)SSL_CTX_sess_number(as_tls_context_ssl(context));
    if (bag.count > 0) {
        ck_assert_int_eq(resumes(context, client, TLS_NAME, bag.sessions[0]), count);
    }
    empty(&bag);
    SSL_CTX_free(client);
    as_tls_context_drop(context);
    return count;
}

START_TEST(TLS_55_large_certificates_have_no_session)
{
    struct test_cert *fits = of_size(AS_LIMIT_SESSION_CERTS - 1024);
    struct test_cert *over = of_size(AS_LIMIT_SESSION_CERTS);
    struct test_cert *broken = test_cert(
        kit.ca, (struct test_cert_ask){.subject = "CN=broken", .extra = {{"keyUsage", "DER:00"}}});

    for (size_t i = 0; i < AS_COUNT(versions); i++) {
        ck_assert_int_eq(sessions_of(versions[i], fits), 1);
        ck_assert_int_eq(sessions_of(versions[i], over), 0);
        ck_assert_int_eq(sessions_of(versions[i], broken), 0); /* it is of no use to anybody */
    }
    test_cert_free(fits);
    test_cert_free(over);
    test_cert_free(broken);
}
END_TEST

START_TEST(TLS_55_how_many_may_be_said)
{
    struct as_listener_conf conf = tls_conf(AS_CLIENT_CERTIFICATE_REQUEST);
    struct as_tls_context *context = tls_context(&conf);
    const struct {
        size_t said;
        long kept;
    } rows[] = {{0, 1}, {7, 7}, {AS_LIMIT_SESSIONS + 1, AS_LIMIT_SESSIONS}};

    for (size_t i = 0; i < AS_COUNT(rows); i++) {
        as_tls_context_keep(context, rows[i].said);
        ck_assert_int_eq(SSL_CTX_sess_get_cache_size(as_tls_context_ssl(context)), rows[i].kept);
    }
    as_tls_context_drop(context);
}
END_TEST

START_TEST(TLS_56_resumption_makes_new_keys)
{
    struct as_listener_conf conf = tls_conf(AS_CLIENT_CERTIFICATE_REQUEST);
    struct as_tls_context *context = tls_context(&conf);
    struct bag bag;
    SSL_CTX *client = client_of(TLS1_3_VERSION, kit.client, &bag);
    struct tls_pair pair;
    EVP_PKEY *key = NULL;

    SSL_CTX_set_options(client, SSL_OP_ALLOW_NO_DHE_KEX);
    begin(context, client, TLS_NAME, &bag);
    tls_open(&pair, context, client);
    SSL_set_tlsext_host_name(pair.client, TLS_NAME);
    ck_assert(SSL_set_session(pair.client, bag.sessions[0]) == 1);
    ck_assert(tls_shake(&pair));
    ck_assert_int_eq(SSL_session_reused(pair.server), 1);
    ck_assert(SSL_get_peer_tmp_key(pair.client, &key) == 1);
    EVP_PKEY_free(key);
    tls_close(&pair);
    empty(&bag);
    SSL_CTX_free(client);
    as_tls_context_drop(context);
}
END_TEST

START_TEST(TLS_35_early_data)
{
    struct as_listener_conf conf = tls_conf(AS_CLIENT_CERTIFICATE_REQUEST);
    struct as_tls_context *context = tls_context(&conf);
    struct bag bag;
    SSL_CTX *client = client_of(TLS1_3_VERSION, kit.client, &bag);
    struct tls_pair pair;
    size_t written = 0;
    char byte;

    begin(context, client, TLS_NAME, &bag);
    ck_assert_uint_eq(SSL_SESSION_get_max_early_data(bag.sessions[0]), 0);
    /* a client that sends some all the same: skipped, and the handshake goes on */
    SSL_SESSION_set_max_early_data(bag.sessions[0], 1000);
    tls_open(&pair, context, client);
    SSL_set_tlsext_host_name(pair.client, TLS_NAME);
    ck_assert(SSL_set_session(pair.client, bag.sessions[0]) == 1);
    ck_assert(SSL_write_early_data(pair.client, "GET / HTTP/1.1\r\n\r\n", 18, &written) == 1);
    ck_assert(tls_shake(&pair));
    ck_assert_int_eq(SSL_get_early_data_status(pair.client), SSL_EARLY_DATA_REJECTED);
    ck_assert_int_le(SSL_read(pair.server, &byte, 1), 0); /* nothing of it arrives */
    tls_close(&pair);
    empty(&bag);
    SSL_CTX_free(client);
    as_tls_context_drop(context);
}
END_TEST

/* Would a session made at `from` be taken at `to`, if it lay in its cache? The session of one
 * listener is put into the cache of the other, which nothing but a mistake could do. */
static bool carried_over(const struct as_listener_conf *from, const struct as_listener_conf *to)
{
    struct as_tls_context *one = tls_context(from), *two = tls_context(to);
    struct bag bag;
    SSL_CTX *client = client_of(TLS1_2_VERSION, kit.client, &bag);

    begin(one, client, TLS_NAME, &bag);
    SSL_SESSION *copy = SSL_SESSION_dup(newest);
    ck_assert(SSL_CTX_add_session(as_tls_context_ssl(two), copy) == 1);
    bool resumed = resumes(two, client, TLS_NAME, bag.sessions[0]);
    SSL_SESSION_free(copy);
    empty(&bag);
    SSL_CTX_free(client);
    as_tls_context_drop(one);
    as_tls_context_drop(two);
    return resumed;
}

START_TEST(TLS_57_the_session_id_context)
{
    struct as_listener_conf conf = tls_conf(AS_CLIENT_CERTIFICATE_REQUEST);
    struct as_listener_conf other = conf;

    ck_assert(carried_over(&conf, &other));
    other.name = "test"; /* the same text elsewhere */
    ck_assert(carried_over(&conf, &other));
    other.client_certificate = AS_CLIENT_CERTIFICATE_REQUIRE;
    ck_assert(!carried_over(&conf, &other));
}
END_TEST

/* The session id contexts of a listener, under these anchors. */
static void sids_of(const struct as_listener_conf *conf, const struct as_trust *trust,
                    unsigned char out[3][AS_TLS_SID])
{
    struct as_tls_context *context = NULL;

    ck_ok(tls_context_of(conf, trust, NULL, NULL, &context));
    memcpy(out, context->sids, 3 * sizeof(context->sids[0]));
    as_tls_context_drop(context);
}

static struct as_trust *trust_of(const struct test_cert *anchor)
{
    const char *file = test_cert_file(anchor);
    struct as_trust *trust = NULL;
    const struct as_trust_group_conf group = {.name = "banks",
                                              .use = AS_USE_CLIENT,
                                              .anchors = &file,
                                              .anchor_count = 1,
                                              .strict = true,
                                              .depth = AS_LIMIT_PATH_DEPTH};

    ck_ok(as_trust_new(&group, 1, NULL, NULL, &trust));
    test_file_drop((char *)(uintptr_t)file);
    return trust;
}

START_TEST(TLS_57_another_listener_mode_name_or_anchor_set)
{
    struct as_listener_conf conf = tls_conf(AS_CLIENT_CERTIFICATE_REQUEST), other = conf;
    unsigned char first[3][AS_TLS_SID], second[3][AS_TLS_SID];
    struct test_cert *ca = test_ca("CN=Another CA");
    struct as_trust *banks = trust_of(kit.ca), *others = trust_of(ca);

    sids_of(&conf, banks, first);
    sids_of(&conf, banks, second);
    ck_assert_mem_eq(first, second, sizeof(first));
    ck_assert_mem_ne(first[0], first[1], AS_TLS_SID); /* by host name */
    ck_assert_mem_ne(first[1], first[2], AS_TLS_SID);
    sids_of(&conf, others, second); /* by anchor set: TLS-50, after a reload */
    ck_assert_mem_ne(first[1], second[1], AS_TLS_SID);
    other.name = "another";
    sids_of(&other, banks, second);
    ck_assert_mem_ne(first[1], second[1], AS_TLS_SID);
    other = conf;
    other.client_certificate = AS_CLIENT_CERTIFICATE_REQUIRE;
    sids_of(&other, banks, second);
    ck_assert_mem_ne(first[1], second[1], AS_TLS_SID);
    as_trust_free(banks);
    as_trust_free(others);
    test_cert_free(ca);
}
END_TEST

START_TEST(TLS_58_two_instances_share_nothing)
{
    struct as_listener_conf conf = tls_conf(AS_CLIENT_CERTIFICATE_REQUEST);

    for (size_t i = 0; i < AS_COUNT(versions); i++) {
        struct as_tls_context *one = tls_context(&conf), *two = tls_context(&conf);
        struct bag bag;
        SSL_CTX *client = client_of(versions[i], kit.client, &bag);
        begin(one, client, TLS_NAME, &bag);
        ck_assert(!resumes(two, client, TLS_NAME, bag.sessions[0]));
        ck_assert(resumes(one, client, TLS_NAME, bag.sessions[0]));
        empty(&bag);
        SSL_CTX_free(client);
        as_tls_context_drop(one);
        as_tls_context_drop(two);
    }
}
END_TEST

START_TEST(TLS_51_the_certificate_outlives_its_session)
{
    struct as_listener_conf conf = tls_conf(AS_CLIENT_CERTIFICATE_REQUEST);
    struct as_tls_context *context = tls_context(&conf);
    struct bag bag;
    SSL_CTX *client = client_of(TLS1_3_VERSION, kit.client, &bag);
    struct as_peer peer = visit(context, client, TLS_NAME, NULL);

    SSL_CTX_flush_sessions(as_tls_context_ssl(context), LONG_MAX);
    ck_assert_int_eq(SSL_CTX_sess_number(as_tls_context_ssl(context)), 0);
    as_tls_context_drop(context);
    ck_assert(is_of(&peer, kit.client)); /* what a request judges is a hold of its own */
    as_cert_drop(peer.cert);
    empty(&bag);
    SSL_CTX_free(client);
}
END_TEST

AS_TESTS("edge/tls_session", {
    tcase_add_unchecked_fixture(t, tls_setup, tls_teardown);
    tcase_add_checked_fixture(t, NULL, forget);
    tcase_add_test(t, TLS_50_a_certificate_earns_a_session);
    tcase_add_test(t, TLS_50_the_ticket_is_a_handle);
    tcase_add_test(t, TLS_50_the_switch_is_off);
    tcase_add_test(t, TLS_50_a_handle_is_renewed_at_each_use);
    tcase_add_test(t, TLS_52_a_session_without_a_certificate_does_not_exist);
    tcase_add_test(t, MTLS_113_a_session_keeps_its_own_certificate);
    tcase_add_test(t, TLS_53_a_session_of_another_name);
    tcase_add_test(t, TLS_54_an_hour_and_no_longer);
    tcase_add_test(t, TLS_54_renewal_does_not_prolong);
    tcase_add_test(t, TLS_55_the_oldest_go);
    tcase_add_test(t, TLS_55_large_certificates_have_no_session);
    tcase_add_test(t, TLS_55_how_many_may_be_said);
    tcase_add_test(t, TLS_56_resumption_makes_new_keys);
    tcase_add_test(t, TLS_35_early_data);
    tcase_add_test(t, TLS_57_the_session_id_context);
    tcase_add_test(t, TLS_57_another_listener_mode_name_or_anchor_set);
    tcase_add_test(t, TLS_58_two_instances_share_nothing);
    tcase_add_test(t, TLS_51_the_certificate_outlives_its_session);
})
