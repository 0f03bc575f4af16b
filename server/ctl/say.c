/* SPDX-License-Identifier: Apache-2.0 */
/* What the operator reads: data on standard output, talk on standard error. */
#include "as/jose.h"
#include "ctl.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const codes[] = {
    [CTL_FINE] = "fine",
    [CTL_REFUSED] = "refused",
    [CTL_USAGE] = "usage",
    [CTL_NOT_FOUND] = "not_found",
    [CTL_EXISTS] = "exists",
    [CTL_UNREACHABLE] = "unreachable",
    [CTL_NOT_ALLOWED] = "not_allowed",
};

/* Characters beyond ASCII that steer a terminal, show nothing or turn a line around, as UTF-8: the
 * octets before the last, and the range of that one. */
static const struct {
    const char *begin;
    unsigned char low, high;
} unseen[] = {
    {"\xC2", 0x80, 0x9F},     /* C1 controls, CSI among them */
    {"\xC2", 0xAD, 0xAD},     /* soft hyphen */
    {"\xD8", 0x9C, 0x9C},     /* Arabic letter mark */
    {"\xE2\x80", 0x8B, 0x8F}, /* zero width, left to right, right to left */
    {"\xE2\x80", 0xA8, 0xAE}, /* line and paragraph separator, embeddings, overrides */
    {"\xE2\x81", 0xA0, 0xAF}, /* invisible operators, isolates */
    {"\xEF\xB8", 0x80, 0x8F}, /* variation selectors */
    {"\xEF\xBB", 0xBF, 0xBF}, /* byte order mark */
};

/* How many octets from here must not reach the operator's terminal. */
static size_t unseen_len(const char *text)
{
    unsigned char first = (unsigned char)text[0];

    if (first < 0x20 || first == 0x7f) {
        return 1;
    }
    for (size_t i = 0; i < AS_COUNT(unseen); i++) {
        size_t len = strlen(unseen[i].begin);

        if (strncmp(text, unseen[i].begin, len) == 0 && (unsigned char)text[len] >= unseen[i].low &&
            (unsigned char)text[len] <= unseen[i].high) {
            return len + 1;
        }
    }
    return 0;
}

static void put_text(FILE *to, const char *text)
{
    while (*text != '\0') {
        size_t hidden = unseen_len(text);

        if (hidden == 0) {
            (void)fputc(*text++, to); /* what cannot be written is told at the end */
        }
        for (; hidden > 0; hidden--) {
            (void)fprintf(to, "\\x%02x", (unsigned)(unsigned char)*text++);
        }
    }
}

static void print_text(const char *text)
{
    put_text(stdout, text);
}

/* `error` NULL: a warning. */
__attribute__((format(printf, 3, 0))) static void tell(const struct ctl *ctl, const char *error,
                                                       const char *message, va_list args)
{
    char text[4096]; /* a place and a finding of the server's fit */

    vsnprintf(text, sizeof(text), message, args);
    if (!ctl->json) {
        fputs(error != NULL ? "fapictl: " : "fapictl: warning: ", stderr);
        put_text(stderr, text);
        fputc('\n', stderr);
        return;
    }
    AS_AUTO(json_decref)
    json_t *json = error != NULL
                       ? json_pack("{s:s, s:o}", "error", error, "message", as_json_of_octets(text))
                       : json_pack("{s:o}", "warning", as_json_of_octets(text));
    json_dumpf(json, stderr, JSON_COMPACT | JSON_ENSURE_ASCII);
    fputc('\n', stderr);
}

enum ctl_exit ctl_say(const struct ctl *ctl, enum ctl_exit code, const char *message, ...)
{
    va_list args;

    va_start(args, message);
    tell(ctl, codes[code], message, args);
    va_end(args);
    return code;
}

void ctl_warn(const struct ctl *ctl, const char *message, ...)
{
    va_list args;

    va_start(args, message);
    tell(ctl, NULL, message, args);
    va_end(args);
}

static void print_value(const json_t *value)
{
    char *text;

    if (json_is_string(value)) {
        print_text(json_string_value(value));
        return;
    }
    text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    print_text(text != NULL ? text : "");
    free(text);
}

static void print_object(const json_t *object)
{
    const char *name;
    json_t *value;

    json_object_foreach((json_t *)object, name, value)
    {
        printf("%-44s ", name);
        print_value(value);
        putchar('\n');
    }
}

/* How many characters it took, as far as the terminal shows one for an octet. */
static size_t print_cell(const json_t *value, bool time)
{
    char at[AS_CLOCK_TEXT], *text;
    size_t len;

    if (json_is_string(value)) {
        print_text(json_string_value(value));
        return json_string_length(value);
    }
    if (time && json_is_integer(value)) {
        as_clock_text(json_integer_value(value), at);
        return (size_t)printf("%s", at);
    }
    if (value == NULL) {
        return (size_t)printf("-");
    }
    text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    len = text != NULL ? strlen(text) : 0;
    print_text(text != NULL ? text : "");
    free(text);
    return len;
}

/* A cell that is longer than its column still ends before the next. */
static void pad(size_t used, size_t width)
{
    if (width > 0) {
        printf("%*s", (int)(used < width ? width - used : 0) + 1, "");
    }
}

/* In ASCII, whatever a client calls itself: the same value, and nothing that steers a terminal. */
enum ctl_exit ctl_print_json(const struct ctl *ctl, const json_t *value)
{
    char *text = json_dumps(value, JSON_INDENT(2) | JSON_ENCODE_ANY | JSON_ENSURE_ASCII);

    if (text == NULL) {
        return ctl_say(ctl, CTL_REFUSED, "it is done, but there is no memory to show it");
    }
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == 0x7f) { /* ASCII too, but jansson leaves it as it is */
            printf("\\u007f");
        } else {
            putchar(*c); /* what cannot be written is told at the end */
        }
    }
    putchar('\n');
    free(text);
    return CTL_FINE;
}

enum ctl_exit ctl_print_list(const struct ctl *ctl, const json_t *list,
                             const struct ctl_column *columns, size_t count)
{
    if (ctl->json) {
        return ctl_print_json(ctl, list);
    }
    for (size_t c = 0; c < count; c++) {
        pad((size_t)printf("%s", columns[c].head), columns[c].width);
    }
    putchar('\n');
    for (size_t i = 0; i < json_array_size(list); i++) {
        for (size_t c = 0; c < count; c++) {
            const json_t *value = json_object_get(json_array_get(list, i), columns[c].member);

            pad(print_cell(value, columns[c].time), columns[c].width);
        }
        putchar('\n');
    }
    return CTL_FINE;
}

static const struct ctl_column party_columns[] = {
    {"client_id", "CLIENT_ID", 24, false},
    {"status", "STATUS", 10, false},
    {"token_endpoint_auth_method", "METHOD", 28, false},
    {"client_name", "NAME", 0, false},
};

enum ctl_exit ctl_print(const struct ctl *ctl, const json_t *value)
{
    if (ctl->json) {
        return ctl_print_json(ctl, value);
    }
    if (json_is_array(value)) {
        return ctl_print_list(ctl, value, party_columns, AS_COUNT(party_columns));
    }
    print_object(value);
    return CTL_FINE;
}
