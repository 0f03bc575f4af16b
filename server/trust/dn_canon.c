/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Canonical octets of a name, equal exactly when distinguishedNameMatch is TRUE (RFC 4517 4.2.15).
 * Per RDN, in encoded order: a count, then its values ordered by type (a set: the order inside an
 * RDN is free, and each type stands once, MTLS-28). Per value: length and contents of the OID,
 * 'S' for a prepared character string or 'B' for the BER octets of any other type, four octets of
 * length, the octets. Lengths stand before contents, so that no two names share one form.
 */
#include "dn.h"

#include <stdlib.h>
#include <string.h>

static int by_type(const void *left, const void *right)
{
    const struct as_ava *a = left;
    const struct as_ava *b = right;
    size_t len = a->oid.len < b->oid.len ? a->oid.len : b->oid.len;
    int order = memcmp(a->oid.ptr, b->oid.ptr, len);

    return order != 0 ? order : (a->oid.len > b->oid.len) - (a->oid.len < b->oid.len);
}

static void add_octets(struct as_buf *out, char kind, as_span octets)
{
    unsigned char len[4];

    as_octets_put(len, octets.len, sizeof(len));
    as_buf_add_byte(out, kind);
    as_buf_add(out, as_span_bytes(len, sizeof(len)));
    as_buf_add(out, octets);
}

static as_err add_ava(const struct as_ava *ava, struct as_arena *mem, struct as_buf *out,
                      as_dn_flaw *flaw)
{
    struct as_dn_text text;
    as_span prepared = AS_SPAN_NONE;
    bool is_text = false;

    as_buf_add_byte(out, (char)ava->oid.len); /* at most 127, see dn_der.c and dn_text.c */
    as_buf_add(out, ava->oid);
    AS_TRY(as_dn_value_text(ava->tlv, mem, &is_text, &text, flaw));
    if (*flaw == NULL && is_text) {
        AS_TRY(as_prep(&text, mem, &prepared, flaw));
    }
    if (*flaw == NULL) {
        add_octets(out, is_text ? 'S' : 'B', is_text ? prepared : ava->tlv);
    }
    return AS_OK;
}

/* The values of one RDN, a copy because they are put in order. */
static as_err add_rdn(const struct as_ava *avas, size_t count, struct as_arena *mem,
                      struct as_buf *out, as_dn_flaw *flaw)
{
    struct as_ava set[AS_LIMIT_DN_AVAS];

    memcpy(set, avas, count * sizeof(*set));
    qsort(set, count, sizeof(*set), by_type);
    as_buf_add_byte(out, (char)count);
    for (size_t i = 0; i < count && *flaw == NULL; i++) {
        if (i > 0 && by_type(&set[i - 1], &set[i]) == 0) {
            *flaw = "an attribute type stands twice in one relative name";
            return AS_OK;
        }
        AS_TRY(add_ava(&set[i], mem, out, flaw));
    }
    return AS_OK;
}

#define CANON_MAX ((size_t)256 * 1024)

as_err as_dn_canon(const struct as_dn *dn, struct as_arena *mem, as_span *canon, as_dn_flaw *flaw)
{
    AS_AUTO_BUF struct as_buf out = AS_BUF(CANON_MAX);
    size_t count = 0;

    *flaw = NULL;
    for (size_t i = 0; i < dn->count && *flaw == NULL; i += count) {
        count = 1;
        while (i + count < dn->count && dn->avas[i + count].rdn == dn->avas[i].rdn) {
            count++;
        }
        AS_TRY(add_rdn(&dn->avas[i], count, mem, &out, flaw));
    }
    if (*flaw != NULL) {
        return AS_OK;
    }
    AS_NEED(!out.full, AS_SERVER_ERROR, "out of memory");
    return as_arena_copy(mem, as_buf_span(&out), canon);
}
