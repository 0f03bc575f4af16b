/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets that a service manager hands over: taken when they are what the configuration says. */
#include "support/serve.h"

#include <fcntl.h>

#define GET_ECHO "GET /echo HTTP/1.1\r\nHost: a\r\n\r\n"

static char address[128], path[108];

/* As a manager makes it: blocking, and open in the next program. Its address stands in `address`.
 */
static int manager_socket(int type, bool listens)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(at);
    int fd = socket(AF_INET, type, 0);

    ck_assert_int_ge(fd, 3);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    ck_assert(!listens || listen(fd, 100) == 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    (void)snprintf(address, sizeof(address), "127.0.0.1:%u", ntohs(at.sin_port));
    return fd;
}

static int manager_path(const char *at, bool listens)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    memcpy(to.sun_path, at, strlen(at));
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&to, sizeof(to)), 0);
    ck_assert(!listens || listen(fd, 100) == 0);
    return fd;
}

static void hand_over(int fd)
{
    serve_init();
    serve.listeners[0] = serve_plain(address);
    serve.listeners[0].inherited_fd = fd;
    serve.listener_count = 1;
}

static void check_flags(int fd, bool taken)
{
    ck_assert((fcntl(fd, F_GETFL) & O_NONBLOCK) == (taken ? O_NONBLOCK : 0));
    ck_assert((fcntl(fd, F_GETFD) & FD_CLOEXEC) == (taken ? FD_CLOEXEC : 0));
}

static void ask_once(int fd)
{
    client_send(fd, GET_ECHO);
    ck_assert(client_read(fd) && client_has(" 200 "));
    client_close(fd);
}

START_TEST(a_socket_handed_over_is_served_and_outlives_the_server)
{
    char bound[128];
    int kept = manager_socket(SOCK_STREAM, true);
    int fd = dup(kept);

    hand_over(fd);
    serve_start();
    check_flags(fd, true);
    ck_ok(as_edge_address(serve.edge, 0, bound, sizeof(bound)));
    ck_assert_str_eq(bound, address);
    uint16_t port = serve_port(0);
    ask_once(client_to(port));
    serve_stop(1000);
    ck_assert_int_eq(fcntl(fd, F_GETFD), -1); /* ours is closed, the manager's is not shut down */

    int waiting = client_to(port); /* in the queue, while nobody serves */
    client_send(waiting, GET_ECHO);
    hand_over(dup(kept));
    serve_start();
    ck_assert(client_read(waiting) && client_has(" 200 "));
    client_close(waiting);
    serve_stop(1000);
    close(kept);
}
END_TEST

START_TEST(a_path_handed_over_keeps_its_file)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};

    (void)snprintf(path, sizeof(path), "%s/handed-%ld.sock", as_test_tmp(), (long)getpid());
    memcpy(to.sun_path, path, strlen(path));
    int kept = manager_path(path, true);
    serve_init();
    serve.listeners[0] = (struct as_listener_conf){.name = "admin",
                                                   .kind = AS_LISTENER_SOCKET,
                                                   .address = path,
                                                   .max_connections = 10,
                                                   .inherited_fd = dup(kept),
                                                   .site = &toy_site};
    serve.listener_count = 1;
    serve_start();
    for (int i = 0; i < 2; i++) {
        int fd = socket(AF_UNIX, SOCK_STREAM, 0);
        ck_assert_int_eq(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
        if (i == 0) {
            ask_once(fd);
            serve_stop(1000);
        } else {
            close(fd); /* it waits for the next process */
        }
    }
    ck_assert_int_eq(access(path, F_OK), 0);
    close(kept);
    ck_assert_int_eq(unlink(path), 0);
}
END_TEST

START_TEST(no_descriptor_below_three_was_handed_over)
{
    for (int fd = -1; fd < 3; fd++) {
        serve_init();
        serve.listeners[0] = serve_plain("127.0.0.1:0");
        serve.listeners[0].inherited_fd = fd;
        serve.listener_count = 1;
        serve_start();
        ask_once(client_new());
        serve_stop(1000);
    }
}
END_TEST

static void refused(int fd, const char *why)
{
    serve.told[0] = '\0';
    hand_over(fd);
    ck_assert_msg(serve_open() == AS_EDGE_BAD_CONFIGURATION, "not refused: %s", why);
    ck_assert_msg(strstr(serve.told, why) != NULL, "%s instead of %s", serve.told, why);
    ck_assert_ptr_nonnull(strstr(serve.told, address)); /* the operator knows which */
    serve_stop(0);
}

