/* SPDX-License-Identifier: Apache-2.0 */
/* The audit's queue and its writer, on files that take lines, refuse them, or hang. */
#include "endpoint/audit_sink.h"

#include "support/full_pipe.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define LONG_MS 60000

static struct as_audit_sink *sink;
static char folder[600];
static FILE *log_file;

static void enter(void)
{
    signal(SIGXFSZ, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    snprintf(folder, sizeof(folder), "%s/sink-XXXXXX", as_test_tmp());
    ck_assert_ptr_nonnull(mkdtemp(folder));
    log_file = tmpfile();
    ck_assert_ptr_nonnull(log_file);
    as_log_start(fileno(log_file), AS_LOG_JSON, AS_LOG_INFO);
    ck_ok(as_audit_sink_new(&sink));
}

static const char *path_of(const char *name)
{
    static char path[700];

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    return path;
}

static void leave(void)
{
    static const char *const names[] = {"a", "b", "c"};

    as_audit_sink_free(sink, LONG_MS);
    as_log_start(STDERR_FILENO, AS_LOG_JSON, AS_LOG_ERROR);
    fclose(log_file);
    for (size_t i = 0; i < AS_COUNT(names); i++) {
        (void)unlink(path_of(names[i]));
    }
    ck_assert_int_eq(rmdir(folder), 0);
}

static int open_file(const char *name)
{
    int fd = open(path_of(name), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);

    ck_assert_int_ge(fd, 0);
    return fd;
}

static void use(int fd)
{
    as_audit_sink_use(sink, (struct as_audit_file){.fd = fd});
}

static bool put(const char *line)
{
    uint64_t mark;

    return as_audit_sink_put(sink, as_span_of(line), false, &mark);
}

static bool flush(int64_t ms)
{
    return as_audit_sink_flush(sink, as_clock_mono_ms() + ms);
}

/* All of a file as text; free it. */
static char *content(int fd)
{
    struct stat about;

    ck_assert_int_eq(fstat(fd, &about), 0);
    char *text = calloc(1, (size_t)about.st_size + 1);
    ck_assert_int_eq(pread(fd, text, (size_t)about.st_size, 0), about.st_size);
    return text;
}

#define ck_content(name, expected)                                                                 \
    do {                                                                                           \
        int ck_in_ = open(path_of(name), O_RDONLY);                                                \
        char *ck_text_ = content(ck_in_);                                                          \
        ck_assert_str_eq(ck_text_, (expected));                                                    \
        free(ck_text_);                                                                            \
        close(ck_in_);                                                                             \
    } while (0)

static bool log_says(const char *part)
{
    char *text = content(fileno(log_file));
    bool says = strstr(text, part) != NULL;

    free(text);
    return says;
}

/* A condition that other threads bring about. */
#define ck_until(condition)                                                                        \
    do {                                                                                           \
        int ck_turns_ = 0;                                                                         \
        while (!(condition)) {                                                                     \
            ck_assert_msg(ck_turns_++ < 60000, "%s does not happen", #condition);                  \
            usleep(1000);                                                                          \
        }                                                                                          \
    } while (0)

/* ------------------------------------------------------------ a file that takes lines --------- */

START_TEST(D10_lines_are_written_in_order)
{
    char line[16], expected[4096] = "";

    use(open_file("a"));
    for (int i = 0; i < 200; i++) {
        snprintf(line, sizeof(line), "line %d\n", i);
        strcat(expected, line);
        ck_assert(put(line));
    }
    ck_assert(flush(LONG_MS));
    ck_content("a", expected);
    ck_assert_int_eq(as_metric_get(AS_METRIC_audit_lines_waiting), 0);
    ck_assert_int_eq(as_metric_get(AS_METRIC_audit_lines_lost_total), 0);
}
END_TEST

START_TEST(D10_without_a_file_lines_go_nowhere)
{
    ck_assert(as_audit_sink_takes(sink));
    ck_assert(put("a\n"));
    ck_assert(flush(LONG_MS));
    use(open_file("a"));
    ck_assert(put("b\n"));
    use(-1);
    ck_assert(put("c\n"));
    ck_assert(flush(LONG_MS));
    ck_content("a", "b\n");
    ck_assert_int_eq(as_metric_get(AS_METRIC_audit_lines_lost_total), 0);
}
END_TEST

START_TEST(MTLS_118_half_a_line_is_ended)
{
    int fd = open_file("a");

    ck_assert_int_eq(write(fd, "hal", 3), 3);
    as_audit_sink_use(sink, (struct as_audit_file){.fd = fd, .torn = true});
    ck_assert(put("b\n") && put("c\n"));
    ck_assert(flush(LONG_MS));
    ck_content("a", "hal\nb\nc\n");
}
END_TEST

/* A reload opens the file again, and may see it in the middle of a write. */
START_TEST(MTLS_118_the_same_file_is_not_ended_twice)
{
    use(open_file("a"));
    ck_assert(put("a\n"));
    as_audit_sink_use(sink, (struct as_audit_file){.fd = open_file("a"), .torn = true});
    ck_assert(put("b\n"));
    ck_assert(flush(LONG_MS));
    ck_content("a", "a\nb\n");
}
END_TEST

/* ------------------------------------------------------------ more than one file -------------- */

#define THREADS 8
#define EACH    2000

static void *put_many(void *arg)
{
    char line[32];

    for (int i = 0; i < EACH; i++) {
        snprintf(line, sizeof(line), "%d %d\n", *(int *)arg, i);
        ck_assert(put(line));
        if (i % 100 == 0) {
            (void)flush(LONG_MS);
        }
    }
    return NULL;
}

/* Each line of the files, in their order, is the next of its thread. */
static void count_lines(const char *name, int next[THREADS])
{
    FILE *file = fopen(path_of(name), "r");
    char line[64];
    int who, which, end;

    ck_assert_ptr_nonnull(file);
    while (fgets(line, sizeof(line), file) != NULL) {
        ck_assert_msg(sscanf(line, "%d %d%n", &who, &which, &end) == 2 && line[end] == '\n' &&
                          line[end + 1] == '\0',
                      "%s", line);
        ck_assert_int_eq(which, next[who]++);
    }
    fclose(file);
}

START_TEST(D10_many_threads_while_the_file_is_exchanged)
{
    static const char *const names[] = {"a", "b", "c"};
    pthread_t threads[THREADS];
    int numbers[THREADS], next[THREADS] = {0};

    use(open_file("a"));
    for (int i = 0; i < THREADS; i++) {
        numbers[i] = i;
        ck_assert_int_eq(pthread_create(&threads[i], NULL, put_many, &numbers[i]), 0);
    }
    for (size_t i = 0; i < AS_COUNT(names); i++) {
        use(open_file(names[i])); /* the first is the same again */
        usleep(2000);
    }
    for (int i = 0; i < THREADS; i++) {
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    }
    ck_assert(flush(LONG_MS));
    for (size_t i = 0; i < AS_COUNT(names); i++) {
        count_lines(names[i], next);
    }
    for (int i = 0; i < THREADS; i++) {
        ck_assert_int_eq(next[i], EACH);
    }
}
END_TEST

/* ------------------------------------------------------------ a disk that fails --------------- */

START_TEST(D10_a_full_disk_costs_nothing_while_there_is_room)
{
    use(open("/dev/full", O_WRONLY | O_CLOEXEC));
    ck_assert(put("a\n"));
    ck_assert(!flush(LONG_MS)); /* it does not wait for what will not be */
    ck_assert(!as_audit_sink_takes(sink));
    ck_assert(put("b\n"));
    ck_assert_int_eq(as_metric_get(AS_METRIC_audit_lines_waiting), 2);
    ck_until(log_says("No space left on device"));
    use(open_file("a"));
    ck_until(as_audit_sink_takes(sink) && flush(LONG_MS));
    ck_content("a", "a\nb\n");
    ck_until(log_says("\"event\":\"audit_written_again\",\"lost\":0"));
    ck_assert_int_eq(as_metric_get(AS_METRIC_audit_lines_lost_total), 0);
}
END_TEST

static void limit_files(rlim_t octets)
{
    struct rlimit limit;

    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = octets;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

#define FIRST_OCTETS(name)                                                                         \
    (stat(path_of(name), &about) == 0 && about.st_size == 6 &&                                     \
     as_metric_get(AS_METRIC_audit_write_failures_total) > 0)

/* The file "a" takes the first line and two octets of the second, and no more. */
static void cut_off(void)
{
    struct stat about;

    use(open_file("a"));
    as_log_start(-1, AS_LOG_JSON, AS_LOG_ERROR); /* the log is a file, too */
    limit_files(6);
    ck_assert(put("abc\n") && put("defg\n"));
    ck_until(FIRST_OCTETS("a"));
}

START_TEST(MTLS_118_a_line_that_was_cut_off_becomes_whole)
{
    cut_off();
    limit_files(RLIM_INFINITY);
    ck_until(flush(LONG_MS));
    ck_content("a", "abc\ndefg\n");
}
END_TEST

START_TEST(MTLS_118_a_line_that_was_cut_off_is_whole_in_another_file)
{
    cut_off();
    limit_files(RLIM_INFINITY);
    use(open_file("b"));
    ck_until(flush(LONG_MS));
    ck_content("b", "defg\n");
}
END_TEST

/* One that begins with other lines is another file all the same. */
START_TEST(MTLS_118_a_line_that_was_cut_off_is_whole_behind_others)
{
    FILE *others = fopen(path_of("b"), "w");

    ck_assert_ptr_nonnull(others);
    ck_assert_int_ge(fputs("x\n", others), 0);
    ck_assert_int_eq(fclose(others), 0);
    cut_off();
    limit_files(RLIM_INFINITY);
    use(open_file("b"));
    ck_until(flush(LONG_MS));
    ck_content("b", "x\ndefg\n");
}
END_TEST

/* Whoever needs room on a full disk may find it there. */
START_TEST(MTLS_118_a_line_that_was_cut_off_is_whole_in_a_file_that_was_emptied)
{
    cut_off();
    ck_assert_int_eq(truncate(path_of("a"), 0), 0);
    limit_files(RLIM_INFINITY);
    ck_until(flush(LONG_MS));
    ck_content("a", "defg\n");
}
END_TEST

START_TEST(MTLS_118_an_emptied_file_begins_with_a_line)
{
    int fd = open_file("a");

    ck_assert_int_eq(write(fd, "half", 4), 4);
    as_audit_sink_use(sink, (struct as_audit_file){.fd = fd, .torn = true});
    ck_assert_int_eq(truncate(path_of("a"), 0), 0);
    ck_assert(put("a\n") && flush(LONG_MS));
    ck_content("a", "a\n");
}
END_TEST

START_TEST(D10_a_removed_file_takes_nothing)
{
    use(open_file("a"));
    ck_assert(put("a\n") && flush(LONG_MS));
    ck_assert_int_eq(unlink(path_of("a")), 0);
    ck_assert(put("b\n"));
    ck_assert(!flush(LONG_MS));
    ck_assert(!as_audit_sink_takes(sink));
    ck_until(log_says("the file was removed"));
    use(open_file("a"));
    ck_until(flush(LONG_MS));
    ck_content("a", "b\n");
}
END_TEST

START_TEST(D10_lines_for_a_file_that_was_given_up_are_told)
{
    use(open("/dev/full", O_WRONLY | O_CLOEXEC));
    ck_assert(put("a\n") && put("b\n"));
    ck_assert(!flush(LONG_MS));
    use(-1);
    ck_until(as_metric_get(AS_METRIC_audit_lines_lost_total) == 2);
    ck_until(log_says("and there is no file any more"));
    ck_assert(as_audit_sink_takes(sink));
    ck_assert(flush(LONG_MS));
}
END_TEST

/* ------------------------------------------------------------ a disk that hangs --------------- */

static int hung[2];

/* A pipe that nobody reads, full from the beginning. */
static void use_hung(void)
{
    full_pipe(hung);
    use(hung[1]);
}

/* Reads what was written to the pipe after the filling; so many lines. */
static void *read_lines(void *arg)
{
    static char room[65536];
    size_t *lines = arg, found = 0;
    ssize_t got = 1;

    ck_assert_int_eq(fcntl(hung[0], F_SETFL, 0), 0);
    while (found < *lines && got > 0) {
        got = read(hung[0], room, sizeof(room));
        for (ssize_t i = 0; i < got; i++) {
            found += room[i] == '\n';
        }
    }
    *lines = found;
    return NULL;
}

/* Fills the queue with lines of this length, until one is lost. */
static size_t fill_up(size_t len)
{
    char *line = malloc(len + 1);
    size_t count = 0;

    memset(line, 'x', len - 1);
    memcpy(line + len - 1, "\n", 2);
    while (put(line)) {
        count++;
    }
    free(line);
    return count;
}

static void ck_drained(size_t lines)
{
    size_t found = lines;
    pthread_t reader;

    ck_assert_int_eq(pthread_create(&reader, NULL, read_lines, &found), 0);
    ck_assert(flush(LONG_MS));
    ck_assert_int_eq(pthread_join(reader, NULL), 0);
    ck_assert_uint_eq(found, lines);
    ck_until(log_says("\"event\":\"audit_written_again\",\"lost\":1")); /* one was told before */
    close(hung[0]);
}

/* Of octets; at the bound changes are refused, and what was begun before has its place still. */
START_TEST(D10_a_disk_that_hangs_holds_nobody_up)
{
    char *line = malloc(AS_LIMIT_AUDIT_LINE);
    uint64_t mark;

    use_hung();
    ck_assert(as_audit_sink_takes(sink));
    size_t count = fill_up(1000);
    ck_assert_uint_ge(count, AS_LIMIT_AUDIT_OCTETS / 1000 - 1);
    ck_assert_uint_le(count, AS_LIMIT_AUDIT_OCTETS / 1000 + 1);
    ck_assert(log_says("\"event\":\"audit_lines_lost\",\"lines\":1"));
    ck_assert_uint_eq(fill_up(1000), 0); /* and another one */
    ck_assert_int_eq(as_metric_get(AS_METRIC_audit_lines_lost_total), 2);
    memset(line, 'y', AS_LIMIT_AUDIT_LINE);
    line[AS_LIMIT_AUDIT_LINE - 1] = '\n';
    for (int i = 0; i < AS_LIMIT_JOBS + 1; i++) {
        ck_assert(as_audit_sink_put(sink, (as_span){line, AS_LIMIT_AUDIT_LINE}, true, &mark));
    }
    free(line);
    ck_assert(!as_audit_sink_takes(sink));
    ck_drained((size_t)as_metric_get(AS_METRIC_audit_lines_waiting));
    ck_assert(as_audit_sink_takes(sink));
}
END_TEST

START_TEST(D10_the_bound_of_lines)
{
    use_hung();
    ck_assert_uint_eq(fill_up(20), AS_LIMIT_AUDIT_LINES);
    ck_assert(!as_audit_sink_takes(sink));
    ck_assert(!put("x\n"));
    ck_assert_int_eq(as_metric_get(AS_METRIC_audit_lines_lost_total), 2);
    ck_drained(AS_LIMIT_AUDIT_LINES);
}
END_TEST

/* A few lines only: it is the time that tells. */
START_TEST(D10_a_late_disk_is_told_from_a_busy_one)
{
    use_hung();
    ck_assert(put("a\n"));
    ck_assert(as_audit_sink_takes(sink));
    ck_until(!as_audit_sink_takes(sink));
    ck_assert(!flush(0));
    ck_assert(put("b\n"));
    ck_assert_int_eq(as_metric_get(AS_METRIC_audit_write_failures_total), 0);
    size_t found = 2;
    ck_assert_ptr_null(read_lines(&found));
    ck_assert_uint_eq(found, 2);
    ck_until(as_audit_sink_takes(sink));
    close(hung[0]);
}
END_TEST

/* ------------------------------------------------------------ the end ------------------------- */

START_TEST(D10_what_waits_is_written_at_the_end)
{
    use(open_file("a"));
    for (int i = 0; i < 3; i++) {
        ck_assert(put("a\n"));
    }
    as_audit_sink_free(sink, LONG_MS);
    sink = NULL;
    ck_content("a", "a\na\na\n");
    ck_assert(!log_says("audit_lines_lost"));
}
END_TEST

START_TEST(D10_the_end_does_not_wait_for_a_disk_that_hangs)
{
    use_hung();
    ck_assert(put("a\n"));
    ck_assert(!flush(50)); /* it is being written */
    ck_assert(put("b\n"));
    as_audit_sink_free(sink, 50);
    sink = NULL;
    ck_assert(log_says("\"event\":\"audit_lines_lost\",\"lines\":2"));
    ck_assert_int_eq(as_metric_get(AS_METRIC_audit_lines_lost_total), 2);
    ck_assert_int_eq(as_metric_get(AS_METRIC_audit_lines_waiting), 0);
    close(hung[0]);
}
END_TEST

START_TEST(D10_the_end_does_not_wait_for_a_full_disk)
{
    use(open("/dev/full", O_WRONLY | O_CLOEXEC));
    ck_assert(put("a\n"));
    as_audit_sink_free(sink, LONG_MS);
    sink = NULL;
    ck_assert(log_says("\"event\":\"audit_lines_lost\",\"lines\":1"));
}
END_TEST

AS_TESTS("endpoint/audit_sink", {
    tcase_add_checked_fixture(t, enter, leave);
    tcase_add_test(t, D10_lines_are_written_in_order);
    tcase_add_test(t, D10_without_a_file_lines_go_nowhere);
    tcase_add_test(t, MTLS_118_half_a_line_is_ended);
    tcase_add_test(t, MTLS_118_the_same_file_is_not_ended_twice);
    tcase_add_test(t, D10_many_threads_while_the_file_is_exchanged);
    tcase_add_test(t, D10_a_full_disk_costs_nothing_while_there_is_room);
    tcase_add_test(t, MTLS_118_a_line_that_was_cut_off_becomes_whole);
    tcase_add_test(t, MTLS_118_a_line_that_was_cut_off_is_whole_in_another_file);
    tcase_add_test(t, MTLS_118_a_line_that_was_cut_off_is_whole_behind_others);
    tcase_add_test(t, MTLS_118_a_line_that_was_cut_off_is_whole_in_a_file_that_was_emptied);
    tcase_add_test(t, MTLS_118_an_emptied_file_begins_with_a_line);
    tcase_add_test(t, D10_a_removed_file_takes_nothing);
    tcase_add_test(t, D10_lines_for_a_file_that_was_given_up_are_told);
    tcase_add_test(t, D10_a_disk_that_hangs_holds_nobody_up);
    tcase_add_test(t, D10_the_bound_of_lines);
    tcase_add_test(t, D10_a_late_disk_is_told_from_a_busy_one);
    tcase_add_test(t, D10_what_waits_is_written_at_the_end);
    tcase_add_test(t, D10_the_end_does_not_wait_for_a_disk_that_hangs);
    tcase_add_test(t, D10_the_end_does_not_wait_for_a_full_disk);
})
