/* SPDX-License-Identifier: Apache-2.0 */
/* A whole edge in this process, on loopback, serving the toy site; and raw clients. */
#ifndef AS_TESTS_EDGE_SERVE_H
#define AS_TESTS_EDGE_SERVE_H

#include "as/edge.h"
#include "edge/parts.h"
#include "unit/http/support/toy.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define SERVE_LISTENERS 3

/* Fill what the test needs, then serve_start; the rest has defaults. */
static struct serve {
    struct as_listener_conf listeners[SERVE_LISTENERS];
    size_t listener_count; /* 0: one without TLS on a port of the system's choice */
    struct as_edge_bounds bounds;
    unsigned failed_handshakes;
    const char *const *exempt;
    size_t exempt_count;
    size_t job_threads;
    size_t job_queue;
    unsigned workers;
    struct as_http_jobs *jobs;
    struct as_edge *edge;
    bool stopped;
    char told[4096];
} serve = {.job_threads = 2, .job_queue = 64, .workers = 2};

static inline void serve_tell(void *arg, const char *listener, const char *message)
{
    size_t len = strlen(serve.told);

    (void)arg;
    (void)snprintf(serve.told + len, sizeof(serve.told) - len, "%s: %s\n", listener, message);
}

static inline struct as_listener_conf serve_plain(const char *address)
{
    return (struct as_listener_conf){.name = "plain",
                                     .kind = AS_LISTENER_PLAIN,
                                     .address = address,
                                     .max_connections = 1000,
                                     .site = &toy_site};
}

/* Before the bounds are changed. */
static inline void serve_init(void)
{
    toy_begin();
    serve.bounds = as_edge_bounds_usual;
    serve.bounds.farewell_ms = 100;
}

static inline struct as_edge_conf serve_conf(void)
{
    return (struct as_edge_conf){.listeners = serve.listeners,
                                 .listener_count = serve.listener_count,
                                 .workers = serve.workers,
                                 .jobs = serve.jobs,
                                 .failed_handshakes = serve.failed_handshakes,
                                 .exempt = serve.exempt,
                                 .exempt_count = serve.exempt_count,
                                 .bounds = &serve.bounds};
}

static inline enum as_edge_failure serve_open(void)
{
    if (serve.listener_count == 0) {
        serve.listeners[serve.listener_count++] = serve_plain("127.0.0.1:0");
    }
    ck_ok(as_http_jobs_new(serve.job_threads, serve.job_queue, &serve.jobs));
    struct as_edge_conf conf = serve_conf();
    return as_edge_new(&conf, serve_tell, NULL, &serve.edge);
}

static inline void serve_start(void)
{
    ck_assert_msg(serve_open() == AS_EDGE_FINE, "%s", serve.told);
    ck_ok(as_edge_start(serve.edge));
}

static inline void serve_stop(int grace_ms)
{
    if (serve.edge != NULL) {
        as_edge_stop(serve.edge, grace_ms);
        ck_assert_uint_eq(atomic_load(&serve.edge->places), 0); /* all were counted back */
        as_edge_free(serve.edge);
        serve.edge = NULL;
    }
    as_http_jobs_free(serve.jobs);
    ck_assert_int_eq(atomic_load(&toy.lanes), 0);
    ck_assert_int_eq(as_metric_get(AS_METRIC_connections_open), 0);
    toy_end();
}

/* ---------------------------------------------------------------- clients -------------------- */

static inline uint16_t serve_port(size_t listener)
{
    char address[128];

    ck_ok(as_edge_address(serve.edge, listener, address, sizeof(address)));
    return (uint16_t)strtoul(strrchr(address, ':') + 1, NULL, 10);
}

/* From an address of 127.0.0.0/8. */
static inline int client_from(in_addr_t from, uint16_t port)
{
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(from)};
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval patience = {.tv_sec = 20};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(bind(fd, (const struct sockaddr *)&own, sizeof(own)), 0);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
    ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)), 0);
    return fd;
}

static inline int client_to(uint16_t port)
{
    return client_from(INADDR_LOOPBACK, port);
}

static inline int client_new(void)
{
    return client_to(serve_port(0));
}

