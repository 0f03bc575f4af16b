/* SPDX-License-Identifier: Apache-2.0 */
#include "server_cert.h"

#include <fcntl.h>
#include <openssl/err.h>
#include <sys/stat.h>

AS_AUTO_DEFINE(BIO, BIO_free_all)
AS_AUTO_DEFINE(X509, X509_free)

/* In OpenSSL's account SHA-1 has 63 bits of security, MD5 39, SHA-256 128 (RFC 9325 4.5). */
#define SIGNATURE_MIN_BITS 128

/* One load: which files, and whom to tell. */
struct load {
    const char *certificate_file;
    const char *key_file;
    const struct as_teller *teller;
};

/* Tells what is wrong with a file and raises it; `why` is static. */
#define NEED_FILE(load, condition, file, why)                                                      \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            as_teller_say((load)->teller, "%s: %s", (file), (why));                                \
            return AS_FAIL(AS_BAD_CONFIGURATION, (why));                                           \
        }                                                                                          \
    } while (0)

static const struct as_file_rules open_file = {.flags = O_RDONLY, .any_owner = true};
/* TLS-27: a key that others can read is no secret. */
static const struct as_file_rules secret_file = {
    .flags = O_RDONLY, .shut = S_IRWXG | S_IRWXO, .any_owner = true};

static as_err read_file(const struct load *load, const char *file,
                        const struct as_file_rules *rules, struct as_buf *out)
{
    AS_AUTO_FD int fd = -1;
    const char *fault = as_file_open(file, rules, &fd);

    NEED_FILE(load, fault == NULL, file, fault);
    bool whole = as_file_read(fd, out);
    NEED_FILE(load, whole || !out->full, file, "the file is too large");
    NEED_FILE(load, whole, file, "the file cannot be read");
    return AS_OK;
}

static BIO *bio_of(const struct as_buf *buf)
{
    return BIO_new_mem_buf(buf->len > 0 ? buf->ptr : "", (int)buf->len);
}

/* The leaf, then what stands behind it. */
static as_err read_chain(const struct load *load, struct as_server_cert *out)
{
    AS_AUTO_BUF struct as_buf text = AS_BUF(AS_LIMIT_PEM_FILE);

    AS_TRY(read_file(load, load->certificate_file, &open_file, &text));
    out->chain = sk_X509_new_null();
    AS_NEED_MEM(out->chain);
    as_err err = as_x509s_of_pem(as_buf_span(&text), AS_LIMIT_PEM_CHAIN, out->chain);
    NEED_FILE(load, !as_err_is(err, AS_INVALID_CLIENT_METADATA), load->certificate_file, err.why);
    AS_TRY(err);
    out->leaf = sk_X509_shift(out->chain);
    return AS_OK;
}

/* Never asks at a terminal. */
static int refuse_password(char *buf, int size, int writing, void *asked)
{
    (void)buf;
    (void)size;
    (void)writing;
    *(bool *)asked = true;
    return -1;
}

static as_err read_key(const struct load *load, struct as_server_cert *out)
{
    AS_AUTO_BUF struct as_buf text = AS_BUF(AS_LIMIT_PEM_FILE);
    AS_AUTO(BIO_free_all) BIO *bio = NULL;
    bool encrypted = false;

    AS_TRY(read_file(load, load->key_file, &secret_file, &text));
    bio = bio_of(&text);
    AS_NEED(bio != NULL, AS_SERVER_ERROR, "out of memory");
    out->key = PEM_read_bio_PrivateKey(bio, NULL, refuse_password, &encrypted);
    ERR_clear_error();
    NEED_FILE(load, !encrypted, load->key_file, "the key is encrypted; only plain keys are read");
    NEED_FILE(load, out->key != NULL, load->key_file, "it holds no private key");
    return AS_OK;
}

static bool signed_well(X509 *x509)
{
    int bits = 0;

    return X509_get_signature_info(x509, NULL, NULL, &bits, NULL) == 1 &&
           bits >= SIGNATURE_MIN_BITS;
}

/* Did `issuer` issue `x509`, by name and by signature? */
static bool issued(X509 *x509, X509 *issuer)
{
    EVP_PKEY *key = X509_get0_pubkey(issuer);

    return key != NULL &&
           X509_NAME_cmp(X509_get_issuer_name(x509), X509_get_subject_name(issuer)) == 0 &&
           X509_verify(x509, key) == 1;
}

