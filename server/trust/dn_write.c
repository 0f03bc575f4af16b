/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The RFC 4514 string of a name, as an operator registers it: keywords where there is one, text
 * readable, and every character that could deceive a reader or a terminal (controls, format and
 * separator characters) as \hh.
 */
#include "dn.h"

#include <openssl/asn1.h>
#include <openssl/objects.h>
#include <string.h>

#define DN_TEXT_MAX ((size_t)128 * 1024)

/* Characters that show nothing or turn the text around. */
static bool is_unseen(uint32_t point)
{
    static const struct {
        uint32_t first, last;
    } unseen[] = {
        {0x0000, 0x001F}, {0x007F, 0x00A0},   {0x00AD, 0x00AD},    {0x034F, 0x034F},
        {0x061C, 0x061C}, {0x06DD, 0x06DD},   {0x070F, 0x070F},    {0x115F, 0x1160},
        {0x1680, 0x1680}, {0x1806, 0x1806},   {0x180B, 0x180E},    {0x2000, 0x200F},
        {0x2028, 0x202F}, {0x205F, 0x206F},   {0x3000, 0x3000},    {0x3164, 0x3164},
        {0xFE00, 0xFE0F}, {0xFEFF, 0xFEFF},   {0xFFA0, 0xFFA0},    {0xFFF0, 0xFFFF},
        {0xE000, 0xF8FF}, {0x1D173, 0x1D17A}, {0xE0000, 0x10FFFF},
    };

    for (size_t i = 0; i < AS_COUNT(unseen); i++) {
        if (point >= unseen[i].first && point <= unseen[i].last) {
            return true;
        }
    }
    return false;
}

static void add_escaped(struct as_buf *out, const struct as_dn_text *text)
{
    for (size_t i = 0; i < text->len; i++) {
        uint32_t point = text->points[i];
        bool outer =
            (i == 0 && (point == ' ' || point == '#')) || (i + 1 == text->len && point == ' ');
        char octets[4];
        size_t len = as_utf8_put(point, octets);
        if (is_unseen(point)) {
            for (size_t k = 0; k < len; k++) {
                as_buf_printf(out, "\\%02X", (unsigned)(unsigned char)octets[k]);
            }
            continue;
        }
        if (outer || (point < 0x80 && strchr("\"+,;<>\\", (int)point) != NULL)) {
            as_buf_add_byte(out, '\\');
        }
        as_buf_add(out, (as_span){octets, len});
    }
}

static void add_hex(struct as_buf *out, as_span octets)
{
    as_buf_add_byte(out, '#');
    for (size_t i = 0; i < octets.len; i++) {
        as_buf_printf(out, "%02X", (unsigned)as_span_u8(octets)[i]);
    }
}

AS_AUTO_DEFINE(ASN1_OBJECT, ASN1_OBJECT_free)

static as_err add_type(struct as_buf *out, as_span oid)
{
    const char *keyword = as_dn_type_keyword(oid);
    char text[512];

    if (keyword != NULL) {
        as_buf_add_text(out, keyword);
        return AS_OK;
    }
    /* OBJ_obj2txt wants an object: header and contents make one. */
    unsigned char der[2 + 0x7F] = {V_ASN1_OBJECT, (unsigned char)oid.len};
    AS_NEED(oid.len <= 0x7F, AS_SERVER_ERROR, "an attribute type is too long");
    memcpy(der + 2, oid.ptr, oid.len);
    const unsigned char *at = der;
    AS_AUTO(ASN1_OBJECT_free) ASN1_OBJECT *object = d2i_ASN1_OBJECT(NULL, &at, (long)oid.len + 2);
    int len = object != NULL ? OBJ_obj2txt(text, sizeof(text), object, 1) : 0;
    AS_NEED(len > 0 && (size_t)len < sizeof(text), AS_SERVER_ERROR,
            "an attribute type cannot be written");
    as_buf_add_text(out, text);
    return AS_OK;
}

static as_err add_ava(struct as_buf *out, const struct as_ava *ava, struct as_arena *mem)
{
    struct as_dn_text text;
    as_dn_flaw flaw = NULL;
    bool is_text = false;

    AS_TRY(add_type(out, ava->oid));
    as_buf_add_byte(out, '=');
    AS_TRY(as_dn_value_text(ava->tlv, mem, &is_text, &text, &flaw));
    if (is_text && flaw == NULL) {
        add_escaped(out, &text);
    } else {
        add_hex(out, ava->tlv);
    }
    return AS_OK;
}

/* RDN by RDN from the last, the values inside one in their own order. */
static as_err add_rdns(const struct as_dn *dn, struct as_arena *mem, struct as_buf *out)
{
    for (size_t end = dn->count; end > 0;) {
        size_t begin = end - 1;
        while (begin > 0 && dn->avas[begin - 1].rdn == dn->avas[end - 1].rdn) {
            begin--;
        }
        if (end != dn->count) {
            as_buf_add_byte(out, ',');
        }
        for (size_t i = begin; i < end; i++) {
            if (i > begin) {
                as_buf_add_byte(out, '+');
            }
            AS_TRY(add_ava(out, &dn->avas[i], mem));
        }
        end = begin;
    }
    return AS_OK;
}

as_err as_dn_write(const struct as_dn *dn, struct as_arena *mem, as_span *text)
{
    AS_AUTO_BUF struct as_buf out = AS_BUF(DN_TEXT_MAX);

    AS_TRY(add_rdns(dn, mem, &out));
    AS_NEED(!out.full, AS_SERVER_ERROR, "out of memory");
    return as_arena_copy(mem, as_buf_span(&out), text);
}
