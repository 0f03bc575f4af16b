/* SPDX-License-Identifier: Apache-2.0 */
#include "utf8.h"

#include "as/base/auto.h"

#include <stdint.h>

/* RFC 3629 4: what may stand first, the range of the second octet then, and the length. */
static const struct utf8_row {
    uint8_t first_low, first_high, second_low, second_high, len;
} utf8_rows[] = {
    {0xC2, 0xDF, 0x80, 0xBF, 2}, {0xE0, 0xE0, 0xA0, 0xBF, 3}, {0xE1, 0xEC, 0x80, 0xBF, 3},
    {0xED, 0xED, 0x80, 0x9F, 3}, {0xEE, 0xEF, 0x80, 0xBF, 3}, {0xF0, 0xF0, 0x90, 0xBF, 4},
    {0xF1, 0xF3, 0x80, 0xBF, 4}, {0xF4, 0xF4, 0x80, 0x8F, 4},
};

static size_t utf8_match(const struct utf8_row *row, const unsigned char *p, size_t left)
{
    if (left < row->len || p[1] < row->second_low || p[1] > row->second_high) {
        return 0;
    }
    for (size_t i = 2; i < row->len; i++) {
        if ((p[i] & 0xC0) != 0x80) {
            return 0;
        }
    }
    return row->len;
}

size_t as_utf8_char(const unsigned char *p, size_t left)
{
    if (left == 0) {
        return 0;
    }
    if (p[0] < 0x80) {
        return 1;
    }
    for (size_t i = 0; i < AS_COUNT(utf8_rows); i++) {
        const struct utf8_row *row = &utf8_rows[i];
        if (p[0] >= row->first_low && p[0] <= row->first_high) {
            return utf8_match(row, p, left);
        }
    }
    return 0;
}
