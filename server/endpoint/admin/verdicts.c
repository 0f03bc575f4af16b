/* SPDX-License-Identifier: Apache-2.0 */
/*
 * POST /v1/verdicts: what the server would say of a certificate today, for an operator who
 * registers its name, or the certificate itself. {"kind": "client" or "resource",
 * "token_endpoint_auth_method": tls_client_auth where it is absent, "trust": a group, absent for
 * the default, "x5c": [base64 of DER, the leaf first]} gives {"trust", "vouched", "reason",
 * "detail"}; `trust` is null where no group judges. Nothing is kept of the certificate but the path
 * (design D5).
 */
#include "admin.h"

#include <string.h>

AS_AUTO_DEFINE(struct as_cert, as_cert_drop)

static as_err read_kind(const json_t *json, enum as_party_kind *out)
{
    as_span kind = as_json_span(json_object_get(json, "kind"));

    AS_NEED(as_span_is(kind, "client") || as_span_is(kind, "resource"), AS_INVALID_REQUEST,
            "kind must be client or resource");
    *out = as_span_is(kind, "client") ? AS_PARTY_CLIENT : AS_PARTY_RESOURCE;
    return AS_OK;
}

static as_err read_certificate(struct as_http_call *call, const json_t *list, struct as_cert **out)
{
    as_span ders[1 + AS_LIMIT_CERT_COUNT];
    size_t count = json_array_size(list);

    AS_NEED(count > 0 && count <= AS_COUNT(ders), AS_INVALID_REQUEST,
            "x5c must be an array of one to nine certificates");
    for (size_t i = 0; i < count; i++) {
        const json_t *item = json_array_get(list, i);
        AS_NEED(json_is_string(item), AS_INVALID_REQUEST, "x5c must hold strings");
        AS_TRY(as_base64_take(call->mem, as_json_span(item), &ders[i]));
    }
    return as_cert_of_der(ders, count, out);
}

/* The party that would be judged: its kind, its method and its pin. */
static as_err read_party(const struct as_visit *visit, const json_t *json, struct as_party *out)
{
    const json_t *trust = json_object_get(json, "trust");
    const json_t *method = json_object_get(json, "token_endpoint_auth_method");

    AS_TRY(read_kind(json, &out->kind));
    AS_NEED(method == NULL || as_method_named(as_json_span(method), &out->method),
            AS_INVALID_REQUEST, "token_endpoint_auth_method names no method");
    if (trust == NULL || json_is_null(trust)) {
        return AS_OK;
    }
    AS_NEED(json_is_string(trust), AS_INVALID_REQUEST, "trust must be the name of a trust group");
    out->trust = as_json_span(trust);
    AS_NEED(as_trust_has_group(visit->ctx.trust, out->trust, as_client_trust_use(out)),
            AS_INVALID_REQUEST, "trust names no trust group of the right use");
    return AS_OK;
}

static as_err reply_verdict(struct as_http_call *call, as_span group,
                            const struct as_trust_verdict *verdict)
{
    AS_AUTO(json_decref)
    json_t *json =
        json_pack("{s:o, s:b, s:s?, s:s?}", "trust",
                  group.len > 0 ? json_stringn(group.ptr, group.len) : json_null(), "vouched",
                  verdict->reason == NULL, "reason", verdict->reason, "detail", verdict->detail);

    AS_NEED_MEM(json);
    return as_reply_json(call, 200, json);
}

static as_err judge_pki(const struct as_visit *visit, const struct as_party *party,
                        const struct as_cert *cert, as_span *group,
                        struct as_trust_verdict *verdict)
{
    *group = as_client_trust_group(&visit->ctx, party);
    if (group->len == 0) {
        *verdict = (struct as_trust_verdict){.reason = "cert_untrusted",
                                             .detail = "no trust group judges it"};
        return AS_OK;
    }
    return as_trust_judge(visit->ctx.trust, *group, as_client_trust_use(party), cert,
                          visit->ctx.now, verdict);
}

/* As if it were registered: no group is asked (MTLS-55, MTLS-56). */
static as_err judge_registered(const struct as_visit *visit, const struct as_party *party,
                               const struct as_cert *cert, struct as_trust_verdict *verdict)
{
    struct as_party holder = *party;
    unsigned char thumbprint[1][AS_DIGEST];
    struct as_who who;

    memcpy(thumbprint[0], cert->thumbprint, AS_DIGEST);
    holder.certificates = (const unsigned char(*)[AS_DIGEST])thumbprint;
    holder.certificate_count = 1;
    as_err err = as_client_prove(&visit->ctx, &holder, cert, &who);
    *verdict = (struct as_trust_verdict){0};
    if (as_err_is(err, AS_INVALID_CLIENT)) {
        *verdict = (struct as_trust_verdict){.reason = err.why,
                                             .detail = "it would be refused at each use"};
        return AS_OK;
    }
    return err;
}

as_err as_admin_verdict(struct as_http_call *call)
{
    struct as_visit *visit = as_visit_of(call);
    AS_AUTO(json_decref) json_t *json = NULL;
    AS_AUTO(as_cert_drop) struct as_cert *cert = NULL;
    struct as_party party = {0};
    struct as_trust_verdict verdict;
    as_span group = AS_SPAN_NONE;

    AS_TRY(as_admin_need_no_query(call));
    AS_TRY(as_admin_read_body(call, &json));
    AS_TRY(read_party(visit, json, &party));
    AS_TRY(read_certificate(call, json_object_get(json, "x5c"), &cert));
    AS_TRY(party.method == AS_METHOD_TLS_CLIENT_AUTH
               ? judge_pki(visit, &party, cert, &group, &verdict)
               : judge_registered(visit, &party, cert, &verdict));
    return reply_verdict(call, group, &verdict);
}
