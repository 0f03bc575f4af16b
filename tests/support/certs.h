/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Certificates made while a test runs: keys, authorities and leaves with a given subject,
 * extensions and dates. Nothing is kept; every key is thrown away.
 *
 *     struct test_cert *ca = test_ca("CN=Test CA");
 *     struct test_cert *c = test_leaf(ca, "C=GB,O=Acme,CN=c1");
 *     struct test_cert *d = test_cert(ca, (struct test_cert_ask){.subject = "CN=d",
 *                                                               .san = "DNS:d.example.com"});
 *     test_cert_free(c);
 *
 * Aborts the test when something cannot be made.
 */
#ifndef AS_TESTS_SUPPORT_CERTS_H
#define AS_TESTS_SUPPORT_CERTS_H

#include "as/base.h"

#include <check.h>
#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TEST_UNUSED __attribute__((unused))

struct test_cert {
    X509 *x509;
    EVP_PKEY *key;
};

#define TEST_EXTRA 4

/*
 * What a certificate shall be. Members left out take the default of a good client certificate, or
 * of a good authority where `ca` is set; "" leaves an extension out. Extensions are written as in
 * openssl.cnf ("DNS:a,IP:192.0.2.1", "critical,CA:TRUE,pathlen:0", "clientAuth").
 */
struct test_cert_ask {
    const char *subject;     /* "C=GB,O=Acme+OU=x,CN=c1" in encoded order; "" for an empty one;
                                OIDs in dotted form allowed; no escapes */
    X509_NAME *subject_name; /* instead of `subject` */
    bool ca;
    const char *bc;                   /* basicConstraints */
    const char *ku;                   /* keyUsage */
    const char *eku;                  /* extendedKeyUsage */
    const char *san;                  /* subjectAltName */
    const char *skid, *akid;          /* key identifiers */
    const char *extra[TEST_EXTRA][2]; /* further: name or OID, value */
    const char *key;                  /* test_key's kind; P-256 when NULL */
    EVP_PKEY *use_key;                /* instead of `key`; not taken over */
    const char *digest;               /* SHA256 when NULL */
    const char *serial;               /* decimal or 0x hex, may be negative; random when NULL */
    time_t not_before;                /* an hour ago when 0 */
    time_t not_after;                 /* in a day when 0 */
    bool v1;                          /* an X.509 v1 certificate without extensions */
};

/* "P-256", "P-384", "P-521", "P-224", "ED25519", "RSA:2048", "RSA:2048:3", "DSA", "P-256-EXPLICIT"
 */
static inline EVP_PKEY *test_key(const char *kind)
{
    EVP_PKEY_CTX *ctx = NULL;
    EVP_PKEY *key = NULL;
    int ok = 0;

    if (strncmp(kind, "RSA:", 4) == 0) {
        BIGNUM *e = BN_new();
        const char *exponent = strchr(kind + 4, ':');
        BN_dec2bn(&e, exponent != NULL ? exponent + 1 : "65537");
        ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
        ok = EVP_PKEY_keygen_init(ctx) > 0 &&
             EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, (int)strtol(kind + 4, NULL, 10)) > 0 &&
             EVP_PKEY_CTX_set1_rsa_keygen_pubexp(ctx, e) > 0 && EVP_PKEY_generate(ctx, &key) > 0;
        BN_free(e);
    } else if (strcmp(kind, "ED25519") == 0) {
        ctx = EVP_PKEY_CTX_new_from_name(NULL, "ED25519", NULL);
        ok = EVP_PKEY_keygen_init(ctx) > 0 && EVP_PKEY_generate(ctx, &key) > 0;
    } else if (strcmp(kind, "DSA") == 0) {
        EVP_PKEY *params = NULL;
        EVP_PKEY_CTX *paramgen = EVP_PKEY_CTX_new_from_name(NULL, "DSA", NULL);
        ok = EVP_PKEY_paramgen_init(paramgen) > 0 &&
             EVP_PKEY_CTX_ctrl_str(paramgen, "dsa_paramgen_bits", "2048") > 0 &&
             EVP_PKEY_generate(paramgen, &params) > 0;
        ctx = ok ? EVP_PKEY_CTX_new(params, NULL) : NULL;
        ok = ok && EVP_PKEY_keygen_init(ctx) > 0 && EVP_PKEY_generate(ctx, &key) > 0;
        EVP_PKEY_free(params);
        EVP_PKEY_CTX_free(paramgen);
    } else {
        char curve[16];
        snprintf(curve, sizeof(curve), "%.5s", kind);
        ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
        ok = EVP_PKEY_keygen_init(ctx) > 0 && EVP_PKEY_CTX_set_group_name(ctx, curve) > 0;
        if (ok && strstr(kind, "EXPLICIT") != NULL) {
            ok = EVP_PKEY_CTX_set_ec_param_enc(ctx, OPENSSL_EC_EXPLICIT_CURVE) > 0;
        }
        ok = ok && EVP_PKEY_generate(ctx, &key) > 0;
    }
    EVP_PKEY_CTX_free(ctx);
    ck_assert_msg(ok && key != NULL, "cannot make a key of kind %s", kind);
    return key;
}

