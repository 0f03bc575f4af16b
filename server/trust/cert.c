/* SPDX-License-Identifier: Apache-2.0 */
/*
 * X.509 to struct as_cert, once per connection. The draft is made in a scratch arena and then
 * packed into one block of exactly the size it needs, since an idle connection keeps it.
 */
#include "cert.h"

#include "as/crypto.h"
#include "dn.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define KEPT_MAX 512 /* octets; far more than is usual */

void as_cert_blame(struct as_cert *cert, const char *fault, const char *why)
{
    if (cert->fault == NULL) {
        cert->fault = fault;
        cert->fault_why = why;
    }
}

/* --- the octets as presented ----------------------------------------------------------------- */

static as_err copy_der(X509 *x509, struct as_arena *mem, as_span *out)
{
    int len = i2d_X509(x509, NULL);
    unsigned char *octets = len > 0 ? as_arena_alloc(mem, (size_t)len) : NULL;

    AS_NEED_MEM(octets);
    *out = as_span_bytes(octets, (size_t)len);
    AS_NEED(i2d_X509(x509, &octets) == len, AS_SERVER_ERROR, "a certificate cannot be encoded");
    return AS_OK;
}

static as_err read_chain(as_x509s *chain, struct as_arena *mem, struct as_cert *cert)
{
    for (int i = 0; i < sk_X509_num(chain); i++) {
        as_span der = AS_SPAN_NONE;
        if (cert->chain_count == AS_LIMIT_CERT_COUNT) {
            as_cert_blame(cert, "cert_chain_too_long", "too many certificates were presented");
            return AS_OK;
        }
        AS_TRY(copy_der(sk_X509_value(chain, i), mem, &der));
        if (i > 0 || !as_span_equal(der, cert->der)) {
            cert->chain[cert->chain_count++] = der;
        }
    }
    return AS_OK;
}

/* SHA-256 over the SHA-256 of each certificate: the leaf, then the chain in its order. */
static as_err read_chain_key(struct as_cert *cert)
{
    unsigned char digests[AS_LIMIT_CERT_COUNT + 1][AS_DIGEST];

    memcpy(digests[0], cert->thumbprint, AS_DIGEST);
    for (size_t i = 0; i < cert->chain_count; i++) {
        AS_TRY(as_sha256(cert->chain[i], digests[i + 1]));
    }
    return as_sha256(as_span_bytes(digests, (cert->chain_count + 1) * AS_DIGEST), cert->chain_key);
}

static as_err read_octets(X509 *x509, as_x509s *chain, struct as_arena *mem, struct as_cert *cert)
{
    AS_TRY(copy_der(x509, mem, &cert->der));
    AS_TRY(as_sha256(cert->der, cert->thumbprint));
    AS_TRY(read_chain(chain, mem, cert));
    return read_chain_key(cert);
}

/* --- what stands in it ----------------------------------------------------------------------- */

static as_err name_octets(const X509_NAME *name, as_span *der)
{
    const unsigned char *octets = NULL;
    size_t len = 0;

    AS_NEED(X509_NAME_get0_der(name, &octets, &len) == 1, AS_SERVER_ERROR,
            "a name cannot be encoded");
    *der = as_span_bytes(octets, len);
    return AS_OK;
}

/* The text, and when `canon` is given the canonical octets, empty for what can match nothing. */
static as_err read_dn(const X509_NAME *name, struct as_arena *mem, as_span *text, as_span *canon)
{
    as_span der = AS_SPAN_NONE;
    struct as_dn dn;
    as_dn_flaw flaw = NULL;

    AS_TRY(name_octets(name, &der));
    AS_TRY(as_dn_of_der(der, mem, &dn, &flaw));
    if (flaw != NULL) {
        *text = AS_SPAN_NONE;
        return AS_OK;
    }
    AS_TRY(as_dn_write(&dn, mem, text));
    if (canon != NULL) {
        AS_TRY(as_dn_canon(&dn, mem, canon, &flaw));
    }
    return AS_OK;
}

bool as_cert_time(const ASN1_TIME *time, as_time *out)
{
    struct tm parts;

    if (time == NULL || ASN1_TIME_to_tm(time, &parts) != 1) {
        return false;
    }
    *out = timegm(&parts);
    return true;
}