static inline void client_send(int fd, const char *text)
{
    size_t len = strlen(text);

    ck_assert_int_eq(send(fd, text, len, MSG_NOSIGNAL), (ssize_t)len);
}

static char client_got[2 * TOY_LARGE];
static size_t client_len;

/* Reads up to the end of one answer (by Content-Length); what came after it stays for the next. */
static inline size_t client_answer_len(void)
{
    const char *end = strstr(client_got, "\r\n\r\n");
    const char *length = strstr(client_got, "Content-Length: ");

    if (end == NULL) {
        return 0;
    }
    size_t head = (size_t)(end - client_got) + 4;
    return length != NULL && length < end ? head + strtoul(length + 16, NULL, 10) : head;
}

static char client_answer[2 * TOY_LARGE];

/* One whole answer in client_answer; false: the connection ended before. */
static inline bool client_read_as(int fd, bool head_only)
{
    for (;;) {
        client_got[client_len] = '\0';
        size_t len = client_answer_len();
        if (len > 0 && head_only) {
            len = (size_t)(strstr(client_got, "\r\n\r\n") - client_got) + 4;
        }
        if (len > 0 && client_len >= len) {
            memcpy(client_answer, client_got, len);
            client_answer[len] = '\0';
            memmove(client_got, client_got + len, client_len - len);
            client_len -= len;
            return true;
        }
        ssize_t got = recv(fd, client_got + client_len, sizeof(client_got) - client_len - 1, 0);
        ck_assert_msg(got >= 0 || errno != EAGAIN, "no answer in time");
        if (got <= 0) {
            return false;
        }
        client_len += (size_t)got;
    }
}

static inline bool client_read(int fd)
{
    return client_read_as(fd, false);
}

static inline bool client_has(const char *text)
{
    return strstr(client_answer, text) != NULL;
}

static inline size_t client_count(const char *text)
{
    size_t found = 0;

    for (const char *at = strstr(client_answer, text); at != NULL; at = strstr(at + 1, text)) {
        found++;
    }
    return found;
}

/* Has the server ended the connection, with nothing more said? */
static inline bool client_ended(int fd)
{
    char octet;
    ssize_t got = recv(fd, &octet, 1, 0);

    ck_assert_msg(got >= 0 || errno != EAGAIN, "still open");
    return got <= 0 && client_len == 0;
}

/* Ended by FIN, not by a reset, which would take answers with it on other systems than this. */
static inline bool client_ended_in_order(int fd)
{
    char octet;
    int error = 0;
    socklen_t len = sizeof(error);
    ssize_t got = recv(fd, &octet, 1, 0);

    ck_assert_msg(got >= 0 || errno != EAGAIN, "still open");
    ck_assert_int_eq(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len), 0);
    return got == 0 && error == 0 && client_len == 0;
}

/* False: nobody takes it all. */
static inline bool client_send_much(int fd, size_t len)
{
    static char octets[16384];

    memset(octets, 'x', sizeof(octets));
    while (len > 0) {
        ssize_t sent = send(fd, octets, len < sizeof(octets) ? len : sizeof(octets), MSG_NOSIGNAL);
        if (sent <= 0) {
            return false;
        }
        len -= (size_t)sent;
    }
    return true;
}

static inline void client_close(int fd)
{
    close(fd);
    client_len = 0;
}

/* One request on a connection of its own. */
static inline void client_once(const char *request)
{
    int fd = client_new();

    client_send(fd, request);
    ck_assert(client_read(fd));
    client_close(fd);
}

static inline void wait_until(atomic_int *number, int value)
{
    for (int i = 0; atomic_load(number) < value; i++) {
        ck_assert_int_lt(i, 20000);
        poll(NULL, 0, 1);
    }
}

static inline void wait_metric(enum as_metric metric, int64_t value)
{
    for (int i = 0; as_metric_get(metric) != value; i++) {
        ck_assert_msg(i < 20000, "metric stays at %ld", (long)as_metric_get(metric));
        poll(NULL, 0, 1);
    }
}

static inline size_t open_files(void)
{
    size_t count = 0;
    DIR *dir = opendir("/proc/self/fd");

    ck_assert_ptr_nonnull(dir);
    while (readdir(dir) != NULL) {
        count++;
    }
    closedir(dir);
    return count;
}

#endif
