/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The draft becomes struct as_settings: presets for what is not given, types, absolute paths, each
 * value at the offset that its row names.
 */
#include "draft.h"
#include "value.h"

#include <string.h>
#include <unistd.h>

/* Gives a setting that nobody gave its preset. */
static as_err fill_preset(struct as_draft *draft, struct as_draft_section *section,
                          const struct as_setting *row)
{
    struct as_draft_value *value = &section->values[row - as_setting_table];
    as_span rest = as_span_of(row->preset);
    as_span piece;

    value->texts =
        as_arena_array(draft->mem, row->list ? AS_LIMIT_SETTING_LIST : 1, sizeof(*value->texts));
    AS_NEED_MEM(value->texts);
    if (!row->list) {
        value->texts[0] = row->preset;
        value->count = 1;
        return AS_OK;
    }
    while (as_span_cut(&rest, ',', &piece)) {
        AS_TRY(as_arena_text(draft->mem, piece, &value->texts[value->count++]));
    }
    return AS_OK;
}

/* Paths are relative to the file that says them, or to where the command was typed. */
static as_err make_absolute(struct as_draft *draft, struct as_origin at, const char **path)
{
    char here[4096] = "";
    as_span whole;
    const char *slash = at.file != NULL && at.line > 0 ? strrchr(at.file, '/') : NULL;
    int folder = slash != NULL ? (int)(slash - at.file) + 1 : 0;

    if ((*path)[0] == '/' || (*path)[0] == '\0') {
        return AS_OK;
    }
    if (folder == 0 || at.file[0] != '/') {
        AS_NEED(getcwd(here, sizeof(here)) != NULL, AS_SERVER_ERROR,
                "the working directory is not known");
    }
    AS_TRY(as_arena_printf(draft->mem, &whole, "%s%s%.*s%s", here, here[0] != '\0' ? "/" : "",
                           folder, folder > 0 ? at.file : "", *path));
    *path = whole.ptr;
    return AS_OK;
}

static void tell_wrong(struct as_draft *draft, const struct as_draft_section *section,
                       const struct as_setting *row, const char *text, const char *fault)
{
    struct as_buf wants = AS_BUF(512);
    char path[AS_SETTING_PATH_TEXT];

    as_draft_path(section, row, path);
    as_setting_describe(row, &wants);
    as_draft_refuse(draft, section->values[row - as_setting_table].at, "%s: \"%s\" %s%.*s", path,
                    text, fault != NULL ? fault : "is not ", fault != NULL ? 0 : (int)wants.len,
                    wants.ptr);
    as_buf_free(&wants);
}

static void tell_missing(struct as_draft *draft, const struct as_draft_section *section,
                         const struct as_setting *row)
{
    struct as_buf wants = AS_BUF(512);
    char path[AS_SETTING_PATH_TEXT];

    as_draft_path(section, row, path);
    as_setting_describe(row, &wants);
    as_draft_refuse(draft, section->at, "%s is missing: it takes %.*s", path, (int)wants.len,
                    wants.ptr);
    as_buf_free(&wants);
}

/* A list of one empty text is the empty list (see scan.c, and variables that are empty). */
static bool count_fits(struct as_draft *draft, struct as_draft_section *section,
                       const struct as_setting *row)
{
    struct as_draft_value *value = &section->values[row - as_setting_table];
    char path[AS_SETTING_PATH_TEXT];

    if (value->count == 1 && value->texts[0][0] == '\0') {
        value->count = 0;
    }
    if ((int64_t)value->count >= row->min && (int64_t)value->count <= row->max) {
        return true;
    }
    as_draft_path(section, row, path);
    as_draft_refuse(draft, value->at, "%s: %zu values are given; it takes %lld to %lld", path,
                    value->count, (long long)row->min, (long long)row->max);
    return false;
}