as_err as_cert_spki_hash(X509 *x509, unsigned char out[AS_DIGEST])
{
    unsigned char *octets = NULL;
    int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x509), &octets);

    AS_NEED(len > 0, AS_SERVER_ERROR, "a public key cannot be encoded");
    as_err err = as_sha256(as_span_bytes(octets, (size_t)len), out);
    OPENSSL_free(octets);
    return err;
}

static as_err read_serial(X509 *x509, struct as_arena *mem, struct as_cert *cert)
{
    const ASN1_INTEGER *serial = X509_get0_serialNumber(x509);
    size_t len = (size_t)ASN1_STRING_length(serial);
    char *text = as_arena_alloc(mem, len * 2 + 2);

    AS_NEED_MEM(text);
    bool negative = (ASN1_STRING_type(serial) & V_ASN1_NEG) != 0;
    text[0] = '-';
    as_hex_write(as_span_bytes(ASN1_STRING_get0_data(serial), len), text + negative);
    cert->serial = as_span_of(text);
    return AS_OK;
}

/* OIDs are compared as OpenSSL's objects; at most a few dozen extensions fit a certificate list. */
bool as_cert_repeats_extension(X509 *x509)
{
    for (int i = 0; i < X509_get_ext_count(x509); i++) {
        const ASN1_OBJECT *type = X509_EXTENSION_get_object(X509_get_ext(x509, i));
        if (X509_get_ext_by_OBJ(x509, type, i) >= 0) {
            return true;
        }
    }
    return false;
}

static void read_dates(X509 *x509, struct as_cert *cert)
{
    if (!as_cert_time(X509_get0_notBefore(x509), &cert->not_before) ||
        !as_cert_time(X509_get0_notAfter(x509), &cert->not_after)) {
        as_cert_blame(cert, "cert_malformed", "the validity dates cannot be read");
    }
}

/* The octets of those extensions that OpenSSL decodes at the first question and then keeps. */
static size_t kept_octets(const X509 *x509)
{
    static const int kept[] = {NID_subject_alt_name, NID_crl_distribution_points,
                               NID_name_constraints, NID_authority_key_identifier,
                               NID_sbgp_ipAddrBlock, NID_sbgp_autonomousSysNum};
    size_t octets = 0;

    for (size_t i = 0; i < AS_COUNT(kept); i++) {
        const X509_EXTENSION *one = X509_get_ext(x509, X509_get_ext_by_NID(x509, kept[i], -1));
        octets += one != NULL ? (size_t)ASN1_STRING_length(
                                    X509_EXTENSION_get_data((X509_EXTENSION *)(uintptr_t)one))
                              : 0;
    }
    return octets;
}

/* What is kept takes some fifty times as much, for as long as the connection and its session live:
 * so where there is much of it, a copy is asked instead. */
static as_err is_decodable(X509 *x509, bool *out)
{
    AS_AUTO(X509_free) X509 *copy = NULL;

    if (kept_octets(x509) > KEPT_MAX) {
        copy = X509_dup(x509);
        AS_NEED_MEM(copy);
    }
    *out = (X509_get_extension_flags(copy != NULL ? copy : x509) & EXFLAG_INVALID) == 0;
    return AS_OK;
}

/* One that has too many is asked no further. */
static as_err read_extensions(X509 *x509, struct as_cert *cert)
{
    bool decodable = false;

    if (X509_get_ext_count(x509) > AS_LIMIT_CERT_EXTENSIONS || as_cert_repeats_extension(x509)) {
        as_cert_blame(cert, "cert_malformed", "an extension stands twice, or there are too many");
        return AS_OK;
    }
    AS_TRY(is_decodable(x509, &decodable));
    if (!decodable) {
        as_cert_blame(cert, "cert_malformed", "an extension cannot be decoded");
    }
    return AS_OK;
}

static as_err read_contents(X509 *x509, struct as_arena *mem, struct as_cert *cert)
{
    read_dates(x509, cert);
    AS_TRY(read_extensions(x509, cert));
    AS_TRY(read_serial(x509, mem, cert));
    AS_TRY(as_cert_spki_hash(x509, cert->spki_hash));
    AS_TRY(read_dn(X509_get_subject_name(x509), mem, &cert->subject_text, &cert->subject));
    AS_TRY(read_dn(X509_get_issuer_name(x509), mem, &cert->issuer_text, NULL));
    AS_TRY(as_cert_read_names(x509, mem, cert));
    return as_cert_read_key(x509, mem, cert);
}

