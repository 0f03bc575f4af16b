/* SPDX-License-Identifier: Apache-2.0 */
/* X.509 to struct: thumbprint, keys and their floor, faults, holders. */
#include "support/names.h"

#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/sha.h>
#include <string.h>

/* RFC 8705 Appendix A. */
static const char appendix_a[] =
    "MIIBBjCBrAIBAjAKBggqhkjOPQQDAjAPMQ0wCwYDVQQDDARtdGxzMB4XDTE4MTAxODEyMzcwOVoXDTIyMDUwMjEyMzcw"
    "OVowDzENMAsGA1UEAwwEbXRsczBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABNcnyxwqV6hY8QnhxxzFQ03C7HKW9OylMb"
    "nQZjjJ/Au08/coZwxS7LfA4vOLS9WuneIXhbGGWvsDSb0tH6IxLm8wCgYIKoZIzj0EAwIDSQAwRgIhAP0RC1E+vwJD/D1A"
    "GHGzuri+hlV/PpQEKTWUVeORWz83AiEA5x2eXZOVbUlJSGQgjwD5vaUaKlLR50Q2DmFfQj1L+SY=";

/* The DER of the vector, in the arena. */
static as_span vector(struct as_arena *mem)
{
    as_span der = AS_SPAN_NONE;
    ck_ok(as_base64_take(mem, as_span_of(appendix_a), &der));
    return der;
}

START_TEST(MTLS_70_appendix_a_vector)
{
    AS_AUTO(as_arena_free) struct as_arena *mem = as_arena_new((size_t)1 << 16);
    as_span der = vector(mem);
    struct as_cert *cert = NULL;
    char text[AS_X5T_TEXT];

    ck_ok(as_cert_of_der(&der, 1, &cert));
    as_cert_x5t(cert->thumbprint, text);
    ck_assert_str_eq(text, "A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0");
    ck_assert_uint_eq(strlen(text), 43);
    ck_assert_ptr_null(cert->fault);
    ck_span_eq(cert->subject_text, "CN=mtls");
    ck_span_eq(cert->issuer_text, "CN=mtls");
    ck_span_eq(cert->serial, "02");
    ck_assert(cert->key.kind == AS_KEY_P256);
    ck_assert_int_eq(cert->not_before, 1539866229); /* 2018-10-18T12:37:09Z */
    ck_assert_int_eq(cert->not_after, 1651495029);  /* 2022-05-02T12:37:09Z */
    as_cert_drop(cert);
}
END_TEST

/* The hash is of the octets as presented: no re-encoding of what is inside. */
START_TEST(MTLS_71_hash_as_presented)
{
    const struct value odd = VALUE(NID_organizationName, V_ASN1_T61STRING, "\xFC");
    X509_NAME *name = X509_NAME_new();
    X509_NAME_add_entry_by_NID(name, odd.nid, odd.type, (const unsigned char *)odd.octets, 1, -1,
                               0);
    /* a SIGNATURE-like payload with long-form lengths inside an OCTET STRING */
    struct test_cert *made =
        test_cert(NULL, (struct test_cert_ask){.subject_name = name,
                                               .extra = {{"1.2.3.4", "DER:30:81:03:02:81:00"}}});
    X509_NAME_free(name);
    as_span der = test_cert_der(made);
    unsigned char expected[AS_DIGEST];
    struct as_cert *from_x509 = NULL;
    struct as_cert *from_der = NULL;

    SHA256(as_span_u8(der), der.len, expected);
    ck_ok(as_cert_of_x509(made->x509, NULL, &from_x509));
    ck_ok(as_cert_of_der(&der, 1, &from_der));
    ck_assert_mem_eq(from_x509->thumbprint, expected, 32);
    ck_assert_mem_eq(from_der->thumbprint, expected, 32);
    ck_assert(as_span_equal(from_der->der, der));
    as_cert_drop(from_x509);
    as_cert_drop(from_der);
    free((char *)(uintptr_t)der.ptr);
    test_cert_free(made);
}
END_TEST

