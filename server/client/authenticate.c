/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one way to learn who is calling: the syntax is judged first, then the party is looked up by
 * its client_id, then the certificate is compared with that record, never the other way round
 * (MTLS-02). Every refusal has cost one look-up of a party and one certification path, whatever it
 * is refused for, so that neither answer nor time tells which client ids exist (MTLS-06, TOK-20).
 */
#include "client.h"

static const as_method_prove provers[AS_METHODS] = {
    [AS_METHOD_TLS_CLIENT_AUTH] = as_prove_tls_client_auth,
    [AS_METHOD_SELF_SIGNED_TLS_CLIENT_AUTH] = as_prove_self_signed_tls_client_auth,
};

/*
 * Mechanisms of authentication that the request uses. A certificate that is merely present is none
 * by itself (MTLS-10); the two parts of an assertion are one.
 */
static unsigned count_mechanisms(const struct as_client_ask *ask)
{
    return (unsigned)(ask->authorization.len > 0) + (unsigned)(ask->client_secret.len > 0) +
           (unsigned)(ask->client_assertion.len > 0 || ask->client_assertion_type.len > 0);
}

/* MTLS-13 and the method list of the profile (design D12). */
static bool method_is_on(const struct as_ctx *ctx, const struct as_party *party)
{
    const unsigned bit = 1u << party->method;

    if (party->client != NULL) {
        const struct as_profile *profile = as_profile_named(party->client->profile);
        if (profile == NULL || (profile->methods & bit) == 0) {
            return false;
        }
    }
    return (ctx->settings->methods & bit) != 0;
}

void as_attempt_explain(const struct as_attempt *attempt, const char *reason, const char *detail)
{
    char x5t[AS_X5T_TEXT];

    as_cert_x5t(attempt->ask->cert->thumbprint, x5t);
    AS_LOG(AS_LOG_DEBUG, "certificate_refused", AS_LOG_SPAN("request_id", attempt->ctx->request_id),
           AS_LOG_TEXT("thumbprint", x5t), AS_LOG_TEXT("reason", reason),
           AS_LOG_TEXT("detail", detail));
}

static as_err prove(struct as_attempt *attempt)
{
    const struct as_cert *cert = attempt->ask->cert;

    AS_NEED(cert != NULL, AS_INVALID_CLIENT, "cert_missing");
    if (cert->fault != NULL) {
        as_attempt_explain(attempt, cert->fault, cert->fault_why);
        return AS_FAIL(AS_INVALID_CLIENT, cert->fault);
    }
    return provers[attempt->who->party->method](attempt);
}

static as_err check_party(struct as_attempt *attempt)
{
    const struct as_party *party = attempt->who->party;

    AS_NEED(party != NULL, AS_INVALID_CLIENT, "client_unknown");
    AS_NEED(party->status == AS_PARTY_ENABLED, AS_INVALID_CLIENT, "client_disabled");
    /* a secret or an assertion proves nothing for a method that is a certificate (MTLS-08) */
    AS_NEED(count_mechanisms(attempt->ask) == 0, AS_INVALID_CLIENT, "method_mismatch");
    AS_NEED((unsigned)party->method < AS_METHODS && method_is_on(attempt->ctx, party),
            AS_INVALID_CLIENT, "method_mismatch");
    return prove(attempt);
}

static as_err find_party(struct as_attempt *attempt)
{
    const struct as_client_ask *ask = attempt->ask;

    if (ask->client_id.len == 0 && ask->cert_alone_will_do) {
        return as_find_by_certificate(attempt, &attempt->who->party);
    }
    /* no client_id is asked for like one that nobody has (MTLS-01) */
    return as_store_party_get(attempt->ctx->store, ask->client_id, &attempt->who->party);
}

static as_err find_and_check(struct as_attempt *attempt)
{
    AS_TRY(find_party(attempt));
    return check_party(attempt);
}

as_err as_client_authenticate(const struct as_ctx *ctx, const struct as_client_ask *ask,
                              struct as_who *who)
{
    struct as_attempt attempt = {ctx, ask, who, false};

    *who = (struct as_who){0};
    AS_NEED(count_mechanisms(ask) <= 1, AS_INVALID_REQUEST, "method_conflict");
    AS_NEED(as_throttle_may(ctx->throttle, ask->address, ask->client_id, ctx->mono_ms),
            AS_TOO_MANY_FAILURES, "too_many_failures");
    as_err err = find_and_check(&attempt);
    if (as_err_is(err, AS_INVALID_CLIENT)) {
        AS_TRY(as_attempt_even_out(&attempt));
        as_throttle_failed(ctx->throttle, ask->address, ask->client_id, ctx->mono_ms);
        as_metric_add(AS_METRIC_client_authentications_failed_total, 1);
    }
    return err;
}

as_err as_client_prove(const struct as_ctx *ctx, const struct as_party *party,
                       const struct as_cert *cert, struct as_who *who)
{
    const struct as_client_ask ask = {.cert = cert};
    struct as_attempt attempt = {ctx, &ask, who, false};

    *who = (struct as_who){.party = party};
    AS_NEED((unsigned)party->method < AS_METHODS, AS_SERVER_ERROR, "a method nobody proves");
    return prove(&attempt);
}
