/* SPDX-License-Identifier: Apache-2.0 */
/* One text becomes one typed value, by its row. */
#ifndef AS_SETTINGS_VALUE_H
#define AS_SETTINGS_VALUE_H

#include "table.h"

/*
 * Does the text fit the row? Then *number is the value of a word, switch, number, size or duration
 * (0 for texts). Else *fault is the end of a sentence that starts with the text; NULL: the text is
 * not what as_setting_describe says.
 */
bool as_setting_parse(const struct as_setting *row, const char *text, int64_t *number,
                      const char **fault);

#endif
