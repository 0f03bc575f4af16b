/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The log: one JSON object per line on a descriptor (standard error by default). Never a secret,
 * token, assertion or proof; text from outside is escaped. Lines are written with one write() each,
 * so that threads do not mix. A text longer than AS_LOG_TEXT_MAX octets is cut; in a line that
 * would pass AS_LOG_LINE_MAX the fields that do not fit are left out. Either way the line says
 * `"truncated":true` and keeps its syntax. Nobody waits for a reader that has stopped: while a pipe
 * or socket is full, lines are lost and counted (log_lines_lost_total).
 *
 * Threads: any, after as_log_start.
 */
#ifndef AS_BASE_LOG_H
#define AS_BASE_LOG_H

#include "as/base/err.h"
#include "as/base/span.h"

#include <stdatomic.h>

#define AS_LOG_LINE_MAX 4096 /* PIPE_BUF: what a pipe that is not full takes at once */
#define AS_LOG_TEXT_MAX 512

/* A field of a line: text, or a number when text.ptr is NULL and `is_number`. */
struct as_log_field {
    const char *name;
    as_span text;
    int64_t number;
    bool is_number;
};

#define AS_LOG_TEXT(field, value)   ((struct as_log_field){(field), as_span_of(value), 0, false})
#define AS_LOG_SPAN(field, value)   ((struct as_log_field){(field), (value), 0, false})
#define AS_LOG_NUMBER(field, value) ((struct as_log_field){(field), AS_SPAN_NONE, (value), true})

enum as_log_format { AS_LOG_JSON, AS_LOG_PLAIN };

/* Where lines go, how they look, and the lowest level written. Before it: stderr, JSON, INFO. */
void as_log_start(int fd, enum as_log_format format, enum as_log_level lowest);

/* One line: ts, level, event, then the fields; text fields that are empty are left out. */
void as_log_write(enum as_log_level level, const char *event, const struct as_log_field *fields,
                  size_t count);
/* The same with the fields as arguments. */
#define AS_LOG(level, event, ...)                                                                  \
    as_log_write((level), (event), (const struct as_log_field[]){__VA_ARGS__},                     \
                 sizeof((const struct as_log_field[]){__VA_ARGS__}) / sizeof(struct as_log_field))
/* A line for an error value: its code, why and where. */
void as_log_err(enum as_log_level level, const char *event, as_err err);

/*
 * A trouble that may come again and again is told at its first time and then once per
 * AS_LIMIT_LOG_AGAIN_MS; metrics count every time. All zero before. Times are of the monotonic
 * clock. Threads: any, at the same time; for one of them it is due.
 */
struct as_log_pace {
    _Atomic int64_t told_ms; /* plus 1; 0: never, or not since it was over */
};
/* Is it to be told now? Whoever hears so tells it. */
bool as_log_is_due(struct as_log_pace *pace, int64_t mono_ms);
/* The trouble is over, and the next is told at once. Was this one told? */
bool as_log_is_over(struct as_log_pace *pace);

/* debug, info, notice, warning or error. */
const char *as_log_level_name(enum as_log_level level);

#endif
