/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keys/ from inside. One change at a time, under `work`, which nobody takes who must not wait:
 * a change writes to the store, then reads all rows anew (refresh), which gives a new keyset and
 * tells each line what it has and when its next step is due. Requests take `swap` alone, for a
 * count and a pointer.
 */
#ifndef AS_KEYS_PARTS_H
#define AS_KEYS_PARTS_H

#include "as/keys.h"
#include "kek.h"

#include <pthread.h>

AS_AUTO_DEFINE(struct as_arena, as_arena_free)

/* --- purpose.c: what a key of a purpose is made of. */

/* A key that has just been made. In an arena, which wipes. */
struct as_key_fresh {
    as_span kid;
    as_span public_;
    as_span private_;
};

struct as_keyset_box;

struct as_purpose {
    const char *name;
    as_err (*make)(struct as_arena *mem, enum as_alg alg, struct as_key_fresh *out);
    /* Into a keyset; the private part must be the row's own (REG-148). */
    as_err (*take)(struct as_keyset_box *box, const struct as_key_row *row, as_span private_);
};

/* NULL for a purpose that we do not know. */
const struct as_purpose *as_purpose_of(as_span purpose);
extern const struct as_purpose as_purpose_sealing;
extern const struct as_purpose as_purpose_signing;

/* --- wrap.c */
as_err as_keys_wrap(const struct as_kek *kek, struct as_arena *mem, struct as_key_row *row,
                    as_span private_);
/* AS_BAD_CONFIGURATION with a reason for the operator. */
as_err as_keys_unwrap(const struct as_kek *kek, struct as_arena *mem, const struct as_key_row *row,
                      as_span *private_);

/* --- keyset.c */

struct as_held_key {
    enum as_key_state state;
    struct as_jws_key *key;
};

/* A keyset with what it owns. The view comes first. */
struct as_keyset_box {
    struct as_keyset view;
    _Atomic unsigned holders;
    struct as_arena *mem;
    struct as_ring *ring;
    struct as_held_key *signing; /* as many as there are rows, at most */
    size_t signing_count;
};

/* One holder: the caller. Every row must unwrap and match. */
as_err as_keyset_new(const struct as_kek *kek, const struct as_keys_conf *conf,
                     const struct as_key_row *rows, size_t count, struct as_keyset_box **out);

/* Seconds that /jwks may be cached: half of what a key is shown before it signs by itself, at most
 * an hour (REG-146). */
int64_t as_keyset_max_age(const struct as_keys_conf *conf);

/* --- line.c: a line per algorithm, and one for sealing, which is that of AS_ALG_NONE. */

enum as_step {
    AS_STEP_NONE,
    AS_STEP_CREATE,   /* nothing is active or on its way: a key that is active at once */
    AS_STEP_PUBLISH,  /* a successor is shown */
    AS_STEP_ACTIVATE, /* it takes over */
    AS_STEP_RETIRE,   /* the line is switched off */
    AS_STEP_DROP      /* it was published for a line that is switched off */
};

struct as_line {
    const struct as_purpose *purpose;
    enum as_alg alg;
    enum as_step step; /* the next ... */
    int64_t due_ms;    /* ... when the monotonic clock has come to this */
    char active[AS_LIMIT_KID + 1];
    char published[AS_LIMIT_KID + 1];
};

void as_line_init(struct as_line *line, enum as_alg alg);
as_span as_line_alg(const struct as_line *line);
bool as_line_is_on(const struct as_line *line, const struct as_keys_conf *conf);
/* What the rows say of the line. The wall clock counts only where something has changed: from then
 * on the monotonic clock does (see line.c). */
void as_line_see(struct as_line *line, const struct as_keys_conf *conf,
                 const struct as_key_row *rows, size_t count, struct as_moment at);

/* --- keys.c */

struct as_keys {
    struct as_store *store;
    struct as_kek kek;
    struct as_moment start;

    pthread_mutex_t work; /* one change at a time; guards what follows */
    struct as_keys_conf conf;
    struct as_store_session *session; /* for reading, and for what the keeper writes */
    struct as_line lines[AS_ALGS];
    bool stale; /* the last refresh failed: the keyset is not what the store says */

    pthread_mutex_t swap; /* guards `present`, for an instant */
    struct as_keyset_box *present;

    pthread_mutex_t rest; /* guards what follows */
    pthread_cond_t work_to_do;
    bool woken, stopping, running;
    pthread_t thread;
};

/* All of as_keys_start but the thread. */
as_err as_keys_open(struct as_store *store, const char *key_file, const struct as_keys_conf *conf,
                    struct as_moment at, struct as_keys **out);
/* Rows of the store as they are now; under `work`. */
as_err as_keys_read(struct as_keys *keys, struct as_arena *mem, const struct as_key_row **rows,
                    size_t *count);
/* After every change, under `work`. */
as_err as_keys_refresh(struct as_keys *keys, struct as_moment at);
struct as_key_act;
/* Refreshes, and takes the steps that cannot wait: makes what a line lacks to work at once, retires
 * what is switched off. Under `work`. */
as_err as_keys_settle(struct as_keys *keys, const struct as_key_act *act);

/* --- operator.c */

/* as_keys_configure at this moment. */
as_err as_keys_use(struct as_keys *keys, const struct as_keys_conf *conf, struct as_moment at);

/* --- step.c: the steps of a line, each a write and nothing more; under `work`. */

/* Who does it and why; also the time that is written down. */
struct as_key_act {
    struct as_store_session *session;
    struct as_audit audit; /* event and at are set per step */
    struct as_moment at;
};

struct as_key_act as_keys_own_act(struct as_keys *keys, struct as_moment at, const char *reason);

as_err as_step_publish(struct as_keys *keys, const struct as_line *line,
                       const struct as_key_act *act);
as_err as_step_activate(struct as_keys *keys, as_span kid, const struct as_key_act *act);
/* Takes a key away, whatever its state; `event` says how that came. */
as_err as_step_remove(struct as_keys *keys, as_span kid, const char *event,
                      const struct as_key_act *act, bool *found);
/* The next step of a line, whatever it is. */
as_err as_step_take(struct as_keys *keys, const struct as_line *line, const struct as_key_act *act);

/* --- keeper.c */

/* Does what is due at this moment; *next_ms is when to look again. */
as_err as_keys_keep(struct as_keys *keys, struct as_moment at, int64_t *next_ms);
bool as_keeper_start(struct as_keys *keys);
void as_keeper_wake(struct as_keys *keys);
void as_keeper_stop(struct as_keys *keys);

#endif
