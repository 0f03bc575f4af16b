/* SPDX-License-Identifier: Apache-2.0 */
/* A DER Name (RFC 5280 4.1.2.4: SEQUENCE OF SET OF SEQUENCE { type, value }) to an as_dn. */
#include "dn.h"

#include <limits.h>
#include <openssl/asn1.h>

/*
 * Cuts one definite-length TLV from the front. *whole has its header, *inside its contents. False
 * at the end or when the octets are none.
 */
static bool cut(as_span *rest, as_span *whole, as_span *inside, int *tag)
{
    const unsigned char *at = as_span_u8(*rest);
    long len = 0;
    int class = 0;

    if (rest->len == 0 || rest->len > INT_MAX) {
        return false;
    }
    int form = ASN1_get_object(&at, &len, tag, &class, (long)rest->len);
    if ((form & 0x80) != 0 || (form & 0x01) != 0) {
        return false; /* malformed, or an indefinite length: DER has none */
    }
    size_t head = (size_t)(at - as_span_u8(*rest));
    *inside = (as_span){rest->ptr + head, (size_t)len};
    *whole = (as_span){rest->ptr, head + (size_t)len};
    *rest = as_span_from(*rest, whole->len);
    if (class != V_ASN1_UNIVERSAL) {
        *tag = -1;
    }
    return true;
}

bool as_dn_is_value(as_span tlv)
{
    as_span whole, inside;
    int tag = 0;

    return cut(&tlv, &whole, &inside, &tag) && tlv.len == 0;
}

/* Base 128 numbers without leading zeros, the last one complete; longer than 127 is no known use.
 */
static bool is_oid(as_span contents)
{
    bool starts = true;

    for (size_t i = 0; i < contents.len; i++) {
        unsigned char octet = as_span_u8(contents)[i];
        if (starts && octet == 0x80) {
            return false;
        }
        starts = octet < 0x80;
    }
    return starts && contents.len > 0 && contents.len <= 0x7F;
}

static bool read_ava(as_span *set, size_t rdn, struct as_ava *ava)
{
    as_span whole, pair, rest;
    int tag = 0;

    if (!cut(set, &whole, &pair, &tag) || tag != V_ASN1_SEQUENCE) {
        return false;
    }
    rest = pair;
    if (!cut(&rest, &whole, &ava->oid, &tag) || tag != V_ASN1_OBJECT || !is_oid(ava->oid)) {
        return false;
    }
    as_span inside;
    if (!cut(&rest, &ava->tlv, &inside, &tag) || rest.len != 0) {
        return false;
    }
    ava->rdn = rdn;
    return true;
}

static as_dn_flaw read_rdn(as_span *rest, struct as_dn *dn)
{
    as_span whole, set;
    size_t count = 0;
    int tag = 0;

    if (!cut(rest, &whole, &set, &tag) || tag != V_ASN1_SET || set.len == 0) {
        return "the name is not a sequence of relative names";
    }
    if (dn->rdns == AS_LIMIT_DN_RDNS) {
        return "the name has too many relative names";
    }
    for (; set.len > 0; count++) {
        if (count == AS_LIMIT_DN_AVAS) {
            return "a relative name has too many values";
        }
        if (!read_ava(&set, dn->rdns, &dn->avas[dn->count])) {
            return "the name holds a malformed attribute";
        }
        dn->count++;
    }
    dn->rdns++;
    return NULL;
}

as_err as_dn_of_der(as_span der, struct as_arena *mem, struct as_dn *dn, as_dn_flaw *flaw)
{
    as_span whole, rest;
    int tag = 0;

    *dn = (struct as_dn){0};
    *flaw = NULL;
    if (der.len > AS_LIMIT_DN_OCTETS) {
        *flaw = "the name is too long";
        return AS_OK;
    }
    if (!cut(&der, &whole, &rest, &tag) || tag != V_ASN1_SEQUENCE || der.len != 0) {
        *flaw = "the name is no sequence";
        return AS_OK;
    }
    /* An attribute takes at least nine octets with its set and sequence. */
    size_t room = rest.len / 7 + 1;
    if (room > (size_t)AS_LIMIT_DN_RDNS * AS_LIMIT_DN_AVAS) {
        room = (size_t)AS_LIMIT_DN_RDNS * AS_LIMIT_DN_AVAS;
    }
    dn->avas = as_arena_array(mem, room, sizeof(*dn->avas));
    AS_NEED_MEM(dn->avas);
    while (rest.len > 0 && *flaw == NULL) {
        *flaw = read_rdn(&rest, dn);
    }
    return AS_OK;
}
