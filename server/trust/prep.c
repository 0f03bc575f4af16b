/* SPDX-License-Identifier: Apache-2.0 */
/*
 * String preparation of RFC 4518 for caseIgnoreMatch, on Unicode 3.2 as that text fixes it: map,
 * fold case (RFC 3454 B.2), normalise (NFKC), refuse what is prohibited, drop insignificant
 * spaces. The tables of B.2, NFKC and the prohibited characters are libidn's, which is the library
 * of exactly these tables: newer ones (libunistring, ICU) move with each Unicode version, and a
 * stored canonical name must not change its meaning with an upgrade of the system.
 *
 * One difference, on the safe side: nothing vanishes but a SPACE. What 2.2 maps to nothing is
 * refused: a NUL or a line feed could else shorten a name, and a certification authority that does
 * not see a zero width space would make al<U+200B>ice another alice (MTLS-35). Of what 2.2 maps to
 * SPACE the two that stand in real names are spaces, between words alone.
 */
#include "dn.h"

#include <string.h>
#include <stringprep.h>

/* --- tables ------------------------------------------------------------------------------- */

struct range {
    uint32_t first, last;
};

/* RFC 4518 2.2, mapped to nothing, besides the controls. */
static const struct range unseen[] = {
    {0x00AD, 0x00AD}, {0x034F, 0x034F},   {0x06DD, 0x06DD},   {0x070F, 0x070F},
    {0x1806, 0x1806}, {0x180B, 0x180E},   {0x200B, 0x200F},   {0x202A, 0x202E},
    {0x2060, 0x2063}, {0x206A, 0x206F},   {0xFE00, 0xFE0F},   {0xFEFF, 0xFEFF},
    {0xFFF9, 0xFFFC}, {0x1D173, 0x1D17A}, {0xE0001, 0xE0001}, {0xE0020, 0xE007F},
};

/* RFC 4518 2.2, mapped to SPACE (Zs, Zl, Zp) and refused: a line, nothing or a dash to the eye. */
static const struct range odd_spaces[] = {
    {0x1680, 0x1680}, {0x2000, 0x200A}, {0x2028, 0x2029}, {0x202F, 0x202F}, {0x205F, 0x205F},
};

/* The no-break space of word processors and the ideographic space. */
static bool is_wide_space(uint32_t point)
{
    return point == 0x00A0 || point == 0x3000;
}

static const struct range combining[] = {
#include "combining.inc"
};

static bool within(uint32_t point, const struct range *ranges, size_t count)
{
    size_t low = 0;

    while (low < count) {
        size_t mid = low + (count - low) / 2;
        if (point < ranges[mid].first) {
            count = mid;
        } else if (point > ranges[mid].last) {
            low = mid + 1;
        } else {
            return true;
        }
    }
    return false;
}
#define WITHIN(point, ranges) within((point), (ranges), AS_COUNT(ranges))

static bool is_control(uint32_t point)
{
    return point < 0x20 || (point >= 0x7F && point < 0xA0);
}

/* --- map, fold, normalise, prohibit --------------------------------------------------------- */

/* libidn exports its tables, but their lengths only inside its profiles. */
static Stringprep_profile table_row(Stringprep_profile_steps step,
                                    const Stringprep_table_element *table)
{
    for (const Stringprep_profile *row = stringprep_nameprep; row->operation != 0; row++) {
        if (row->table == table) {
            return (Stringprep_profile){step, 0, table, row->table_size};
        }
    }
    return (Stringprep_profile){0}; /* ends the profile; prep_unicode refuses it */
}

static as_dn_flaw prep_unicode(uint32_t *points, size_t *len, size_t room)
{
    const Stringprep_profile profile[] = {
        table_row(STRINGPREP_MAP_TABLE, stringprep_rfc3454_B_2),
        {STRINGPREP_NFKC, 0, NULL, 0},
        table_row(STRINGPREP_PROHIBIT_TABLE, stringprep_rfc3454_C_3),
        table_row(STRINGPREP_PROHIBIT_TABLE, stringprep_rfc3454_C_4),
        table_row(STRINGPREP_PROHIBIT_TABLE, stringprep_rfc3454_C_5),
        table_row(STRINGPREP_PROHIBIT_TABLE, stringprep_rfc3454_C_8),
        table_row(STRINGPREP_UNASSIGNED_TABLE, stringprep_rfc3454_A_1),
        {0},
    };

    for (size_t i = 0; i + 1 < AS_COUNT(profile); i++) {
        if (profile[i].operation == 0) {
            return "the tables of libidn are not as expected";
        }
    }
    switch (stringprep_4i(points, len, room, STRINGPREP_NO_UNASSIGNED, profile)) {
    case STRINGPREP_OK:
        return NULL;
    case STRINGPREP_CONTAINS_UNASSIGNED:
        return "a value holds a character outside Unicode 3.2 (RFC 4518 2.4)";
    case STRINGPREP_CONTAINS_PROHIBITED:
        return "a value holds a prohibited character (RFC 4518 2.4)";
    case STRINGPREP_TOO_SMALL_BUFFER:
        return "a value is too long";
    default:
        return "a value cannot be prepared for comparison";
    }
}

