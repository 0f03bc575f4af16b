/* SPDX-License-Identifier: Apache-2.0 */
#include "pkcs8.h"

#include "as/crypto.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/params.h>
#include <string.h>

#define INTEGER      0x02
#define BIT_STRING   0x03
#define OCTET_STRING 0x04
#define SEQUENCE     0x30
#define PUBLIC_KEY   0xA1 /* [1] of RFC 5915 3 */

#define NUMBER_MAX (AS_LIMIT_RSA_MAX_BITS / 8)
#define POINT      (1 + AS_KEY_ES256) /* octets, uncompressed */

/* Octets that are wiped at the end of the block. */
struct number {
    unsigned char octets[NUMBER_MAX];
    size_t len;
};

static void number_wipe(struct number *number)
{
    as_crypto_wipe(number, sizeof(*number));
}
#define WIPED __attribute__((cleanup(number_wipe)))
AS_AUTO_DEFINE(BIGNUM, BN_clear_free)

/* AlgorithmIdentifier: RFC 5480 2.1.1, RFC 8017 A.1, RFC 8410 3. */
static const as_span algorithms[AS_ALGS] = {
    [AS_ALG_ES256] = AS_LIT_ROW("\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01"
                                "\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07"),
    [AS_ALG_PS256] = AS_LIT_ROW("\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00"),
    [AS_ALG_EDDSA] = AS_LIT_ROW("\x30\x05\x06\x03\x2b\x65\x70"),
};

/* The numbers of RSAPrivateKey in their order. */
static const char *const rsa_numbers[] = {
    OSSL_PKEY_PARAM_RSA_N,         OSSL_PKEY_PARAM_RSA_E,           OSSL_PKEY_PARAM_RSA_D,
    OSSL_PKEY_PARAM_RSA_FACTOR1,   OSSL_PKEY_PARAM_RSA_FACTOR2,     OSSL_PKEY_PARAM_RSA_EXPONENT1,
    OSSL_PKEY_PARAM_RSA_EXPONENT2, OSSL_PKEY_PARAM_RSA_COEFFICIENT1};
#define RSA_NUMBERS AS_COUNT(rsa_numbers)

/* --- writing: from the end, so that every length is known ------------------------------------ */

struct writer {
    unsigned char *octets;
    size_t at; /* where what is written begins */
    bool full; /* something had no room and was left out */
};

static void put(struct writer *to, const void *octets, size_t len)
{
    to->full = to->full || to->at < len;
    if (!to->full) {
        to->at -= len;
        memcpy(to->octets + to->at, octets, len);
    }
}

static void put_byte(struct writer *to, unsigned char byte)
{
    put(to, &byte, 1);
}

/* The head of what stands from `to->at` to `end`. */
static void put_head(struct writer *to, unsigned char tag, size_t end)
{
    size_t len = end - to->at;

    if (len > 0xFF) {
        put_byte(to, (unsigned char)len);
        put_byte(to, (unsigned char)(len >> 8));
        put_byte(to, 0x82);
    } else {
        put_byte(to, (unsigned char)len);
        if (len > 0x7F) {
            put_byte(to, 0x81);
        }
    }
    put_byte(to, tag);
}

static void put_small(struct writer *to, unsigned char value)
{
    const unsigned char integer[] = {INTEGER, 1, value};

    put(to, integer, sizeof(integer));
}

/* A number of the key, big-endian; width 0: as few octets as hold it. */
static bool get_number(const EVP_PKEY *pkey, const char *name, int width, struct number *out)
{
    WIPED struct number native = {{0}, 0};
    AS_AUTO(BN_clear_free) BIGNUM *bn = NULL;
    OSSL_PARAM params[] = {OSSL_PARAM_construct_BN(name, native.octets, sizeof(native.octets)),
                           OSSL_PARAM_construct_end()};

    if (EVP_PKEY_get_params(pkey, params) != 1 || !OSSL_PARAM_modified(params)) {
        return false;
    }
    bn = BN_native2bn(native.octets, (int)params[0].return_size, NULL);
    if (bn == NULL || BN_is_zero(bn) || BN_num_bytes(bn) > NUMBER_MAX) {
        return false;
    }
    out->len = (size_t)(width > 0 ? width : BN_num_bytes(bn));
    return BN_bn2binpad(bn, out->octets, (int)out->len) == (int)out->len;
}

