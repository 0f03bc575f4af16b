/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proof/: what a token is bound to. mtls: the certificate of the token request (RFC 8705 3).
 */
#ifndef AS_PROOF_H
#define AS_PROOF_H

#include "as/client.h"

/*
 * Decides the binding of a token to be issued to `who`, and sees to it that its row (design D9: the
 * certificate, as it was proven now) is committed before any token bound to it can be acknowledged.
 * Bound when the profile or the client's tls_client_certificate_bound_access_tokens says so, or
 * when the setting always_bind is on and the client authenticated with the certificate (MTLS-76).
 * Errors: AS_INVALID_REQUEST when binding is required and there is no certificate (MTLS-75);
 * AS_ELSEWHERE when the row must be written; store errors.
 */
as_err as_proof_bind(const struct as_ctx *ctx, const struct as_who *who, const struct as_cert *cert,
                     struct as_binding *out);

#endif
