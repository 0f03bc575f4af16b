/* SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#define LINE_ROOM (AS_LOG_LINE_MAX * 8)

static int log_pipe[2];

static void log_to_pipe(enum as_log_format format, enum as_log_level lowest)
{
    ck_assert_int_eq(pipe(log_pipe), 0);
    as_log_start(log_pipe[1], format, lowest);
}

/* Everything written so far; the pipe is closed. */
static const char *logged(void)
{
    static char text[LINE_ROOM];
    size_t len = 0;

    close(log_pipe[1]);
    for (ssize_t got = 1; got > 0 && len < sizeof(text) - 1; len += (size_t)got) {
        got = read(log_pipe[0], text + len, sizeof(text) - 1 - len);
        ck_assert_int_ge(got, 0);
    }
    text[len] = '\0';
    close(log_pipe[0]);
    as_log_start(STDERR_FILENO, AS_LOG_JSON, AS_LOG_INFO);
    return text;
}

/* What follows the time stamp, whose form is checked. */
static const char *after_ts(const char *line, const char *open, const char *shape)
{
    ck_assert_int_eq(strncmp(line, open, strlen(open)), 0);
    line += strlen(open);
    for (const char *c = shape; *c != '\0'; c++, line++) {
        ck_assert_msg(*c == '9' ? *line >= '0' && *line <= '9' : *c == *line, "time: %s", line);
    }
    return line;
}

#define JSON_TS(line) after_ts((line), "{", "\"ts\":\"9999-99-99T99:99:99.999999Z\",")

START_TEST(json_line)
{
    log_to_pipe(AS_LOG_JSON, AS_LOG_INFO);
    AS_LOG(AS_LOG_NOTICE, "request", AS_LOG_TEXT("path", "/token"), AS_LOG_NUMBER("status", -401),
           AS_LOG_TEXT("gone", NULL), AS_LOG_TEXT("empty", ""),
           AS_LOG_SPAN("client_id", AS_LIT("a\"\n\0b")));
    ck_assert_str_eq(JSON_TS(logged()),
                     "\"level\":\"notice\",\"event\":\"request\",\"path\":\"/token\","
                     "\"status\":-401,\"client_id\":\"a\\\"\\n\\u0000b\"}\n");
}
END_TEST

START_TEST(plain_line)
{
    log_to_pipe(AS_LOG_PLAIN, AS_LOG_INFO);
    AS_LOG(AS_LOG_ERROR, "start", AS_LOG_TEXT("path", "/token"), AS_LOG_NUMBER("n", 7),
           AS_LOG_TEXT("said", "two words\n"), AS_LOG_TEXT("pair", "a=b"),
           AS_LOG_TEXT("quoted", "\""));
    ck_assert_str_eq(after_ts(logged(), "", "9999-99-99T99:99:99.999999Z "),
                     "error start path=/token n=7 said=\"two words\\n\" pair=\"a=b\" "
                     "quoted=\"\\\"\"\n");
}
END_TEST

START_TEST(text_from_outside_makes_no_second_line)
{
    static const enum as_log_format formats[] = {AS_LOG_JSON, AS_LOG_PLAIN};

    for (size_t i = 0; i < AS_COUNT(formats); i++) {
        log_to_pipe(formats[i], AS_LOG_INFO);
        AS_LOG(AS_LOG_INFO, "x", AS_LOG_TEXT("path", "\r\n{\"level\":\"error\"}\n\x1b[2J\xC2\x9B"));
        const char *line = logged();
        ck_assert_ptr_eq(strchr(line, '\n'), line + strlen(line) - 1);
        ck_assert_ptr_null(strpbrk(line, "\r\x1b\x9B"));
    }
}
END_TEST

START_TEST(levels_are_filtered)
{
    log_to_pipe(AS_LOG_JSON, AS_LOG_WARNING);
    as_log_write(AS_LOG_DEBUG, "no", NULL, 0);
    as_log_write(AS_LOG_NOTICE, "no", NULL, 0);
    as_log_write(AS_LOG_WARNING, "yes", NULL, 0);
    ck_assert_str_eq(JSON_TS(logged()), "\"level\":\"warning\",\"event\":\"yes\"}\n");
}
END_TEST

START_TEST(long_text_is_cut_between_characters)
{
    char text[AS_LOG_TEXT_MAX + 2];

    memset(text, 'a', sizeof(text));
    memcpy(text + AS_LOG_TEXT_MAX - 2, "\xE2\x82\xAC", 3); /* the limit falls inside */
    log_to_pipe(AS_LOG_JSON, AS_LOG_INFO);
    AS_LOG(AS_LOG_INFO, "x", AS_LOG_SPAN("long", as_span_bytes(text, sizeof(text))),
           AS_LOG_NUMBER("after", 1));
    const char *line = logged();
    ck_assert_ptr_nonnull(strstr(line, "aaaa\",\"after\":1,\"truncated\":true}\n"));
    ck_assert_ptr_null(strstr(line, "\xE2"));
    ck_assert_ptr_null(strstr(line, "\\u00"));
}
END_TEST