static as_dn_flaw flaw_of(uint32_t point)
{
    if (is_control(point)) {
        return "a value holds a control character";
    }
    if (WITHIN(point, unseen)) {
        return "a value holds a character that shows nothing (RFC 4518 2.2)";
    }
    if (WITHIN(point, odd_spaces)) {
        return "a value holds a space other than U+0020, U+00A0 and U+3000";
    }
    return point == 0xFFFD ? "a value holds a prohibited character (RFC 4518 2.4)" : NULL;
}

/* Would this space be dropped as insignificant (2.6.1)? */
static bool is_lost_space(const struct as_dn_text *text, size_t at)
{
    const uint32_t *points = text->points;

    return is_wide_space(points[at]) && (at == 0 || at + 1 == text->len || points[at - 1] == ' ' ||
                                         points[at + 1] == ' ' || is_wide_space(points[at + 1]));
}

/* Maps in place; *ascii says that no table is needed for the rest. */
static as_dn_flaw map_points(struct as_dn_text *text, bool *ascii)
{
    for (size_t i = 0; i < text->len; i++) {
        uint32_t *point = &text->points[i];
        as_dn_flaw flaw = flaw_of(*point);

        if (flaw != NULL) {
            return flaw;
        }
        if (is_lost_space(text, i)) {
            return "a value holds U+00A0 or U+3000 beside another space or at an end";
        }
        if (is_wide_space(*point)) {
            *point = ' ';
        } else if (*point >= 'A' && *point <= 'Z') {
            *point += 'a' - 'A';
        }
        *ascii = *ascii && *point < 0x80;
    }
    return NULL;
}

/* --- insignificant spaces --------------------------------------------------------------------- */

size_t as_utf8_put(uint32_t point, char out[4])
{
    if (point < 0x80) {
        out[0] = (char)point;
        return 1;
    }
    if (point < 0x800) {
        out[0] = (char)(0xC0 | point >> 6);
        out[1] = (char)(0x80 | (point & 0x3F));
        return 2;
    }
    if (point < 0x10000) {
        out[0] = (char)(0xE0 | point >> 12);
        out[1] = (char)(0x80 | (point >> 6 & 0x3F));
        out[2] = (char)(0x80 | (point & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | point >> 18);
    out[1] = (char)(0x80 | (point >> 12 & 0x3F));
    out[2] = (char)(0x80 | (point >> 6 & 0x3F));
    out[3] = (char)(0x80 | (point & 0x3F));
    return 4;
}

/* RFC 4518 2.6.1: a space is a SPACE that no combining mark follows. */
static bool is_space(const uint32_t *points, size_t len, size_t at)
{
    return points[at] == ' ' && (at + 1 == len || !WITHIN(points[at + 1], combining));
}

/* No space at either end and one where several stand: the same equality as the RFC's padding. */
static size_t write_squeezed(const uint32_t *points, size_t len, char *out)
{
    size_t written = 0;
    bool space = false;

    for (size_t i = 0; i < len; i++) {
        if (is_space(points, len, i)) {
            space = true;
            continue;
        }
        if (space && written > 0) {
            out[written++] = ' ';
        }
        space = false;
        written += as_utf8_put(points[i], out + written);
    }
    return written;
}

#define NFKC_GROWTH 18 /* U+FDFA, the worst of Unicode 3.2 */

/* Prepares beyond ASCII; folding and NFKC may lengthen it, so it moves to a larger array. */
static as_err prep_long(struct as_dn_text *text, struct as_arena *mem, as_dn_flaw *flaw)
{
    size_t room = text->len * NFKC_GROWTH + 4;

    if (room > (size_t)2 * AS_LIMIT_DN_VALUE) {
        room = (size_t)2 * AS_LIMIT_DN_VALUE;
    }
    uint32_t *points = as_arena_array(mem, room, sizeof(*points));
    AS_NEED_MEM(points);
    memcpy(points, text->points, text->len * sizeof(*points));
    text->points = points;
    *flaw = prep_unicode(points, &text->len, room);
    return AS_OK;
}

as_err as_prep(struct as_dn_text *text, struct as_arena *mem, as_span *out, as_dn_flaw *flaw)
{
    bool ascii = true;

    *flaw = map_points(text, &ascii);
    if (*flaw == NULL && !ascii) {
        AS_TRY(prep_long(text, mem, flaw));
    }
    if (*flaw != NULL) {
        return AS_OK;
    }
    char *octets = as_arena_alloc(mem, text->len * 4 + 1);
    AS_NEED_MEM(octets);
    *out = (as_span){octets, write_squeezed(text->points, text->len, octets)};
    if (out->len == 0) {
        *flaw = "a value is empty";
    }
    return AS_OK;
}
