/* SPDX-License-Identifier: Apache-2.0 */
/* One setting at a time in an otherwise good configuration: where it lands, or how it is refused.
 */
#ifndef AS_TESTS_SETTINGS_ONE_H
#define AS_TESTS_SETTINGS_ONE_H

#include "confs.h"
#include "settings/table.h"

/* The settings that have no default, one per line; a case replaces or adds one. */
static const struct {
    const char *section; /* as it opens */
    const char *path;
    const char *value;
} needed[] = {
    {"", "issuer", "\"https://as.example\""},
    {"listener public", "listener.public.address", "\"127.0.0.1:8443\""},
    {"listener public", "listener.public.names", "{\"as.example\", \"127.0.0.1\"}"},
    {"listener public", "listener.public.certificate", "{\"c\"}"},
    {"listener public", "listener.public.key", "{\"k\"}"},
    {"listener public", "listener.public.client_certificate", "request"},
    {"trust banks", "trust.banks.use", "client"},
    {"trust banks", "trust.banks.anchors", "{\"a\"}"},
};

static const char *const sections[] = {
    "",     "listener public", "trust banks",  "store",    "admin", "authentication", "token",
    "keys", "lifetime",        "registration", "metadata", "http",  "reload",         "log",
    "audit"};

static inline const char *key_of(const char *path)
{
    const char *dot = strrchr(path, '.');

    return dot != NULL ? dot + 1 : path;
}

/* Is "listener.public.names" in "listener public"? */
static inline bool is_in(const char *path, const char *section)
{
    char dotted[64];
    const char *dot = strrchr(path, '.');
    size_t len = dot != NULL ? (size_t)(dot - path) : 0;

    snprintf(dotted, sizeof(dotted), "%s", section);
    for (char *c = dotted; *c != '\0'; c++) {
        *c = *c == ' ' ? '.' : *c;
    }
    return strlen(dotted) == len && strncmp(dotted, path, len) == 0;
}

/* The whole configuration with one setting replaced or added; gives the line of that setting. */
static inline int make(char *out, size_t room, const char *path, const char *value)
{
    size_t len = 0;
    int line = 1, at = 0;

    for (size_t s = 0; s < AS_COUNT(sections); s++) {
        bool root = sections[s][0] == '\0';

        len += (size_t)snprintf(out + len, room - len, root ? "\n" : "%s {\n", sections[s]);
        line++;
        for (size_t i = 0; i < AS_COUNT(needed); i++) {
            if (strcmp(needed[i].section, sections[s]) == 0 && strcmp(needed[i].path, path) != 0) {
                len += (size_t)snprintf(out + len, room - len, "%s = %s\n", key_of(needed[i].path),
                                        needed[i].value);
                line++;
            }
        }
        if (is_in(path, sections[s])) {
            len += (size_t)snprintf(out + len, room - len, "%s = %s\n", key_of(path), value);
            at = line++;
        }
        len += (size_t)snprintf(out + len, room - len, root ? "\n" : "}\n");
        line++;
    }
    ck_assert_int_gt(at, 0);
    ck_assert_uint_lt(len, room);
    return at;
}

static inline struct as_settings *read_one(const char *path, const char *value)
{
    char text[16384];

    make(text, sizeof(text), path, value);
    struct as_settings *settings = conf_read(text);
    ck_assert_msg(settings != NULL, "%s = %s: %s", path, value, said);
    return settings;
}

static inline void refuse_one(const char *path, const char *value, const char *finding)
{
    char text[16384], whole[2048];
    int line = make(text, sizeof(text), path, value);

    snprintf(whole, sizeof(whole), "f:%d: %s: %s", line, path, finding);
    ck_assert_msg(conf_read(text) == NULL, "%s = %s is taken", path, value);
    ck_assert_str_eq(said, whole);
}

#define FIELD(path, value, expression, expected)                                                   \
    do {                                                                                           \
        struct as_settings *s = read_one((path), (value));                                         \
        ck_assert_msg((expression) == (expected), "%s = %s: %s", (path), (value), #expression);    \
        as_settings_free(s);                                                                       \
    } while (0)
#define FIELD_TEXT(path, value, expression, expected)                                              \
    do {                                                                                           \
        struct as_settings *s = read_one((path), (value));                                         \
        ck_assert_pstr_eq((expression), (expected));                                               \
        as_settings_free(s);                                                                       \
    } while (0)
#define ENDS(text, end)                                                                            \
    (strlen(text) >= strlen(end) && (text)[0] == '/' &&                                            \
     strcmp((text) + strlen(text) - strlen(end), (end)) == 0)

#endif
