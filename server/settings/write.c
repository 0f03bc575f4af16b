/* SPDX-License-Identifier: Apache-2.0 */
/* The effective configuration as text that can be read again (`fapid -T`). */
#include "settings_box.h"

#include <string.h>

#define ORIGIN_COLUMN 56

/* A text in quotes, with what would mean something in quotes escaped. */
static void add_quoted(struct as_buf *out, const char *text)
{
    as_buf_add_byte(out, '"');
    for (; *text != '\0'; text++) {
        if (strchr("\"\\$", *text) != NULL) {
            as_buf_add_byte(out, '\\');
        }
        as_buf_add_byte(out, *text);
    }
    as_buf_add_byte(out, '"');
}

static void add_text(struct as_buf *out, const struct as_setting *row, const char *text)
{
    if (row->type == AS_SETTING_TEXT || row->type == AS_SETTING_PATH) {
        add_quoted(out, text);
    } else {
        as_buf_add_text(out, text);
    }
}

static void add_value(struct as_buf *out, const struct as_setting *row,
                      const struct as_draft_value *value)
{
    as_buf_add_text(out, row->list ? "{" : "");
    for (size_t i = 0; i < value->count; i++) {
        as_buf_add_text(out, i > 0 ? ", " : "");
        add_text(out, row, value->texts[i]);
    }
    as_buf_add_text(out, row->list ? "}" : "");
}

/* Names of files may hold anything; a comment may not. */
static void add_origin(struct as_buf *out, const struct as_draft_value *value)
{
    as_buf_add_text(out, "  # ");
    if (!value->given) {
        as_buf_add_text(out, "default");
        return;
    }
    for (const char *c = value->at.file; *c != '\0'; c++) {
        as_buf_add_byte(out, (unsigned char)*c < ' ' || *c == 0x7F ? '?' : *c);
    }
    if (value->at.line > 0) {
        as_buf_printf(out, ":%d", value->at.line);
    }
}

static void add_setting(struct as_buf *out, const struct as_setting *row,
                        const struct as_draft_value *value)
{
    size_t start = out->len;

    as_buf_add_text(out, row->section == AS_SECTION_ROOT ? "" : "    ");
    as_buf_printf(out, "%s = ", row->key);
    add_value(out, row, value);
    while (out->len - start < ORIGIN_COLUMN && !out->full) {
        as_buf_add_byte(out, ' ');
    }
    add_origin(out, value);
    as_buf_add_byte(out, '\n');
}

static void add_section(struct as_buf *out, const struct as_draft_section *section)
{
    bool root = section->id == AS_SECTION_ROOT;

    if (!root) {
        as_buf_printf(out, "\n%s%s%s {\n", as_sections[section->id].name,
                      section->title[0] != '\0' ? " " : "", section->title);
    }
    for (size_t i = 0; i < as_setting_count; i++) {
        if (as_setting_table[i].section == section->id) {
            add_setting(out, &as_setting_table[i], &section->values[i]);
        }
    }
    as_buf_add_text(out, root ? "" : "}\n");
}

as_err as_settings_write(const struct as_settings *settings, struct as_buf *out)
{
    const struct as_draft *draft = as_settings_box_of(settings)->draft;

    for (unsigned id = 0; id < AS_SECTIONS; id++) {
        for (size_t i = 0; i < draft->section_count; i++) {
            if (draft->sections[i]->id == id) {
                add_section(out, draft->sections[i]);
            }
        }
    }
    AS_NEED(!out->full, AS_SERVER_ERROR, "the configuration does not fit the buffer");
    return AS_OK;
}
