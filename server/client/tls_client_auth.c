/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls_client_auth (RFC 8705 2.1): the path leads to an anchor of the party's group, and the
 * certificate carries the one registered name. The path comes first, so that a certificate of the
 * wrong name costs what one of the wrong authority does.
 */
#include "client.h"

as_err as_prove_tls_client_auth(struct as_attempt *attempt)
{
    const struct as_ctx *ctx = attempt->ctx;
    const struct as_cert *cert = attempt->ask->cert;
    struct as_who *who = attempt->who;
    const struct as_party *party = who->party;
    struct as_trust_verdict verdict;

    as_span group = as_client_trust_group(ctx, party);
    attempt->path_asked = true;
    AS_TRY(as_trust_judge(ctx->trust, group, as_client_trust_use(party), cert, ctx->now, &verdict));
    if (verdict.reason != NULL) {
        as_attempt_explain(attempt, verdict.reason, verdict.detail);
        return AS_FAIL(AS_INVALID_CLIENT, verdict.reason);
    }
    AS_NEED(party->name_kind < AS_NAME_KINDS && party->name_canon.len > 0, AS_SERVER_ERROR,
            "a party of tls_client_auth without a name");
    AS_NEED(as_cert_has_name(cert, party->name_kind, party->name_canon), AS_INVALID_CLIENT,
            "cert_subject_mismatch");
    who->class_ = AS_CERTIFICATE_PKI;
    who->trust = group;
    who->verdict = verdict;
    return AS_OK;
}
