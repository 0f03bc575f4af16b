/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses and sockets to listen on, and the bounds of what is accepted. */
#include "edge/listen.h"

#include "support/serve.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#define GET_ECHO "GET /echo HTTP/1.1\r\nHost: a\r\n\r\n"

static bool parses(enum as_listener_kind kind, const char *text)
{
    const struct as_listener_conf conf = {.kind = kind, .address = text};
    union as_address address;
    socklen_t len = 0;
    const char *why = NULL;

    return as_address_parse(&conf, &address, &len, &why);
}

START_TEST(addresses_are_numbers_with_a_port)
{
    const char *const good[] = {"127.0.0.1:8443", "0.0.0.0:0", "[::1]:8443", "[::]:65535",
                                "[2001:db8::1]:443"};
    const char *const bad[] = {"",          "127.0.0.1",     "127.0.0.1:",     ":8443",
                               "8443",      "::1:8443",      "[::1]",          "[::1]:",
                               "[::1:8443", "::1]:8443",     "localhost:8443", "127.0.0.1:65536",
                               "[]:1",      "127.1:8443",    "127.0.0.1:-1",   "127.0.0.1: 1",
                               "[:1",       "[127.0.0.1]:1", "127.0.0.1:1x",   "*:8443"};

    for (size_t i = 0; i < AS_COUNT(good); i++) {
        ck_assert_msg(parses(AS_LISTENER_TLS, good[i]), "%s", good[i]);
    }
    for (size_t i = 0; i < AS_COUNT(bad); i++) {
        ck_assert_msg(!parses(AS_LISTENER_TLS, bad[i]), "%s", bad[i]);
    }
}
END_TEST

START_TEST(TLS_01_without_tls_only_loopback_is_listened_on)
{
    const char *const good[] = {"127.0.0.1:1", "127.1.2.3:1", "[::1]:1"};
    const char *const bad[] = {"0.0.0.0:1",   "[::]:1",          "192.0.2.1:1",
                               "128.0.0.1:1", "[2001:db8::1]:1", "[::ffff:127.0.0.1]:1"};

    for (size_t i = 0; i < AS_COUNT(good); i++) {
        ck_assert_msg(parses(AS_LISTENER_PLAIN, good[i]), "%s", good[i]);
    }
    for (size_t i = 0; i < AS_COUNT(bad); i++) {
        ck_assert_msg(!parses(AS_LISTENER_PLAIN, bad[i]), "%s", bad[i]);
    }
    serve_init();
    serve.listeners[0] = serve_plain("0.0.0.0:0");
    serve.listener_count = 1;
    ck_assert_int_eq(serve_open(), AS_EDGE_BAD_CONFIGURATION);
    ck_assert_ptr_nonnull(strstr(serve.told, "loopback"));
    serve_stop(0);
}
END_TEST

START_TEST(a_port_in_use_is_unavailable)
{
    struct as_edge *first = NULL;
    char address[128];

    serve_init();
    serve_start();
    first = serve.edge;
    ck_ok(as_edge_address(first, 0, address, sizeof(address)));
    serve.listeners[0] = serve_plain(address);
    as_http_jobs_free(serve.jobs);
    serve.edge = NULL;
    ck_assert_int_eq(serve_open(), AS_EDGE_UNAVAILABLE);
    ck_assert_ptr_nonnull(strstr(serve.told, address));
    ck_assert_ptr_null(serve.edge);
    serve.edge = first;
    ck_fault(as_edge_address(first, 1, address, sizeof(address)), AS_SERVER_ERROR);
    ck_fault(as_edge_address(first, 0, address, 5), AS_SERVER_ERROR);
    serve_stop(0);
}
END_TEST