START_TEST(long_line_keeps_its_syntax_and_short_fields)
{
    char text[AS_LOG_TEXT_MAX];

    memset(text, 1, sizeof(text)); /* six characters each */
    as_span noise = as_span_bytes(text, sizeof(text));
    log_to_pipe(AS_LOG_JSON, AS_LOG_INFO);
    AS_LOG(AS_LOG_INFO, "x", AS_LOG_SPAN("a", noise), AS_LOG_SPAN("b", noise),
           AS_LOG_SPAN("c", noise), AS_LOG_TEXT("reason", "cert_missing"));
    const char *line = logged();
    ck_assert_uint_le(strlen(line), AS_LOG_LINE_MAX);
    ck_assert_ptr_nonnull(strstr(line, "\"a\":\"\\u0001"));
    ck_assert_ptr_null(strstr(line, "\"b\":"));
    ck_assert_ptr_nonnull(
        strstr(line, "\\u0001\",\"reason\":\"cert_missing\",\"truncated\":true}\n"));
}
END_TEST

START_TEST(every_fill_ends_in_whole_syntax)
{
    char text[AS_LOG_TEXT_MAX];
    size_t whole = 0;
    size_t cut = 0;

    memset(text, 'a', sizeof(text));
    for (size_t last = 1; last < 400; last++) {
        struct as_log_field fields[13];
        for (size_t i = 0; i < AS_COUNT(fields); i++) {
            fields[i] = AS_LOG_SPAN("f", as_span_bytes(text, 300));
        }
        fields[12].text.len = last;
        log_to_pipe(AS_LOG_JSON, AS_LOG_INFO);
        as_log_write(AS_LOG_INFO, "x", fields, AS_COUNT(fields));
        const char *line = logged();
        size_t len = strlen(line);
        bool is_cut = strstr(line, ",\"truncated\":true}\n") != NULL;
        ck_assert_uint_le(len, AS_LOG_LINE_MAX);
        ck_assert_str_eq(line + len - 2, "}\n");
        ck_assert(is_cut || line[len - 3] == '"');
        cut += is_cut;
        whole += !is_cut;
    }
    ck_assert_uint_gt(whole, 0);
    ck_assert_uint_gt(cut, 0);
}
END_TEST

START_TEST(an_error_value_is_one_line)
{
    log_to_pipe(AS_LOG_JSON, AS_LOG_INFO);
    as_err err = {&as_faults[AS_SERVER_ERROR], "disk is full", "x.c:1"};
    as_log_err(AS_LOG_ERROR, "store", err);
    as_log_err(AS_LOG_ERROR, "fine", AS_OK);
    const char *line = logged();
    ck_assert_ptr_nonnull(strstr(line, "\"event\":\"store\",\"error\":\"server_error\","
                                       "\"reason\":\"disk is full\",\"where\":\"x.c:1\"}\n"));
    ck_assert_ptr_nonnull(strstr(line, "\"event\":\"fine\"}\n"));
}
END_TEST

START_TEST(a_sink_that_fails_is_survived)
{
    as_log_start(-1, AS_LOG_JSON, AS_LOG_INFO);
    errno = 77;
    as_log_write(AS_LOG_ERROR, "lost", NULL, 0);
    ck_assert_int_eq(errno, 77);
}
END_TEST

static void *write_lines(void *unused)
{
    (void)unused;
    for (int i = 0; i < 50; i++) {
        AS_LOG(AS_LOG_INFO, "threads", AS_LOG_TEXT("text", "0123456789012345678901234567890"));
    }
    return NULL;
}

START_TEST(threads_do_not_mix)
{
    pthread_t threads[4];
    size_t lines = 0;

    log_to_pipe(AS_LOG_JSON, AS_LOG_INFO);
    for (size_t i = 0; i < AS_COUNT(threads); i++) {
        ck_assert_int_eq(pthread_create(&threads[i], NULL, write_lines, NULL), 0);
    }
    for (size_t i = 0; i < AS_COUNT(threads); i++) {
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    }
    as_span rest = as_span_of(logged());
    as_span line = AS_SPAN_NONE;
    while (as_span_cut(&rest, '\n', &line)) {
        ck_assert(as_span_starts(line, AS_LIT("{\"ts\":")));
        ck_assert_int_eq(line.ptr[line.len - 1], '}');
        lines++;
    }
    ck_assert_uint_eq(lines, 200);
}
END_TEST

