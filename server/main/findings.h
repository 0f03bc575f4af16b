/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an operator should know of the configuration, wherever it was found: settings, trust and
 * edge tell it here, and it becomes `file:line: message` on a stream for a person (`fapid -t`, and
 * before there is a log), or a line of the log. The first refusal is kept, as the reason of a start
 * or reload that fails.
 *
 * Owner: a plain struct; `settings` must live as long as something is told. Threads: one.
 */
#ifndef AS_MAIN_FINDINGS_H
#define AS_MAIN_FINDINGS_H

#include "as/settings.h"

#include <stdio.h>

struct as_finding {
    char where[AS_SETTINGS_WHERE]; /* "": of no setting */
    char message[AS_SETTINGS_MESSAGE];
};

struct as_findings {
    FILE *to;                           /* NULL: the log */
    const struct as_settings *settings; /* know the places; NULL while they are read */
    size_t warnings;
    size_t refusals;
    struct as_finding first; /* refusal */
    struct as_finding last;  /* of any kind */
};

/* AS_LOG_ERROR refuses, AS_LOG_WARNING warns, less only tells. `key` is a dotted setting; NULL:
 * none. */
void as_findings_tell(struct as_findings *findings, enum as_log_level level, const char *key,
                      const char *format, ...) __attribute__((format(printf, 4, 5)));

/* The same as settings, trust and edge call it; `arg` is the findings. What the edge tells refuses
 * nothing by itself: as_findings_blame_last does, when it failed. */
void as_findings_of_settings(void *arg, const char *message);
void as_findings_of_trust(void *arg, const char *group, const char *file, const char *message,
                          bool fatal);
void as_findings_of_edge(void *arg, const char *listener, const char *message);

/* What was told last is the reason, unless there is one already; `else_` where nothing was told. */
void as_findings_blame_last(struct as_findings *findings, const char *else_);

#endif