START_TEST(ipv6_is_served)
{
    struct sockaddr_in6 to = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};

    serve_init();
    serve.listeners[0] = serve_plain("[::1]:0");
    serve.listener_count = 1;
    enum as_edge_failure opened = serve_open();
    if (opened == AS_EDGE_UNAVAILABLE) {
        serve_stop(0);
        ck_skip("no IPv6 here");
    }
    ck_assert_int_eq(opened, AS_EDGE_FINE);
    ck_ok(as_edge_start(serve.edge));
    to.sin6_port = htons(serve_port(0));
    int fd = socket(AF_INET6, SOCK_STREAM, 0);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
    client_send(fd, "GET /echo HTTP/1.1\r\nHost: [::1]:1\r\n\r\n");
    ck_assert(client_read(fd) && client_has(" 200 "));
    client_close(fd);
    serve_stop(1000);
}
END_TEST

/* ---------------------------------------------------------------- a socket ------------------- */

static char path[108];

static void serve_socket(bool group)
{
    (void)snprintf(path, sizeof(path), "%s/edge-%ld.sock", as_test_tmp(), (long)getpid());
    serve_init();
    serve.listeners[0] = (struct as_listener_conf){.name = "admin",
                                                   .kind = AS_LISTENER_SOCKET,
                                                   .address = path,
                                                   .max_connections = 10,
                                                   .socket_group = getegid(),
                                                   .socket_group_set = group,
                                                   .site = &toy_site};
    serve.listener_count = 1;
}

static int client_to_socket(void)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    memcpy(to.sun_path, path, strlen(path));
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
    return fd;
}

static as_err say_peer(struct as_http_call *call)
{
    const struct as_peer *peer = call->request->peer;
    as_span text;

    AS_TRY(as_arena_printf(call->mem, &text, "%s %s %ld %ld", peer->listener->name, peer->address,
                           (long)peer->uid, (long)peer->gid));
    return toy_say(call, 200, text);
}

START_TEST(a_socket_tells_who_is_at_its_other_end)
{
    char expected[128];

    toy_extra = say_peer;
    serve_socket(true);
    serve_start();
    int fd = client_to_socket();
    client_send(fd, "GET /peer HTTP/1.1\r\nHost: localhost\r\n\r\n");
    ck_assert(client_read(fd));
    (void)snprintf(expected, sizeof(expected), "\r\n\r\nadmin unix %ld %ld", (long)getuid(),
                   (long)getgid());
    ck_assert_msg(client_has(expected), "%s", client_answer);
    client_close(fd);
    serve_stop(1000);
}
END_TEST

START_TEST(the_file_of_a_socket_is_for_its_group_alone)
{
    struct stat found;

    umask(0);
    serve_socket(true);
    serve_start();
    ck_assert_int_eq(stat(path, &found), 0);
    ck_assert_uint_eq(found.st_mode & 07777, 0660);
    ck_assert_uint_eq(found.st_gid, getegid());
    serve_stop(0);
    ck_assert_int_eq(stat(path, &found), -1); /* it goes with the edge */
}
END_TEST

START_TEST(without_a_group_it_is_for_the_owner_alone)
{
    struct stat found;

    umask(0);
    serve_socket(false);
    serve_start();
    ck_assert_int_eq(stat(path, &found), 0);
    ck_assert_uint_eq(found.st_mode & 07777, 0600);
    serve_stop(0);
}
END_TEST

#define NOBODY 65534

START_TEST(a_group_that_the_user_is_not_in)
{
    bool root = geteuid() == 0;         /* who may give a socket to any group */
    char folder[] = "/tmp/edge-XXXXXX"; /* others may not enter as_test_tmp() */

    ck_assert_ptr_nonnull(mkdtemp(folder));
    serve_socket(true);
    (void)snprintf(path, sizeof(path), "%s/s", folder);
    serve.listeners[0].socket_group = getegid() + 12345;
    if (root) {
        ck_assert_int_eq(chown(folder, NOBODY, (gid_t)-1), 0);
        ck_assert_int_eq(seteuid(NOBODY), 0);
    }
    ck_assert_int_eq(serve_open(), AS_EDGE_UNAVAILABLE);
    ck_assert_ptr_nonnull(strstr(serve.told, "cannot be given to its group: is the user of fapid"));
    ck_assert_int_eq(access(path, F_OK), -1);
    ck_assert(!root || seteuid(0) == 0);
    ck_assert_int_eq(rmdir(folder), 0);
}
END_TEST