/* A public RSA key with a modulus of so many bits and this exponent; nothing is ever computed. */
static inline EVP_PKEY *test_rsa_public(unsigned bits, const char *exponent)
{
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    BIGNUM *n = BN_new(), *e = NULL;
    EVP_PKEY *key = NULL;

    BN_set_bit(n, (int)bits - 1);
    BN_set_bit(n, 0);
    BN_hex2bn(&e, exponent);
    OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n);
    OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e);
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(builder);
    ck_assert(EVP_PKEY_fromdata_init(ctx) == 1 &&
              EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) == 1);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(builder);
    EVP_PKEY_CTX_free(ctx);
    BN_free(n);
    BN_free(e);
    return key;
}

/* One "type=value" of `set`: the first of an RDN opens a new one. */
static inline void test_name_add(X509_NAME *name, const char *text, size_t len, bool joins)
{
    char pair[512];
    snprintf(pair, sizeof(pair), "%.*s", (int)len, text);
    char *value = strchr(pair, '=');
    ck_assert_msg(value != NULL, "no '=' in %s", pair);
    *value++ = '\0';
    ASN1_OBJECT *type = OBJ_txt2obj(pair, 0);
    ck_assert_msg(type != NULL, "unknown type %s", pair);
    ck_assert(X509_NAME_add_entry_by_OBJ(name, type, MBSTRING_UTF8, (unsigned char *)value, -1, -1,
                                         joins ? -1 : 0) == 1);
    ASN1_OBJECT_free(type);
}

/* "C=GB,O=Acme+OU=x,CN=c1" in encoded order. */
static inline X509_NAME *test_name(const char *text)
{
    X509_NAME *name = X509_NAME_new();
    bool joins = false;

    while (*text != '\0') {
        size_t len = strcspn(text, ",+");
        test_name_add(name, text, len, joins);
        joins = text[len] == '+';
        text += len + (text[len] != '\0');
    }
    return name;
}

static inline void test_extension(X509 *x509, X509 *issuer, const char *name, const char *value)
{
    if (value == NULL || *value == '\0') {
        return;
    }
    X509V3_CTX ctx;
    X509V3_set_ctx(&ctx, issuer, x509, NULL, NULL, 0);
    X509V3_set_ctx_nodb(&ctx);
    X509_EXTENSION *extension = X509V3_EXT_nconf(NULL, &ctx, name, value);
    ck_assert_msg(extension != NULL, "cannot make extension %s = %s", name, value);
    ck_assert(X509_add_ext(x509, extension, -1) == 1);
    X509_EXTENSION_free(extension);
}

