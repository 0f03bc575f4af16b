/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of client/ share: one attempt to authenticate. */
#ifndef AS_CLIENT_CLIENT_H
#define AS_CLIENT_CLIENT_H

#include "as/client.h"

struct as_attempt {
    const struct as_ctx *ctx;
    const struct as_client_ask *ask;
    struct as_who *who;
    bool path_asked; /* a certification path was asked for (MTLS-06) */
};

/* A row of the table of methods: proves that the certificate is the party's. who->party is known
 * and enabled, the certificate is present and without fault. AS_INVALID_CLIENT with a reason. */
typedef as_err (*as_method_prove)(struct as_attempt *attempt);

as_err as_prove_tls_client_auth(struct as_attempt *attempt);
as_err as_prove_self_signed_tls_client_auth(struct as_attempt *attempt);

/* even.c: asks for the path that this refusal has not asked for yet. */
as_err as_attempt_even_out(struct as_attempt *attempt);

/* authenticate.c: which rule a certificate fell under, in the log at level debug: its reason alone
 * stands in the line of the request. */
void as_attempt_explain(const struct as_attempt *attempt, const char *reason, const char *detail);

/* by_certificate.c: the one resource server that the certificate fits (MTLS-01a). */
as_err as_find_by_certificate(const struct as_attempt *attempt, const struct as_party **out);

#endif
