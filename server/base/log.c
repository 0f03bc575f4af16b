/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A line is made on the stack, so that a lack of memory can still be told. The buffer's room is its
 * maximum, and so it never grows. A field that does not fit is left out and the line says so; the
 * closing octets are kept free from the start.
 */
#include "as/base/log.h"

#include "as/base/buf.h"
#include "as/base/clock.h"
#include "as/base/limits.h"
#include "as/base/metrics.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <unistd.h>

#define TAIL_ROOM 24 /* ,"truncated":true}\n */

static struct {
    _Atomic int fd;
    _Atomic int format;
    _Atomic int lowest;
    atomic_bool is_file; /* a regular file, which never makes a writer wait for a reader */
} sink = {STDERR_FILENO, AS_LOG_JSON, AS_LOG_INFO, false};

static const struct log_style {
    const char *ts, *level, *event, *separator, *equals, *truncated, *close;
} styles[] = {
    [AS_LOG_JSON] = {"{\"ts\":", ",\"level\":", ",\"event\":", ",\"", "\":", ",\"truncated\":true",
                     "}\n"},
    [AS_LOG_PLAIN] = {"", " ", " ", " ", "=", " truncated=true", "\n"},
};

void as_log_start(int fd, enum as_log_format format, enum as_log_level lowest)
{
    struct stat about;

    atomic_store(&sink.is_file, fstat(fd, &about) == 0 && S_ISREG(about.st_mode));
    atomic_store(&sink.fd, fd);
    atomic_store(&sink.format, (int)format);
    atomic_store(&sink.lowest, (int)lowest);
}

const char *as_log_level_name(enum as_log_level level)
{
    static const char *const names[] = {
        [AS_LOG_DEBUG] = "debug",     [AS_LOG_INFO] = "info",   [AS_LOG_NOTICE] = "notice",
        [AS_LOG_WARNING] = "warning", [AS_LOG_ERROR] = "error",
    };

    return (unsigned)level < sizeof(names) / sizeof(names[0]) ? names[level] : "error";
}

static bool is_plain_word(as_span text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = as_span_u8(text)[i];
        if (c <= ' ' || c >= 0x7F || c == '"' || c == '\\' || c == '=') {
            return false;
        }
    }
    return true;
}

/* The plain form quotes only what a reader could take for something else. */
static bool add_text(struct as_buf *line, enum as_log_format format, as_span text)
{
    if (format == AS_LOG_PLAIN && is_plain_word(text)) {
        return as_buf_add(line, text);
    }
    return as_buf_add_json_string(line, text);
}

/* The names of fields are ours and need no escape. */
static bool add_name(struct as_buf *line, enum as_log_format format, const char *name)
{
    return as_buf_add_text(line, styles[format].separator) && as_buf_add_text(line, name) &&
           as_buf_add_text(line, styles[format].equals);
}

/* False when something of the field had to be left out; the line then is as before it, or cut. */
static bool add_field(struct as_buf *line, enum as_log_format format,
                      const struct as_log_field *field)
{
    size_t before = line->len;
    as_span text = field->text;

    if (!field->is_number && text.len == 0) {
        return true;
    }
    if (text.len > AS_LOG_TEXT_MAX) {
        text.len = AS_LOG_TEXT_MAX;
        for (int i = 0; i < 3 && (as_span_u8(text)[text.len] & 0xC0) == 0x80; i++) {
            text.len--; /* not within a character */
        }
    }
    bool added =
        add_name(line, format, field->name) &&
        (field->is_number ? as_buf_add_number(line, field->number) : add_text(line, format, text));
    if (!added) {
        line->len = before;
        line->full = false;
    }
    return added && text.len == field->text.len;
}

/*
 * The network threads log too, and must not wait for whoever reads the pipe (design D10). What
 * poll() says of a pipe is true for one line, so writers take turns.
 */
static bool would_wait(int fd)
{
    struct pollfd ask = {.fd = fd, .events = POLLOUT};

    return !atomic_load(&sink.is_file) && poll(&ask, 1, 0) == 0;
}

/* One write() in the plain case; what a short write left follows, and a sink that fails is let go.
 */
static void write_line(int fd, as_span line)
{
    while (line.len > 0) {
        ssize_t done = write(fd, line.ptr, line.len);
        if (done < 0 && errno == EINTR) {
            continue;
        }
        if (done <= 0) {
            return;
        }
        line = as_span_from(line, (size_t)done);
    }
}

static void put_line(as_span line)
{
    static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
    int fd = atomic_load(&sink.fd);

    (void)pthread_mutex_lock(&turn);
    if (would_wait(fd)) {
        as_metric_add(AS_METRIC_log_lines_lost_total, 1);
    } else {
        write_line(fd, line);
    }
    (void)pthread_mutex_unlock(&turn);
}

void as_log_write(enum as_log_level level, const char *event, const struct as_log_field *fields,
                  size_t count)
{
    char room[AS_LOG_LINE_MAX], now[AS_CLOCK_TEXT];
    enum as_log_format format = (enum as_log_format)atomic_load(&sink.format);
    const struct log_style *style = &styles[format];
    struct as_buf line = {room, 0, sizeof(room), sizeof(room) - TAIL_ROOM, false, false};
    bool whole = true;

    if ((int)level < atomic_load(&sink.lowest)) {
        return;
    }
    int saved = errno;
    (void)as_buf_add_text(&line, style->ts);
    as_clock_now_text(now);
    (void)add_text(&line, format, as_span_of(now));
    (void)as_buf_add_text(&line, style->level);
    (void)add_text(&line, format, as_span_of(as_log_level_name(level)));
    (void)as_buf_add_text(&line, style->event);
    (void)add_text(&line, format, as_span_of(event));
    for (size_t i = 0; i < count; i++) {
        whole = add_field(&line, format, &fields[i]) && whole;
    }
    line.max = sizeof(room);
    (void)(whole || as_buf_add_text(&line, style->truncated));
    (void)as_buf_add_text(&line, style->close);
    put_line(as_buf_span(&line));
    errno = saved;
}

void as_log_err(enum as_log_level level, const char *event, as_err err)
{
    AS_LOG(level, event, AS_LOG_TEXT("error", err.fault != NULL ? err.fault->code : NULL),
           AS_LOG_TEXT("reason", err.why), AS_LOG_TEXT("where", err.where));
}

/* Whoever moves the time on is the one to tell. */
bool as_log_is_due(struct as_log_pace *pace, int64_t mono_ms)
{
    int64_t now = mono_ms + 1; /* 0 is never */
    int64_t last = atomic_load(&pace->told_ms);

    return (last == 0 || now - last >= AS_LIMIT_LOG_AGAIN_MS) &&
           atomic_compare_exchange_strong(&pace->told_ms, &last, now);
}

bool as_log_is_over(struct as_log_pace *pace)
{
    return atomic_exchange(&pace->told_ms, 0) != 0;
}