/* A socket's file whose process is gone. */
static void leave_stale(void)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    memcpy(to.sun_path, path, strlen(path));
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&to, sizeof(to)), 0);
    close(fd);
}

START_TEST(a_stale_socket_is_replaced)
{
    serve_socket(true);
    leave_stale();
    serve_start();
    int fd = client_to_socket();
    client_send(fd, GET_ECHO);
    ck_assert(client_read(fd) && client_has(" 200 "));
    client_close(fd);
    serve_stop(1000);
}
END_TEST

START_TEST(a_socket_in_use_and_other_files_are_left_alone)
{
    struct stat found;

    serve_socket(true);
    serve_start();
    struct as_edge *first = serve.edge;
    as_http_jobs_free(serve.jobs);
    serve.edge = NULL;
    ck_assert_int_eq(serve_open(), AS_EDGE_UNAVAILABLE);
    ck_assert_ptr_nonnull(strstr(serve.told, "another process listens here"));
    serve.edge = first;
    int fd = client_to_socket();
    client_send(fd, GET_ECHO);
    ck_assert(client_read(fd) && client_has(" 200 "));
    client_close(fd);
    serve_stop(1000);

    int file = open(path, O_CREAT | O_EXCL | O_WRONLY, 0600);
    ck_assert_int_ge(file, 0);
    close(file);
    toy_begin();
    ck_assert_int_eq(serve_open(), AS_EDGE_UNAVAILABLE);
    ck_assert_ptr_nonnull(strstr(serve.told, "is no socket"));
    ck_assert_int_eq(stat(path, &found), 0);
    ck_assert(S_ISREG(found.st_mode));
    serve_stop(0);
    ck_assert_int_eq(unlink(path), 0);
}
END_TEST

/* ---------------------------------------------------------------- bounds --------------------- */

START_TEST(TLS_43_a_listener_takes_so_many_connections_and_no_more)
{
    int fds[3];

    serve_init();
    serve.listeners[0] = serve_plain("127.0.0.1:0");
    serve.listeners[0].max_connections = 3;
    serve.listener_count = 1;
    serve_start();
    for (int i = 0; i < 3; i++) {
        fds[i] = client_new();
        client_send(fds[i], GET_ECHO);
        ck_assert(client_read(fds[i]));
    }
    int more = client_new();
    ck_assert(client_ended(more));
    client_close(more);
    ck_assert_int_eq(as_metric_get(AS_METRIC_connections_refused_total), 1);
    client_close(fds[0]);
    wait_metric(AS_METRIC_connections_open, 2);
    client_once(GET_ECHO);
    client_close(fds[1]);
    client_close(fds[2]);
    serve_stop(1000);
}
END_TEST

START_TEST(TLS_43_an_address_is_bounded_where_that_is_configured)
{
    serve_init();
    serve.listeners[0] = serve_plain("127.0.0.1:0");
    serve.listeners[0].max_per_address = 1;
    serve.listeners[1] = serve_plain("127.0.0.1:0");
    serve.listener_count = 2;
    serve_start();
    int one = client_to(serve_port(0));
    client_send(one, GET_ECHO);
    ck_assert(client_read(one));
    int two = client_to(serve_port(0));
    ck_assert(client_ended(two));
    int other = client_to(serve_port(1)); /* each listener counts for itself */
    client_send(other, GET_ECHO);
    ck_assert(client_read(other));
    client_close(one);
    client_close(two);
    wait_metric(AS_METRIC_connections_open, 1);
    client_once(GET_ECHO);
    client_close(other);
    serve_stop(1000);
}
END_TEST

