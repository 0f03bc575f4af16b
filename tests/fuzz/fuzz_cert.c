/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Certificates, as DER and PEM. Properties: one that is read has a subject that reads back from its
 * text and names that it is known by; a judgement gives a verdict, never an error; OpenSSL's error
 * queue stays as it was.
 */
#include "fuzz.h"
#include "trust/path.h"

#include <openssl/err.h>
#include <string.h>

static void check_subject(const struct as_cert *cert, struct as_arena *mem)
{
    as_span canon = AS_SPAN_NONE;

    if (cert->subject.len == 0 || cert->subject_text.len > AS_LIMIT_DN_OCTETS) {
        return;
    }
    FUZZ_HOLDS(!as_failed(as_name_parse(AS_NAME_SUBJECT_DN, cert->subject_text, mem, &canon)));
    FUZZ_HOLDS(as_cert_has_name(cert, AS_NAME_SUBJECT_DN, canon));
}

static void check_names(const struct as_cert *cert, struct as_arena *mem)
{
    FUZZ_HOLDS(cert->name_count <= AS_LIMIT_CERT_NAMES);
    for (size_t i = 0; i < cert->name_count; i++) {
        const struct as_cert_name *name = &cert->names[i];
        as_span canon = AS_SPAN_NONE;
        FUZZ_HOLDS(!as_span_has_control(name->text) && as_span_is_utf8(name->text));
        FUZZ_HOLDS(name->canon.len > 0 || !as_cert_has_name(cert, name->kind, name->canon));
        if (name->canon.len > 0 && !as_span_has_byte(name->text, '\\')) {
            FUZZ_HOLDS(!as_failed(as_name_parse(name->kind, name->text, mem, &canon)));
            FUZZ_HOLDS(as_cert_has_name(cert, name->kind, canon));
        }
    }
}

/* The certificate as its own anchor and issuer, so that every rule looks at it. */
static void check_judgement(const struct as_cert *cert, bool strict)
{
    unsigned char digest[1][AS_DIGEST];
    struct as_trust_verdict verdict = {0};
    struct as_group group = {.name = "fuzz",
                             .anchors = sk_X509_new_null(),
                             .intermediates = sk_X509_new_null(),
                             .anchor_digests = digest,
                             .strict = strict,
                             .partial_chain = true,
                             .depth = AS_LIMIT_PATH_DEPTH,
                             .purpose = X509_PURPOSE_SSL_CLIENT};

    memcpy(digest[0], cert->thumbprint, 32);
    sk_X509_push(group.anchors, as_x509_of_der(cert->der));
    FUZZ_HOLDS(!as_failed(as_path_judge(&group, cert, 1767225600, &verdict)));
    FUZZ_HOLDS(verdict.reason != NULL && verdict.detail != NULL);
    as_group_drop(&group);
}

static void check(struct as_cert *cert)
{
    struct as_arena *mem = as_arena_new((size_t)64 * 1024 * 1024);

    FUZZ_HOLDS(mem != NULL);
    check_subject(cert, mem);
    check_names(cert, mem);
    check_judgement(cert, true);
    check_judgement(cert, false);
    as_arena_free(mem);
    as_cert_drop(cert);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    as_span octets = as_span_bytes(data, size);
    struct as_cert *cert = NULL;
    as_err err = as_cert_of_der(&octets, 1, &cert);

    FUZZ_HOLDS(!as_failed(err) || as_err_is(err, AS_INVALID_CLIENT_METADATA));
    if (!as_failed(err)) {
        check(cert);
    }
    err = as_cert_of_pem(octets, &cert);
    FUZZ_HOLDS(!as_failed(err) || as_err_is(err, AS_INVALID_CLIENT_METADATA));
    if (!as_failed(err)) {
        check(cert);
    }
    FUZZ_HOLDS(ERR_peek_error() == 0);
    return 0;
}
