/* SPDX-License-Identifier: Apache-2.0 */
/* Settings of the command line: they replace what the file says, and know no sections of their own.
 */
#include "draft.h"

#include <string.h>

static const struct as_origin command_line = {"command line", 0};

/* "mtls.address" after "listener": the title of a titled section. */
static struct as_draft_section *find_section(const struct as_draft *draft, as_span name,
                                             as_span title)
{
    for (size_t i = 0; i < draft->section_count; i++) {
        struct as_draft_section *section = draft->sections[i];

        if (as_span_is(name, as_sections[section->id].name) && as_span_is(title, section->title)) {
            return section;
        }
    }
    return NULL;
}

bool as_draft_find(const struct as_draft *draft, const char *path,
                   struct as_draft_section **section, const struct as_setting **row)
{
    as_span key = as_span_of(path), name = AS_SPAN_NONE, title = AS_SPAN_NONE;
    const char *first = strchr(path, '.');
    const char *last = strrchr(path, '.');

    if (first != NULL) {
        name = (as_span){path, (size_t)(first - path)};
        key = as_span_of(last + 1);
        title = first != last ? (as_span){first + 1, (size_t)(last - first) - 1} : AS_SPAN_NONE;
    }
    *section = find_section(draft, name, title);
    *row = *section != NULL ? as_setting_find((*section)->id, key) : NULL;
    return *row != NULL;
}

static bool put_list(struct as_draft *draft, struct as_draft_section *section,
                     const struct as_setting *row, as_span rest)
{
    as_span piece;

    while (as_span_cut(&rest, ',', &piece)) {
        if (!as_draft_put(draft, section, row, as_span_trim(piece), command_line)) {
            return false;
        }
    }
    return true;
}

static bool override(struct as_draft *draft, const struct as_setting_override *from)
{
    struct as_draft_section *section;
    const struct as_setting *row;
    as_span text = as_span_of(from->value);

    if (!as_draft_find(draft, from->key, &section, &row)) {
        as_draft_refuse(draft, command_line, "%s: there is no such %s", from->key,
                        section == NULL ? "section" : "setting");
        return false;
    }
    struct as_draft_value *value = &section->values[row - as_setting_table];
    value->count = 0;
    value->given = false;
    return row->list && text.len > 0 ? put_list(draft, section, row, text)
                                     : as_draft_put(draft, section, row, text, command_line);
}

bool as_draft_override(struct as_draft *draft, const struct as_setting_override *overrides,
                       size_t count)
{
    bool fine = true;

    for (size_t i = 0; i < count; i++) {
        fine = override(draft, &overrides[i]) && fine;
    }
    return fine;
}
