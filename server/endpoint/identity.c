/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a registered party will prove itself, and which identifiers it claims by that (MTLS-114):
 * one name for tls_client_auth (RFC 8705 2.1.2), whole certificates for self_signed_tls_client_auth
 * (2.2.2). What another method's members say is kept but claims nothing (MTLS-24).
 */
#include "registration.h"

#include <string.h>

AS_AUTO_DEFINE(struct as_cert, as_cert_drop)

/* Room for so many, and for the software. */
static as_err make_room(struct as_registration *reg, size_t count)
{
    reg->identifiers = as_arena_array(reg->ask->mem, count + 1, sizeof(*reg->identifiers));
    AS_NEED_MEM(reg->identifiers);
    return AS_OK;
}

static as_err claim(struct as_registration *reg, unsigned kind, const unsigned char *digest)
{
    struct as_identifier *next = &reg->identifiers[reg->identifier_count++];

    next->kind = kind;
    memcpy(next->digest, digest, AS_DIGEST);
    return AS_OK;
}

static as_err claim_name(struct as_registration *reg)
{
    unsigned char digest[AS_DIGEST];

    AS_NEED(reg->name_count == 1, AS_INVALID_CLIENT_METADATA,
            "tls_client_auth needs exactly one of tls_client_auth_subject_dn, _san_dns, _san_uri, "
            "_san_ip, _san_email");
    AS_TRY(make_room(reg, 1));
    for (unsigned kind = 0; kind < AS_NAME_KINDS; kind++) {
        if (reg->names[kind].ptr != NULL) {
            reg->party->name_kind = (enum as_name_kind)kind;
            reg->party->name_canon = reg->names[kind];
            AS_TRY(as_sha256(reg->names[kind], digest));
            return claim(reg, kind, digest);
        }
    }
    return AS_FAIL(AS_SERVER_ERROR, "a name was counted and not kept");
}

struct key_shape {
    const char *kty;
    const char *crv;
};

static const struct key_shape shapes[] = {
    [AS_KEY_RSA] = {"RSA", ""},
    [AS_KEY_P256] = {"EC", "P-256"},
    [AS_KEY_P384] = {"EC", "P-384"},
    [AS_KEY_ED25519] = {"OKP", "Ed25519"},
};

/* MTLS-52: the key's own members equal the key of its first certificate. */
static bool same_key(const struct as_jwk *jwk, const struct as_public_key *key)
{
    if (key->kind == AS_KEY_OTHER || !as_span_is(jwk->kty, shapes[key->kind].kty)) {
        return false;
    }
    if (key->kind == AS_KEY_RSA) {
        return as_span_equal(jwk->n, key->n) && as_span_equal(jwk->e, key->e);
    }
    return as_span_is(jwk->crv, shapes[key->kind].crv) && as_span_equal(jwk->x, key->x) &&
           (key->kind == AS_KEY_ED25519 || as_span_equal(jwk->y, key->y));
}

static as_err claim_certificate(struct as_registration *reg, const struct as_jwk *jwk,
                                unsigned char *thumbprint)
{
    AS_AUTO(as_cert_drop) struct as_cert *cert = NULL;

    AS_TRY(as_cert_of_der(jwk->x5c, jwk->x5c_count, &cert));
    AS_NEED(cert->fault == NULL, AS_INVALID_CLIENT_METADATA, cert->fault_why);
    AS_NEED(same_key(jwk, &cert->key), AS_INVALID_CLIENT_METADATA,
            "it is not the key of its first x5c certificate");
    memcpy(thumbprint, cert->thumbprint, AS_DIGEST);
    AS_TRY(claim(reg, AS_IDENTIFIER_CERTIFICATE, cert->thumbprint));
    return claim(reg, AS_IDENTIFIER_KEY, cert->spki_hash);
}

/* Which of several is refused. */
static void name_key(struct as_registration *reg, size_t index)
{
    as_span text;

    if (!as_failed(as_arena_printf(reg->ask->mem, &text, "jwks key %zu", index + 1))) {
        *reg->ask->member = text.ptr;
    }
}

static as_err claim_certificates(struct as_registration *reg)
{
    unsigned char(*thumbprints)[AS_DIGEST] =
        as_arena_array(reg->ask->mem, AS_LIMIT_JWKS_KEYS, sizeof(*thumbprints));
    size_t count = 0;

    AS_NEED_MEM(thumbprints);
    AS_TRY(make_room(reg, 2 * AS_LIMIT_JWKS_KEYS));
    for (size_t i = 0; i < reg->jwks.count; i++) {
        if (reg->jwks.keys[i].x5c_count == 0) {
            continue;
        }
        as_err err = claim_certificate(reg, &reg->jwks.keys[i], thumbprints[count++]);
        if (as_failed(err)) {
            name_key(reg, i);
            return err;
        }
    }
    AS_NEED(count > 0, AS_INVALID_CLIENT_METADATA,
            "self_signed_tls_client_auth needs jwks with a certificate in x5c");
    reg->party->certificates = (const unsigned char(*)[AS_DIGEST])thumbprints;
    reg->party->certificate_count = count;
    return AS_OK;
}

/* REG-17: where one instance of each software is wanted, id and version are an identifier like any
 * other. A NUL, which is in neither, keeps them apart. */
static as_err claim_software(struct as_registration *reg)
{
    unsigned char digest[AS_DIGEST];
    as_span both;

    if (!reg->ask->settings->registration_unique_software || reg->software_id.len == 0) {
        return AS_OK;
    }
    AS_TRY(as_arena_printf(reg->ask->mem, &both, "%.*s%c%.*s", (int)reg->software_id.len,
                           reg->software_id.ptr, 0, (int)reg->software_version.len,
                           reg->software_version.len > 0 ? reg->software_version.ptr : ""));
    AS_TRY(as_sha256(both, digest));
    return claim(reg, AS_IDENTIFIER_SOFTWARE, digest);
}

as_err as_registration_identity(struct as_registration *reg)
{
    static as_err (*const claims[AS_METHODS])(struct as_registration *) = {
        [AS_METHOD_TLS_CLIENT_AUTH] = claim_name,
        [AS_METHOD_SELF_SIGNED_TLS_CLIENT_AUTH] = claim_certificates,
    };

    AS_TRY(claims[reg->party->method](reg));
    return claim_software(reg);
}
