/* SPDX-License-Identifier: Apache-2.0 */
#include "settings_box.h"

#include <stdio.h>

static as_err read_into(struct as_settings_box *box, const struct as_setting_override *overrides,
                        size_t count)
{
    struct as_draft *draft = box->draft;

    AS_NEED(as_draft_read(draft) && as_draft_override(draft, overrides, count),
            AS_BAD_CONFIGURATION, "the configuration is not valid");
    AS_TRY(as_draft_fill(draft, &box->settings));
    if (draft->errors == 0) {
        as_draft_verify(draft, &box->settings);
    }
    AS_NEED(draft->errors == 0, AS_BAD_CONFIGURATION, "the configuration is not valid");
    return AS_OK;
}

as_err as_settings_read(const char *file, const struct as_setting_override *overrides, size_t count,
                        as_settings_tell tell, void *arg, struct as_settings **out)
{
    struct as_draft *draft = NULL;

    *out = NULL;
    AS_TRY(as_draft_new(file, tell, arg, &draft));
    AS_AUTO(as_arena_free) struct as_arena *mem = draft->mem;
    struct as_settings_box *box = as_arena_alloc(mem, sizeof(*box));
    AS_NEED_MEM(box);

    box->draft = draft;
    box->mem = mem;
    AS_TRY(read_into(box, overrides, count));
    draft->tell = NULL; /* the caller's, for the time of this call */
    draft->arg = NULL;
    (void)AS_MOVE(mem);
    *out = &box->settings;
    return AS_OK;
}

void as_settings_free(struct as_settings *settings)
{
    if (settings != NULL) {
        as_arena_free(as_settings_box_of(settings)->mem);
    }
}

void as_settings_where(const struct as_settings *settings, const char *key,
                       char out[AS_SETTINGS_WHERE])
{
    const struct as_draft *draft = as_settings_box_of(settings)->draft;
    struct as_draft_section *section = NULL;
    const struct as_setting *row = NULL;
    struct as_origin at = {draft->file, 1};

    if (as_draft_find(draft, key, &section, &row)) {
        struct as_origin given = as_draft_where(section, row->key);
        at = given.file != NULL ? given : at;
    }
    if (at.line == 0) {
        snprintf(out, AS_SETTINGS_WHERE, "%s", at.file);
    } else {
        snprintf(out, AS_SETTINGS_WHERE, "%s:%d", at.file, at.line);
    }
}
