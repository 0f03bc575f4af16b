/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A distinguished name on its way to canonical octets: the attribute values in encoded order, each
 * with its type as OID contents and its value as one BER value, whether it came from a certificate
 * (dn_der.c) or from a registered string (dn_text.c). dn_canon.c makes of either what is compared,
 * dn_write.c the RFC 4514 text.
 */
#ifndef AS_TRUST_DN_H
#define AS_TRUST_DN_H

#include "as/base.h"

struct as_ava {
    size_t rdn;  /* index of the RDN it belongs to, in encoded order */
    as_span oid; /* contents octets of the OBJECT IDENTIFIER */
    as_span tlv; /* the value: identifier, length and contents octets */
};

struct as_dn {
    struct as_ava *avas;
    size_t count;
    size_t rdns;
};

/* Why a name cannot be used: static English, NULL when it can. */
typedef const char *as_dn_flaw;

/*
 * Reads a DER Name; the spans point into `der`. *flaw says why it is none, or passes
 * AS_LIMIT_DN_RDNS. Errors: server error when memory is short.
 */
as_err as_dn_of_der(as_span der, struct as_arena *mem, struct as_dn *dn, as_dn_flaw *flaw);

/* Reads an RFC 4514 string; the RDNs come out in encoded order, so reversed (RFC 4514 2.1). */
as_err as_dn_of_text(as_span text, struct as_arena *mem, struct as_dn *dn, as_dn_flaw *flaw);

/* The octets two names are compared by; a flaw when the name can match nothing. */
as_err as_dn_canon(const struct as_dn *dn, struct as_arena *mem, as_span *canon, as_dn_flaw *flaw);

/* The RFC 4514 string that as_dn_of_text reads back, printable whatever is in the name. */
as_err as_dn_write(const struct as_dn *dn, struct as_arena *mem, as_span *text);

/* --- attribute types (dn_types.c) --- */

/* The OID contents of a keyword, letters ignoring case (MTLS-30, 33); the empty span if unknown. */
as_span as_dn_type_oid(as_span keyword);
/* The keyword it is written with; NULL when it has none. */
const char *as_dn_type_keyword(as_span oid);

/* --- values (dn_value.c) --- */

/* A value that is a character string becomes code points; false when it is of another type. */
struct as_dn_text {
    uint32_t *points;
    size_t len;
};

/*
 * Transcodes (RFC 4518 2.1). *is_text tells a character string from other types, which compare by
 * their octets. A flaw when the value is no single BER value, its octets are none of its type's
 * characters, or it is longer than AS_LIMIT_DN_VALUE characters.
 */
as_err as_dn_value_text(as_span tlv, struct as_arena *mem, bool *is_text, struct as_dn_text *out,
                        as_dn_flaw *flaw);
/* Is it one definite-length BER value and nothing else? */
bool as_dn_is_value(as_span tlv);

/* --- string preparation (prep.c) --- */

/*
 * RFC 4518 2.2 to 2.6 for caseIgnoreMatch; works in `text`, gives UTF-8. A flaw when the result is
 * Undefined.
 */
as_err as_prep(struct as_dn_text *text, struct as_arena *mem, as_span *out, as_dn_flaw *flaw);
/* Appends one code point as UTF-8 and gives the octets written, at most 4. */
size_t as_utf8_put(uint32_t point, char out[4]);

#endif