static void land_number(const struct as_setting *row, char *field, int64_t number)
{
    unsigned small = (unsigned)number;
    bool truth = number != 0;

    switch (row->type) {
    case AS_SETTING_WORDS:
        memcpy(&small, field, sizeof(small));
        small |= 1U << number;
        memcpy(field, &small, sizeof(small));
        break;
    case AS_SETTING_SWITCH:
        memcpy(field, &truth, sizeof(truth));
        break;
    case AS_SETTING_DURATION:
        memcpy(field, &number, sizeof(number));
        break;
    default:
        memcpy(field, &small, sizeof(small));
        break;
    }
}

static bool lands_as_text(const struct as_setting *row)
{
    return row->type == AS_SETTING_TEXT || row->type == AS_SETTING_PATH ||
           row->type == AS_SETTING_NAME;
}

static void land_texts(const struct as_setting *row, struct as_draft_value *value, char *base)
{
    const char *text = value->count > 0 && value->texts[0][0] != '\0' ? value->texts[0] : NULL;

    if (row->list) {
        memcpy(base + row->offset, &value->texts, sizeof(value->texts));
        memcpy(base + row->count_offset, &value->count, sizeof(value->count));
    } else {
        memcpy(base + row->offset, &text, sizeof(text));
    }
}

static as_err fill_value(struct as_draft *draft, struct as_draft_section *section,
                         const struct as_setting *row, char *base)
{
    struct as_draft_value *value = &section->values[row - as_setting_table];

    if (row->list && !count_fits(draft, section, row)) {
        return AS_OK;
    }
    for (size_t i = 0; i < value->count; i++) {
        const char *fault = NULL;
        int64_t number = 0;

        if (!as_setting_parse(row, value->texts[i], &number, &fault)) {
            tell_wrong(draft, section, row, value->texts[i], fault);
        } else if (!lands_as_text(row)) {
            land_number(row, base + row->offset, number);
        } else if (row->type == AS_SETTING_PATH) {
            AS_TRY(make_absolute(draft, value->at, &value->texts[i]));
        }
    }
    if (lands_as_text(row)) {
        land_texts(row, value, base);
    }
    return AS_OK;
}

static as_err fill_section(struct as_draft *draft, struct as_draft_section *section, char *base)
{
    for (size_t i = 0; i < as_setting_count; i++) {
        const struct as_setting *row = &as_setting_table[i];

        if (row->section != section->id) {
            continue;
        }
        if (!section->values[i].given && row->preset == NULL) {
            tell_missing(draft, section, row);
            continue;
        }
        if (!section->values[i].given) {
            AS_TRY(fill_preset(draft, section, row));
        }
        AS_TRY(fill_value(draft, section, row, base));
    }
    return AS_OK;
}

static as_err fill_titled(struct as_draft *draft, enum as_section_id id, struct as_settings *out)
{
    const struct as_section *kind = &as_sections[id];
    struct as_draft_section *section;
    size_t count = 0;

    while (as_draft_nth(draft, id, count) != NULL) {
        count++;
    }
    char *elements = as_arena_array(draft->mem, count + 1, kind->size);
    AS_NEED_MEM(elements);
    for (size_t i = 0; (section = as_draft_nth(draft, id, i)) != NULL; i++) {
        char *element = elements + i * kind->size;
        memcpy(element + kind->title_offset, &section->title, sizeof(section->title));
        AS_TRY(fill_section(draft, section, element));
    }
    memcpy((char *)out + kind->offset, &elements, sizeof(elements));
    memcpy((char *)out + kind->count_offset, &count, sizeof(count));
    return AS_OK;
}

as_err as_draft_fill(struct as_draft *draft, struct as_settings *out)
{
    out->file = draft->file;
    for (unsigned id = 0; id < AS_SECTIONS; id++) {
        if (as_sections[id].titled) {
            AS_TRY(fill_titled(draft, (enum as_section_id)id, out));
        } else {
            AS_TRY(fill_section(draft, as_draft_section(draft, (enum as_section_id)id, ""),
                                (char *)out));
        }
    }
    return AS_OK;
}
