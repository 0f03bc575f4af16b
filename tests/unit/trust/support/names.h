/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of names share: a certificate against a registered name, in one line. */
#ifndef AS_TESTS_TRUST_NAMES_H
#define AS_TESTS_TRUST_NAMES_H

#include "as/trust.h"
#include "harness.h"
#include "support/certs.h"

AS_AUTO_DEFINE(struct as_arena, as_arena_free)

#define BAD AS_INVALID_CLIENT_METADATA

/* The struct of a made certificate, which is freed; drop it. */
TEST_UNUSED static struct as_cert *read_and_free(struct test_cert *made)
{
    as_span der = test_cert_der(made);
    struct as_cert *cert = NULL;
    ck_ok(as_cert_of_der(&der, 1, &cert));
    free((char *)(uintptr_t)der.ptr);
    test_cert_free(made);
    return cert;
}

/* A self-signed certificate of this subject. */
TEST_UNUSED static struct as_cert *with_subject(const char *subject)
{
    return read_and_free(test_leaf(NULL, subject));
}

/* A self-signed certificate of this subjectAltName. */
TEST_UNUSED static struct as_cert *with_san(const char *san)
{
    return read_and_free(
        test_cert(NULL, (struct test_cert_ask){.subject = "CN=client.example.com", .san = san}));
}

struct value {
    int nid;
    int type;           /* V_ASN1_... */
    const char *octets; /* as they stand in the certificate */
    size_t len;
    int joins; /* -1: into the RDN of the one before */
};

/* A self-signed certificate whose subject has exactly these values. */
TEST_UNUSED static struct as_cert *with_values(const struct value *values, size_t count)
{
    X509_NAME *name = X509_NAME_new();
    for (size_t i = 0; i < count; i++) {
        X509_NAME_ENTRY *entry = X509_NAME_ENTRY_create_by_NID(
            NULL, values[i].nid, values[i].type, (const unsigned char *)values[i].octets,
            (int)values[i].len);
        ck_assert_ptr_nonnull(entry);
        ck_assert(X509_NAME_add_entry(name, entry, -1, values[i].joins) == 1);
        X509_NAME_ENTRY_free(entry);
    }
    struct test_cert *made = test_cert(NULL, (struct test_cert_ask){.subject_name = name});
    X509_NAME_free(name);
    return read_and_free(made);
}
#define VALUE(nid, type, octets) ((struct value){(nid), (type), (octets), sizeof(octets) - 1, 0})

/* Is the certificate known by this registered name? */
TEST_UNUSED static bool known_by(const struct as_cert *cert, enum as_name_kind kind,
                                 const char *registered)
{
    AS_AUTO(as_arena_free) struct as_arena *mem = as_arena_new((size_t)1 << 20);
    as_span canon = AS_SPAN_NONE;
    ck_ok(as_name_parse(kind, as_span_of(registered), mem, &canon));
    ck_assert_uint_gt(canon.len, 0);
    return as_cert_has_name(cert, kind, canon);
}

#define is_known(cert, kind, registered)                                                           \
    ck_assert_msg(known_by((cert), (kind), (registered)), "%s is not known by %s", #cert,          \
                  (registered))
#define is_unknown(cert, kind, registered)                                                         \
    ck_assert_msg(!known_by((cert), (kind), (registered)), "%s is known by %s", #cert, (registered))

/* The registered text is refused for exactly this reason. */
TEST_UNUSED static void refuses_name(enum as_name_kind kind, as_span text, const char *reason)
{
    AS_AUTO(as_arena_free) struct as_arena *mem = as_arena_new((size_t)1 << 20);
    as_span canon = AS_SPAN_NONE;
    ck_refuses(as_name_parse(kind, text, mem, &canon), BAD, reason);
}

#define DN AS_NAME_SUBJECT_DN

#endif
