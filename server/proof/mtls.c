/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Binding to the certificate of the token request (RFC 8705 3). The binding is the SHA-256 of the
 * DER as presented (MTLS-71, MTLS-88), and the way in which it was proven. What introspection must
 * know of that later stands in a row (design D9), which is committed before a token bound to it
 * exists. A row is found by certificate and way, so that clients that share a certificate, each
 * pinned to another trust group, do not write over one another.
 */
#include "as/proof.h"

#include <string.h>

/* The further certificates as presented, each after its length in four octets. */
static as_err write_chain(struct as_arena *mem, const struct as_cert *cert, as_span *out)
{
    size_t len = 0;

    for (size_t i = 0; i < cert->chain_count; i++) {
        len += 4 + cert->chain[i].len;
    }
    unsigned char *bytes = as_arena_alloc(mem, len + 1);
    AS_NEED_MEM(bytes);
    *out = as_span_bytes(bytes, len);
    for (size_t i = 0; i < cert->chain_count; i++) {
        const as_span der = cert->chain[i];
        as_octets_put(bytes, der.len, 4);
        memcpy(bytes + 4, der.ptr, der.len);
        bytes += 4 + der.len;
    }
    return AS_OK;
}

static void write_path(const struct as_trust_verdict *verdict, struct as_certificate_row *row)
{
    memcpy(row->anchor, verdict->anchor, AS_DIGEST);
    row->path_count = verdict->step_count;
    memcpy(row->path, verdict->steps, sizeof(row->path));
}

/* MTLS-114: a certificate that fits a second client is told of when its first row is written, never
 * refused: a stranger could lock a client out by registering its name. */
static as_err tell_if_shared(const struct as_ctx *ctx, const struct as_cert *cert)
{
    struct as_identifier *ids = NULL;
    size_t id_count = 0;
    as_span found[2];
    size_t count = 0;
    char x5t[AS_X5T_TEXT];

    AS_TRY(as_client_identifiers(ctx->mem, cert, &ids, &id_count));
    AS_TRY(as_store_parties_of(ctx->store, ctx->mem, AS_PARTY_CLIENT, ids, id_count, found,
                               AS_COUNT(found), &count));
    if (count > 1) {
        as_cert_x5t(cert->thumbprint, x5t);
        as_metric_add(AS_METRIC_certificates_shared_total, 1);
        AS_LOG(AS_LOG_WARNING, "certificate_shared", AS_LOG_SPAN("request_id", ctx->request_id),
               AS_LOG_TEXT("thumbprint", x5t), AS_LOG_SPAN("client_id", found[0]),
               AS_LOG_SPAN("other", found[1]));
    }
    return AS_OK;
}

static as_err keep_certificate(const struct as_ctx *ctx, const struct as_who *who,
                               const struct as_cert *cert, const struct as_binding *binding)
{
    struct as_certificate_row row = {
        .binding = *binding, .der = cert->der, .not_after = cert->not_after};
    const struct as_certificate_row *known = NULL;
    bool first = false;

    AS_TRY(as_store_certificate_get(ctx->store, binding, &known));
    if (known != NULL) {
        return AS_OK;
    }
    if (binding->class_ == AS_CERTIFICATE_PKI) {
        row.trust = who->trust;
        write_path(&who->verdict, &row);
    }
    AS_TRY(write_chain(ctx->mem, cert, &row.chain));
    AS_TRY(as_store_certificate_put(ctx->store, &row, &first));
    if (first) {
        as_err err = tell_if_shared(ctx, cert);
        if (as_failed(err)) {
            as_log_err(AS_LOG_WARNING, "certificate_shared", err); /* it was for the log alone */
        }
    }
    return AS_OK;
}

as_err as_proof_bind(const struct as_ctx *ctx, const struct as_who *who, const struct as_cert *cert,
                     struct as_binding *out)
{
    struct as_binding binding = {0};

    AS_NEED(who->party->client != NULL, AS_SERVER_ERROR, "a binding for no client");
    /* MTLS-70, MTLS-76: the profile, the client, or the server asks for it */
    if (!as_policy_must_bind(who->party->client) && !ctx->settings->always_bind) {
        *out = binding;
        return AS_OK;
    }
    AS_NEED(cert != NULL, AS_INVALID_REQUEST, "a client certificate is required for the token");
    binding.x5t = true;
    binding.class_ = who->class_;
    memcpy(binding.thumbprint, cert->thumbprint, AS_DIGEST);
    if (who->class_ == AS_CERTIFICATE_PKI) {
        memcpy(binding.way, who->verdict.way, AS_WAY);
    }
    AS_TRY(keep_certificate(ctx, who, cert, &binding));
    *out = binding;
    return AS_OK;
}