/* --- packing and counting -------------------------------------------------------------------- */

struct box {
    struct as_cert cert; /* first: a struct as_cert handed out is its box */
    atomic_uint holders;
};

/* Calls `visit` for every span of the struct. */
static void each_span(struct as_cert *cert, struct as_cert_name *names,
                      void (*visit)(as_span *span, void *arg), void *arg)
{
    as_span *fixed[] = {&cert->der,    &cert->subject,      &cert->key.n,
                        &cert->key.e,  &cert->key.x,        &cert->key.y,
                        &cert->serial, &cert->subject_text, &cert->issuer_text};

    for (size_t i = 0; i < AS_COUNT(fixed); i++) {
        visit(fixed[i], arg);
    }
    for (size_t i = 0; i < cert->chain_count; i++) {
        visit(&cert->chain[i], arg);
    }
    for (size_t i = 0; i < cert->name_count; i++) {
        visit(&names[i].canon, arg);
        visit(&names[i].text, arg);
    }
}

static void visit_count(as_span *span, void *arg)
{
    *(size_t *)arg += span->len;
}

/* Copies to *arg and moves it on. */
static void visit_move(as_span *span, void *arg)
{
    char **to = arg;

    if (span->len > 0) {
        memcpy(*to, span->ptr, span->len);
        span->ptr = *to;
        *to += span->len;
    }
}

static as_err pack(const struct as_cert *draft, struct as_cert **out)
{
    struct as_cert_name *names = (struct as_cert_name *)(uintptr_t)draft->names;
    size_t size = sizeof(struct box) + draft->name_count * sizeof(*names);

    each_span((struct as_cert *)(uintptr_t)draft, names, visit_count, &size);
    struct box *box = calloc(1, size);
    AS_NEED_MEM(box);
    box->cert = *draft;
    atomic_init(&box->holders, 1);
    struct as_cert_name *packed = (struct as_cert_name *)(box + 1);
    if (draft->name_count > 0) {
        memcpy(packed, names, draft->name_count * sizeof(*names));
    }
    box->cert.names = packed;
    char *tail = (char *)(packed + draft->name_count);
    each_span(&box->cert, packed, visit_move, &tail);
    *out = &box->cert;
    return AS_OK;
}

struct as_cert *as_cert_hold(const struct as_cert *cert)
{
    struct box *box = (struct box *)(uintptr_t)cert;

    atomic_fetch_add_explicit(&box->holders, 1, memory_order_relaxed);
    return &box->cert;
}

void as_cert_drop(const struct as_cert *cert)
{
    struct box *box = (struct box *)(uintptr_t)cert;

    if (box != NULL && atomic_fetch_sub_explicit(&box->holders, 1, memory_order_acq_rel) == 1) {
        free(box);
    }
}

as_err as_cert_of_x509(struct x509_st *leaf, struct stack_st_X509 *chain, struct as_cert **out)
{
    AS_ERRORS_KEPT;
    AS_AUTO(as_arena_free) struct as_arena *mem = as_arena_new(AS_LIMIT_ARENA);
    struct as_cert draft = {0};
    unsigned long shortages = as_memory_shortages();

    AS_NEED_MEM(mem);
    AS_TRY(read_octets(leaf, chain, mem, &draft));
    AS_TRY(read_contents(leaf, mem, &draft));
    /* a fault or a missing name may be our want alone */
    AS_NEED(as_memory_shortages() == shortages, AS_SERVER_ERROR, "out of memory");
    return pack(&draft, out);
}

/* --- questions ------------------------------------------------------------------------------- */

bool as_cert_has_name(const struct as_cert *cert, enum as_name_kind kind, as_span canon)
{
    if (canon.len == 0) {
        return false;
    }
    if (kind == AS_NAME_SUBJECT_DN) {
        return as_span_equal(cert->subject, canon);
    }
    for (size_t i = 0; i < cert->name_count; i++) {
        const struct as_cert_name *name = &cert->names[i];
        if (name->kind == kind && !name->wildcard && as_span_equal(name->canon, canon)) {
            return true;
        }
    }
    return false;
}

void as_cert_x5t(const unsigned char thumbprint[AS_DIGEST], char out[AS_X5T_TEXT])
{
    as_base64url_write(as_span_bytes(thumbprint, AS_DIGEST), out);
}
