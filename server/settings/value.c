/* SPDX-License-Identifier: Apache-2.0 */
#include "value.h"

#include <string.h>

static bool parse_count(as_span text, int64_t *out)
{
    uint64_t count = 0;
    bool fine = as_span_number(text, UINT32_MAX, &count);

    *out = (int64_t)count;
    return fine;
}

static bool parse_number(const struct as_setting *row, as_span text, int64_t *out)
{
    bool fine = false;

    if (row->type == AS_SETTING_DURATION) {
        fine = as_span_duration(text, out);
    } else {
        fine = (row->type == AS_SETTING_SIZE && as_span_size(text, out)) || parse_count(text, out);
    }
    return fine && *out >= row->min && *out <= row->max;
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
    case AS_SETTING_SIZE:
    case AS_SETTING_DURATION:
        return parse_number(row, as_span_of(text), number);
    }
    return false;
}
