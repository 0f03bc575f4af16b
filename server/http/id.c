/* SPDX-License-Identifier: Apache-2.0 */
/* Request ids. They join an answer to its log line and are no secret. */
#include "as/http.h"

#include <errno.h>
#include <sys/random.h>

#define AHEAD 16 /* ids drawn by one call of the system: getrandom(2) gives 256 octets whole */

void as_http_request_id(char out[AS_REQUEST_ID + 1])
{
    static _Thread_local struct {
        unsigned char bits[AHEAD][16];
        size_t left;
    } pool;

    _Static_assert(AS_BASE64URL_LEN(sizeof(pool.bits[0])) == AS_REQUEST_ID, "128 bits");
    if (pool.left == 0) {
        while (getrandom(pool.bits, sizeof(pool.bits), 0) < 0 && errno == EINTR) {
        }
        pool.left = AHEAD;
    }
    as_base64url_write(as_span_bytes(pool.bits[--pool.left], sizeof(pool.bits[0])), out);
}
