/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libconfuse forgives what a configuration should not: it drops characters it does not know, ends a
 * section at the end of the file, takes a slash in a word for a comment or not, keeps its scanner
 * inside a string that was never closed until the next file, and tells nobody of an empty list. So
 * the text is looked through first. What passes leaves no choice to libconfuse; `{}` becomes
 * `{""}`, so that an empty list is heard of, and comments become nothing, so that they may stand
 * anywhere.
 */
#include "draft.h"

#include <stdlib.h>
#include <string.h>

#define NESTING_MAX    8
#define WRITE_VARIABLE "write ${NAME} or ${NAME:-text}; a plain $ is \\$"

struct scan {
    struct as_draft *draft;
    const char *file;
    as_span text;
    size_t at;
    int line;
    struct as_buf *out;
    int open[NESTING_MAX]; /* the line of each brace that is open */
    size_t depth;
    char last[2]; /* the last two characters that count; a string counts as one quote */
};

static bool refuse(const struct scan *scan, int line, const char *message)
{
    as_draft_refuse(scan->draft, (struct as_origin){scan->file, line}, "%s", message);
    return false;
}

/* The character some places ahead; NUL at the end (the text holds none). */
static char ahead(const struct scan *scan, size_t by)
{
    return by < scan->text.len - scan->at ? scan->text.ptr[scan->at + by] : '\0';
}

/* One more character goes through; whether all fit is asked at the end. */
static bool take(struct scan *scan)
{
    char c = scan->text.ptr[scan->at++];

    if (c == '\n') {
        scan->line++;
    }
    as_buf_add_byte(scan->out, c);
    return true;
}

static void note(struct scan *scan, char c)
{
    scan->last[0] = scan->last[1];
    scan->last[1] = c;
}

static size_t name_length(const struct scan *scan)
{
    size_t len = 0;

    for (char c = ahead(scan, 2);
         as_ascii_is_letter(c) || c == '_' || (len > 0 && as_ascii_is_digit(c));
         c = ahead(scan, 2 + len)) {
        len++;
    }
    return len;
}

/* ${NAME} or ${NAME:-text}. A variable that is not set would read as nothing. */
static bool take_variable(struct scan *scan)
{
    char name[128];
    size_t len = name_length(scan);
    size_t end = 2 + len;
    bool preset = ahead(scan, end) == ':' && ahead(scan, end + 1) == '-';

    while (preset && ahead(scan, end) != '\0' && !as_ascii_is_one_of(ahead(scan, end), "}\"\\\n")) {
        end++;
    }
    if (len == 0 || len >= sizeof(name) || ahead(scan, end) != '}') {
        return refuse(scan, scan->line, WRITE_VARIABLE);
    }
    memcpy(name, scan->text.ptr + scan->at + 2, len);
    name[len] = '\0';
    if (!preset && getenv(name) == NULL) {
        as_draft_refuse(scan->draft, (struct as_origin){scan->file, scan->line},
                        "the environment variable %s is not set; ${%s:-text} gives it a default",
                        name, name);
        return false;
    }
    for (size_t i = 0; i <= end; i++) {
        take(scan);
    }
    return true;
}

/* What follows a dollar or a backslash in a string. */
static bool take_special(struct scan *scan, char quote)
{
    if (ahead(scan, 0) == '$') {
        return ahead(scan, 1) == '{' ? take_variable(scan)
                                     : refuse(scan, scan->line, WRITE_VARIABLE);
    }
    if (!as_ascii_is_one_of(ahead(scan, 1), quote == '"' ? "\"\\$" : "'\\")) {
        return refuse(scan, scan->line, "a backslash in a string is written \\\\");
    }
    take(scan);
    return take(scan);
}

