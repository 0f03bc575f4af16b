/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates out of DER octets (x5c, a stored row) and PEM text (a file given to fapictl). */
#include "cert.h"

#include <openssl/pem.h>
#include <string.h>

AS_AUTO_DEFINE(BIO, BIO_free_all)

/* Encoded again it must be the same octets: what is not DER has no single thumbprint. */
static bool is_der_of(X509 *x509, as_span der)
{
    unsigned char *octets = NULL;
    int len = i2d_X509(x509, &octets);
    bool same = len > 0 && as_span_equal(as_span_bytes(octets, (size_t)len), der);

    OPENSSL_free(octets);
    return same;
}

X509 *as_x509_of_der(as_span der)
{
    const unsigned char *at = as_span_u8(der);
    AS_AUTO(X509_free)
    X509 *x509 =
        der.len > 0 && der.len <= AS_LIMIT_CERT_OCTETS ? d2i_X509(NULL, &at, (long)der.len) : NULL;

    return x509 != NULL && is_der_of(x509, der) ? AS_MOVE(x509) : NULL;
}

as_err as_cert_of_der(const as_span *ders, size_t count, struct as_cert **out)
{
    AS_ERRORS_KEPT;
    AS_AUTO(as_x509s_free) as_x509s *chain = sk_X509_new_null();
    AS_AUTO(X509_free) X509 *leaf = count > 0 ? as_x509_of_der(ders[0]) : NULL;

    AS_NEED_MEM(chain);
    AS_NEED(leaf != NULL, AS_INVALID_CLIENT_METADATA, "the certificate is not X.509 in DER");
    for (size_t i = 1; i < count; i++) {
        AS_AUTO(X509_free) X509 *next = as_x509_of_der(ders[i]);
        AS_NEED(next != NULL, AS_INVALID_CLIENT_METADATA,
                "a further certificate is not X.509 in DER");
        AS_NEED(sk_X509_push(chain, next) > 0, AS_SERVER_ERROR, "out of memory");
        next = NULL;
    }
    return as_cert_of_x509(leaf, chain, out);
}

/* The next CERTIFICATE block, in the arena; *found is false when there is none. */
static as_err next_block(BIO *in, struct as_arena *mem, as_span *der, bool *found)
{
    char *name = NULL;
    char *header = NULL;
    unsigned char *octets = NULL;
    long len = 0;
    as_err err = AS_OK;

    *found = false;
    while (!*found && PEM_read_bio(in, &name, &header, &octets, &len) == 1) {
        if (strcmp(name, PEM_STRING_X509) == 0) {
            *found = true;
            err = as_arena_copy(mem, as_span_bytes(octets, (size_t)len), der);
        }
        OPENSSL_free(name);
        OPENSSL_free(header);
        OPENSSL_clear_free(octets, (size_t)len); /* it may have been a private key */
    }
    return err;
}

#define PEM_MAX    (256 * 1024)
#define BLOCKS_MAX (AS_LIMIT_CERT_COUNT + 2)

as_err as_cert_of_pem(as_span pem, struct as_cert **out)
{
    AS_ERRORS_KEPT;
    as_span ders[BLOCKS_MAX];
    size_t count = 0;
    bool found = true;

    AS_NEED(pem.len > 0 && pem.len <= PEM_MAX, AS_INVALID_CLIENT_METADATA,
            "there is no certificate in PEM, or far too much text");
    AS_AUTO(BIO_free_all) BIO *in = BIO_new_mem_buf(pem.ptr, (int)pem.len);
    AS_AUTO(as_arena_free) struct as_arena *mem = as_arena_new(AS_LIMIT_ARENA);
    AS_NEED_MEM(in);
    AS_NEED_MEM(mem);
    while (found && count < BLOCKS_MAX) {
        AS_TRY(next_block(in, mem, &ders[count], &found));
        count += found;
    }
    AS_NEED(count > 0, AS_INVALID_CLIENT_METADATA, "there is no certificate in PEM");
    return as_cert_of_der(ders, count, out);
}
