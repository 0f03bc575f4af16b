/* SPDX-License-Identifier: Apache-2.0 */
#include "as/crypto.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/rand.h>

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

as_err as_random_id(struct as_arena *mem, as_span *out)
{
    unsigned char bits[16];
    char text[AS_RANDOM_ID + 1];

    _Static_assert(AS_BASE64URL_LEN(sizeof(bits)) == AS_RANDOM_ID, "128 bits");
    AS_TRY(as_random(bits, sizeof(bits)));
    as_base64url_write(as_span_bytes(bits, sizeof(bits)), text);
    return as_arena_copy(mem, as_span_bytes(text, AS_RANDOM_ID), out);
}
