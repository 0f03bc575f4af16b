/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What of a new reading cannot take effect while the server runs: rows of the table with `restart`,
 * and listeners that come, go or change places.
 */
#include "settings_box.h"
#include "value.h"

#include <stdio.h>
#include <string.h>

/* 16k and 16384 are the same size. */
static bool same_text(const struct as_setting *row, const char *one, const char *other)
{
    int64_t a = 0, b = 0;
    const char *fault = NULL;

    switch (row->type) {
    case AS_SETTING_NUMBER:
    case AS_SETTING_SIZE:
    case AS_SETTING_DURATION:
        return as_setting_parse(row, one, &a, &fault) && as_setting_parse(row, other, &b, &fault) &&
               a == b;
    default:
        return strcmp(one, other) == 0;
    }
}

static bool same_value(const struct as_setting *row, const struct as_draft_value *one,
                       const struct as_draft_value *other)
{
    if (one->count != other->count) {
        return false;
    }
    for (size_t i = 0; i < one->count; i++) {
        if (!same_text(row, one->texts[i], other->texts[i])) {
            return false;
        }
    }
    return true;
}

/* The first row that differs and may not; NULL: none. `old` NULL: the section is new. */
static const struct as_setting *differing_row(const struct as_draft_section *old,
                                              const struct as_draft_section *fresh)
{
    for (size_t i = 0; i < as_setting_count; i++) {
        const struct as_setting *row = &as_setting_table[i];

        if (row->section == fresh->id && row->restart &&
            (old == NULL || !same_value(row, &old->values[i], &fresh->values[i]))) {
            return row;
        }
    }
    return NULL;
}

static bool has_restart_rows(enum as_section_id id)
{
    for (size_t i = 0; i < as_setting_count; i++) {
        if (as_setting_table[i].section == id && as_setting_table[i].restart) {
            return true;
        }
    }
    return false;
}

/* Sections of the old reading that the new one has no more. */
static bool is_gone(const struct as_draft *old, const struct as_draft *fresh,
                    char key[AS_SETTINGS_KEY])
{
    for (size_t i = 0; i < old->section_count; i++) {
        const struct as_draft_section *section = old->sections[i];

        if (has_restart_rows(section->id) &&
            as_draft_section(fresh, section->id, section->title) == NULL) {
            snprintf(key, AS_SETTINGS_KEY, "%s.%s", as_sections[section->id].name, section->title);
            return true;
        }
    }
    return false;
}

bool as_settings_need_restart(const struct as_settings *running, const struct as_settings *fresh,
                              char key[AS_SETTINGS_KEY])
{
    const struct as_draft *old = as_settings_box_of(running)->draft;
    const struct as_draft *new = as_settings_box_of(fresh)->draft;

    for (size_t i = 0; i < new->section_count; i++) {
        const struct as_draft_section *section = new->sections[i];
        const struct as_setting *row =
            differing_row(as_draft_section(old, section->id, section->title), section);

        if (row != NULL) {
            as_draft_path(section, row, key);
            return true;
        }
    }
    return is_gone(old, new, key);
}
