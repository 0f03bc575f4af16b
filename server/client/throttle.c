/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is rationed by address: failed authentications (TOK-13), registrations by strangers
 * (REG-16). A table of counters in sets of eight: a key has its place in one set, and a set that is
 * full gives up the counter of the oldest window. A key is 64 bits of a hash whose seed nobody
 * outside knows, so that a set cannot be filled on purpose.
 *
 * While nobody fails, which is nearly always, nothing is hashed and nothing is locked: the last
 * window that saw a failure is an atomic number.
 */
#include "client.h"

#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define WAYS 8
#define SETS (AS_LIMIT_THROTTLE / WAYS)
#define SEED 32

_Static_assert(AS_LIMIT_THROTTLE % WAYS == 0, "whole sets");

/* An address in 16 octets, IPv4 as in RFC 4291 2.5.5.2, so that it has one form only. */
struct place {
    unsigned char octets[16];
};

struct counter {
    uint64_t key;
    int64_t window; /* 0: free */
    unsigned failures;
};

struct as_throttle {
    pthread_mutex_t lock;
    atomic_int_fast64_t last_failure; /* window */
    unsigned allowed;
    int64_t window_ms;
    struct place *exempt;
    size_t exempt_count;
    unsigned char seed[SEED];
    struct counter counters[SETS][WAYS];
};

AS_AUTO_DEFINE(struct as_throttle, as_throttle_free)

static const unsigned char mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

static bool read_place(const char *text, struct place *out)
{
    as_span address = as_span_of(text);

    if (as_ip_parse(AF_INET, address, out->octets + sizeof(mapped))) {
        memcpy(out->octets, mapped, sizeof(mapped));
        return true;
    }
    return as_ip_parse(AF_INET6, address, out->octets);
}

as_err as_throttle_new(unsigned allowed, int64_t window_ms, const char *const *exempt,
                       size_t exempt_count, struct as_throttle **out)
{
    struct as_throttle *raw = calloc(1, sizeof(*raw));

    AS_NEED_MEM(raw);
    pthread_mutex_init(&raw->lock, NULL);
    AS_AUTO(as_throttle_free) struct as_throttle *throttle = raw;
    throttle->allowed = allowed;
    throttle->window_ms = window_ms;
    throttle->exempt_count = exempt_count;
    throttle->exempt = calloc(exempt_count + 1, sizeof(*throttle->exempt));
    AS_NEED_MEM(throttle->exempt);
    for (size_t i = 0; i < exempt_count; i++) {
        AS_NEED(read_place(exempt[i], &throttle->exempt[i]), AS_BAD_CONFIGURATION,
                "an exempt address is no IP address");
    }
    AS_TRY(as_random(throttle->seed, sizeof(throttle->seed)));
    *out = AS_MOVE(throttle);
    return AS_OK;
}

void as_throttle_free(struct as_throttle *throttle)
{
    if (throttle == NULL) {
        return;
    }
    pthread_mutex_destroy(&throttle->lock);
    free(throttle->exempt);
    as_crypto_wipe(throttle->seed, sizeof(throttle->seed));
    free(throttle);
}

/*
 * Whoever has an IPv6 address has the other 2^64 of its link too (RFC 4291 2.5.4): they count as
 * one address.
 */
static void widen(struct place *place)
{
    if (memcmp(place->octets, mapped, sizeof(mapped)) != 0) {
        memset(place->octets + 8, 0, sizeof(place->octets) - 8);
    }
}

/* Window 0 means free, so the first one is 1. */
static int64_t window_of(const struct as_throttle *throttle, int64_t mono_ms)
{
    return mono_ms / throttle->window_ms + 1;
}

/* The two keys of an attempt: its address, and its address with the client. */
struct keys {
    uint64_t address;
    uint64_t client;
};

static uint64_t first_bits(const unsigned char digest[AS_SHA256])
{
    uint64_t bits = 0;

    memcpy(&bits, digest, sizeof(bits));
    return bits;
}

/*
 * The first key hashes the seed and the address, the second that digest and the client id; both
 * under a secret, and of fixed shape, so that no address runs into a client id.
 */
static as_err make_keys(const struct as_throttle *throttle, const char *address, as_span client_id,
                        struct keys *out)
{
    unsigned char text[SEED + sizeof(struct place)];
    unsigned char pair[3 * AS_SHA256];
    struct place place = {{0}};

