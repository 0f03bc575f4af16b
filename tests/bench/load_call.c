/* SPDX-License-Identifier: Apache-2.0 */
/* The connections of one thread: each asks, waits for its answer, and asks again. */
#include "load.h"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <unistd.h>

#define OPENING_MAX 32 /* connections of a thread that are opened at a time */

/* ---------------------------------------------------------------- one connection ------------- */

static int connect_to(const struct sockaddr_in *to)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int on = 1;

    if (fd < 0 || setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) != 0 ||
        connect(fd, (const struct sockaddr *)to, sizeof(*to)) != 0 ||
        fcntl(fd, F_SETFL, O_NONBLOCK) != 0) {
        bench_die("no connection");
    }
    return fd;
}

static void open_connection(struct caller *caller, struct connection *it)
{
    int fd = connect_to(&caller->load->to);
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data = {.ptr = it}};

    it->ssl = SSL_new(caller->load->tls);
    if (it->ssl == NULL || SSL_set_fd(it->ssl, fd) != 1 ||
        SSL_set_tlsext_host_name(it->ssl, "localhost") != 1 ||
        (it->session != NULL && SSL_set_session(it->ssl, it->session) != 1) ||
        epoll_ctl(caller->epoll, EPOLL_CTL_ADD, fd, &event) != 0) {
        bench_die("no connection");
    }
    SSL_set_connect_state(it->ssl);
}

/* With a goodbye, without which OpenSSL takes a session for broken. */
static void close_connection(struct connection *it, enum mode mode)
{
    int fd = SSL_get_fd(it->ssl);

    if (mode == RESUMED) {
        SSL_SESSION_free(it->session);
        it->session = SSL_get1_session(it->ssl);
    }
    (void)SSL_shutdown(it->ssl);
    SSL_free(it->ssl);
    (void)close(fd);
    it->ssl = NULL;
    ERR_clear_error();
}

static void on_handshake(struct caller *caller, const struct connection *it)
{
    int signature = 0;

    if (SSL_session_reused(it->ssl) != (it->session != NULL)) {
        bench_die(it->session != NULL ? "a session was not resumed" : "a session was resumed");
    }
    if (it->session == NULL) {
        (void)SSL_get_peer_signature_type_nid(it->ssl, &signature);
        (void)snprintf(caller->negotiated, sizeof(caller->negotiated), "%s %s %s %s",
                       SSL_get_version(it->ssl), SSL_get_cipher_name(it->ssl),
                       OBJ_nid2sn((int)SSL_get_negotiated_group(it->ssl)), OBJ_nid2sn(signature));
    }
}

/* ---------------------------------------------------------------- one request ---------------- */

static void begin(struct caller *caller, struct connection *it)
{
    it->began = bench_now();
    it->asking = true;
    it->sent = false;
    it->len = it->whole = 0;
    if (it->ssl == NULL) {
        open_connection(caller, it);
    }
}

static size_t content_length(const char *head)
{
    for (const char *line = strstr(head, "\r\n"); line != NULL; line = strstr(line + 2, "\r\n")) {
        if (strncasecmp(line + 2, "content-length:", 15) == 0) {
            return strtoul(line + 17, NULL, 10);
        }
    }
    bench_die("an answer has no length");
}

static void note_head(struct connection *it)
{
    const char *end = NULL;

    it->answer[it->len] = '\0';
    end = strstr(it->answer, "\r\n\r\n");
    if (end == NULL) {
        return;
    }
    if (strncmp(it->answer, "HTTP/1.1 200 ", 13) != 0) {
        bench_die(it->answer);
    }
    it->whole = (size_t)(end + 4 - it->answer) + content_length(it->answer);
    if (it->whole > ANSWER_MAX) {
        bench_die("an answer is too long");
    }
}

/* False: what came back says that the socket has to be waited for. */
static bool went_on(const struct connection *it, int result)
{
    if (result > 0) {
        return true;
    }
    int error = SSL_get_error(it->ssl, result);
    if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) {
        bench_die(SSL_is_init_finished(it->ssl) ? "a connection breaks off" : "no handshake");
    }
    return false;
}

/* True once the answer is whole. */
static bool advance(struct caller *caller, struct connection *it)
{
    const struct load *load = caller->load;

    if (!SSL_is_init_finished(it->ssl)) {
        if (!went_on(it, SSL_do_handshake(it->ssl))) {
            return false;
        }
        on_handshake(caller, it);
    }
    if (!it->sent && !went_on(it, SSL_write(it->ssl, load->request, load->request_len))) {
        return false;
    }
    it->sent = true;
    while (it->whole == 0 || it->len < it->whole) {
        int part = SSL_read(it->ssl, it->answer + it->len, (int)(ANSWER_MAX - it->len));
        if (!went_on(it, part)) {
            return false;
        }
        it->len += (size_t)part;
        if (it->whole == 0) {
            note_head(it);
        }
    }
    return true;
}

/* ---------------------------------------------------------------- one thread ----------------- */

/* At first connections that have not asked yet, then this one again. */
static void go_on(struct caller *caller, struct connection *it)
{
    it->asking = false;
    if (caller->times != NULL) {
        caller->times[caller->timed++] = bench_now() - it->began;
    }
    if (caller->load->mode != KEPT) {
        close_connection(it, caller->load->mode);
    }
    if (caller->opened < caller->count) {
        begin(caller, &caller->connections[caller->opened++]);
    } else if (caller->left > 0) {
        caller->left--;
        begin(caller, it);
    } else {
        caller->busy--;
    }
}

static void drive(struct caller *caller)
{
    struct epoll_event events[64];

    while (caller->busy > 0) {
        int count = epoll_wait(caller->epoll, events, 64, 30000);
        if (count <= 0) {
            bench_die("no answer for 30 s");
        }
        for (int i = 0; i < count; i++) {
            struct connection *it = events[i].data.ptr;
            while (it->asking && advance(caller, it)) {
                go_on(caller, it);
            }
        }
    }
}

void *bench_warm_up(void *arg)
{
    struct caller *caller = arg;

    while (caller->opened < caller->count && caller->opened < OPENING_MAX) {
        caller->busy++;
        begin(caller, &caller->connections[caller->opened++]);
    }
    drive(caller);
    return NULL;
}

void *bench_measure(void *arg)
{
    struct caller *caller = arg;
    struct connection *it = caller->connections;

    for (; it < caller->connections + caller->count && caller->left > 0; it++) {
        caller->left--;
        caller->busy++;
        begin(caller, it);
    }
    for (struct connection *one = caller->connections; one < it; one++) {
        while (one->asking && advance(caller, one)) {
            go_on(caller, one);
        }
    }
    drive(caller);
    return NULL;
}
