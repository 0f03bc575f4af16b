/* SPDX-License-Identifier: Apache-2.0 */
#include "value.h"

#include <string.h>

/* A number and one letter of a unit. */
struct unit {
    char letter;
    int64_t worth;
};

static const struct unit seconds[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'\0', 0}};
static const struct unit octets[] = {{'k', 1024}, {'M', 1024 * 1024}, {'\0', 1}};

static bool parse_number(const struct as_setting *row, as_span text, const struct unit *units,
                         int64_t *out)
{
    uint64_t count = 0;
    int64_t worth = 1;

    if (units != NULL && text.len > 0) {
        char last = text.ptr[text.len - 1];
        const struct unit *unit = units;

        while (unit->letter != '\0' && unit->letter != last) {
            unit++;
        }
        worth = unit->worth; /* without a unit: what the last row of the units says */
        text.len -= unit->letter != '\0';
    }
    if (worth == 0 || !as_span_number(text, UINT32_MAX, &count)) {
        return false;
    }
    *out = (int64_t)count * worth;
    return *out >= row->min && *out <= row->max;
}

static bool parse_word(const struct as_setting *row, const char *text, int64_t *out)
{
    for (const struct as_word *word = row->words; word->name != NULL; word++) {
        if (strcmp(word->name, text) == 0) {
            *out = word->value;
            return true;
        }
    }
    return false;
}

static bool parse_text(const struct as_setting *row, const char *text, const char **fault)
{
    if (text[0] == '\0' && row->optional) {
        return true;
    }
    *fault = text[0] == '\0' ? "is empty" : row->check != NULL ? row->check(text) : NULL;
    return *fault == NULL;
}

bool as_setting_parse(const struct as_setting *row, const char *text, int64_t *number,
                      const char **fault)
{
    static const struct as_word switches[] = {{"off", 0}, {"on", 1}, {NULL, 0}};

    *fault = NULL;
    *number = 0;
    switch (row->type) {
    case AS_SETTING_TEXT:
    case AS_SETTING_PATH:
        return parse_text(row, text, fault);
    case AS_SETTING_NAME:
    case AS_SETTING_WORD:
    case AS_SETTING_WORDS:
        return parse_word(row, text, number);
    case AS_SETTING_SWITCH:
        return parse_word(&(struct as_setting){.words = switches}, text, number);
    case AS_SETTING_NUMBER:
        return parse_number(row, as_span_of(text), NULL, number);
    case AS_SETTING_SIZE:
        return parse_number(row, as_span_of(text), octets, number);
    case AS_SETTING_DURATION:
        return parse_number(row, as_span_of(text), seconds, number);
    }
    return false;
}