static inline void test_extensions(X509 *x509, X509 *issuer, const struct test_cert_ask *ask)
{
#define TEST_OR(given, other) ((given) != NULL ? (given) : (other))
    test_extension(x509, issuer, "basicConstraints",
                   TEST_OR(ask->bc, ask->ca ? "critical,CA:TRUE" : ""));
    test_extension(
        x509, issuer, "keyUsage",
        TEST_OR(ask->ku, ask->ca ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature"));
    test_extension(x509, issuer, "extendedKeyUsage",
                   TEST_OR(ask->eku, ask->ca ? "" : "clientAuth"));
    test_extension(x509, issuer, "subjectAltName", ask->san);
    test_extension(x509, issuer, "subjectKeyIdentifier", TEST_OR(ask->skid, "hash"));
    /* "always" needs the issuer's own key identifier */
    bool known = issuer == x509 || X509_get_ext_by_NID(issuer, NID_subject_key_identifier, -1) >= 0;
    test_extension(x509, issuer, "authorityKeyIdentifier",
                   TEST_OR(ask->akid, issuer == x509 ? ""
                                      : known        ? "keyid:always"
                                                     : ""));
    for (size_t i = 0; i < TEST_EXTRA; i++) {
        if (ask->extra[i][0] != NULL) {
            test_extension(x509, issuer, ask->extra[i][0], ask->extra[i][1]);
        }
    }
#undef TEST_OR
}

static inline void test_serial(X509 *x509, const char *text)
{
    BIGNUM *number = NULL;

    if (text == NULL) {
        number = BN_new();
        BN_rand(number, 127, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY);
    } else if (strncmp(text, "0x", 2) == 0) {
        BN_hex2bn(&number, text + 2);
    } else {
        BN_dec2bn(&number, text);
    }
    ck_assert(BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x509)) != NULL);
    BN_free(number);
}

static inline void test_sign(X509 *x509, EVP_PKEY *key, const char *digest)
{
    const EVP_MD *md = EVP_get_digestbyname(digest != NULL ? digest : "SHA256");
    if (EVP_PKEY_is_a(key, "ED25519")) {
        md = NULL;
    }
    ck_assert_msg(X509_sign(x509, key, md) > 0, "cannot sign a certificate");
}

/* A certificate issued by `issuer`, or self-signed when that is NULL. */
static inline struct test_cert *test_cert(const struct test_cert *issuer, struct test_cert_ask ask)
{
    struct test_cert *made = calloc(1, sizeof(*made));
    ck_assert_ptr_nonnull(made);
    made->x509 = X509_new();
    if (ask.use_key != NULL) {
        EVP_PKEY_up_ref(ask.use_key);
        made->key = ask.use_key;
    } else {
        made->key = test_key(ask.key != NULL ? ask.key : "P-256");
    }
    X509_set_version(made->x509, ask.v1 ? X509_VERSION_1 : X509_VERSION_3);
    test_serial(made->x509, ask.serial);
    X509_NAME *subject =
        ask.subject_name != NULL ? X509_NAME_dup(ask.subject_name) : test_name(ask.subject);
    ck_assert_msg(subject != NULL && X509_set_subject_name(made->x509, subject) == 1,
                  "cannot make a subject");
    X509_set_issuer_name(made->x509,
                         issuer != NULL ? X509_get_subject_name(issuer->x509) : subject);
    X509_NAME_free(subject);
    ASN1_TIME_set(X509_getm_notBefore(made->x509),
                  ask.not_before != 0 ? ask.not_before : time(NULL) - 3600);
    ASN1_TIME_set(X509_getm_notAfter(made->x509),
                  ask.not_after != 0 ? ask.not_after : time(NULL) + 24 * 3600);
    X509_set_pubkey(made->x509, made->key);
    if (!ask.v1) {
        test_extensions(made->x509, issuer != NULL ? issuer->x509 : made->x509, &ask);
    }
    test_sign(made->x509, issuer != NULL ? issuer->key : made->key, ask.digest);
    return made;
}

/* A good self-signed authority. */
TEST_UNUSED static struct test_cert *test_ca(const char *subject)
{
    return test_cert(NULL, (struct test_cert_ask){.subject = subject, .ca = true});
}

/* A good authority below another. */
TEST_UNUSED static struct test_cert *test_sub_ca(const struct test_cert *issuer,
                                                 const char *subject)
{
    return test_cert(issuer, (struct test_cert_ask){.subject = subject, .ca = true});
}

