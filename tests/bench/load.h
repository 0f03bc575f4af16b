/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of bench_load: load.c reads what is asked and tells the times, load_call.c calls. */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include <netinet/in.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdbool.h>

#define THREADS_MAX 16
#define REQUEST_MAX 16384
#define ANSWER_MAX  8192

enum mode { FULL, RESUMED, KEPT };

/* What all connections share; constant once they begin. */
struct load {
    enum mode mode;
    long threads, connections, requests;
    struct sockaddr_in to;
    SSL_CTX *tls;
    char request[REQUEST_MAX];
    int request_len;
};

struct connection {
    SSL *ssl;
    SSL_SESSION *session;
    bool asking, sent;
    double began;
    size_t len, whole; /* of the answer; whole is 0 until its head is complete */
    char answer[ANSWER_MAX + 1];
};

struct caller {
    const struct load *load;
    pthread_t thread;
    int epoll;
    struct connection *connections;
    long count, opened, busy;
    long left;     /* requests */
    double *times; /* what each took */
    long timed;
    char negotiated[128];
};

__attribute__((noreturn)) void bench_die(const char *what);
double bench_now(void); /* seconds */

/* Bodies of threads, each for a struct caller. The first opens every connection and asks once on
 * it; the second asks what is left. */
void *bench_warm_up(void *caller);
void *bench_measure(void *caller);

#endif
