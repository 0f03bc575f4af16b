/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates out of DER octets (x5c, a stored row) and PEM text (a file given to fapictl). */
#include "cert.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>

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

/* Where memory ran short OpenSSL leaves the public key out. */
X509 *as_x509_of_der(as_span der)
{
    const unsigned char *at = as_span_u8(der);
    unsigned long shortages = as_memory_shortages();
    AS_AUTO(X509_free)
    X509 *x509 =
        der.len > 0 && der.len <= AS_LIMIT_CERT_OCTETS ? d2i_X509(NULL, &at, (long)der.len) : NULL;

    bool fine = x509 != NULL && is_der_of(x509, der) && as_memory_shortages() == shortages;
    return fine ? AS_MOVE(x509) : NULL;
}

static as_err of_der(const as_span *ders, size_t count, struct as_cert **out)
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

as_err as_cert_of_der(const as_span *ders, size_t count, struct as_cert **out)
{
    unsigned long shortages = as_memory_shortages();

    return as_memory_judged(of_der(ders, count, out), shortages);
}

/* --- PEM ------------------------------------------------------------------------------------- */

/* Blocks of another kind are passed over; nobody is asked for the passphrase of one. */
static int no_passphrase(char *buffer, int size, int writing, void *arg)
{
    (void)buffer;
    (void)size;
    (void)writing;
    (void)arg;
    return -1;
}

static bool is_end(void)
{
    unsigned long error = ERR_peek_last_error();

    return ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
}

/* NULL: no more, or none that can be read. */
static X509 *next_of(BIO *in, bool *found)
{
    unsigned char *octets = NULL;
    long len = 0;

    *found = PEM_bytes_read_bio(&octets, &len, NULL, PEM_STRING_X509, in, no_passphrase, NULL) == 1;
    X509 *next = *found ? as_x509_of_der(as_span_bytes(octets, (size_t)len)) : NULL;
    OPENSSL_free(octets);
    return next;
}

/* A broken block is not the end: what follows it would go unseen. */
static as_err read_all(BIO *in, size_t most, as_x509s *to)
{
    for (;;) {
        bool found = false;
        AS_AUTO(X509_free) X509 *next = next_of(in, &found);

        AS_NEED(found || is_end(), AS_INVALID_CLIENT_METADATA, "a certificate cannot be read");
        if (!found) {
            return AS_OK;
        }
        AS_NEED(next != NULL, AS_INVALID_CLIENT_METADATA, "a certificate is not X.509 in DER");
        AS_NEED((size_t)sk_X509_num(to) < most, AS_INVALID_CLIENT_METADATA,
                "there are too many certificates");
        AS_NEED(sk_X509_push(to, next) > 0, AS_SERVER_ERROR, "out of memory");
        (void)AS_MOVE(next);
    }
}

static as_err of_pem(as_span pem, size_t most, as_x509s *to)
{
    AS_ERRORS_KEPT;
    int before = sk_X509_num(to);

    AS_NEED(pem.len <= INT_MAX, AS_INVALID_CLIENT_METADATA, "there is far too much text");
    AS_AUTO(BIO_free_all)
    BIO *in = BIO_new_mem_buf(pem.len > 0 ? pem.ptr : "", (int)pem.len);
    AS_NEED_MEM(in);
    AS_TRY(read_all(in, most, to));
    AS_NEED(sk_X509_num(to) > before, AS_INVALID_CLIENT_METADATA, "there is no certificate in PEM");
    return AS_OK;
}

as_err as_x509s_of_pem(as_span pem, size_t most, struct stack_st_X509 *to)
{
    unsigned long shortages = as_memory_shortages();

    return as_memory_judged(of_pem(pem, most, to), shortages);
}

as_err as_cert_of_pem(as_span pem, struct as_cert **out)
{
    AS_AUTO(as_x509s_free) as_x509s *all = sk_X509_new_null();
    AS_AUTO(X509_free) X509 *leaf = NULL;

    AS_NEED_MEM(all);
    AS_NEED(pem.len <= AS_LIMIT_PEM_FILE, AS_INVALID_CLIENT_METADATA, "there is far too much text");
    AS_TRY(as_x509s_of_pem(pem, AS_LIMIT_CERT_COUNT + 1, all));
    leaf = sk_X509_shift(all);
    return as_cert_of_x509(leaf, all, out);
}
