/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The RFC 4514 string of a name to an as_dn. The grammar of section 3 to the letter: no spaces
 * around separators, no quoted values, no semicolons, no slashes; what older notations would take
 * is refused with a sentence that says what to write.
 */
#include "dn.h"

#include <openssl/asn1.h>
#include <string.h>

struct reader {
    as_span rest;
    struct as_arena *mem;
    as_dn_flaw flaw;
};

static bool flawed(struct reader *in, as_dn_flaw flaw)
{
    in->flaw = flaw;
    return false;
}

static int peek(const struct reader *in)
{
    return in->rest.len > 0 ? as_span_u8(in->rest)[0] : -1;
}

/* --- attribute type --------------------------------------------------------------------------- */

#define OID_TEXT_MAX 512

/* numericoid (RFC 4512 1.4): at least two numbers, none with a leading zero. */
static bool is_numericoid(as_span text)
{
    as_span part;
    size_t parts = 0;

    if (text.len == 0 || text.len > OID_TEXT_MAX || text.ptr[text.len - 1] == '.') {
        return false;
    }
    while (as_span_cut(&text, '.', &part)) {
        if (part.len == 0 || (part.len > 1 && part.ptr[0] == '0')) {
            return false;
        }
        for (size_t i = 0; i < part.len; i++) {
            if (!as_ascii_is_digit(part.ptr[i])) {
                return false;
            }
        }
        parts++;
    }
    return parts >= 2;
}

static bool read_numericoid(struct reader *in, as_span text, as_span *oid)
{
    unsigned char octets[0x7F];
    int len =
        is_numericoid(text) ? a2d_ASN1_OBJECT(octets, sizeof(octets), text.ptr, (int)text.len) : 0;

    if (len <= 0) {
        return flawed(in, "an attribute type is no object identifier");
    }
    if (as_failed(as_arena_copy(in->mem, as_span_bytes(octets, (size_t)len), oid))) {
        return flawed(in, "the name is too large");
    }
    return true;
}

static bool read_type(struct reader *in, as_span *oid)
{
    size_t len = 0;
    int first = peek(in);

    if (first == ' ') {
        return flawed(in, "a space stands before an attribute type: write CN=a,O=b");
    }
    if (first == '/') {
        return flawed(in, "the name is not in RFC 4514 form: write CN=a,O=b instead of /O=b/CN=a");
    }
    while (len < in->rest.len &&
           (as_ascii_is_letter(in->rest.ptr[len]) || as_ascii_is_digit(in->rest.ptr[len]) ||
            in->rest.ptr[len] == '-' || in->rest.ptr[len] == '.')) {
        len++;
    }
    as_span type = {in->rest.ptr, len};
    in->rest = as_span_from(in->rest, len);
    if (len == 0 || peek(in) != '=') {
        return flawed(in, "an attribute is not of the form type=value");
    }
    in->rest = as_span_from(in->rest, 1);
    if (as_ascii_is_digit(type.ptr[0])) {
        return read_numericoid(in, type, oid);
    }
    *oid = as_dn_type_oid(type);
    return oid->len > 0 || flawed(in, "an attribute type is unknown: write its OID");
}

/* --- attribute value -------------------------------------------------------------------------- */

/* Takes two hex digits from the front. */
static bool read_hex(struct reader *in, char *octet)
{
    if (in->rest.len < 2 || !as_hex_parse((as_span){in->rest.ptr, 2}, octet)) {
        return false;
    }
    in->rest = as_span_from(in->rest, 2);
    return true;
}

/* hexstring: the BER value itself. */
static bool read_hexstring(struct reader *in, as_span *tlv)
{
    char *octets = as_arena_alloc(in->mem, in->rest.len / 2 + 1);
    size_t len = 0;

    if (octets == NULL) {
        return flawed(in, "the name is too large");
    }
    in->rest = as_span_from(in->rest, 1);
    while (read_hex(in, &octets[len])) {
        len++;
    }
    *tlv = (as_span){octets, len};
    return as_dn_is_value(*tlv) || flawed(in, "a # is not followed by the hex of one BER value");
}

/* What follows a backslash: a special character, or one octet in hex. */
static bool read_pair(struct reader *in, char *octet)
{
    int c = peek(in);

    if (c > 0 && strchr(" \"#+,;<=>\\", c) != NULL) {
        *octet = (char)c;
        in->rest = as_span_from(in->rest, 1);
        return true;
    }
    return read_hex(in, octet) ||
           flawed(in, "a backslash is not followed by a special character or two hex digits");
}

static bool at_end_of_value(const struct reader *in)
{
    int c = peek(in);

    return c < 0 || c == ',' || c == '+';
}

