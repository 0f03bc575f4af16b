/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The draft: what was written, before it means anything. Each value keeps its words and where they
 * stood, so that a finding can point there and `fapid -T` can say it. read.c and override.c fill
 * it, fill.c turns it into struct as_settings, write.c prints it.
 *
 * Owner: its arena. Threads: one at a time.
 */
#ifndef AS_SETTINGS_DRAFT_H
#define AS_SETTINGS_DRAFT_H

#include "table.h"

AS_AUTO_DEFINE(struct as_arena, as_arena_free)

/* Where something was said. */
struct as_origin {
    const char *file; /* NULL: nowhere, the preset applies */
    int line;         /* 0: `file` is "command line" */
};

struct as_draft_value {
    const char **texts; /* room for AS_LIMIT_SETTING_LIST */
    size_t count;
    struct as_origin at;
    bool given; /* in a file or on the command line */
};

struct as_draft_section {
    enum as_section_id id;
    const char *title; /* "" for sections without */
    struct as_origin at;
    bool given;
    struct as_draft_value values[AS_SETTING_MAX]; /* by row of the table */
};

struct as_draft {
    struct as_arena *mem;
    as_settings_tell tell;
    void *arg;
    const char *file; /* the configuration file as named by the caller */
    size_t errors;
    struct as_draft_section *sections[AS_LIMIT_SETTING_SECTIONS];
    size_t section_count;
};

/* A draft with the sections that have no title. */
as_err as_draft_new(const char *file, as_settings_tell tell, void *arg, struct as_draft **out);

/* Tells a finding and counts it. Unknown places are told as the first line of the file. */
void as_draft_refuse(struct as_draft *draft, struct as_origin at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Tells what works but is probably not what was meant. */
void as_draft_warn(struct as_draft *draft, struct as_origin at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* NULL when there is none. */
struct as_draft_section *as_draft_section(const struct as_draft *draft, enum as_section_id id,
                                          const char *title);
/* The section at that place among those of its kind; NULL past the last. */
struct as_draft_section *as_draft_nth(const struct as_draft *draft, enum as_section_id id,
                                      size_t index);
/* A further section. NULL, and a finding, when there are too many or the title is no title. */
struct as_draft_section *as_draft_open(struct as_draft *draft, enum as_section_id id,
                                       const char *title, struct as_origin at);
/* Where a setting was given, or else its section. */
struct as_origin as_draft_where(struct as_draft_section *section, const char *key);
/* Puts one more text. False, and a finding, when there are too many or the text cannot be one. */
bool as_draft_put(struct as_draft *draft, struct as_draft_section *section,
                  const struct as_setting *row, as_span text, struct as_origin at);

/* "lifetime.access_token", "listener.mtls.names"; cut when it does not fit. */
#define AS_SETTING_PATH_TEXT 128
void as_draft_path(const struct as_draft_section *section, const struct as_setting *row,
                   char out[AS_SETTING_PATH_TEXT]);

/* scan.c: the text without comments and with nothing in it that libconfuse reads in a way of its
 * own; false, and a finding, otherwise. Its lines are the lines of the original. */
bool as_draft_scan(struct as_draft *draft, const char *file, as_span text, as_span *out);
/* read.c: reads draft->file and what it includes. False after a finding. */
bool as_draft_read(struct as_draft *draft);
/* override.c: a setting by its dotted path. False: there is none; *section is what was found. */
bool as_draft_find(const struct as_draft *draft, const char *path,
                   struct as_draft_section **section, const struct as_setting **row);
bool as_draft_override(struct as_draft *draft, const struct as_setting_override *overrides,
                       size_t count);
/* fill.c: gives what is not given its preset, types every value, makes paths absolute. */
as_err as_draft_fill(struct as_draft *draft, struct as_settings *out);
/* verify.c: what only several settings together can get wrong; chooses the issuer's listener and
 * the mTLS origin. */
void as_draft_verify(struct as_draft *draft, struct as_settings *settings);

#endif
