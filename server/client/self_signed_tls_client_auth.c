/* SPDX-License-Identifier: Apache-2.0 */
/*
 * self_signed_tls_client_auth (RFC 8705 2.2): the certificate as a whole is one of those
 * registered. Nothing else about it counts: not its issuer, its usage, its path or its revocation
 * (MTLS-55), nor its dates unless the setting says so (MTLS-56).
 */
#include "client.h"

as_err as_prove_self_signed_tls_client_auth(struct as_attempt *attempt)
{
    const struct as_ctx *ctx = attempt->ctx;
    const struct as_cert *cert = attempt->ask->cert;

    AS_NEED(as_party_has_certificate(attempt->who->party, cert->thumbprint), AS_INVALID_CLIENT,
            "cert_not_registered");
    if (ctx->settings->check_self_signed_validity) {
        AS_NEED(ctx->now >= cert->not_before, AS_INVALID_CLIENT, "cert_not_yet_valid");
        AS_NEED(ctx->now <= cert->not_after, AS_INVALID_CLIENT, "cert_expired");
    }
    attempt->who->class_ = AS_CERTIFICATE_REGISTERED;
    return AS_OK;
}