START_TEST(what_is_not_the_configured_socket_is_refused)
{
    int fd = manager_socket(SOCK_DGRAM, false);
    refused(fd, "no stream socket");
    close(fd);
    fd = manager_socket(SOCK_STREAM, false);
    refused(fd, "does not listen");
    check_flags(fd, false); /* and is left as it was */
    close(fd);
    fd = open("/dev/null", O_RDONLY);
    refused(fd, "no stream socket");
    close(fd);
    refused(fd, "no open descriptor");

    fd = manager_socket(SOCK_STREAM, true);
    int other = manager_socket(SOCK_STREAM, true); /* `address` is now this one's */
    refused(fd, "another address");
    (void)snprintf(address, sizeof(address), "127.0.0.2:%s", strchr(address, ':') + 1);
    refused(other, "another address");
    (void)snprintf(address, sizeof(address), "[::1]:1");
    refused(other, "another family");
    (void)snprintf(address, sizeof(address), "not an address");
    refused(other, "not of the form");
    close(fd);
    close(other);
}
END_TEST

START_TEST(another_path_is_refused)
{
    (void)snprintf(path, sizeof(path), "%s/other-%ld.sock", as_test_tmp(), (long)getpid());
    int fd = manager_path(path, true);

    (void)snprintf(address, sizeof(address), "%sx", path);
    serve_init();
    serve.listeners[0] = (struct as_listener_conf){
        .name = "admin", .kind = AS_LISTENER_SOCKET, .address = address, .inherited_fd = fd};
    serve.listener_count = 1;
    ck_assert_int_eq(serve_open(), AS_EDGE_BAD_CONFIGURATION);
    ck_assert_ptr_nonnull(strstr(serve.told, "another address"));
    serve_stop(0);
    close(fd);

    struct sockaddr_un nameless = {.sun_family = AF_UNIX}; /* bound to an abstract name */
    fd = socket(AF_UNIX, SOCK_STREAM, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&nameless, sizeof(sa_family_t)), 0);
    ck_assert_int_eq(listen(fd, 1), 0);
    serve_init();
    serve.listeners[0].inherited_fd = fd;
    ck_assert_int_eq(serve_open(), AS_EDGE_BAD_CONFIGURATION);
    serve_stop(0);
    close(fd);
    ck_assert_int_eq(unlink(path), 0);
}
END_TEST

/* Else addresses of IPv4 would come as one network of IPv6, and one caller could shut all out. */
START_TEST(a_socket_for_both_families_is_refused)
{
    struct sockaddr_in6 at = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_ANY_INIT};
    socklen_t len = sizeof(at);
    int off = 0;
    int fd = socket(AF_INET6, SOCK_STREAM, 0);

    if (fd < 0 || setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) != 0 ||
        bind(fd, (struct sockaddr *)&at, sizeof(at)) != 0) {
        close(fd);
        ck_skip("no IPv6 here");
    }
    ck_assert_int_eq(listen(fd, 1), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    (void)snprintf(address, sizeof(address), "[::]:%u", ntohs(at.sin6_port));
    const struct as_listener_conf conf = {
        .name = "both", .kind = AS_LISTENER_TLS, .address = address, .inherited_fd = fd};
    char text[128];
    int taken = -1;
    ck_assert_int_eq(as_listen_inherited(&conf, serve_tell, NULL, &taken, text, sizeof(text)),
                     AS_EDGE_BAD_CONFIGURATION);
    ck_assert_ptr_nonnull(strstr(serve.told, "BindIPv6Only"));
    ck_assert_int_eq(taken, -1);
    close(fd);
}
END_TEST

AS_TESTS("edge/inherit", {
    tcase_add_test(t, a_socket_handed_over_is_served_and_outlives_the_server);
    tcase_add_test(t, a_path_handed_over_keeps_its_file);
    tcase_add_test(t, no_descriptor_below_three_was_handed_over);
    tcase_add_test(t, what_is_not_the_configured_socket_is_refused);
    tcase_add_test(t, another_path_is_refused);
    tcase_add_test(t, a_socket_for_both_families_is_refused);
})
