/* SPDX-License-Identifier: Apache-2.0 */
/* One request to a Unix socket, and each way in which none comes of it. */
#include "as/fetch.h"

#include "harness.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define NOBODY 65534

static char dir[64], path[96];
static int listening = -1;

static void listen_at(int backlog)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};

    snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
    listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert(listening >= 0);
    ck_assert_int_eq(bind(listening, (struct sockaddr *)&at, sizeof(at)), 0);
    ck_assert_int_eq(listen(listening, backlog), 0);
}

static void start(void)
{
    snprintf(dir, sizeof(dir), "%s/fetch-XXXXXX", as_test_tmp());
    ck_assert_ptr_nonnull(mkdtemp(dir));
    snprintf(path, sizeof(path), "%s/socket", dir);
}

static void stop(void)
{
    if (listening >= 0) {
        close(listening);
    }
    unlink(path);
    rmdir(dir);
}

static int patience_ms = 60000; /* no answer is so late, but for one that never comes */

static as_err ask(const char *socket_path, struct as_fetch_answer *answer)
{
    return as_fetch(&(struct as_fetch_ask){.socket = socket_path,
                                           .method = "POST",
                                           .url = "http://localhost/v1/x",
                                           .content_type = "application/json",
                                           .body = AS_LIT("{}"),
                                           .timeout_ms = patience_ms},
                    answer);
}

#define ck_no_answer(socket_path, fault, why)                                                      \
    do {                                                                                           \
        struct as_fetch_answer none = {.body = AS_BUF(64)};                                        \
        ck_refuses(ask((socket_path), &none), (fault), why);                                       \
        as_buf_free(&none.body);                                                                   \
    } while (0)

/* Accepts one, reads what comes until the end of the body, answers this text and closes. */
static void *serve(void *arg)
{
    char got[4096];
    size_t len = 0;
    int fd = accept(listening, NULL, NULL);

    while (fd >= 0 && len < sizeof(got) && memmem(got, len, "\r\n\r\n{}", 6) == NULL) {
        ssize_t more = read(fd, got + len, sizeof(got) - len);
        if (more <= 0) {
            break;
        }
        len += (size_t)more;
    }
    (void)!write(fd, arg, strlen(arg));
    close(fd);
    return NULL;
}

static as_err fetch_of(const char *text, struct as_fetch_answer *answer)
{
    pthread_t thread;

    listen_at(1);
    ck_assert_int_eq(pthread_create(&thread, NULL, serve, (void *)(uintptr_t)text), 0);
    as_err err = ask(path, answer);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    return err;
}

START_TEST(D15_an_answer)
{
    struct as_fetch_answer answer = {.body = AS_BUF(64)};

    ck_ok(fetch_of("HTTP/1.1 409 Conflict\r\nContent-Length: 3\r\n\r\nabc", &answer));
    ck_assert_uint_eq(answer.status, 409);
    ck_span_eq(as_buf_span(&answer.body), "abc");
    as_buf_free(&answer.body);
}
END_TEST

START_TEST(D15_why_nobody_was_reached)
{
    char below[108];

    ck_no_answer(path, AS_UNAVAILABLE,
                 "there is no such socket: is fapid running, and with this socket?");
    int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    ck_assert(fd >= 0);
    close(fd);
    ck_no_answer(path, AS_UNAVAILABLE, "nobody listens at this socket: fapid is not running");
    snprintf(below, sizeof(below), "%s/below", path);
    ck_no_answer(below, AS_UNAVAILABLE, "there is no such socket: part of its path is no folder");
    unlink(path);
    listen_at(1);
    close(listening); /* left behind by one who is gone */
    listening = -1;
    ck_no_answer(path, AS_UNAVAILABLE, "nobody listens at this socket: fapid is not running");
}
END_TEST

START_TEST(D15_permission_denied)
{
    listen_at(1);
    ck_assert_int_eq(chmod(path, 0), 0);
    if (geteuid() == 0) { /* whom no mode keeps out */
        ck_assert_int_eq(chmod(dir, 0755), 0);
        ck_assert_int_eq(seteuid(NOBODY), 0);
    }
    ck_no_answer(
        path, AS_NOT_ALLOWED,
        "permission denied: the socket is for root, fapid's own user and members of admin.group, "
        "who must be let into its folder too");
    if (getuid() == 0) {
        ck_assert_int_eq(seteuid(0), 0);
    }
}
END_TEST

START_TEST(D15_no_answer_in_time)
{
    patience_ms = 300;
    listen_at(8); /* and accepts nobody */
    ck_no_answer(path, AS_UNAVAILABLE, "no answer came in time; what was asked may still be done");
}
END_TEST

START_TEST(D15_no_whole_answer)
{
    struct as_fetch_answer answer = {.body = AS_BUF(64)};

    ck_refuses(fetch_of("", &answer), AS_UNAVAILABLE,
               "the connection broke off before the answer; what was asked may be done");
    as_buf_free(&answer.body);
}
END_TEST

START_TEST(D15_an_answer_past_its_maximum)
{
    struct as_fetch_answer answer = {.body = AS_BUF(2)};

    ck_refuses(fetch_of("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", &answer), AS_UNAVAILABLE,
               "the answer is too long");
    as_buf_free(&answer.body);
}
END_TEST

AS_TESTS("fetch", {
    tcase_add_checked_fixture(t, start, stop);
    tcase_add_test(t, D15_an_answer);
    tcase_add_test(t, D15_why_nobody_was_reached);
    tcase_add_test(t, D15_permission_denied);
    tcase_add_test(t, D15_no_answer_in_time);
    tcase_add_test(t, D15_no_whole_answer);
    tcase_add_test(t, D15_an_answer_past_its_maximum);
})
