/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asks one question over and over: threads that wait for each answer before they go on.
 *
 *   bench_load full|resumed|kept THREADS REQUESTS PORT 1.2|1.3 CERT KEY CA FILE
 *
 * FILE holds the octets of a request. full: a connection and a whole handshake each; resumed: a
 * connection each, with the session of the last; kept: one connection per thread. Prints how many
 * seconds it took. Anything but a complete answer of 200 ends it with status 1.
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#define THREADS_MAX 64
#define REQUEST_MAX 16384
#define ANSWER_MAX  65536

enum mode { FULL, RESUMED, KEPT };

struct load {
    enum mode mode;
    long threads, requests;
    struct sockaddr_in to;
    SSL_CTX *tls;
    char request[REQUEST_MAX];
    size_t request_len;
};

struct caller {
    const struct load *load;
    pthread_t thread;
    SSL *ssl;
    SSL_SESSION *session;
    long left;
};

__attribute__((noreturn)) static void die(const char *what)
{
    fprintf(stderr, "bench_load: %s\n", what);
    ERR_print_errors_fp(stderr);
    exit(1);
}

/* ---------------------------------------------------------------- one connection ------------- */

static void open_connection(struct caller *caller)
{
    const struct load *load = caller->load;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int on = 1;

    if (fd < 0 || setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) != 0 ||
        connect(fd, (const struct sockaddr *)&load->to, sizeof(load->to)) != 0) {
        die("no connection");
    }
    caller->ssl = SSL_new(load->tls);
    if (caller->ssl == NULL || SSL_set_fd(caller->ssl, fd) != 1 ||
        SSL_set_tlsext_host_name(caller->ssl, "localhost") != 1 ||
        (caller->session != NULL && SSL_set_session(caller->ssl, caller->session) != 1) ||
        SSL_connect(caller->ssl) != 1) {
        die("no handshake");
    }
    if (SSL_session_reused(caller->ssl) != (caller->session != NULL)) {
        die(caller->session != NULL ? "a session was not resumed" : "a session was resumed");
    }
}

/* With a goodbye, without which OpenSSL takes a session for broken. */
static void close_connection(struct caller *caller)
{
    int fd = SSL_get_fd(caller->ssl);

    if (caller->load->mode == RESUMED) {
        SSL_SESSION_free(caller->session);
        caller->session = SSL_get1_session(caller->ssl);
    }
    (void)SSL_shutdown(caller->ssl);
    SSL_free(caller->ssl);
    (void)close(fd);
    caller->ssl = NULL;
}

/* ---------------------------------------------------------------- one request ---------------- */

static size_t content_length(const char *head)
{
    for (const char *line = strstr(head, "\r\n"); line != NULL; line = strstr(line + 2, "\r\n")) {
        if (strncasecmp(line + 2, "content-length:", 15) == 0) {
            return strtoul(line + 17, NULL, 10);
        }
    }
    die("an answer has no length");
}

static void read_answer(SSL *ssl)
{
    char answer[ANSWER_MAX + 1];
    size_t len = 0, whole = 0;

    while (whole == 0 || len < whole) {
        int part = SSL_read(ssl, answer + len, (int)(ANSWER_MAX - len));
        if (part <= 0) {
            die("an answer breaks off");
        }
        len += (size_t)part;
        answer[len] = '\0';
        const char *end = strstr(answer, "\r\n\r\n");
        if (whole == 0 && end != NULL) {
            whole = (size_t)(end + 4 - answer) + content_length(answer);
        }
    }
    if (strncmp(answer, "HTTP/1.1 200 ", 13) != 0) {
        die(answer);
    }
}

static void ask(struct caller *caller)
{
    const struct load *load = caller->load;

    if (SSL_write(caller->ssl, load->request, (int)load->request_len) != (int)load->request_len) {
        die("a request was not sent");
    }
    read_answer(caller->ssl);
}

static void *call(void *arg)
{
    struct caller *caller = arg;
    bool kept = caller->load->mode == KEPT;

    for (; caller->left > 0; caller->left--) {
        if (caller->ssl == NULL) {
            open_connection(caller);
        }
        ask(caller);
        if (!kept || caller->left == 1) {
            close_connection(caller);
        }
    }
    SSL_SESSION_free(caller->session);
    return NULL;
}

/* ---------------------------------------------------------------- the whole ------------------ */

static double now(void)
{
    struct timespec at;

    (void)clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static double run(const struct load *load)
{
    struct caller callers[THREADS_MAX];
    double began = now();

    for (long i = 0; i < load->threads; i++) {
        callers[i] = (struct caller){.load = load, .left = load->requests / load->threads};
        if (pthread_create(&callers[i].thread, NULL, call, &callers[i]) != 0) {
            die("no thread");
        }
    }
    for (long i = 0; i < load->threads; i++) {
        (void)pthread_join(callers[i].thread, NULL);
    }
    return now() - began;
}

static void read_request(struct load *load, const char *file)
{
    FILE *from = fopen(file, "rb");

    if (from == NULL) {
        die("the request cannot be read");
    }
    load->request_len = fread(load->request, 1, sizeof(load->request), from);
    (void)fclose(from);
}

static void read_mode(struct load *load, const char *name)
{
    static const char *const names[] = {[FULL] = "full", [RESUMED] = "resumed", [KEPT] = "kept"};

    for (load->mode = FULL; strcmp(names[load->mode], name) != 0; load->mode++) {
        if (load->mode == KEPT) {
            die("the mode is full, resumed or kept");
        }
    }
}

static SSL_CTX *make_tls(char *const *argv)
{
    int version = strcmp(argv[5], "1.2") == 0 ? TLS1_2_VERSION : TLS1_3_VERSION;
    SSL_CTX *tls = SSL_CTX_new(TLS_client_method());

    if (tls == NULL || SSL_CTX_set_min_proto_version(tls, version) != 1 ||
        SSL_CTX_set_max_proto_version(tls, version) != 1 ||
        SSL_CTX_use_certificate_chain_file(tls, argv[6]) != 1 ||
        SSL_CTX_use_PrivateKey_file(tls, argv[7], SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_load_verify_locations(tls, argv[8], NULL) != 1) {
        die("no TLS");
    }
    SSL_CTX_set_verify(tls, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_session_cache_mode(tls, SSL_SESS_CACHE_OFF); /* sessions are kept by hand */
    return tls;
}

int main(int argc, char **argv)
{
    static struct load load;

    if (argc != 10) {
        die("there are nine arguments");
    }
    read_mode(&load, argv[1]);
    load.threads = strtol(argv[2], NULL, 10);
    load.requests = strtol(argv[3], NULL, 10);
    if (load.threads < 1 || load.threads > THREADS_MAX) {
        die("too many threads");
    }
    load.to.sin_family = AF_INET;
    load.to.sin_port = htons((uint16_t)strtoul(argv[4], NULL, 10));
    load.to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    load.tls = make_tls(argv);
    read_request(&load, argv[9]);
    printf("%.6f\n", run(&load));
    SSL_CTX_free(load.tls);
    return 0;
}
