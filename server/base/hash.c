/* SPDX-License-Identifier: Apache-2.0 */
#include "as/base/hash.h"

#include <endian.h>
#include <errno.h>
#include <string.h>
#include <sys/random.h>

as_err as_hash_seed_make(struct as_hash_seed *out)
{
    ssize_t got;

    do { /* so few octets come whole, or not at all (getrandom(2)) */
        got = getrandom(out->words, sizeof(out->words), 0);
    } while (got < 0 && errno == EINTR);
    AS_NEED(got == (ssize_t)sizeof(out->words), AS_SERVER_ERROR, "no randomness");
    return AS_OK;
}

struct sip {
    uint64_t v0, v1, v2, v3;
};

static uint64_t rotate(uint64_t word, unsigned by)
{
    return word << by | word >> (64 - by);
}

static void turn(struct sip *s)
{
    s->v0 += s->v1;
    s->v2 += s->v3;
    s->v1 = rotate(s->v1, 13) ^ s->v0;
    s->v3 = rotate(s->v3, 16) ^ s->v2;
    s->v0 = rotate(s->v0, 32);
    s->v2 += s->v1;
    s->v0 += s->v3;
    s->v1 = rotate(s->v1, 17) ^ s->v2;
    s->v3 = rotate(s->v3, 21) ^ s->v0;
    s->v2 = rotate(s->v2, 32);
}

static void take(struct sip *s, uint64_t word)
{
    s->v3 ^= word;
    turn(s);
    turn(s);
    s->v0 ^= word;
}

uint64_t as_hash(const struct as_hash_seed *seed, as_span bytes)
{
    const uint64_t k0 = seed->words[0], k1 = seed->words[1];
    struct sip s = {k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d, k0 ^ 0x6c7967656e657261,
                    k1 ^ 0x7465646279746573};
    uint64_t word, last = (uint64_t)bytes.len << 56, rest = 0;

    for (; bytes.len >= sizeof(word); bytes = as_span_from(bytes, sizeof(word))) {
        memcpy(&word, bytes.ptr, sizeof(word));
        take(&s, le64toh(word));
    }
    if (bytes.len > 0) {
        memcpy(&rest, bytes.ptr, bytes.len);
    }
    take(&s, last | le64toh(rest));
    s.v2 ^= 0xFF;
    for (int i = 0; i < 4; i++) {
        turn(&s);
    }
    return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}
