/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An attribute value to code points, whatever string type carries it (RFC 4518 2.1, MTLS-29). A
 * TeletexString is read as Latin-1, as the X.509 libraries in use do: its true repertoire has no
 * standard mapping to Unicode.
 */
#include "dn.h"

#include <openssl/asn1.h>

enum width { ONE_ASCII, ONE_LATIN, UTF8, TWO, FOUR };

static const struct {
    unsigned char tag;
    enum width width;
} strings[] = {
    {V_ASN1_UTF8STRING, UTF8},         {V_ASN1_PRINTABLESTRING, ONE_ASCII},
    {V_ASN1_IA5STRING, ONE_ASCII},     {V_ASN1_VISIBLESTRING, ONE_ASCII},
    {V_ASN1_NUMERICSTRING, ONE_ASCII}, {V_ASN1_T61STRING, ONE_LATIN},
    {V_ASN1_BMPSTRING, TWO},           {V_ASN1_UNIVERSALSTRING, FOUR},
};

static bool width_of(unsigned char tag, enum width *width)
{
    for (size_t i = 0; i < AS_COUNT(strings); i++) {
        if (strings[i].tag == tag) {
            *width = strings[i].width;
            return true;
        }
    }
    return false;
}

/* The character at the front of well-formed UTF-8. */
static uint32_t utf8_take(as_span *rest)
{
    const unsigned char *p = as_span_u8(*rest);
    size_t len = p[0] < 0x80 ? 1 : p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4;
    uint32_t point = len == 1 ? p[0] : p[0] & (0x7FU >> len);

    for (size_t i = 1; i < len; i++) {
        point = point << 6 | (p[i] & 0x3FU);
    }
    *rest = as_span_from(*rest, len);
    return point;
}

static uint32_t fixed_take(as_span *rest, size_t size)
{
    uint32_t point = (uint32_t)as_octets_get(as_span_u8(*rest), size);

    *rest = as_span_from(*rest, size);
    return point;
}

static bool is_character(uint32_t point)
{
    return point < 0x110000 && (point < 0xD800 || point > 0xDFFF);
}

static as_dn_flaw transcode(as_span octets, enum width width, struct as_dn_text *out)
{
    size_t size = width == TWO ? 2 : width == FOUR ? 4 : 1;

    if (octets.len % size != 0 || (width == UTF8 && !as_span_is_utf8(octets))) {
        return "a value holds octets that are no characters of its type";
    }
    while (octets.len > 0) {
        uint32_t point = width == UTF8 ? utf8_take(&octets) : fixed_take(&octets, size);
        if (!is_character(point) || (width == ONE_ASCII && point >= 0x80)) {
            return "a value holds octets that are no characters of its type";
        }
        if (out->len == AS_LIMIT_DN_VALUE) {
            return "a value is too long";
        }
        out->points[out->len++] = point;
    }
    return NULL;
}

as_err as_dn_value_text(as_span tlv, struct as_arena *mem, bool *is_text, struct as_dn_text *out,
                        as_dn_flaw *flaw)
{
    enum width width = UTF8;

    *out = (struct as_dn_text){0};
    *is_text = false;
    *flaw = NULL;
    if (!as_dn_is_value(tlv)) {
        *flaw = "a value is not one BER value";
        return AS_OK;
    }
    *is_text = width_of(as_span_u8(tlv)[0], &width);
    if (!*is_text) {
        return AS_OK;
    }
    const unsigned char *at = as_span_u8(tlv);
    long len = 0;
    int tag = 0;
    int class = 0;
    ASN1_get_object(&at, &len, &tag, &class, (long)tlv.len);
    size_t room = (size_t)len < AS_LIMIT_DN_VALUE ? (size_t)len : AS_LIMIT_DN_VALUE;
    out->points = as_arena_array(mem, room + 1, sizeof(*out->points));
    AS_NEED_MEM(out->points);
    *flaw = transcode((as_span){(const char *)at, (size_t)len}, width, out);
    return AS_OK;
}