/* TLS-28: in order, and the root left out, which the other end has or does not trust anyway. */
static as_err check_chain(const struct load *load, struct as_server_cert *out)
{
    X509 *below = out->leaf;

    for (int i = 0; i < sk_X509_num(out->chain); i++) {
        X509 *above = sk_X509_value(out->chain, i);
        NEED_FILE(load, issued(below, above), load->certificate_file,
                  "the chain is not in order: each certificate must be followed by its issuer's");
        below = above;
    }
    if (below != out->leaf &&
        X509_NAME_cmp(X509_get_subject_name(below), X509_get_issuer_name(below)) == 0) {
        X509_free(sk_X509_pop(out->chain));
    }
    NEED_FILE(load, signed_well(out->leaf), load->certificate_file,
              "the certificate is signed with a digest weaker than SHA-256");
    for (int i = 0; i < sk_X509_num(out->chain); i++) {
        NEED_FILE(load, signed_well(sk_X509_value(out->chain, i)), load->certificate_file,
                  "a certificate of the chain is signed with a digest weaker than SHA-256");
    }
    return AS_OK;
}

static as_err check_key(const struct load *load, struct as_server_cert *out)
{
    const EVP_PKEY *key = X509_get0_pubkey(out->leaf);
    enum as_key_kind kind = as_cert_key_kind(key);

    NEED_FILE(load, key == NULL || !EVP_PKEY_is_a(key, "RSA-PSS"), load->certificate_file,
              "the key is restricted to RSA-PSS, which TLS 1.2 clients cannot be served with");
    NEED_FILE(load, kind == AS_KEY_RSA || kind == AS_KEY_P256 || kind == AS_KEY_P384,
              load->certificate_file, "the key is of a kind that is not served: RSA, P-256, P-384");
    NEED_FILE(load, kind != AS_KEY_RSA || EVP_PKEY_get_bits(key) >= AS_LIMIT_RSA_MIN_BITS,
              load->certificate_file, "the RSA key has less than 2048 bits");
    NEED_FILE(load, EVP_PKEY_eq(key, out->key) == 1, load->key_file,
              "the key does not belong to the certificate");
    out->kind = kind == AS_KEY_RSA ? AS_SUITE_KEY_RSA : AS_SUITE_KEY_ECDSA;
    return AS_OK;
}

static void tell_dates(const struct load *load, const struct as_cert *cert)
{
    as_time now = as_clock_now();

    if (now > cert->not_after) {
        as_teller_say(load->teller, "warning: %s: the certificate has expired",
                      load->certificate_file);
    } else if (now < cert->not_before) {
        as_teller_say(load->teller, "warning: %s: the certificate is not valid yet",
                      load->certificate_file);
    }
}

static as_err load_into(const struct load *load, struct as_server_cert *out)
{
    AS_TRY(read_chain(load, out));
    AS_TRY(read_key(load, out));
    AS_TRY(check_key(load, out));
    AS_TRY(check_chain(load, out));
    AS_TRY(as_cert_of_x509(out->leaf, NULL, &out->names));
    tell_dates(load, out->names);
    return AS_OK;
}

as_err as_server_cert_load(const char *certificate_file, const char *key_file,
                           const struct as_teller *teller, struct as_server_cert *out)
{
    const struct load load = {certificate_file, key_file, teller};
    struct as_server_cert made = {0};
    as_err err = load_into(&load, &made);

    ERR_clear_error();
    if (as_failed(err)) {
        as_server_cert_free(&made);
        return err;
    }
    *out = made;
    return AS_OK;
}

void as_server_cert_free(struct as_server_cert *cert)
{
    X509_free(cert->leaf);
    sk_X509_pop_free(cert->chain, X509_free);
    EVP_PKEY_free(cert->key);
    as_cert_drop(cert->names);
    *cert = (struct as_server_cert){0};
}

static bool name_covers(as_span name, as_span host)
{
    as_span label;

    if (!as_span_starts(name, AS_LIT("*."))) {
        return as_span_equal_nocase(name, host);
    }
    return as_span_cut(&host, '.', &label) && label.len > 0 &&
           as_span_equal_nocase(as_span_from(name, 2), host);
}

bool as_server_cert_covers(const struct as_server_cert *cert, const char *host)
{
    for (size_t i = 0; i < cert->names->name_count; i++) {
        const struct as_cert_name *name = &cert->names->names[i];
        if ((name->kind == AS_NAME_SAN_DNS || name->kind == AS_NAME_SAN_IP) &&
            name_covers(name->text, as_span_of(host))) {
            return true;
        }
    }
    return false;
}