/* Octets that decode but are not DER would have two thumbprints. */
START_TEST(MTLS_71_der_alone)
{
    AS_AUTO(as_arena_free) struct as_arena *mem = as_arena_new((size_t)1 << 16);
    as_span der = vector(mem);
    char longer[512];
    struct as_cert *cert = NULL;

    /* the outer length 82 01 06 as 83 00 01 06 */
    memcpy(longer, "\x30\x83\x00\x01\x06", 5);
    memcpy(longer + 5, der.ptr + 4, der.len - 4);
    as_span ber = {longer, der.len + 1};
    ck_refuses(as_cert_of_der(&ber, 1, &cert), BAD, "the certificate is not X.509 in DER");
    memcpy(longer, der.ptr, der.len);
    longer[der.len] = 0;
    as_span trailing = {longer, der.len + 1};
    ck_refuses(as_cert_of_der(&trailing, 1, &cert), BAD, "the certificate is not X.509 in DER");
    as_span exact = {longer, der.len};
    ck_ok(as_cert_of_der(&exact, 1, &cert));
    as_cert_drop(cert);
}
END_TEST

START_TEST(MTLS_117_truncated_der)
{
    AS_AUTO(as_arena_free) struct as_arena *mem = as_arena_new((size_t)1 << 16);
    as_span der = vector(mem);
    struct as_cert *cert = NULL;

    for (size_t len = 0; len < der.len; len++) {
        as_span part = {der.ptr, len};
        ck_refuses(as_cert_of_der(&part, 1, &cert), BAD, "the certificate is not X.509 in DER");
        const as_span two[] = {der, part};
        ck_refuses(as_cert_of_der(two, 2, &cert), BAD, "a further certificate is not X.509 in DER");
    }
    ck_refuses(as_cert_of_der(NULL, 0, &cert), BAD, "the certificate is not X.509 in DER");
    ck_assert_uint_eq(ERR_peek_error(), 0);
}
END_TEST

/* No octet changed anywhere may do harm, whatever it makes of the certificate. */
START_TEST(MTLS_117_changed_octets)
{
    struct test_cert *made =
        test_cert(NULL, (struct test_cert_ask){.subject = "C=GB,O=a+OU=b,CN=c",
                                               .san = "DNS:a,IP:192.0.2.1,email:a@b,URI:urn:x"});
    as_span der = test_cert_der(made);
    char *copy = malloc(der.len);
    size_t read = 0;

    for (size_t i = 0; i < der.len; i++) {
        for (int bit = 0; bit < 8; bit++) {
            struct as_cert *cert = NULL;
            memcpy(copy, der.ptr, der.len);
            copy[i] = (char)(copy[i] ^ (1 << bit));
            as_span changed = {copy, der.len};
            as_err err = as_cert_of_der(&changed, 1, &cert);
            ck_assert(!as_failed(err) || as_err_is(err, BAD));
            read += !as_failed(err);
            if (!as_failed(err)) {
                as_cert_drop(cert);
            }
        }
    }
    ck_assert_uint_gt(read, 0);
    free(copy);
    free((char *)(uintptr_t)der.ptr);
    test_cert_free(made);
}
END_TEST

/* `count` names in subjectAltName. */
static struct as_cert *with_names(size_t count)
{
    char *san = calloc(count + 1, 16);
    size_t len = 0;

    for (size_t i = 0; i < count; i++) {
        len += (size_t)sprintf(san + len, "%sDNS:n%zu.a", i > 0 ? "," : "", i);
    }
    struct as_cert *cert = with_san(san);
    free(san);
    return cert;
}

START_TEST(MTLS_117_many_names)
{
    struct as_cert *most = with_names(AS_LIMIT_CERT_NAMES);
    struct as_cert *more = with_names(AS_LIMIT_CERT_NAMES + 1);
    struct as_cert *many = with_names(10000);

    ck_assert_ptr_null(most->fault);
    ck_assert_uint_eq(most->name_count, AS_LIMIT_CERT_NAMES);
    is_known(most, AS_NAME_SAN_DNS, "n127.a");
    ck_assert_str_eq(more->fault, "cert_malformed");
    ck_assert_str_eq(more->fault_why, "subjectAltName has too many entries");
    ck_assert_uint_eq(more->name_count, 0);
    ck_assert_str_eq(many->fault, "cert_malformed");
    as_cert_drop(most);
    as_cert_drop(more);
    as_cert_drop(many);
}
END_TEST

