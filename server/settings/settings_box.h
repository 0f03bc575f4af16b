/* SPDX-License-Identifier: Apache-2.0 */
/* What as_settings_read hands out: the settings, and behind them where each came from. */
#ifndef AS_SETTINGS_BOX_H
#define AS_SETTINGS_BOX_H

#include "draft.h"

struct as_settings_box {
    struct as_settings settings; /* first: its address is the box's */
    struct as_draft *draft;
    struct as_arena *mem; /* holds the box too */
};

static inline const struct as_settings_box *as_settings_box_of(const struct as_settings *settings)
{
    return (const struct as_settings_box *)settings;
}

#endif