/* string: *octets gets at most in->rest.len octets. */
static bool read_octets(struct reader *in, char *octets, size_t *len)
{
    bool space = peek(in) == ' ';

    if (space) {
        return flawed(in, "a space at the start of a value is not escaped");
    }
    while (!at_end_of_value(in)) {
        char c = in->rest.ptr[0];
        in->rest = as_span_from(in->rest, 1);
        space = c == ' ';
        if (c == '\\') {
            if (!read_pair(in, &c)) {
                return false;
            }
        } else if (c == '\0' || strchr("\";<>", c) != NULL) {
            return flawed(in, "a quotation mark or one of ; < > or NUL in a value is not escaped");
        }
        octets[(*len)++] = c;
    }
    return !space || flawed(in, "a space at the end of a value is not escaped");
}

/* Puts the header of a UTF8String before the octets, which begin at octets[HEADER]. */
#define HEADER 4
static as_span utf8string(char *octets, size_t len)
{
    octets[0] = V_ASN1_UTF8STRING;
    octets[1] = (char)0x82;
    octets[2] = (char)(len >> 8);
    octets[3] = (char)len;
    return (as_span){octets, HEADER + len};
}

static bool read_string(struct reader *in, as_span *tlv)
{
    char *octets = as_arena_alloc(in->mem, HEADER + in->rest.len + 1);
    size_t len = 0;

    if (octets == NULL) {
        return flawed(in, "the name is too large");
    }
    if (!read_octets(in, octets + HEADER, &len)) {
        return false;
    }
    if (len > 0xFFFF) {
        return flawed(in, "a value is too long");
    }
    if (!as_span_is_utf8((as_span){octets + HEADER, len})) {
        return flawed(in, "a value is not UTF-8");
    }
    *tlv = utf8string(octets, len);
    return true;
}

/* --- the name -------------------------------------------------------------------------------- */

static bool read_ava(struct reader *in, struct as_ava *ava)
{
    if (!read_type(in, &ava->oid)) {
        return false;
    }
    return peek(in) == '#' ? read_hexstring(in, &ava->tlv) : read_string(in, &ava->tlv);
}

/* type=value *( "+" type=value ); the next octet is then a comma or the end. */
static bool read_rdn(struct reader *in, struct as_dn *dn)
{
    for (size_t count = 0; count < AS_LIMIT_DN_AVAS; count++) {
        struct as_ava *ava = &dn->avas[dn->count];
        if (!read_ava(in, ava)) {
            return false;
        }
        ava->rdn = dn->rdns;
        dn->count++;
        if (peek(in) != '+') {
            dn->rdns++;
            return peek(in) == ',' || peek(in) < 0 ||
                   flawed(in, "a value is followed by something else than a comma or a plus");
        }
        in->rest = as_span_from(in->rest, 1);
    }
    return flawed(in, "a relative name has too many values");
}

static void read_name(struct reader *in, struct as_dn *dn)
{
    while (read_rdn(in, dn) && peek(in) == ',') {
        in->rest = as_span_from(in->rest, 1);
        if (dn->rdns == AS_LIMIT_DN_RDNS) {
            in->flaw = "the name has too many relative names";
            return;
        }
    }
}

/* RFC 4514 2.1: the string begins with the last RDN of the encoding. */
static void reverse(struct as_dn *dn)
{
    for (size_t i = 0; i < dn->count / 2; i++) {
        struct as_ava held = dn->avas[i];
        dn->avas[i] = dn->avas[dn->count - 1 - i];
        dn->avas[dn->count - 1 - i] = held;
    }
    for (size_t i = 0; i < dn->count; i++) {
        dn->avas[i].rdn = dn->rdns - 1 - dn->avas[i].rdn;
    }
}

static size_t most_avas(as_span text)
{
    size_t most = 1;

    for (size_t i = 0; i < text.len; i++) {
        most += text.ptr[i] == ',' || text.ptr[i] == '+';
    }
    return most < (size_t)AS_LIMIT_DN_RDNS * AS_LIMIT_DN_AVAS
               ? most
               : (size_t)AS_LIMIT_DN_RDNS * AS_LIMIT_DN_AVAS;
}

as_err as_dn_of_text(as_span text, struct as_arena *mem, struct as_dn *dn, as_dn_flaw *flaw)
{
    struct reader in = {text, mem, NULL};

    *dn = (struct as_dn){0};
    dn->avas = as_arena_array(mem, most_avas(text), sizeof(*dn->avas));
    AS_NEED_MEM(dn->avas);
    if (text.len == 0) {
        in.flaw = "the name is empty";
    } else if (text.len > AS_LIMIT_DN_OCTETS) {
        in.flaw = "the name is too long";
    } else {
        read_name(&in, dn);
        reverse(dn);
    }
    *flaw = in.flaw;
    return AS_OK;
}
