/* SPDX-License-Identifier: Apache-2.0 */
/* What is no error and yet not as the operator will want it: told on standard error. */
#include "as/trust.h"
#include "ctl.h"

#include <string.h>

void ctl_tell_warnings(const struct ctl *ctl, json_t *answer)
{
    const json_t *list = json_object_get(answer, "warnings");

    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);
        const char *id = json_string_value(json_object_get(one, "client_id"));
        const char *text = json_string_value(json_object_get(one, "warning"));

        if (id != NULL && text != NULL) {
            ctl_warn(ctl, "%s: %s", id, text);
        }
    }
    json_object_del(answer, "warnings");
}

static json_t *x5c_of(const struct ctl *ctl, const struct as_cert *cert)
{
    AS_AUTO(json_decref) json_t *list = json_array();

    for (size_t i = 0; i <= cert->chain_count; i++) {
        as_span text;
        if (as_failed(as_base64_put(ctl->mem, i == 0 ? cert->der : cert->chain[i - 1], &text)) ||
            json_array_append_new(list, json_stringn(text.ptr, text.len)) != 0) {
            return NULL;
        }
    }
    return AS_MOVE(list);
}

/* The path counts for tls_client_auth alone (MTLS-55). */
static void tell_verdict(const struct ctl *ctl, const char *method, const json_t *verdict)
{
    bool by_path = strcmp(method, "tls_client_auth") == 0;
    const char *group = json_string_value(json_object_get(verdict, "trust"));
    const char *reason = json_string_value(json_object_get(verdict, "reason"));
    const char *detail = json_string_value(json_object_get(verdict, "detail"));

    if (!by_path && reason != NULL) {
        ctl_warn(ctl, "The certificate will be refused with %s.", reason);
    } else if (by_path && group == NULL) {
        ctl_warn(ctl, "No trust group would judge the certificate: it will be refused. Set trust, "
                      "or default_trust in the configuration of fapid.");
    } else if (reason != NULL) {
        ctl_warn(ctl,
                 "The trust group %s does not vouch for the certificate: it will be refused with "
                 "%s (%s).",
                 group, reason, detail != NULL ? detail : "no detail");
    }
}

void ctl_tell_certificate(const struct ctl *ctl, const struct as_cert *cert, const json_t *party)
{
    const char *method = json_string_value(json_object_get(party, "token_endpoint_auth_method"));
    const char *trust = json_string_value(json_object_get(party, "trust"));
    AS_AUTO(json_decref) json_t *verdict = NULL;

    AS_AUTO(json_decref)
    json_t *ask =
        json_pack("{s:s, s:s*, s:s*, s:o}", "kind", ctl->words[0], "token_endpoint_auth_method",
                  method, "trust", trust, "x5c", x5c_of(ctl, cert));
    if (method != NULL && ask != NULL &&
        ctl_call(ctl, "POST", "/v1/verdicts", ask, &verdict) == CTL_FINE) {
        tell_verdict(ctl, method, verdict);
    }
}