static bool take_string(struct scan *scan, char quote)
{
    take(scan);
    for (char c = ahead(scan, 0); c != quote; c = ahead(scan, 0)) {
        if (c == '\0' || c == '\n') {
            return refuse(scan, scan->line, "the string is not closed on its line");
        }
        if (c == '\\' || (c == '$' && quote == '"')) {
            if (!take_special(scan, quote)) {
                return false;
            }
            continue;
        }
        take(scan);
    }
    note(scan, quote);
    take(scan);
    return true;
}

static bool take_brace(struct scan *scan)
{
    if (ahead(scan, 0) == '{') {
        if (scan->depth == NESTING_MAX) {
            return refuse(scan, scan->line, "too many open braces");
        }
        scan->open[scan->depth++] = scan->line;
        note(scan, '{');
        return take(scan);
    }
    if (scan->depth == 0) {
        return refuse(scan, scan->line, "a closing brace without an opening one");
    }
    scan->depth--;
    if (scan->last[1] == '{' && scan->last[0] == '=') {
        as_buf_add_text(scan->out, "\"\"");
    }
    note(scan, '}');
    return take(scan);
}

static bool take_mark(struct scan *scan, char c)
{
    if (c == '/' && (ahead(scan, 1) == '/' || ahead(scan, 1) == '*')) {
        return refuse(scan, scan->line,
                      "comments start with #; a text with // or /* is written in quotes");
    }
    if (as_ascii_is_letter(c) || as_ascii_is_digit(c) || as_ascii_is_one_of(c, "_-./:@%=,()")) {
        note(scan, c);
        return take(scan);
    }
    as_draft_refuse(scan->draft, (struct as_origin){scan->file, scan->line},
                    c > ' ' && c < 0x7F ? "the character %c stands only in quotes"
                                        : "the octet 0x%02X stands only in quotes",
                    (unsigned char)c);
    return false;
}

static bool take_next(struct scan *scan)
{
    char c = ahead(scan, 0);

    switch (c) {
    case ' ':
    case '\t':
    case '\r':
    case '\n':
        return take(scan);
    case '#':
        while (ahead(scan, 0) != '\0' && ahead(scan, 0) != '\n') {
            scan->at++;
        }
        return true;
    case '"':
    case '\'':
        return take_string(scan, c);
    case '{':
    case '}':
        return take_brace(scan);
    default:
        return take_mark(scan, c);
    }
}

/* Octets that stand nowhere, comments included. */
static bool octets_are_fine(const struct scan *scan)
{
    int line = 1;

    if (!as_span_is_utf8(scan->text)) {
        return refuse(scan, 1, "the file is not UTF-8");
    }
    for (size_t i = 0; i < scan->text.len; i++) {
        unsigned char c = as_span_u8(scan->text)[i];
        line += c == '\n';
        if ((c < ' ' && c != '\n' && c != '\t' && c != '\r') || c == 0x7F) {
            return refuse(scan, line, "the file holds a control character");
        }
    }
    return true;
}

static bool scan_all(struct scan *scan)
{
    if (!octets_are_fine(scan)) {
        return false;
    }
    while (scan->at < scan->text.len) {
        if (!take_next(scan)) {
            return false;
        }
    }
    if (scan->depth > 0) {
        return refuse(scan, scan->open[scan->depth - 1], "the brace opened here is not closed");
    }
    as_buf_add_byte(scan->out, '\n'); /* libconfuse wants a last line with its end */
    return true;
}

bool as_draft_scan(struct as_draft *draft, const char *file, as_span text, as_span *out)
{
    struct as_buf made = AS_BUF(2 * AS_LIMIT_SETTING_FILE);
    struct scan scan = {
        .draft = draft, .file = file, .text = text, .line = 1, .out = &made, .last = {'\n', '\n'}};
    bool fine = scan_all(&scan);

    if (fine && (made.full || as_failed(as_arena_copy(draft->mem, as_buf_span(&made), out)))) {
        fine = refuse(&scan, 1, "the configuration is too large");
    }
    as_buf_free(&made);
    return fine;
}