/* A good client certificate; self-signed when `issuer` is NULL. */
TEST_UNUSED static struct test_cert *test_leaf(const struct test_cert *issuer, const char *subject)
{
    return test_cert(issuer, (struct test_cert_ask){.subject = subject});
}

/* One more extension, of any type; the certificate is to be signed anew. */
TEST_UNUSED static void test_add_extension(struct test_cert *cert, const char *oid, as_span value)
{
    ASN1_OBJECT *type = OBJ_txt2obj(oid, 1);
    ASN1_OCTET_STRING *octets = ASN1_OCTET_STRING_new();
    ck_assert(ASN1_OCTET_STRING_set(octets, as_span_u8(value), (int)value.len) == 1);
    X509_EXTENSION *one = X509_EXTENSION_create_by_OBJ(NULL, type, 0, octets);
    ck_assert(X509_add_ext(cert->x509, one, -1) == 1);
    X509_EXTENSION_free(one);
    ASN1_OCTET_STRING_free(octets);
    ASN1_OBJECT_free(type);
}

/* NULL is allowed. */
TEST_UNUSED static void test_cert_free(struct test_cert *cert)
{
    if (cert != NULL) {
        X509_free(cert->x509);
        EVP_PKEY_free(cert->key);
        free(cert);
    }
}

/* The DER; free it with free(). */
TEST_UNUSED static as_span test_cert_der(const struct test_cert *cert)
{
    unsigned char *der = NULL;
    int len = i2d_X509(cert->x509, &der);
    ck_assert_int_gt(len, 0);
    char *copy = malloc((size_t)len);
    ck_assert_ptr_nonnull(copy);
    memcpy(copy, der, (size_t)len);
    OPENSSL_free(der);
    return (as_span){copy, (size_t)len};
}

/* A text of `len` octets; free it with free(). Not strndup: the octets need no NUL to be found. */
TEST_UNUSED static char *test_text(const char *bytes, size_t len)
{
    char *text = calloc(1, len + 1);
    ck_assert_ptr_nonnull(text);
    memcpy(text, bytes, len);
    return text;
}

/* The PEM text of the certificates one after the other; free it with free(). */
TEST_UNUSED static char *test_certs_pem(const struct test_cert *const *certs, size_t count)
{
    BIO *bio = BIO_new(BIO_s_mem());
    for (size_t i = 0; i < count; i++) {
        PEM_write_bio_X509(bio, certs[i]->x509);
    }
    char *bytes = NULL;
    long len = BIO_get_mem_data(bio, &bytes);
    char *text = test_text(bytes, (size_t)len);
    BIO_free(bio);
    return text;
}

/* Writes text to a new file in TEST_TMP, or /tmp, and gives its path; see test_file_drop. */
TEST_UNUSED static char *test_file(const char *text)
{
    char *path = NULL;
    ck_assert_int_gt(asprintf(&path, "%s/fapid-test-XXXXXX", as_test_tmp()), 0);
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    size_t len = strlen(text);
    ck_assert(write(fd, text, len) == (ssize_t)len);
    close(fd);
    return path;
}

/* A PEM file of one certificate; see test_file_drop. */
TEST_UNUSED static char *test_cert_file(const struct test_cert *cert)
{
    char *text = test_certs_pem(&cert, 1);
    char *path = test_file(text);
    free(text);
    return path;
}

/* A PEM file of its private key; see test_file_drop. */
TEST_UNUSED static char *test_key_file(const struct test_cert *cert)
{
    BIO *bio = BIO_new(BIO_s_mem());
    PEM_write_bio_PrivateKey(bio, cert->key, NULL, NULL, 0, NULL, NULL);
    char *bytes = NULL;
    long len = BIO_get_mem_data(bio, &bytes);
    char *text = test_text(bytes, (size_t)len);
    BIO_free(bio);
    char *path = test_file(text);
    OPENSSL_cleanse(text, strlen(text));
    free(text);
    return path;
}

TEST_UNUSED static void test_file_drop(char *path)
{
    if (path != NULL) {
        unlink(path);
        free(path);
    }
}

#endif
