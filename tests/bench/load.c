/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asks one question over and over, on a number of connections, each of which waits for its answer.
 *
 *   bench_load full|resumed|kept THREADS CONNECTIONS REQUESTS PORT SERVER CERT KEY CA FILE
 *
 * full: a connection and a whole handshake each; resumed: a connection each, with the session of
 * the last; kept: connections that stay. SERVER is 1.2-rsa, 1.3-rsa or 1.3-ecdsa: the version of
 * TLS and the key with which the server has to sign. FILE holds the octets of a request.
 *
 * Each connection first asks once, which nobody counts; then a line is printed that says what was
 * negotiated. For each line of the input so many requests are made, and printed is
 *
 *   SECONDS P50 P99
 *
 * the percentiles in milliseconds, from the request to the end of the answer, or from connect()
 * where a handshake belongs to it. Between lines, and with 0 requests, the connections are idle;
 * the end of the input ends them. Anything but a complete answer of 200 ends it with status 1.
 */
#include "load.h"

#include <openssl/err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>

struct server {
    const char *name;
    int version;
    const char *suites;  /* below TLS 1.3 */
    const char *sigalgs; /* which the server may sign with: they choose its certificate */
};

static const struct server servers[] = {
    {"1.2-rsa", TLS1_2_VERSION, "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384",
     "RSA-PSS+SHA256:RSA+SHA256"},
    {"1.3-rsa", TLS1_3_VERSION, NULL, "RSA-PSS+SHA256"},
    {"1.3-ecdsa", TLS1_3_VERSION, NULL, "ECDSA+SHA256"},
};

void bench_die(const char *what)
{
    fprintf(stderr, "bench_load: %s\n", what);
    ERR_print_errors_fp(stderr);
    exit(1);
}