static bool put_rsa(struct writer *to, const EVP_PKEY *pkey)
{
    size_t end = to->at;

    for (size_t i = RSA_NUMBERS; i-- > 0;) {
        WIPED struct number number;
        size_t number_end = to->at;

        if (!get_number(pkey, rsa_numbers[i], 0, &number)) {
            return false;
        }
        put(to, number.octets, number.len);
        if ((number.octets[0] & 0x80) != 0) {
            put_byte(to, 0); /* or it would be a negative one */
        }
        put_head(to, INTEGER, number_end);
    }
    put_small(to, 0); /* two primes */
    put_head(to, SEQUENCE, end);
    return true;
}

static bool put_ec(struct writer *to, const EVP_PKEY *pkey)
{
    WIPED struct number number;
    unsigned char point[POINT];
    size_t len = 0;
    size_t end = to->at;

    if (!get_number(pkey, OSSL_PKEY_PARAM_PRIV_KEY, AS_KEY_COORDINATE, &number) ||
        EVP_PKEY_get_octet_string_param(pkey, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point),
                                        &len) != 1 ||
        len != POINT) {
        return false;
    }
    put(to, point, sizeof(point));
    put_byte(to, 0); /* no bits unused */
    put_head(to, BIT_STRING, end);
    put_head(to, PUBLIC_KEY, end);
    size_t number_end = to->at;
    put(to, number.octets, number.len);
    put_head(to, OCTET_STRING, number_end);
    put_small(to, 1);
    put_head(to, SEQUENCE, end);
    return true;
}

static bool put_ed25519(struct writer *to, const EVP_PKEY *pkey)
{
    WIPED struct number number = {{0}, AS_KEY_COORDINATE};
    size_t end = to->at;
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PRIV_KEY, number.octets, number.len),
        OSSL_PARAM_construct_end()};

    /* not EVP_PKEY_get_raw_private_key, which leaves a copy behind */
    if (EVP_PKEY_get_params(pkey, params) != 1 || params[0].return_size != number.len) {
        return false;
    }
    put(to, number.octets, number.len);
    put_head(to, OCTET_STRING, end);
    return true;
}

as_err as_pkcs8_write(enum as_alg alg, const EVP_PKEY *pkey, unsigned char out[AS_PKCS8_MAX],
                      size_t *at)
{
    AS_ERRORS_KEPT;
    static bool (*const puts[AS_ALGS])(struct writer *, const EVP_PKEY *) = {
        [AS_ALG_ES256] = put_ec, [AS_ALG_PS256] = put_rsa, [AS_ALG_EDDSA] = put_ed25519};
    struct writer to = {out, AS_PKCS8_MAX, false};

    AS_NEED(puts[alg](&to, pkey), AS_SERVER_ERROR, "a private key cannot be written");
    put_head(&to, OCTET_STRING, AS_PKCS8_MAX);
    put(&to, algorithms[alg].ptr, algorithms[alg].len);
    put_small(&to, 0);
    put_head(&to, SEQUENCE, AS_PKCS8_MAX);
    AS_NEED(!to.full, AS_SERVER_ERROR, "a private key is too long to be written");
    *at = to.at;
    return AS_OK;
}

/* --- reading --------------------------------------------------------------------------------- */

/* Cuts off what begins with that tag; its length in the shortest form. */
static bool take(as_span *in, unsigned char tag, as_span *body)
{
    const unsigned char *octets = as_span_u8(*in);
    size_t head = 2;

    if (in->len < 4 || octets[0] != tag) { /* the shortest that we read has four octets */
        return false;
    }
    size_t len = octets[1];
    if (len == 0x81) {
        len = octets[2];
        head = 3;
    } else if (len == 0x82) {
        len = (size_t)as_octets_get(octets + 2, 2);
        head = 4;
    }
    if ((octets[1] > 0x7F && (head == 2 || len < (head == 3 ? 0x80U : 0x100U))) ||
        len > in->len - head) {
        return false;
    }
    *body = (as_span){in->ptr + head, len};
    *in = as_span_from(*in, head + len);
    return true;
}

static bool take_exactly(as_span *in, as_span octets)
{
    if (!as_span_starts(*in, octets)) {
        return false;
    }
    *in = as_span_from(*in, octets.len);
    return true;
}