/* D10: nobody waits for a reader that has stopped; what is read later is whole lines. */
START_TEST(a_full_pipe_holds_up_nobody)
{
    static const char text[] = "0123456789012345678901234567890123456789";
    int64_t before = as_metric_get(AS_METRIC_log_lines_lost_total);
    int64_t lines = 0;

    log_to_pipe(AS_LOG_JSON, AS_LOG_INFO);
    for (int i = 0; i < 5000; i++) {
        AS_LOG(AS_LOG_INFO, "request", AS_LOG_TEXT("a", text), AS_LOG_TEXT("b", text));
    }
    char first[AS_LOG_LINE_MAX];
    for (ssize_t got = sizeof(first); got == sizeof(first);) {
        got = read(log_pipe[0], first, sizeof(first));
        for (ssize_t i = 0; i < got; i++) {
            lines += first[i] == '\n';
        }
    }
    ck_assert_int_gt(lines, 50);
    ck_assert_int_eq(as_metric_get(AS_METRIC_log_lines_lost_total) - before, 5000 - lines);
    AS_LOG(AS_LOG_INFO, "again", AS_LOG_TEXT("a", text)); /* there is room again */
    ck_assert_ptr_nonnull(strstr(JSON_TS(logged()), "\"event\":\"again\""));
}
END_TEST

START_TEST(level_names)
{
    ck_assert_str_eq(as_log_level_name(AS_LOG_DEBUG), "debug");
    ck_assert_str_eq(as_log_level_name(AS_LOG_ERROR), "error");
    ck_assert_str_eq(as_log_level_name((enum as_log_level)99), "error");
}
END_TEST

START_TEST(a_trouble_that_goes_on_is_told_now_and_then)
{
    struct as_log_pace pace = {0};

    for (int64_t begin = 0; begin <= 7 * AS_LIMIT_LOG_AGAIN_MS; begin += AS_LIMIT_LOG_AGAIN_MS) {
        ck_assert(as_log_is_due(&pace, begin)); /* the first time too, be the clock at 0 */
        ck_assert(!as_log_is_due(&pace, begin));
        ck_assert(!as_log_is_due(&pace, begin + AS_LIMIT_LOG_AGAIN_MS - 1));
    }
}
END_TEST

/* Each reads the clock before it asks, and may be held up in between. */
START_TEST(a_late_asker_tells_nothing_twice)
{
    struct as_log_pace pace = {0};

    ck_assert(as_log_is_due(&pace, 5 * AS_LIMIT_LOG_AGAIN_MS));
    ck_assert(!as_log_is_due(&pace, 0));
    ck_assert(!as_log_is_due(&pace, 6 * AS_LIMIT_LOG_AGAIN_MS - 1));
}
END_TEST

START_TEST(the_end_of_a_trouble_is_told_once_if_it_was)
{
    struct as_log_pace pace = {0};

    ck_assert(!as_log_is_over(&pace));
    ck_assert(as_log_is_due(&pace, 0));
    ck_assert(as_log_is_over(&pace));
    ck_assert(!as_log_is_over(&pace));
    ck_assert(as_log_is_due(&pace, 1)); /* another trouble, told at once */
    ck_assert(!as_log_is_due(&pace, 2));
}
END_TEST

#define ASKERS 4
#define TIMES  200

static struct as_log_pace common;
static _Atomic int told;

static void *ask_often(void *arg)
{
    for (int64_t i = 0; i < TIMES; i++) {
        told += as_log_is_due(&common, i * AS_LIMIT_LOG_AGAIN_MS);
    }
    return arg;
}

/* Of threads that meet the same at the same time one tells it. */
START_TEST(one_of_many_threads_tells)
{
    pthread_t threads[ASKERS];

    for (size_t i = 0; i < ASKERS; i++) {
        ck_assert_int_eq(pthread_create(&threads[i], NULL, ask_often, NULL), 0);
    }
    for (size_t i = 0; i < ASKERS; i++) {
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    }
    ck_assert_int_ge(told, 1);
    ck_assert_int_le(told, TIMES);
    ck_assert(!as_log_is_due(&common, TIMES * AS_LIMIT_LOG_AGAIN_MS - 1));
}
END_TEST

AS_TESTS("base/log", {
    tcase_add_test(t, json_line);
    tcase_add_test(t, plain_line);
    tcase_add_test(t, text_from_outside_makes_no_second_line);
    tcase_add_test(t, levels_are_filtered);
    tcase_add_test(t, long_text_is_cut_between_characters);
    tcase_add_test(t, long_line_keeps_its_syntax_and_short_fields);
    tcase_add_test(t, every_fill_ends_in_whole_syntax);
    tcase_add_test(t, an_error_value_is_one_line);
    tcase_add_test(t, a_sink_that_fails_is_survived);
    tcase_add_test(t, threads_do_not_mix);
    tcase_add_test(t, a_full_pipe_holds_up_nobody);
    tcase_add_test(t, level_names);
    tcase_add_test(t, a_trouble_that_goes_on_is_told_now_and_then);
    tcase_add_test(t, a_late_asker_tells_nothing_twice);
    tcase_add_test(t, the_end_of_a_trouble_is_told_once_if_it_was);
    tcase_add_test(t, one_of_many_threads_tells);
})
