/* SPDX-License-Identifier: Apache-2.0 */
/* What the service manager says by the environment, and what it is told. */
#include "main/notify.c"

#include "harness.h"
#include "main/inherited.c"

static char path[600];
static int manager = -1;

static void enter(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    snprintf(path, sizeof(path), "%s/notify-XXXXXX", as_test_tmp());
    ck_assert_ptr_nonnull(mkdtemp(path));
    strcat(path, "/s");
    ck_assert_uint_lt(strlen(path), sizeof(address.sun_path));
    strcpy(address.sun_path, path);
    manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    ck_assert_int_eq(bind(manager, (struct sockaddr *)&address, sizeof(address)), 0);
    ck_assert_int_eq(setenv("NOTIFY_SOCKET", path, 1), 0);
}

static void leave(void)
{
    (void)close(manager);
    (void)unlink(path);
    *strrchr(path, '/') = '\0';
    (void)rmdir(path);
}

static const char *heard(void)
{
    static char text[1024];
    ssize_t len = recv(manager, text, sizeof(text) - 1, 0);

    text[len > 0 ? len : 0] = '\0';
    return text;
}

START_TEST(a_message_arrives_as_it_is)
{
    struct as_notify notify;

    as_notify_open(&notify);
    ck_assert_int_ge(notify.fd, 0);
    ck_assert_int_eq(notify.watchdog_ms, 0);
    as_notify_say(&notify, "READY=1\nSTATUS=%s %d", "generation", 3);
    ck_assert_str_eq(heard(), "READY=1\nSTATUS=generation 3");
    ck_assert_int_eq(fcntl(notify.fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    ck_assert_ptr_null(getenv("NOTIFY_SOCKET"));
    as_notify_close(&notify);
    as_notify_say(&notify, "READY=1");
    ck_assert_str_eq(heard(), "");
}
END_TEST

START_TEST(an_abstract_name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    socklen_t len = sizeof(sa_family_t);
    struct as_notify notify;
    char name[128];

    int abstract = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    ck_assert_int_eq(bind(abstract, (struct sockaddr *)&address, len), 0); /* autobind: unix(7) */
    len = sizeof(address);
    ck_assert_int_eq(getsockname(abstract, (struct sockaddr *)&address, &len), 0);
    snprintf(name, sizeof(name), "@%.*s", (int)(len - sizeof(sa_family_t)) - 1,
             address.sun_path + 1);
    ck_assert_int_eq(setenv("NOTIFY_SOCKET", name, 1), 0);
    as_notify_open(&notify);
    as_notify_say(&notify, "READY=1");
    ck_assert_str_eq(heard(), "");
    ck_assert_int_eq(dup2(abstract, manager), manager);
    ck_assert_str_eq(heard(), "READY=1");
    as_notify_close(&notify);
    (void)close(abstract);
}
END_TEST

START_TEST(nobody_listens)
{
    static const char *const names[] = {"", "/", "@", "relative/path", "vsock:1:2"};
    struct as_notify notify;
    char longer[200];

    memset(longer, 'x', sizeof(longer) - 1);
    longer[0] = '/';
    longer[sizeof(longer) - 1] = '\0';
    for (size_t i = 0; i <= AS_COUNT(names) + 1; i++) {
        if (i <= AS_COUNT(names)) {
            ck_assert_int_eq(setenv("NOTIFY_SOCKET", i < AS_COUNT(names) ? names[i] : longer, 1),
                             0);
        }
        as_notify_open(&notify); /* the last time without the variable */
        ck_assert_int_eq(notify.fd, -1);
        as_notify_say(&notify, "READY=1");
        ck_assert_ptr_null(getenv("NOTIFY_SOCKET"));
    }
}
END_TEST

START_TEST(signs_of_life_are_for_whom_they_are_asked)
{
    struct as_notify notify;
    char own[32];

    snprintf(own, sizeof(own), "%d", getpid());
    static const struct {
        const char *usec, *pid;
        int64_t ms;
    } rows[] = {{"30000000", NULL, 30000}, {"30000000", "own", 30000},
                {"30000000", "1", 0},      {"x", NULL, 0},
                {NULL, NULL, 0},           {"-5", NULL, 0}};
    for (size_t i = 0; i < AS_COUNT(rows); i++) {
        (void)setenv("NOTIFY_SOCKET", path, 1);
        if (rows[i].usec != NULL) {
            (void)setenv("WATCHDOG_USEC", rows[i].usec, 1);
        }
        if (rows[i].pid != NULL) {
            (void)setenv("WATCHDOG_PID", strcmp(rows[i].pid, "own") == 0 ? own : rows[i].pid, 1);
        }
        as_notify_open(&notify);
        ck_assert_int_eq(notify.watchdog_ms, rows[i].ms);
        ck_assert_ptr_null(getenv("WATCHDOG_USEC"));
        ck_assert_ptr_null(getenv("WATCHDOG_PID"));
        as_notify_close(&notify);
    }
}
END_TEST

/* Descriptors from 3 on are what they are: the test has them made. */
static void hand_over(const char *pid, const char *count, const char *names)
{
    char own[32];

    snprintf(own, sizeof(own), "%d", getpid());
    (void)setenv("LISTEN_PID", strcmp(pid, "own") == 0 ? own : pid, 1);
    (void)setenv("LISTEN_FDS", count, 1);
    if (names != NULL) {
        (void)setenv("LISTEN_FDNAMES", names, 1);
    }
    for (int fd = 3; fd < 6; fd++) {
        if (fcntl(fd, F_GETFD) < 0) {
            ck_assert_int_eq(dup2(manager, fd), fd);
        }
    }
}

START_TEST(sockets_have_names)
{
    struct as_inherited in;

    hand_over("own", "2", "public:admin-socket");
    ck_ok(as_inherited_read(&in));
    ck_assert_uint_eq(in.count, 2);
    ck_assert_int_eq(in.sockets[0].fd, 3);
    ck_assert_str_eq(in.sockets[0].name, "public");
    ck_assert_int_eq(in.sockets[1].fd, 4);
    ck_assert_str_eq(in.sockets[1].name, "admin-socket");
    ck_assert_int_eq(fcntl(3, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    ck_assert_ptr_null(getenv("LISTEN_PID"));
    ck_assert_ptr_null(getenv("LISTEN_FDS"));
    ck_assert_ptr_null(getenv("LISTEN_FDNAMES"));
    ck_ok(as_inherited_read(&in)); /* they are not there twice */
    ck_assert_uint_eq(in.count, 0);
}
END_TEST

START_TEST(sockets_of_another_process)
{
    struct as_inherited in;

    hand_over("1", "1", "public");
    ck_ok(as_inherited_read(&in));
    ck_assert_uint_eq(in.count, 0);
    ck_assert_ptr_null(getenv("LISTEN_FDS"));
}
END_TEST

START_TEST(sockets_that_contradict_their_names)
{
    static const char names_fault[] = "LISTEN_FDNAMES does not fit LISTEN_FDS";
    static const char count_fault[] = "LISTEN_FDS is no number, or too large";
    static const struct {
        const char *count, *names, *fault;
    } rows[] = {
        {"2", "public", names_fault},
        {"1", "public:mtls", names_fault},
        {"1", "", names_fault},
        {"1", "a-name-that-is-longer-than-any-name-of-a-listener-of-ours-could-ever-be",
         names_fault},
        {"x", "public", count_fault},
        {"-1", "public", count_fault},
        {"65", "public", count_fault},
        {"60", "public", "LISTEN_FDS counts a descriptor that is not there"},
    };
    struct as_inherited in;

    for (size_t i = 0; i < AS_COUNT(rows); i++) {
        hand_over("own", rows[i].count, rows[i].names);
        ck_refuses(as_inherited_read(&in), AS_BAD_CONFIGURATION, rows[i].fault);
        ck_assert_ptr_null(getenv("LISTEN_FDS"));
    }
}
END_TEST

AS_TESTS("main/notify", {
    tcase_add_checked_fixture(t, enter, leave);
    tcase_add_test(t, a_message_arrives_as_it_is);
    tcase_add_test(t, an_abstract_name);
    tcase_add_test(t, nobody_listens);
    tcase_add_test(t, signs_of_life_are_for_whom_they_are_asked);
    tcase_add_test(t, sockets_have_names);
    tcase_add_test(t, sockets_of_another_process);
    tcase_add_test(t, sockets_that_contradict_their_names);
})