/* Big-endian octets to a parameter, which is in the machine's order. */
static bool set_number(const char *name, as_span octets, struct number *native, OSSL_PARAM *param)
{
    AS_AUTO(BN_clear_free) BIGNUM *bn = NULL;

    if (octets.len == 0 || octets.len > NUMBER_MAX) {
        return false;
    }
    bn = BN_bin2bn(as_span_u8(octets), (int)octets.len, NULL);
    native->len = octets.len;
    *param = OSSL_PARAM_construct_BN(name, native->octets, native->len);
    return bn != NULL && BN_bn2nativepad(bn, native->octets, (int)native->len) == (int)native->len;
}

/* INTEGER without sign: a zero octet stands in front where it must, and nowhere else. */
static bool take_number(as_span *in, as_span *number)
{
    if (!take(in, INTEGER, number) || number->len == 0 || (number->ptr[0] & 0x80) != 0) {
        return false;
    }
    if (number->len > 1 && number->ptr[0] == 0) {
        *number = as_span_from(*number, 1);
        return (number->ptr[0] & 0x80) != 0;
    }
    return true;
}

struct rsa_room {
    struct number native[RSA_NUMBERS];
};

static void rsa_room_wipe(struct rsa_room *room)
{
    as_crypto_wipe(room, sizeof(*room));
}

static EVP_PKEY *read_rsa(as_span in)
{
    __attribute__((cleanup(rsa_room_wipe))) struct rsa_room room;
    OSSL_PARAM params[RSA_NUMBERS + 1];
    as_span body = AS_SPAN_NONE;

    if (!take(&in, SEQUENCE, &body) || in.len != 0 ||
        !take_exactly(&body, AS_LIT("\x02\x01\x00"))) {
        return NULL;
    }
    for (size_t i = 0; i < RSA_NUMBERS; i++) {
        as_span number = AS_SPAN_NONE;

        if (!take_number(&body, &number) ||
            !set_number(rsa_numbers[i], number, &room.native[i], &params[i])) {
            return NULL;
        }
    }
    params[RSA_NUMBERS] = OSSL_PARAM_construct_end();
    return body.len == 0 ? as_key_of_params("RSA", EVP_PKEY_KEYPAIR, params) : NULL;
}

static EVP_PKEY *read_ec(as_span in)
{
    WIPED struct number native;
    unsigned char point[POINT];
    char group[] = "P-256";
    OSSL_PARAM params[4];
    as_span body = AS_SPAN_NONE;

    if (!take(&in, SEQUENCE, &body) || in.len != 0 ||
        !take_exactly(&body, AS_LIT("\x02\x01\x01\x04\x20")) || body.len < AS_KEY_COORDINATE) {
        return NULL;
    }
    as_span number = {body.ptr, AS_KEY_COORDINATE};
    body = as_span_from(body, AS_KEY_COORDINATE);
    if (!take_exactly(&body, AS_LIT("\xa1\x44\x03\x42\x00\x04")) || body.len != AS_KEY_ES256 ||
        !set_number(OSSL_PKEY_PARAM_PRIV_KEY, number, &native, &params[0])) {
        return NULL;
    }
    point[0] = POINT_CONVERSION_UNCOMPRESSED;
    memcpy(point + 1, body.ptr, AS_KEY_ES256);
    params[1] = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point));
    params[2] = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0);
    params[3] = OSSL_PARAM_construct_end();
    return as_key_of_params("EC", EVP_PKEY_KEYPAIR, params);
}

static EVP_PKEY *read_ed25519(as_span in)
{
    if (!take_exactly(&in, AS_LIT("\x04\x20")) || in.len != AS_KEY_COORDINATE) {
        return NULL;
    }
    return EVP_PKEY_new_raw_private_key_ex(NULL, "ED25519", NULL, as_span_u8(in), in.len);
}

EVP_PKEY *as_pkcs8_read(enum as_alg alg, as_span der)
{
    AS_ERRORS_KEPT;
    static EVP_PKEY *(*const reads[AS_ALGS])(as_span) = {
        [AS_ALG_ES256] = read_ec, [AS_ALG_PS256] = read_rsa, [AS_ALG_EDDSA] = read_ed25519};
    as_span body = AS_SPAN_NONE;
    as_span key = AS_SPAN_NONE;

    if (!take(&der, SEQUENCE, &body) || der.len != 0 ||
        !take_exactly(&body, AS_LIT("\x02\x01\x00")) || !take_exactly(&body, algorithms[alg]) ||
        !take(&body, OCTET_STRING, &key) || body.len != 0) {
        return NULL;
    }
    return reads[alg](key);
}
