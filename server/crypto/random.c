/* SPDX-License-Identifier: Apache-2.0 */
#include "as/crypto.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <string.h>

as_err as_random(void *out, size_t len)
{
    AS_NEED(len <= INT_MAX, AS_SERVER_ERROR, "too many random octets asked");
    if (RAND_bytes(out, (int)len) != 1) {
        ERR_clear_error();
        as_crypto_wipe(out, len);
        return AS_FAIL(AS_SERVER_ERROR, "the random generator does not answer");
    }
    return AS_OK;
}

/*
 * One question to the generator costs the same for 16 octets as for 512, an eighth of the work of a
 * token. So each thread asks for many at once. What was handed out is wiped here. fapid never forks
 * (a child would hand out its parent's octets once more).
 */
as_err as_random_open(void *out, size_t len)
{
    static _Thread_local struct {
        unsigned char octets[512];
        size_t left;
    } pool;

    AS_NEED(len <= sizeof(pool.octets), AS_SERVER_ERROR, "too many random octets asked");
    if (pool.left < len) {
        AS_TRY(as_random(pool.octets, sizeof(pool.octets)));
        pool.left = sizeof(pool.octets);
    }
    pool.left -= len;
    memcpy(out, pool.octets + pool.left, len);
    as_crypto_wipe(pool.octets + pool.left, len);
    return AS_OK;
}

as_err as_random_id(struct as_arena *mem, char kind, as_span *out)
{
    unsigned char bits[16];
    char text[AS_RANDOM_ID + 1] = {kind};

    _Static_assert(AS_BASE64URL_LEN(sizeof(bits)) == AS_RANDOM_ID - 1, "128 bits");
    AS_TRY(as_random(bits, sizeof(bits)));
    as_base64url_write(as_span_bytes(bits, sizeof(bits)), text + 1);
    return as_arena_copy(mem, as_span_bytes(text, AS_RANDOM_ID), out);
}
