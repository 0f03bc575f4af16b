/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A client registers with the certificate it names, so that nobody registers what is another's. The
 * question is the one that is asked at every authentication; only the answer is friendlier.
 */
#include "register.h"

#include <string.h>

/* What a certificate lacks, in words for whoever registers. */
static const struct {
    const char *reason, *says;
} lacks[] = {
    {"cert_missing", "a client registers with the certificate that it names; none was shown"},
    {"cert_malformed", "the certificate shown is malformed"},
    {"cert_weak_key",
     "the certificate shown has a key other than RSA 2048 to 4096, P-256, P-384 or Ed25519"},
    {"cert_chain_too_long", "the certificate shown comes with too long a chain"},
    {"cert_untrusted",
     "the certificate shown leads to no authority that this server trusts for this client"},
    {"cert_purpose", "the certificate shown is not meant for clients"},
    {"cert_not_yet_valid", "the certificate shown is not valid yet"},
    {"cert_expired", "the certificate shown has expired"},
    {"cert_subject_mismatch", "the certificate shown does not carry the name to be registered"},
    {"cert_not_registered", "the certificate shown is not one of those in jwks"},
};

/* Each certificate in jwks is claimed for this client alone (MTLS-114), so that each is to be
 * proved, and a connection proves one. */
static bool proves_all(const struct as_cert *cert, const struct as_party *was,
                       const struct as_party *party)
{
    for (size_t i = 0; i < party->certificate_count; i++) {
        const unsigned char *one = party->certificates[i];

        if (memcmp(one, cert->thumbprint, AS_DIGEST) != 0 &&
            (was == NULL || !as_party_has_certificate(was, one))) {
            return false;
        }
    }
    return true;
}

static as_err explain_lack(const char *reason)
{
    for (size_t i = 0; i < AS_COUNT(lacks); i++) {
        if (strcmp(lacks[i].reason, reason) == 0) {
            return AS_FAIL(AS_INVALID_CLIENT_METADATA, lacks[i].says);
        }
    }
    /* no reason of today; one to come (design 3) must refuse before it has words */
    return AS_FAIL(AS_INVALID_CLIENT_METADATA, "the certificate shown would not be accepted");
}

as_err as_register_prove(struct as_http_call *call, const struct as_party *was,
                         const struct as_party *party)
{
    struct as_visit *visit = as_visit_of(call);
    const struct as_cert *cert = visit->peer->cert;
    struct as_who who;

    if (!visit->ctx.settings->registration_certificate_proof) {
        return AS_OK;
    }
    as_err err = as_client_prove(&visit->ctx, party, cert, &who);
    if (as_err_is(err, AS_INVALID_CLIENT)) {
        visit->wants_certificate = cert == NULL;
        return explain_lack(err.why);
    }
    AS_TRY(err);
    AS_NEED(proves_all(cert, was, party), AS_INVALID_CLIENT_METADATA,
            "jwks holds a certificate other than the one shown: add each by a PUT that shows it");
    return AS_OK;
}