/* A question asked of a certificate whose extensions were decoded and kept is answered from those,
 * though they are gone. */
static bool is_kept_decoded(const char *san)
{
    struct test_cert *leaf =
        test_cert(NULL, (struct test_cert_ask){.subject = "CN=a", .bc = "CA:TRUE", .san = san});
    struct as_cert *cert = NULL;

    ck_ok(as_cert_of_x509(leaf->x509, NULL, &cert));
    ck_assert_ptr_null(cert->fault);
    as_cert_drop(cert);
    X509_EXTENSION_free(
        X509_delete_ext(leaf->x509, X509_get_ext_by_NID(leaf->x509, NID_basic_constraints, -1)));
    bool kept = (X509_get_extension_flags(leaf->x509) & EXFLAG_CA) != 0;
    test_cert_free(leaf);
    return kept;
}

START_TEST(MTLS_117_large_extensions_are_not_kept_decoded)
{
    char large[2048] = "";

    for (int i = 0; i < 100; i++) {
        (void)snprintf(large + strlen(large), sizeof(large) - strlen(large), "%sDNS:name%d",
                       i > 0 ? "," : "", i);
    }
    ck_assert(is_kept_decoded("DNS:a.example"));
    ck_assert(!is_kept_decoded(large));
}
END_TEST

START_TEST(MTLS_117_many_certificates)
{
    struct test_cert *ca = test_ca("CN=ca");
    struct test_cert *leaf = test_leaf(ca, "CN=a");
    STACK_OF(X509) *chain = sk_X509_new_null();
    struct as_cert *cert = NULL;

    sk_X509_push(chain, leaf->x509); /* as OpenSSL shows a chain to a client: not counted */
    for (size_t i = 0; i < AS_LIMIT_CERT_COUNT; i++) {
        sk_X509_push(chain, ca->x509);
    }
    ck_ok(as_cert_of_x509(leaf->x509, chain, &cert));
    ck_assert_ptr_null(cert->fault);
    ck_assert_uint_eq(cert->chain_count, AS_LIMIT_CERT_COUNT);
    as_cert_drop(cert);
    for (size_t i = 0; i < 100; i++) {
        sk_X509_push(chain, ca->x509);
    }
    ck_ok(as_cert_of_x509(leaf->x509, chain, &cert));
    ck_assert_str_eq(cert->fault, "cert_chain_too_long");
    ck_assert_uint_eq(cert->chain_count, AS_LIMIT_CERT_COUNT);
    as_cert_drop(cert);
    sk_X509_free(chain);
    test_cert_free(leaf);
    test_cert_free(ca);
}
END_TEST

START_TEST(TLS_70_duplicate_extension)
{
    struct test_cert *made = test_cert(
        NULL,
        (struct test_cert_ask){.subject = "CN=a",
                               .extra = {{"1.2.3.4", "DER:05:00"}, {"1.2.3.4", "DER:05:00"}}});
    struct as_cert *twice = read_and_free(made);
    made = test_cert(NULL, (struct test_cert_ask){
                               .subject = "CN=a",
                               .extra = {{"1.2.3.4", "DER:05:00"}, {"1.2.3.5", "DER:05:00"}}});
    struct as_cert *once = read_and_free(made);

    ck_assert_str_eq(twice->fault, "cert_malformed");
    ck_assert_ptr_null(once->fault);
    as_cert_drop(twice);
    as_cert_drop(once);
}
END_TEST

/* A self-signed certificate with so many extensions, each of another type. */
static struct as_cert *with_extensions(int count)
{
    struct test_cert *made = test_leaf(NULL, "CN=a");

