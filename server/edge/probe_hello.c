/* SPDX-License-Identifier: Apache-2.0 */
#include "probe_hello.h"

#include <openssl/err.h>

AS_AUTO_DEFINE(SSL, SSL_free)
AS_AUTO_DEFINE(BIO, BIO_free_all)

#define RECORD_HANDSHAKE  22
#define RECORD_ALERT      21
#define MESSAGE_CLIENT    1
#define MESSAGE_SERVER    2
#define HELLO_MAX         2048
#define RANDOM_LEN        32
#define TLS13             0x0304
#define EXT_GROUPS        10
#define EXT_FORMATS       11
#define EXT_SIGALGS       13
#define EXT_MASTER_SECRET 23
#define EXT_VERSIONS      43
#define EXT_PSK_MODES     45
#define EXT_KEY_SHARE     51
#define EXT_RENEGOTIATION 0xFF01

/* What every modern client sends, so that nothing but the suite or version decides. */
struct fixed {
    unsigned type;
    bool tls13; /* only in a question of TLS 1.3 */
    as_span body;
};

static const struct fixed extensions[] = {
    {EXT_GROUPS, false, AS_LIT_ROW("\x00\x06\x00\x1d\x00\x17\x00\x18")}, /* X25519, P-256, P-384 */
    {EXT_FORMATS, false, AS_LIT_ROW("\x01\x00")},                        /* uncompressed */
    /* ecdsa 256 and 384, ed25519, rsa_pss_rsae 256, rsa_pkcs1 256, 384 and sha1 */
    {EXT_SIGALGS, false,
     AS_LIT_ROW("\x00\x0e\x04\x03\x05\x03\x08\x07\x08\x04\x04\x01\x05\x01\x02\x01")},
    {EXT_MASTER_SECRET, false, AS_LIT_ROW("")},
    {EXT_RENEGOTIATION, false, AS_LIT_ROW("\x00")},
    {EXT_VERSIONS, true, AS_LIT_ROW("\x02\x03\x04")},
    {EXT_PSK_MODES, true, AS_LIT_ROW("\x01\x01")},
    /* X25519 with the base point: nobody will compute the secret */
    {EXT_KEY_SHARE, true,
     AS_LIT_ROW(
         "\x00\x24\x00\x1d\x00\x20\x09\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
         "\0\0")},
};

static void put(struct as_buf *out, unsigned width, size_t value)
{
    while (width-- > 0) {
        as_buf_add_byte(out, (char)(value >> (8 * width) & 0xFF));
    }
}

/* Leaves room for a length of `width` octets; put_end fills it in. */
static size_t put_begin(struct as_buf *out, unsigned width)
{
    put(out, width, 0);
    return out->len;
}

static void put_end(struct as_buf *out, unsigned width, size_t begin)
{
    size_t len = out->len - begin;

    for (unsigned i = 0; i < width && !out->full; i++) {
        out->ptr[begin - 1 - i] = (char)(len >> (8 * i) & 0xFF);
    }
}

static void put_extensions(struct as_buf *out, bool tls13)
{
    size_t all = put_begin(out, 2);

    for (size_t i = 0; i < AS_COUNT(extensions); i++) {
        if (extensions[i].tls13 && !tls13) {
            continue;
        }
        put(out, 2, extensions[i].type);
        size_t one = put_begin(out, 2);
        as_buf_add(out, extensions[i].body);
        put_end(out, 2, one);
    }
    put_end(out, 2, all);
}

/* RFC 5246 7.4.1.2, RFC 8446 4.1.2 */
static void put_hello(struct as_buf *out, const struct as_probe_question *question)
{
    static const char random[RANDOM_LEN] = "a question, and no handshake";
    bool tls13 = question->version == TLS13;

    put(out, 1, RECORD_HANDSHAKE);
    put(out, 2, TLS1_VERSION);
    size_t record = put_begin(out, 2);
    put(out, 1, MESSAGE_CLIENT);
    size_t message = put_begin(out, 3);
    put(out, 2, tls13 ? TLS1_2_VERSION : question->version);
    as_buf_add(out, as_span_bytes(random, RANDOM_LEN));
    put(out, 1, 0); /* no session */
    size_t suites = put_begin(out, 2);
    for (size_t i = 0; i < question->count; i++) {
        put(out, 2, question->suites[i]);
    }
    put_end(out, 2, suites);
    put(out, 2, 0x0100); /* one compression method: none */
    put_extensions(out, tls13);
    put_end(out, 3, message);
    put_end(out, 2, record);
}

/* The first record of the answer: an alert, or a message that opens with a ServerHello. */
static void read_answer(as_span bytes, struct as_probe_answer *out)
{
    const unsigned char *p = as_span_u8(bytes);
    size_t at = 5 + 4 + 2 + RANDOM_LEN; /* the length of the session id */

    *out = (struct as_probe_answer){0};
    if (bytes.len >= 7 && p[0] == RECORD_ALERT) {
        out->alert = p[6];
    } else if (bytes.len > at && p[0] == RECORD_HANDSHAKE && p[5] == MESSAGE_SERVER) {
        at += 1U + p[at];
        out->hello = true;
        out->suite = bytes.len >= at + 2 ? (uint16_t)as_octets_get(p + at, 2) : 0;
    }
}

static as_err exchange(SSL *ssl, BIO *in, BIO *out, as_span hello, struct as_probe_answer *answer)
{
    char *bytes = NULL;

    AS_NEED(BIO_write(in, hello.ptr, (int)hello.len) == (int)hello.len, AS_SERVER_ERROR,
            "the probe cannot write");
    SSL_set_accept_state(ssl);
    (void)SSL_do_handshake(ssl); /* it wants more, or it has refused: the answer tells */
    ERR_clear_error();
    long len = BIO_get_mem_data(out, &bytes);
    read_answer(as_span_bytes(bytes, len > 0 ? (size_t)len : 0), answer);
    AS_NEED(answer->hello || answer->alert != 0, AS_SERVER_ERROR, "the probe has no answer");
    return AS_OK;
}

as_err as_probe_ask(SSL_CTX *ctx, const struct as_probe_question *question,
                    struct as_probe_answer *out)
{
    AS_AUTO_BUF struct as_buf hello = AS_BUF(HELLO_MAX);
    AS_AUTO(BIO_free_all) BIO *read_from = BIO_new(BIO_s_mem());
    AS_AUTO(BIO_free_all) BIO *write_to = BIO_new(BIO_s_mem());
    AS_AUTO(SSL_free) SSL *ssl = SSL_new(ctx);

    put_hello(&hello, question);
    AS_NEED(!hello.full && read_from != NULL && write_to != NULL && ssl != NULL, AS_SERVER_ERROR,
            "the probe cannot be set up");
    BIO *in = read_from, *answer = write_to;
    SSL_set_bio(ssl, AS_MOVE(read_from), AS_MOVE(write_to));
    return exchange(ssl, in, answer, as_buf_span(&hello), out);
}
