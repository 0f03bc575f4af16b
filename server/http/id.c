/* SPDX-License-Identifier: Apache-2.0 */
/* Request ids. They join an answer to its log line and are no secret. */
#include "as/http.h"

#include <errno.h>
#include <sys/random.h>

void as_http_request_id(char out[AS_REQUEST_ID + 1])
{
    unsigned char bits[16] = {0};

    _Static_assert(AS_BASE64URL_LEN(sizeof(bits)) == AS_REQUEST_ID, "128 bits");
    while (getrandom(bits, sizeof(bits), 0) < 0 && errno == EINTR) {
    }
    as_base64url_write(as_span_bytes(bits, sizeof(bits)), out);
}
