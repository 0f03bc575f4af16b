/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keys/: the life of the server's own keys (design D8, D11, D16; REG-140 to REG-148). Sealing keys
 * for access tokens, and signing keys of each algorithm that is switched on; a line per purpose and
 * algorithm. A key is published, becomes active `publish_lead` later, retires when the next one is
 * active, and goes when all it made has ended. The key-encryption key lies in a file of its own,
 * mode 0600, made at first start; everything private in the store is wrapped by it.
 *
 * What a request sees is a keyset: an immutable, counted snapshot. A change makes a new one.
 * Threads: any, at the same time; making keys may take a second and belongs on a thread that may
 * wait. One thread of this room's own (the keeper) moves keys on: at most one step of a line per
 * window of the monotonic clock, so that a clock that jumps cannot retire every key.
 */
#ifndef AS_KEYS_H
#define AS_KEYS_H

#include "as/crypto.h"
#include "as/jose.h"
#include "as/store.h"

#define AS_PURPOSE_ACCESS_TOKEN "fapid/access-token/1"
#define AS_PURPOSE_SIGNATURE    "fapid/signature/1"

struct as_keys;

struct as_keys_conf {
    unsigned algs;          /* bits 1 << as_alg: signing keys that are kept */
    enum as_alg alg;        /* what signs where nobody chose; one of `algs` */
    int64_t rotate_every;   /* seconds that a key stays active */
    int64_t publish_lead;   /* seconds that it is shown before; at least 1 */
    int64_t token_lifetime; /* the longest that anything made with a key lives */
};

/* An overlap beyond the longest life of a token (REG-146). */
#define AS_KEYS_OVERLAP_S 600

/* What a request sees. */
struct as_keyset {
    const struct as_ring *ring; /* access tokens */
    as_span jwks;               /* the document of /jwks: published, active and retired keys */
    as_span etag;               /* of it, with its quotes */
    int64_t max_age; /* seconds it may be cached: half of publish_lead, at most an hour */
    enum as_alg alg; /* what signs where nobody chose */
};

/* The active key of an algorithm; NULL: it is not switched on. AS_ALG_NONE: the server's own. */
const struct as_jws_key *as_keyset_signer(const struct as_keyset *set, enum as_alg alg);
/* The key of a kid, in whatever state; NULL when there is none. */
const struct as_jws_key *as_keyset_verifier(const struct as_keyset *set, as_span kid);

/*
 * Reads the key-encryption key (32 octets, or 64 hex digits; the file must belong to the caller or
 * root and be closed to group and others), or makes it when the file is absent and the store holds
 * no key yet: a store with keys and no file refuses, since a new key would open nothing.
 * One exception to "closed to group": a file of root and group root that the group may read, which
 * is how a credentials folder of systemd shows its files.
 * Then reads the keys, makes those that a line needs to work at once, and starts the keeper. Every
 * key in the store must unwrap, and each private key must match its published half (REG-148).
 * Errors: AS_BAD_CONFIGURATION with a reason for the operator; store errors.
 */
as_err as_keys_start(struct as_store *store, const char *key_file, const struct as_keys_conf *conf,
                     as_time now, struct as_keys **out);
/* Ends the keeper; frees all but keysets that are still held. NULL is allowed. */
void as_keys_stop(struct as_keys *keys);
/* Another configuration from now on. Keys of an algorithm that is switched off stay until they have
 * ended, and sign nothing. */
as_err as_keys_configure(struct as_keys *keys, const struct as_keys_conf *conf, as_time now);

/* One more holder of the present keyset, and one less. */
const struct as_keyset *as_keys_hold(struct as_keys *keys);
void as_keyset_drop(const struct as_keyset *set);

/* ---------------------------------------------------------------- for the operator ----------- */
/*
 * Each is acknowledged when it is durable and every request that begins from then on sees it.
 * `session` may wait. `audit` names actor, request and time.
 */

/*
 * Publishes a successor now; it becomes active after publish_lead. `purpose` NULL: of every line;
 * `alg` AS_ALG_NONE: whatever a line signs with, and what signs not. A line that has a published
 * key keeps it. *count: lines begun.
 * Errors: AS_INVALID_REQUEST where no line is meant; those of the store.
 */
as_err as_keys_rotate(struct as_keys *keys, struct as_store_session *session, const char *purpose,
                      enum as_alg alg, const struct as_audit *audit, size_t *count);
/* The active key retires now, and its published successor takes over, which may be sooner than by
 * itself: once it was shown for as long as /jwks may be cached. AS_NOT_FOUND; AS_INVALID_REQUEST
 * when it is not active, or has no successor that was shown so long. */
as_err as_keys_retire(struct as_keys *keys, struct as_store_session *session, as_span kid,
                      const struct as_audit *audit);
/* The key is gone at once, and what it made is inactive (REG-147); a copy of /jwks that somebody
 * keeps has it until that has to be fetched anew; a line without an active key gets one at once.
 * AS_NOT_FOUND. */
as_err as_keys_revoke(struct as_keys *keys, struct as_store_session *session, as_span kid,
                      const struct as_audit *audit);
/* Reads the store's keys anew: after a restore. Makes what is missing. */
as_err as_keys_reload(struct as_keys *keys, struct as_store_session *session, as_time now);

#endif
