/* SPDX-License-Identifier: Apache-2.0 */
#include "draft.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

as_err as_draft_new(const char *file, as_settings_tell tell, void *arg, struct as_draft **out)
{
    AS_AUTO(as_arena_free) struct as_arena *mem = as_arena_new(AS_LIMIT_SETTINGS);
    AS_NEED_MEM(mem);
    struct as_draft *draft = as_arena_alloc(mem, sizeof(*draft));
    AS_NEED_MEM(draft);

    *draft = (struct as_draft){.tell = tell, .arg = arg};
    AS_TRY(as_arena_text(mem, as_span_of(file), &draft->file));
    for (unsigned id = 0; id < AS_SECTIONS; id++) {
        if (as_sections[id].titled) {
            continue;
        }
        struct as_draft_section *section = as_arena_alloc(mem, sizeof(*section));
        AS_NEED_MEM(section);
        section->id = (enum as_section_id)id;
        section->title = "";
        draft->sections[draft->section_count++] = section;
    }
    draft->mem = AS_MOVE(mem);
    *out = draft;
    return AS_OK;
}

/* `file:line: message`, or `command line: message`. */
__attribute__((format(printf, 4, 0))) static void say(const struct as_draft *draft,
                                                      struct as_origin at, const char *prefix,
                                                      const char *format, va_list arguments)
{
    char text[AS_SETTINGS_MESSAGE];
    int len = 0;

    if (at.file != NULL && at.line == 0) {
        len = snprintf(text, sizeof(text), "%s: %s", at.file, prefix);
    } else {
        len = snprintf(text, sizeof(text), "%s:%d: %s", at.file != NULL ? at.file : draft->file,
                       at.file != NULL ? at.line : 1, prefix);
    }
    if (len > 0 && (size_t)len < sizeof(text)) {
        vsnprintf(text + len, sizeof(text) - (size_t)len, format, arguments);
    }
    draft->tell(draft->arg, text);
}

void as_draft_refuse(struct as_draft *draft, struct as_origin at, const char *format, ...)
{
    va_list arguments;

    draft->errors++;
    va_start(arguments, format);
    say(draft, at, "", format, arguments);
    va_end(arguments);
}

void as_draft_warn(struct as_draft *draft, struct as_origin at, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    say(draft, at, "warning: ", format, arguments);
    va_end(arguments);
}

struct as_draft_section *as_draft_section(const struct as_draft *draft, enum as_section_id id,
                                          const char *title)
{
    for (size_t i = 0; i < draft->section_count; i++) {
        if (draft->sections[i]->id == id && strcmp(draft->sections[i]->title, title) == 0) {
            return draft->sections[i];
        }
    }
    return NULL;
}

struct as_draft_section *as_draft_nth(const struct as_draft *draft, enum as_section_id id,
                                      size_t index)
{
    for (size_t i = 0; i < draft->section_count; i++) {
        if (draft->sections[i]->id == id && index-- == 0) {
            return draft->sections[i];
        }
    }
    return NULL;
}

static struct as_draft_section *add_section(struct as_draft *draft, enum as_section_id id,
                                            const char *title, struct as_origin at)
{
    const char *wrong = as_check_title(title);
    struct as_draft_section *section = as_arena_alloc(draft->mem, sizeof(*section));

    if (wrong != NULL) {
        as_draft_refuse(draft, at, "%s \"%s\" %s", as_sections[id].name, title, wrong);
        return NULL;
    }
    if (section == NULL || draft->section_count == AS_LIMIT_SETTING_SECTIONS ||
        as_failed(as_arena_text(draft->mem, as_span_of(title), &section->title))) {
        as_draft_refuse(draft, at, "too many sections");
        return NULL;
    }
    section->id = id;
    draft->sections[draft->section_count++] = section;
    return section;
}

struct as_draft_section *as_draft_open(struct as_draft *draft, enum as_section_id id,
                                       const char *title, struct as_origin at)
{
    struct as_draft_section *section = as_draft_section(draft, id, title);

    if (section != NULL && section->given) {
        as_draft_refuse(draft, at, "section %s%s%s is given twice, first at %s:%d",
                        as_sections[id].name, title[0] != '\0' ? " " : "", title, section->at.file,
                        section->at.line);
        return NULL;
    }
    if (section == NULL) {
        section = add_section(draft, id, title, at);
    }
    if (section != NULL) {
        section->given = true;
        section->at = at;
    }
    return section;
}

/* Given or preset; NULL: the section has no such setting. */
static const struct as_draft_value *value_of(const struct as_draft_section *section,
                                             const char *key)
{
    const struct as_setting *row = as_setting_find(section->id, as_span_of(key));

    return row != NULL ? &section->values[row - as_setting_table] : NULL;
}

struct as_origin as_draft_where(struct as_draft_section *section, const char *key)
{
    const struct as_draft_value *value = value_of(section, key);

    return value != NULL && value->given ? value->at : section->at;
}

void as_draft_path(const struct as_draft_section *section, const struct as_setting *row,
                   char out[AS_SETTING_PATH_TEXT])
{
    const char *name = as_sections[section->id].name;

    snprintf(out, AS_SETTING_PATH_TEXT, "%s%s%s%s%s", name, section->title[0] != '\0' ? "." : "",
             section->title, name[0] != '\0' ? "." : "", row->key);
}

/* What a text must be, whatever it means. NULL, or the fault. */
static const char *text_fault(as_span text)
{
    if (text.len > AS_LIMIT_SETTING_TEXT) {
        return "is too long";
    }
    if (as_span_has_control(text) || !as_span_is_utf8(text)) {
        return "holds a control character or is not UTF-8";
    }
    return NULL;
}

bool as_draft_put(struct as_draft *draft, struct as_draft_section *section,
                  const struct as_setting *row, as_span text, struct as_origin at)
{
    struct as_draft_value *value = &section->values[row - as_setting_table];
    const char *wrong = text_fault(text);
    char path[AS_SETTING_PATH_TEXT];

    if (wrong == NULL && value->count == (row->list ? AS_LIMIT_SETTING_LIST : 1)) {
        wrong = "has too many values";
    }
    if (wrong != NULL) {
        as_draft_path(section, row, path);
        as_draft_refuse(draft, at, "%s: the value %s", path, wrong);
        return false;
    }
    if (value->texts == NULL) {
        value->texts = as_arena_array(draft->mem, row->list ? AS_LIMIT_SETTING_LIST : 1,
                                      sizeof(*value->texts));
    }
    if (value->texts == NULL ||
        as_failed(as_arena_text(draft->mem, text, &value->texts[value->count]))) {
        as_draft_refuse(draft, at, "the configuration is too large");
        return false;
    }
    value->count++;
    if (!value->given) {
        value->given = true;
        value->at = at;
    }
    return true;
}
