/* SPDX-License-Identifier: Apache-2.0 */
/* One context under many threads, as the workers use it: handshakes, resumptions and a session that
 * all of them use at once. */
#include "edge/tls_parts.h"
#include "unit/edge/support/tls.h"

#include <pthread.h>
#include <stdatomic.h>

#define THREADS 4
#define ROUNDS  25

struct shared {
    struct as_tls_context *context;
    SSL_CTX *clients[THREADS];
    SSL_SESSION *session; /* of the first client, used by all */
    struct as_span der;
    atomic_uint wrong, resumed, full;
};

struct worker {
    struct shared *shared;
    SSL_CTX *client;
};

static bool is_shown(const struct as_peer *peer, as_span der)
{
    return peer->cert != NULL && as_span_equal(peer->cert->der, der);
}

/* No ck_assert here: libcheck knows one thread. */
static void visit(struct shared *shared, SSL_CTX *client, SSL_SESSION *session)
{
    struct as_peer peer = {.cert = NULL};
    struct tls_pair pair;

    tls_open(&pair, shared->context, client);
    SSL_set_tlsext_host_name(pair.client, TLS_NAME);
    if (session != NULL) {
        SSL_set_session(pair.client, session);
    }
    bool fine = tls_shake(&pair) && !as_failed(as_tls_peer_fill(pair.server, &peer)) &&
                is_shown(&peer, shared->der);
    atomic_fetch_add(fine ? (peer.resumed ? &shared->resumed : &shared->full) : &shared->wrong, 1);
    as_cert_drop(peer.cert);
    tls_close(&pair);
}

static void *work(void *arg)
{
    struct worker *worker = arg;

    for (int i = 0; i < ROUNDS; i++) {
        /* a copy: the client's own side of a session is not for many threads at once */
        SSL_SESSION *session = SSL_SESSION_dup(worker->shared->session);
        visit(worker->shared, worker->client, i % 5 == 0 ? NULL : session);
        SSL_SESSION_free(session);
    }
    return NULL;
}

static int on_session(SSL *ssl, SSL_SESSION *session)
{
    SSL_SESSION **kept = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));

    if (kept != NULL && *kept == NULL) {
        *kept = session;
        return 1;
    }
    return 0;
}

static SSL_CTX *client_of(int version, SSL_SESSION **kept)
{
    SSL_CTX *client = tls_client(version);

    tls_show(client, kit.client);
    SSL_CTX_set_session_cache_mode(client, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(client, on_session);
    SSL_CTX_set_app_data(client, kept);
    return client;
}

static void run(int version)
{
    struct as_listener_conf conf = tls_conf(AS_CLIENT_CERTIFICATE_REQUEST);
    struct shared shared = {.context = tls_context(&conf), .der = test_cert_der(kit.client)};
    struct worker workers[THREADS];
    pthread_t threads[THREADS];

    SSL_CTX *first = client_of(version, &shared.session);
    visit(&shared, first, NULL);
    ck_assert_ptr_nonnull(shared.session);
    for (size_t i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){&shared, client_of(version, NULL)};
        ck_assert_int_eq(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        SSL_CTX_free(workers[i].client);
    }
    ck_assert_uint_eq(shared.wrong, 0);
    ck_assert_uint_eq(shared.full, 1 + THREADS * ROUNDS / 5);
    ck_assert_uint_eq(shared.resumed, THREADS * ROUNDS * 4 / 5);
    SSL_SESSION_free(shared.session);
    SSL_CTX_free(first);
    as_tls_context_drop(shared.context);
    free((void *)(uintptr_t)shared.der.ptr);
}

START_TEST(TLS_52_one_context_in_many_threads_tls_12)
{
    run(TLS1_2_VERSION);
}
END_TEST

START_TEST(TLS_52_one_context_in_many_threads_tls_13)
{
    run(TLS1_3_VERSION);
}
END_TEST

AS_TESTS("edge/tls_threads", {
    tcase_add_unchecked_fixture(t, tls_setup, tls_teardown);
    tcase_add_test(t, TLS_52_one_context_in_many_threads_tls_12);
    tcase_add_test(t, TLS_52_one_context_in_many_threads_tls_13);
})
