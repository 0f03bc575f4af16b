/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of settings. One row is one setting: where it stands, what it takes, what it is when
 * nobody says, and where it lands. Parser, checks, `fapid -T` and the check of conf/fapid.conf all
 * read this table; adding a row (and its field, and its place in the manual) adds the setting.
 */
#ifndef AS_SETTINGS_TABLE_H
#define AS_SETTINGS_TABLE_H

#include "as/settings.h"

#define AS_SETTING_MAX 80 /* rows of the table; asserted there */

enum as_section_id {
    AS_SECTION_ROOT,
    AS_SECTION_LISTENER,
    AS_SECTION_TRUST,
    AS_SECTION_STORE,
    AS_SECTION_ADMIN,
    AS_SECTION_AUTHENTICATION,
    AS_SECTION_TOKEN,
    AS_SECTION_KEYS,
    AS_SECTION_LIFETIME,
    AS_SECTION_REGISTRATION,
    AS_SECTION_METADATA,
    AS_SECTION_HTTP,
    AS_SECTION_RELOAD,
    AS_SECTION_LOG,
    AS_SECTION_AUDIT,
    AS_SECTIONS
};

struct as_section {
    const char *name; /* "" for the settings outside of any section */
    bool titled;      /* `name TITLE { }`, as often as wanted; else `name { }` once */
    size_t size;      /* titled: of one element; else settings land in struct as_settings */
    size_t offset;    /* titled: of the array in struct as_settings, and of its count */
    size_t count_offset;
    size_t title_offset; /* titled: of the title in an element */
};

extern const struct as_section as_sections[AS_SECTIONS];

/* What a setting takes, and the type of the field it lands in. */
enum as_setting_type {
    AS_SETTING_TEXT,    /* const char *; empty: NULL. As a list: const char *const * and size_t */
    AS_SETTING_PATH,    /* the same, made absolute */
    AS_SETTING_NAME,    /* const char *, one of the words */
    AS_SETTING_WORD,    /* unsigned or enum: the value of the word */
    AS_SETTING_WORDS,   /* unsigned: bit 1 << value of each word of the list */
    AS_SETTING_SWITCH,  /* bool: on or off */
    AS_SETTING_NUMBER,  /* unsigned */
    AS_SETTING_SIZE,    /* unsigned: octets, k and M */
    AS_SETTING_DURATION /* int64_t: seconds, written with s, m, h or d */
};

struct as_word {
    const char *name; /* NULL ends the list */
    unsigned value;
};

/* NULL, or what is wrong with the text: the end of a sentence that starts with the text. */
typedef const char *(*as_setting_check)(const char *text);

struct as_setting {
    enum as_section_id section;
    const char *key;
    enum as_setting_type type;
    bool list;
    bool optional;      /* may be empty, which means none */
    bool restart;       /* takes effect at a start alone: a reload that changes it is refused */
    const char *preset; /* as on the command line; NULL: required */
    int64_t min, max;   /* of a number, size or duration; of a list: how many */
    const struct as_word *words;
    const char *what; /* TEXT and PATH: what the manual calls it */
    as_setting_check check;
    size_t offset;
    size_t count_offset; /* lists */
};

extern const struct as_setting as_setting_table[];
extern const size_t as_setting_count;

/* The row of a key, by section; NULL: there is no such setting. */
const struct as_setting *as_setting_find(enum as_section_id section, as_span key);

/* What the setting takes, as messages and the manual say it: "a duration from 1s to 24h". */
bool as_setting_describe(const struct as_setting *row, struct as_buf *out);

/* checks.c */
const char *as_check_issuer(const char *text);
const char *as_check_origin(const char *text);
const char *as_check_url(const char *text);
const char *as_check_scope(const char *text);
const char *as_check_host(const char *text);
const char *as_check_address(const char *text);
const char *as_check_loopback(const char *text);
const char *as_check_ip(const char *text);
const char *as_check_oid(const char *text);
const char *as_check_title(const char *text);

#endif