    for (int i = 0; X509_get_ext_count(made->x509) < count; i++) {
        char oid[32];
        (void)snprintf(oid, sizeof(oid), "1.2.3.%d", i);
        test_add_extension(made, oid, as_span_bytes("\x05", 2));
    }
    test_sign(made->x509, made->key, NULL);
    return read_and_free(made);
}

START_TEST(MTLS_117_many_extensions)
{
    struct as_cert *most = with_extensions(AS_LIMIT_CERT_EXTENSIONS);
    struct as_cert *more = with_extensions(AS_LIMIT_CERT_EXTENSIONS + 1);

    ck_assert_ptr_null(most->fault);
    ck_assert_str_eq(more->fault, "cert_malformed");
    ck_assert_str_eq(more->fault_why, "an extension stands twice, or there are too many");
    as_cert_drop(most);
    as_cert_drop(more);
}
END_TEST

/* Signs a certificate that was changed; frees it. */
static void is_malformed(struct test_cert *made, const char *why)
{
    test_sign(made->x509, made->key, NULL);
    struct as_cert *cert = read_and_free(made);
    ck_assert_str_eq(cert->fault, "cert_malformed");
    ck_assert_str_eq(cert->fault_why, why);
    as_cert_drop(cert);
}

/* The first fault is the one that is told. */
START_TEST(MTLS_117_broken_dates)
{
    for (int end = 0; end < 2; end++) {
        struct test_cert *made =
            test_cert(NULL, (struct test_cert_ask){.subject = "CN=a", .key = "RSA:1024"});
        ASN1_TIME *date = end ? X509_getm_notAfter(made->x509) : X509_getm_notBefore(made->x509);
        ck_assert(ASN1_STRING_set(date, "991399000000Z", 13) == 1);
        is_malformed(made, "the validity dates cannot be read");
    }
}
END_TEST

START_TEST(MTLS_117_broken_extension)
{
    struct as_cert *san = read_and_free(test_cert(
        NULL, (struct test_cert_ask){.subject = "CN=a", .extra = {{"2.5.29.17", "DER:30:05"}}}));
    struct as_cert *usage = read_and_free(
        test_cert(NULL, (struct test_cert_ask){
                            .subject = "CN=a", .ku = "", .extra = {{"2.5.29.15", "DER:05:00"}}}));

    ck_assert_str_eq(san->fault, "cert_malformed");
    ck_assert_str_eq(usage->fault, "cert_malformed");
    as_cert_drop(san);
    as_cert_drop(usage);
}
END_TEST

/* --- keys
 * ---------------------------------------------------------------------------------------------- */

static struct as_cert *with_key(const char *kind)
{
    return read_and_free(test_cert(NULL, (struct test_cert_ask){.subject = "CN=a", .key = kind}));
}

static void keeps_floor(const char *kind, enum as_key_kind expected, unsigned bits)
{
    struct as_cert *cert = with_key(kind);
    ck_assert_msg(cert->fault == NULL, "%s gave %s", kind, cert->fault_why);
    ck_assert_int_eq(cert->key.kind, expected);
    ck_assert_uint_eq(cert->key.bits, bits);
    as_cert_drop(cert);
}

static void is_weak(const char *kind)
{
    struct as_cert *cert = with_key(kind);
    ck_assert_msg(cert->fault != NULL, "%s passed", kind);
    ck_assert_str_eq(cert->fault, "cert_weak_key");
    as_cert_drop(cert);
}

/* A key of a kind in use whose octets are none: not weak, but malformed. */
START_TEST(MTLS_117_broken_keys)
{
    static const char *const kinds[] = {"P-256", "RSA:2048", "ED25519"};

    for (size_t i = 0; i < AS_COUNT(kinds); i++) {
        struct test_cert *made =
            test_cert(NULL, (struct test_cert_ask){.subject = "CN=a", .key = kinds[i]});
        ASN1_BIT_STRING *octets = X509_get0_pubkey_bitstr(made->x509);
        ck_assert(ASN1_STRING_set(octets, ASN1_STRING_get0_data(octets),
                                  ASN1_STRING_length(octets) - 1) == 1);
        is_malformed(made, "the public key cannot be decoded");
    }
}
END_TEST