    _Static_assert(sizeof(place) <= AS_SHA256, "an address is shorter than a digest");
    if (read_place(address, &place)) {
        widen(&place);
    } else { /* a socket's path, say: part of its digest stands for it */
        unsigned char digest[AS_SHA256];
        AS_TRY(as_sha256(as_span_of(address), digest));
        memcpy(place.octets, digest, sizeof(place.octets));
    }
    memcpy(text, throttle->seed, SEED);
    memcpy(text + SEED, &place, sizeof(place));
    AS_TRY(as_sha256(as_span_bytes(text, sizeof(text)), pair));
    out->address = first_bits(pair);
    memcpy(pair + AS_SHA256, throttle->seed, SEED);
    AS_TRY(as_sha256(client_id, pair + AS_SHA256 + SEED));
    AS_TRY(as_sha256(as_span_bytes(pair, sizeof(pair)), text));
    out->client = first_bits(text);
    return AS_OK;
}

static bool is_exempt(const struct as_throttle *throttle, const char *address)
{
    struct place place;

    if (throttle->exempt_count == 0 || !read_place(address, &place)) {
        return false;
    }
    for (size_t i = 0; i < throttle->exempt_count; i++) {
        if (memcmp(&throttle->exempt[i], &place, sizeof(place)) == 0) {
            return true;
        }
    }
    return false;
}

/* Failures of a key in this window. */
static unsigned failures_of(const struct as_throttle *throttle, uint64_t key, int64_t window)
{
    const struct counter *set = throttle->counters[key % SETS];

    for (size_t i = 0; i < WAYS; i++) {
        if (set[i].key == key && set[i].window == window) {
            return set[i].failures;
        }
    }
    return 0;
}

static void count(struct as_throttle *throttle, uint64_t key, int64_t window)
{
    struct counter *set = throttle->counters[key % SETS];
    struct counter *place = &set[0];

    for (size_t i = 0; i < WAYS; i++) {
        if (set[i].key == key && set[i].window == window) {
            set[i].failures++;
            return;
        }
        if (set[i].window < place->window) {
            place = &set[i];
        }
    }
    *place = (struct counter){key, window, 1};
}

/* Under the lock. */
static bool may(const struct as_throttle *throttle, const struct keys *keys, int64_t window)
{
    return failures_of(throttle, keys->client, window) < throttle->allowed &&
           failures_of(throttle, keys->address, window) / AS_LIMIT_THROTTLE_ADDRESS <
               throttle->allowed;
}

static void count_both(struct as_throttle *throttle, const struct keys *keys, int64_t window)
{
    count(throttle, keys->client, window);
    count(throttle, keys->address, window);
    if (atomic_load(&throttle->last_failure) < window) {
        atomic_store(&throttle->last_failure, window);
    }
}

/* An exempt address may, whatever its neighbours of the same link have done. */
bool as_throttle_may(struct as_throttle *throttle, const char *address, as_span client_id,
                     int64_t mono_ms)
{
    const int64_t window = window_of(throttle, mono_ms);
    struct keys keys;

    if (throttle->allowed == 0 || atomic_load(&throttle->last_failure) < window ||
        is_exempt(throttle, address) || as_failed(make_keys(throttle, address, client_id, &keys))) {
        return true;
    }
    pthread_mutex_lock(&throttle->lock);
    bool fine = may(throttle, &keys, window);
    pthread_mutex_unlock(&throttle->lock);
    return fine;
}

void as_throttle_failed(struct as_throttle *throttle, const char *address, as_span client_id,
                        int64_t mono_ms)
{
    struct keys keys;

    if (throttle->allowed == 0 || is_exempt(throttle, address) ||
        as_failed(make_keys(throttle, address, client_id, &keys))) {
        return;
    }
    pthread_mutex_lock(&throttle->lock);
    count_both(throttle, &keys, window_of(throttle, mono_ms));
    pthread_mutex_unlock(&throttle->lock);
}

bool as_throttle_take(struct as_throttle *throttle, const char *address, int64_t mono_ms)
{
    const int64_t window = window_of(throttle, mono_ms);
    struct keys keys;

    if (throttle->allowed == 0 || is_exempt(throttle, address) ||
        as_failed(make_keys(throttle, address, AS_SPAN_NONE, &keys))) {
        return true;
    }
    pthread_mutex_lock(&throttle->lock);
    bool fine = may(throttle, &keys, window);
    if (fine) {
        count_both(throttle, &keys, window);
    }
    pthread_mutex_unlock(&throttle->lock);
    return fine;
}

int64_t as_throttle_wait_ms(const struct as_throttle *throttle, int64_t mono_ms)
{
    return throttle->window_ms - mono_ms % throttle->window_ms;
}