START_TEST(buffers_of_a_worker_are_bounded)
{
    int fds[4];

    serve_init();
    serve.workers = 1;
    serve.bounds.worker_bytes = 350 * 1024; /* two such requests, and one of them copied */
    serve_start();
    for (int i = 0; i < 4; i++) { /* 64 KiB of body each, and its end missing */
        static char body[65536];
        memset(body, 'x', sizeof(body));
        fds[i] = client_new();
        client_send(fds[i], "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 65540\r\n\r\n");
        ck_assert_int_eq(send(fds[i], body, sizeof(body), MSG_NOSIGNAL), sizeof(body));
    }
    wait_metric(AS_METRIC_requests_refused_total, 2);
    int refused = 0;
    for (int i = 0; i < 4; i++) {
        struct pollfd wait = {.fd = fds[i], .events = POLLIN};
        if (poll(&wait, 1, 200) != 1) { /* it waits for the end, or its refusal is late */
            client_send(fds[i], "xxxx");
        }
        ck_assert(client_read(fds[i]));
        if (client_has("HTTP/1.1 503 ")) {
            ck_assert(client_has("\"temporarily_unavailable\""));
            refused++;
        } else {
            ck_assert(client_has(" 200 "));
        }
        client_close(fds[i]);
    }
    ck_assert_int_eq(refused, 2);
    wait_metric(AS_METRIC_connections_open, 0);
    client_once(GET_ECHO); /* what is given back can be had again */
    serve_stop(1000);
}
END_TEST

START_TEST(without_descriptors_the_server_waits_and_goes_on)
{
    struct rlimit limit = {.rlim_cur = 0};
    int fds[200];
    int count = 0;

    serve_init();
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_max = AS_LIMIT_FD_RESERVE + 1 + 6 + (1 + AS_LIMIT_JOBS) * 4 + 20; /* as in edge.c */
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0) {
        toy_end();
        ck_skip("the limit of open files cannot be set (Valgrind)");
    }
    serve.workers = 1; /* of two, one might take what the other has just seen to be the last */
    serve_start();
    ck_assert_ptr_nonnull(strstr(serve.told, "351 open files allow 20 connections"));
    ck_assert_ptr_nonnull(strstr(serve.told, "max_connections asks for more"));
    while (count < 25) {
        fds[count++] = client_new();
    }
    wait_metric(AS_METRIC_connections_open, 20);
    poll(NULL, 0, 300);
    ck_assert_int_eq(as_metric_get(AS_METRIC_connections_open), 20);
    for (int i = 0; i < 15; i++) {
        client_close(fds[i]);
    }
    for (int i = 20; i < count; i++) { /* those who came too early have waited */
        client_send(fds[i], GET_ECHO);
        ck_assert(client_read(fds[i]) && client_has(" 200 "));
        client_len = 0;
    }
    for (int i = 15; i < count; i++) {
        client_close(fds[i]);
    }
    serve_stop(1000);
}
END_TEST

START_TEST(a_limit_too_low_for_anybody_is_told)
{
    struct rlimit limit = {.rlim_cur = 100, .rlim_max = 100};

    if (setrlimit(RLIMIT_NOFILE, &limit) != 0) {
        ck_skip("the limit of open files cannot be set (Valgrind)");
    }
    serve_init();
    ck_assert_int_eq(serve_open(), AS_EDGE_UNAVAILABLE);
    ck_assert_ptr_nonnull(strstr(serve.told, "RLIMIT_NOFILE"));
    serve_stop(0);
}
END_TEST

AS_TESTS("edge/listen", {
    tcase_add_test(t, addresses_are_numbers_with_a_port);
    tcase_add_test(t, TLS_01_without_tls_only_loopback_is_listened_on);
    tcase_add_test(t, a_port_in_use_is_unavailable);
    tcase_add_test(t, ipv6_is_served);
    tcase_add_test(t, a_socket_tells_who_is_at_its_other_end);
    tcase_add_test(t, the_file_of_a_socket_is_for_its_group_alone);
    tcase_add_test(t, without_a_group_it_is_for_the_owner_alone);
    tcase_add_test(t, a_group_that_the_user_is_not_in);
    tcase_add_test(t, a_stale_socket_is_replaced);
    tcase_add_test(t, a_socket_in_use_and_other_files_are_left_alone);
    tcase_add_test(t, TLS_43_a_listener_takes_so_many_connections_and_no_more);
    tcase_add_test(t, TLS_43_an_address_is_bounded_where_that_is_configured);
    tcase_add_test(t, buffers_of_a_worker_are_bounded);
    tcase_add_test(t, without_descriptors_the_server_waits_and_goes_on);
    tcase_add_test(t, a_limit_too_low_for_anybody_is_told);
})