START_TEST(TLS_74_keys_accepted)
{
    keeps_floor("RSA:2048", AS_KEY_RSA, 2048);
    keeps_floor("RSA:3072", AS_KEY_RSA, 3072);
    keeps_floor("RSA:2048:65539", AS_KEY_RSA, 2048);
    keeps_floor("RSA:2048:4294967295", AS_KEY_RSA, 2048);
    keeps_floor("P-256", AS_KEY_P256, 256);
    keeps_floor("P-384", AS_KEY_P384, 384);
    keeps_floor("ED25519", AS_KEY_ED25519, 256);
}
END_TEST

START_TEST(MTLS_115_keys_refused)
{
    is_weak("RSA:1024");
    is_weak("RSA:2040");
    is_weak("RSA:2048:3");
    is_weak("RSA:2048:65535");
    is_weak("RSA:2048:4294967297");
    is_weak("P-224");
    is_weak("P-521");
    is_weak("P-256-EXPLICIT");
    is_weak("DSA");
}
END_TEST

/* A public key of any size: nothing will sign with it. */
static EVP_PKEY *rsa_public(int bits, unsigned long e)
{
    BIGNUM *n = BN_new();
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    EVP_PKEY *key = NULL;

    BN_rand(n, bits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ODD);
    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n);
    OSSL_PARAM_BLD_push_ulong(build, OSSL_PKEY_PARAM_RSA_E, e);
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
    ck_assert(EVP_PKEY_fromdata_init(ctx) > 0 &&
              EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) > 0);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(build);
    EVP_PKEY_CTX_free(ctx);
    BN_free(n);
    return key;
}

START_TEST(MTLS_115_rsa_numbers)
{
    static const struct {
        int bits;
        unsigned long e;
        const char *fault;
    } keys[] = {
        {4096, 65537, NULL},
        {4097, 65537, "cert_weak_key"},
        {16384, 65537, "cert_weak_key"},
        {2048, 65538, "cert_weak_key"}, /* even */
        {2048, 0xFFFFFFFF, NULL},
    };

    for (size_t i = 0; i < AS_COUNT(keys); i++) {
        EVP_PKEY *key = rsa_public(keys[i].bits, keys[i].e);
        struct test_cert *made = test_leaf(NULL, "CN=a");
        X509_set_pubkey(made->x509, key);
        test_sign(made->x509, made->key, NULL);
        EVP_PKEY_free(key);
        struct as_cert *cert = read_and_free(made);
        if (keys[i].fault == NULL) {
            ck_assert_ptr_null(cert->fault);
            ck_assert_uint_eq(cert->key.n.len, (size_t)keys[i].bits / 8);
        } else {
            ck_assert_str_eq(cert->fault, keys[i].fault);
        }
        as_cert_drop(cert);
    }
}
END_TEST

/* As a JWK shows them: no leading zeros in n and e, full length in x and y. */
START_TEST(MTLS_52_key_members)
{
    struct as_cert *rsa = with_key("RSA:2048");
    struct as_cert *okp = with_key("ED25519");

    ck_assert_uint_eq(rsa->key.n.len, 256);
    ck_assert(rsa->key.n.ptr[0] != 0);
    ck_assert_uint_eq(rsa->key.e.len, 3);
    ck_assert_mem_eq(rsa->key.e.ptr, "\x01\x00\x01", 3);
    ck_assert_uint_eq(okp->key.x.len, 32);
    ck_assert_uint_eq(okp->key.y.len, 0);
    for (size_t i = 0; i < 8; i++) {
        struct as_cert *ec = with_key(i % 2 == 0 ? "P-256" : "P-384");
        ck_assert_uint_eq(ec->key.x.len, i % 2 == 0 ? 32 : 48);
        ck_assert_uint_eq(ec->key.y.len, i % 2 == 0 ? 32 : 48);
        /* the point stands at the end of the certificate's SubjectPublicKeyInfo: 04 x y */
        ck_assert_ptr_nonnull(
            memmem(ec->der.ptr, ec->der.len, ec->key.x.ptr, ec->key.x.len + ec->key.y.len));
        as_cert_drop(ec);
    }
    as_cert_drop(rsa);
    as_cert_drop(okp);
}
END_TEST

