/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MTLS-01a: widely used modules of resource servers introspect with nothing but the token. Their
 * certificate names them when exactly one registered resource server holds one of its identifiers;
 * that one then authenticates like any other.
 */
#include "client.h"

#include <string.h>

static as_err add_name(struct as_identifier *ids, size_t *count, unsigned kind, as_span canon)
{
    if (canon.len == 0) {
        return AS_OK; /* can match nothing */
    }
    AS_TRY(as_sha256(canon, ids[*count].digest));
    ids[*count].kind = kind;
    (*count)++;
    return AS_OK;
}

as_err as_client_identifiers(struct as_arena *mem, const struct as_cert *cert,
                             struct as_identifier **out, size_t *count)
{
    struct as_identifier *ids = as_arena_array(mem, cert->name_count + 2, sizeof(*ids));
    size_t used = 0;

    AS_NEED_MEM(ids);
    ids[used].kind = AS_IDENTIFIER_CERTIFICATE;
    memcpy(ids[used++].digest, cert->thumbprint, AS_DIGEST);
    AS_TRY(add_name(ids, &used, AS_NAME_SUBJECT_DN, cert->subject));
    for (size_t i = 0; i < cert->name_count; i++) {
        if (!cert->names[i].wildcard) { /* MTLS-37 */
            AS_TRY(add_name(ids, &used, cert->names[i].kind, cert->names[i].canon));
        }
    }
    *out = ids;
    *count = used;
    return AS_OK;
}

as_err as_find_by_certificate(const struct as_attempt *attempt, const struct as_party **out)
{
    const struct as_ctx *ctx = attempt->ctx;
    const struct as_cert *cert = attempt->ask->cert;
    struct as_identifier *ids = NULL;
    size_t id_count = 0;
    as_span found[2];
    size_t count = 0;

    AS_NEED(cert != NULL, AS_INVALID_CLIENT, "cert_missing");
    AS_TRY(as_client_identifiers(ctx->mem, cert, &ids, &id_count));
    AS_TRY(as_store_parties_of(ctx->store, ctx->mem, AS_PARTY_RESOURCE, ids, id_count, found,
                               AS_COUNT(found), &count));
    AS_NEED(count > 0, AS_INVALID_CLIENT, "client_unknown");
    AS_NEED(count == 1, AS_INVALID_CLIENT, "cert_shared");
    return as_store_party_get(ctx->store, found[0], out);
}