double bench_now(void)
{
    struct timespec at;

    (void)clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

/* ---------------------------------------------------------------- the whole ------------------ */

static void prepare(struct caller *caller, const struct load *load)
{
    caller->load = load;
    caller->count = load->connections / load->threads;
    caller->connections = calloc((size_t)caller->count, sizeof(*caller->connections));
    caller->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (caller->connections == NULL || caller->epoll < 0) {
        bench_die("no memory or descriptor");
    }
}

static void everybody(struct caller *callers, const struct load *load, void *(*does)(void *))
{
    for (long i = 0; i < load->threads; i++) {
        if (pthread_create(&callers[i].thread, NULL, does, &callers[i]) != 0) {
            bench_die("no thread");
        }
    }
    for (long i = 0; i < load->threads; i++) {
        (void)pthread_join(callers[i].thread, NULL);
    }
}

static int by_size(const void *one, const void *other)
{
    const double a = *(const double *)one, b = *(const double *)other;

    return (a > b) - (a < b);
}

/* The answers come in at the pace of the slowest thread; the times are those of all. */
static void tell(const struct caller *callers, const struct load *load, double seconds)
{
    double *all = malloc((size_t)load->requests * sizeof(*all));
    long count = 0;

    if (all == NULL) {
        bench_die("no memory");
    }
    for (long i = 0; i < load->threads; i++) {
        memcpy(all + count, callers[i].times, (size_t)callers[i].timed * sizeof(*all));
        count += callers[i].timed;
    }
    qsort(all, (size_t)count, sizeof(*all), by_size);
    printf("%.6f %.4f %.4f\n", seconds, all[count / 2] * 1e3, all[count * 99 / 100] * 1e3);
    (void)fflush(stdout);
    free(all);
}

static void measure_all(struct caller *callers, const struct load *load)
{
    double began = bench_now();

    for (long i = 0; i < load->threads; i++) {
        callers[i].left = load->requests / load->threads;
        callers[i].timed = 0;
    }
    everybody(callers, load, bench_measure);
    tell(callers, load, bench_now() - began);
}

static void make_times(struct caller *caller, const struct load *load)
{
    caller->times = calloc((size_t)(load->requests / load->threads), sizeof(*caller->times));
    if (caller->times == NULL) {
        bench_die("no memory");
    }
}

/* False at the end of the input. */
static bool wait_for_line(void)
{
    int got = getchar();

    while (got != EOF && got != '\n') {
        got = getchar();
    }
    return got != EOF;
}

static void run(const struct load *load)
{
    static struct caller callers[THREADS_MAX];

    for (long i = 0; i < load->threads; i++) {
        prepare(&callers[i], load);
    }
    everybody(callers, load, bench_warm_up);
    printf("%s\n", callers[0].negotiated);
    (void)fflush(stdout);
    for (long i = 0; i < load->threads && load->requests > 0; i++) {
        make_times(&callers[i], load);
    }
    while (wait_for_line()) {
        if (load->requests > 0) {
            measure_all(callers, load);
        }
    }
}

/* ---------------------------------------------------------------- arguments ------------------ */

static void read_request(struct load *load, const char *file)
{
    FILE *from = fopen(file, "rb");

    if (from == NULL) {
        bench_die("the request cannot be read");
    }
    load->request_len = (int)fread(load->request, 1, sizeof(load->request), from);
    (void)fclose(from);
}

static void read_mode(struct load *load, const char *name)
{
    static const char *const names[] = {[FULL] = "full", [RESUMED] = "resumed", [KEPT] = "kept"};

    for (load->mode = FULL; strcmp(names[load->mode], name) != 0; load->mode++) {
        if (load->mode == KEPT) {
            bench_die("the mode is full, resumed or kept");
        }
    }
}

static void read_counts(struct load *load, char *const *argv)
{
    load->threads = strtol(argv[0], NULL, 10);
    load->connections = strtol(argv[1], NULL, 10);
    load->requests = strtol(argv[2], NULL, 10);
    if (load->threads < 1 || load->threads > THREADS_MAX || load->connections < load->threads ||
        load->connections % load->threads != 0 || load->requests % load->threads != 0) {
        bench_die("connections and requests have to be multiples of the threads");
    }
}

static const struct server *find_server(const char *name)
{
    for (size_t i = 0; i < sizeof(servers) / sizeof(servers[0]); i++) {
        if (strcmp(servers[i].name, name) == 0) {
            return &servers[i];
        }
    }
    bench_die("the server is 1.2-rsa, 1.3-rsa or 1.3-ecdsa");
}

static SSL_CTX *make_tls(const struct server *server, char *const *files)
{
    SSL_CTX *tls = SSL_CTX_new(TLS_client_method());

    if (tls == NULL || SSL_CTX_set_min_proto_version(tls, server->version) != 1 ||
        SSL_CTX_set_max_proto_version(tls, server->version) != 1 ||
        (server->suites != NULL && SSL_CTX_set_cipher_list(tls, server->suites) != 1) ||
        SSL_CTX_set1_sigalgs_list(tls, server->sigalgs) != 1 ||
        SSL_CTX_set1_client_sigalgs_list(tls, "ECDSA+SHA256:RSA-PSS+SHA256:RSA+SHA256") != 1 ||
        SSL_CTX_use_certificate_chain_file(tls, files[0]) != 1 ||
        SSL_CTX_use_PrivateKey_file(tls, files[1], SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_load_verify_locations(tls, files[2], NULL) != 1) {
        bench_die("no TLS");
    }
    SSL_CTX_set_verify(tls, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_session_cache_mode(tls, SSL_SESS_CACHE_OFF); /* sessions are kept by hand */
    return tls;
}

int main(int argc, char **argv)
{
    static struct load load;

    if (argc != 11) {
        bench_die("there are ten arguments");
    }
    (void)signal(SIGPIPE, SIG_IGN);
    read_mode(&load, argv[1]);
    read_counts(&load, argv + 2);
    load.to.sin_family = AF_INET;
    load.to.sin_port = htons((uint16_t)strtoul(argv[5], NULL, 10));
    load.to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    load.tls = make_tls(find_server(argv[6]), argv + 7);
    read_request(&load, argv[10]);
    run(&load);
    SSL_CTX_free(load.tls);
    return 0;
}