/* --- the rest of the struct
 * ------------------------------------------------------------------------------ */

START_TEST(MTLS_44_renewed_certificate_same_name)
{
    struct test_cert *ca = test_ca("CN=ca");
    struct test_cert *one = test_leaf(ca, "C=GB,CN=a");
    struct test_cert *two = test_leaf(ca, "C=GB,CN=a");
    struct as_cert *first = read_and_free(one);
    struct as_cert *second = read_and_free(two);

    ck_assert(as_span_equal(first->subject, second->subject));
    ck_assert_mem_ne(first->thumbprint, second->thumbprint, 32);
    ck_assert_mem_ne(first->spki_hash, second->spki_hash, 32);
    ck_assert(!as_span_equal(first->serial, second->serial));
    as_cert_drop(first);
    as_cert_drop(second);
    test_cert_free(ca);
}
END_TEST

/* The same leaf with another chain, or the chain in another order, is judged apart (D5). */
START_TEST(TLS_72_chain_key)
{
    struct test_cert *ca = test_ca("CN=ca");
    struct test_cert *other = test_ca("CN=other");
    struct test_cert *leaf = test_leaf(ca, "CN=a");
    as_span ders[] = {test_cert_der(leaf), test_cert_der(ca), test_cert_der(other)};
    as_span swapped[] = {ders[0], ders[2], ders[1]};
    struct as_cert *certs[4] = {NULL};

    ck_ok(as_cert_of_der(ders, 1, &certs[0]));
    ck_ok(as_cert_of_der(ders, 3, &certs[1]));
    ck_ok(as_cert_of_der(swapped, 3, &certs[2]));
    ck_ok(as_cert_of_der(ders, 3, &certs[3]));
    ck_assert_mem_ne(certs[0]->chain_key, certs[1]->chain_key, 32);
    ck_assert_mem_ne(certs[1]->chain_key, certs[2]->chain_key, 32);
    ck_assert_mem_eq(certs[1]->chain_key, certs[3]->chain_key, 32);
    ck_assert_uint_eq(certs[1]->chain_count, 2);
    ck_assert(as_span_equal(certs[1]->chain[1], ders[2]));
    for (size_t i = 0; i < AS_COUNT(certs); i++) {
        as_cert_drop(certs[i]);
    }
    for (size_t i = 0; i < AS_COUNT(ders); i++) {
        free((char *)(uintptr_t)ders[i].ptr);
    }
    test_cert_free(leaf);
    test_cert_free(other);
    test_cert_free(ca);
}
END_TEST

START_TEST(REG_certificate_of_pem)
{
    struct test_cert *ca = test_ca("CN=ca");
    struct test_cert *leaf = test_leaf(ca, "CN=a");
    const struct test_cert *both[] = {leaf, ca};
    char *pem = test_certs_pem(both, 2);
    char *key = test_key_file(leaf);
    char *text = NULL;
    struct as_cert *cert = NULL;

    ck_assert_int_gt(asprintf(&text, "before\n%sbetween\n", pem), 0);
    ck_ok(as_cert_of_pem(as_span_of(text), &cert));
    ck_span_eq(cert->subject_text, "CN=a");
    ck_assert_uint_eq(cert->chain_count, 1);
    as_cert_drop(cert);
    ck_refuses(as_cert_of_pem(AS_LIT("no pem at all"), &cert), BAD,
               "there is no certificate in PEM");
    ck_refuses(as_cert_of_pem(AS_SPAN_NONE, &cert), BAD, "there is no certificate in PEM");
    ck_refuses(as_cert_of_pem(AS_LIT("-----BEGIN CERTIFICATE-----\nMAA=\n"
                                     "-----END CERTIFICATE-----\n"),
                              &cert),
               BAD, "a certificate is not X.509 in DER");
    pem[strlen(pem) / 2 + 100] = '?'; /* the second: what follows a broken one would go unseen */
    ck_refuses(as_cert_of_pem(as_span_of(pem), &cert), BAD, "a certificate cannot be read");
    const size_t most = (size_t)256 * 1024;
    char *much = malloc(most + 1);
    ck_assert_ptr_nonnull(much);
    memset(much, '\n', most + 1);
    memcpy(much, text, strlen(text));
    ck_ok(as_cert_of_pem((as_span){much, most}, &cert));
    as_cert_drop(cert);
    ck_refuses(as_cert_of_pem((as_span){much, most + 1}, &cert), BAD, "there is far too much text");
    free(much);
    const struct test_cert *many[AS_LIMIT_CERT_COUNT + 2] = {leaf};
    for (size_t i = 1; i < AS_COUNT(many); i++) {
        many[i] = ca;
    }
    char *long_chain = test_certs_pem(many, AS_COUNT(many));
    ck_refuses(as_cert_of_pem(as_span_of(long_chain), &cert), BAD,
               "there are too many certificates");
    free(long_chain);
    long_chain = test_certs_pem(many, AS_COUNT(many) - 1);
    ck_ok(as_cert_of_pem(as_span_of(long_chain), &cert));
    ck_assert_uint_eq(cert->chain_count, AS_LIMIT_CERT_COUNT);
    as_cert_drop(cert);
    free(long_chain);
    ck_assert_uint_eq(ERR_peek_error(), 0);
    free(text);
    free(pem);
    test_file_drop(key);
    test_cert_free(leaf);
    test_cert_free(ca);
}
END_TEST

START_TEST(TLS_79_serial_text)
{
    static const struct {
        const char *serial;
        const char *text;
    } serials[] = {{"0", "00"}, {"-5", "-05"}, {"0xff01", "ff01"}};

    for (size_t i = 0; i < AS_COUNT(serials); i++) {
        struct as_cert *cert = read_and_free(test_cert(
            NULL, (struct test_cert_ask){.subject = "CN=a", .serial = serials[i].serial}));
        ck_span_eq(cert->serial, serials[i].text);
        as_cert_drop(cert);
    }
}
END_TEST

START_TEST(holders_are_counted)
{
    struct as_cert *cert = with_subject("CN=a");

    ck_assert_ptr_eq(as_cert_hold(cert), cert);
    as_cert_drop(cert);
    ck_span_eq(cert->subject_text, "CN=a"); /* AddressSanitizer watches */
    as_cert_drop(cert);
    as_cert_drop(NULL);
}
END_TEST

AS_TESTS("trust/cert", {
    tcase_add_test(t, MTLS_44_renewed_certificate_same_name);
    tcase_add_test(t, MTLS_52_key_members);
    tcase_add_test(t, MTLS_70_appendix_a_vector);
    tcase_add_test(t, MTLS_71_hash_as_presented);
    tcase_add_test(t, MTLS_71_der_alone);
    tcase_add_test(t, MTLS_115_keys_refused);
    tcase_add_test(t, MTLS_115_rsa_numbers);
    tcase_add_test(t, MTLS_117_truncated_der);
    tcase_add_test(t, MTLS_117_changed_octets);
    tcase_add_test(t, MTLS_117_many_names);
    tcase_add_test(t, MTLS_117_large_extensions_are_not_kept_decoded);
    tcase_add_test(t, MTLS_117_many_certificates);
    tcase_add_test(t, MTLS_117_many_extensions);
    tcase_add_test(t, MTLS_117_broken_dates);
    tcase_add_test(t, MTLS_117_broken_extension);
    tcase_add_test(t, TLS_70_duplicate_extension);
    tcase_add_test(t, TLS_72_chain_key);
    tcase_add_test(t, MTLS_117_broken_keys);
    tcase_add_test(t, TLS_74_keys_accepted);
    tcase_add_test(t, TLS_79_serial_text);
    tcase_add_test(t, REG_certificate_of_pem);
    tcase_add_test(t, holders_are_counted);
})
