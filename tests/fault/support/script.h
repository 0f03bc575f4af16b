/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Registrations, ends of registrations, revocations and rotations of a key, one after the other,
 * each with an audit row that carries its number; and whether a store holds what it should: of each
 * step all or nothing, and of those that were acknowledged all.
 */
#ifndef AS_TESTS_FAULT_SCRIPT_H
#define AS_TESTS_FAULT_SCRIPT_H

#include "fault/support/disk.h"
#include "store/support/whole.h"

#define SCRIPT_MOST 1024

/* A new store on the disk that fails, and its end. */
static inline void script_start(struct fixture *f)
{
    memset(f, 0, sizeof(*f));
    snprintf(f->dir, sizeof(f->dir), "%s/fapid-disk-XXXXXX", as_test_tmp());
    ck_assert_ptr_nonnull(mkdtemp(f->dir));
    snprintf(f->path, sizeof(f->path), "%s/store.db", f->dir);
    f->mem = as_arena_new(16 << 20);
    disk_start(f->path);
    fixture_open(f, 0);
}

static inline void script_stop(struct fixture *f)
{
    fixture_end(f);
    disk_stop();
}

static inline struct as_audit script_audit(unsigned step, char id[16])
{
    struct as_audit audit = audit_line;

    snprintf(id, 16, "%u", step);
    audit.request_id = as_span_of(id);
    return audit;
}

static inline void script_jti(unsigned step, unsigned char jti[AS_JTI])
{
    memset(jti, 0, AS_JTI);
    memcpy(jti, &step, sizeof(step));
}

static inline bool script_register(struct as_store_session *session, unsigned step,
                                   const struct as_audit *audit)
{
    unsigned char digest[AS_DIGEST] = {1};
    struct a_client c;
    char id[16];
    size_t which = 0;

    memcpy(digest + 1, &step, sizeof(step));
    snprintf(id, sizeof(id), "c-%u", step);
    return !as_failed(
        as_store_party_create(session, client_known(&c, id, 1, digest), 1, audit, &which));
}

static inline bool script_end(struct as_store_session *session, unsigned step,
                              const struct as_audit *audit)
{
    char id[16];
    bool found = false;

    snprintf(id, sizeof(id), "c-%u", step);
    return !as_failed(
               as_store_party_delete(session, AS_PARTY_CLIENT, as_span_of(id), audit, &found)) &&
           found;
}

static inline bool script_publish(struct as_store_session *session, unsigned step,
                                  const struct as_audit *audit)
{
    char kid[16];
    bool added = false;

    snprintf(kid, sizeof(kid), "k-%u", step);
    const struct as_key_row key = {.kid = as_span_of(kid),
                                   .purpose = AS_LIT("one"),
                                   .state = AS_KEY_PUBLISHED,
                                   .created = 5,
                                   .activates = 5,
                                   .lifetime = 60,
                                   .wrapped = AS_LIT("wrapped")};
    return !as_failed(as_store_key_add(session, &key, audit, &added)) && added;
}

static inline bool script_activate(struct as_store_session *session, unsigned step,
                                   const struct as_audit *audit)
{
    char kid[16];
    bool done = false;

    snprintf(kid, sizeof(kid), "k-%u", step);
    return !as_failed(as_store_key_activate(session, as_span_of(kid), audit, &done)) && done;
}

static inline bool script_revoke(struct as_store_session *session, unsigned step,
                                 const struct as_audit *audit)
{
    unsigned char jti[AS_JTI];

    script_jti(step, jti);
    return !as_failed(as_store_token_revoke(session, jti, FAR, audit));
}

/* A round of the script: what a step does, and to what of how many steps before. */
static const struct {
    bool (*run)(struct as_store_session *session, unsigned step, const struct as_audit *audit);
    unsigned back;
} script[] = {{script_register, 0}, {script_revoke, 0}, {script_publish, 0}, {script_activate, 1},
              {script_register, 0}, {script_revoke, 0}, {script_end, 2}};

/* True when it was acknowledged, and done. */
static inline bool script_step(struct as_store_session *session, unsigned step)
{
    char text[16];
    struct as_audit audit = script_audit(step, text);
    unsigned row = step % AS_COUNT(script);

    bool done = script[row].run(session, step - script[row].back, &audit);
    as_store_session_done(session);
    return done;
}

/* ---------------------------------------------------------------- what a store holds --------- */

struct script_seen {
    unsigned audited[SCRIPT_MOST]; /* rows of a step */
};

static inline size_t script_audits(struct as_store_session *session, struct as_arena *mem,
                                   struct script_seen *seen)
{
    const struct as_audit_row *rows = NULL;
    size_t count = 0;

    ck_ok(as_store_audit_list(session, mem, 0, SCRIPT_MOST, &rows, &count));
    for (size_t i = 0; i < count; i++) {
        char text[16] = "";
        memcpy(text, rows[i].audit.request_id.ptr, rows[i].audit.request_id.len);
        unsigned long step = strtoul(text, NULL, 10);
        ck_assert_uint_lt(step, SCRIPT_MOST);
        seen->audited[step]++;
    }
    return count;
}

static inline bool script_has_client(struct as_store_session *session, unsigned step)
{
    const struct as_party *party = NULL;
    char id[16];

    snprintf(id, sizeof(id), "c-%u", step);
    ck_ok(as_store_party_get(session, as_span_of(id), &party));
    ck_assert(party == NULL ||
              (as_span_is(party->client->scope, "accounts") && as_span_is(party->metadata, "{}")));
    return party != NULL;
}

/* 0: there is none. */
static inline unsigned script_key(struct as_store_session *session, struct as_arena *mem,
                                  unsigned step)
{
    const struct as_key_row *rows = NULL;
    size_t count = 0;
    char kid[16];

    snprintf(kid, sizeof(kid), "k-%u", step);
    ck_ok(as_store_keys(session, mem, &rows, &count));
    for (size_t i = 0; i < count; i++) {
        if (as_span_is(rows[i].kid, kid)) {
            return rows[i].state + 1u;
        }
    }
    return 0;
}

/* Is what the step changes as its audit row, or that of the step that undoes it, says? */
static inline bool script_agrees(struct as_store_session *session, struct as_arena *mem,
                                 const struct script_seen *seen, unsigned step)
{
    unsigned row = step % AS_COUNT(script);
    bool done = seen->audited[step] > 0;
    unsigned char jti[AS_JTI];
    bool revoked = false;

    if (script[row].run == script_register) {
        bool ended = row == 4 && step + 2 < SCRIPT_MOST && seen->audited[step + 2] > 0;
        return script_has_client(session, step) == (done && !ended);
    }
    if (script[row].run == script_publish) {
        return (script_key(session, mem, step) != 0) == done;
    }
    if (script[row].run == script_activate) {
        return (script_key(session, mem, step - 1) > AS_KEY_PUBLISHED + 1u) == done;
    }
    if (script[row].run == script_end) {
        return !done || !script_has_client(session, step - 2);
    }
    script_jti(step, jti);
    ck_ok(as_store_token_is_revoked(session, jti, &revoked));
    return revoked == done;
}

/*
 * The first `steps` steps in the store: all that was acknowledged is there; `maybe`, a step that
 * was under way, may be; nothing else is; and each is there whole or not at all.
 */
static inline void script_verify(struct as_store *store, const bool *acknowledged, unsigned steps,
                                 unsigned maybe, const char *when)
{
    struct as_store_session *session = NULL;
    struct as_arena *mem = as_arena_new(8 << 20);
    struct script_seen seen = {0};

    ck_ok(as_store_session_new(store, true, &session));
    (void)script_audits(session, mem, &seen);
    for (unsigned step = 0; step < steps; step++) {
        /* a key that becomes active retires another, which has a row too */
        unsigned rows = script[step % AS_COUNT(script)].run == script_activate ? 2 : 1;
        ck_assert_msg(seen.audited[step] <= rows, "%s: step %u was done twice", when, step);
        ck_assert_msg(seen.audited[step] > 0 || !acknowledged[step],
                      "%s: step %u was acknowledged and is gone", when, step);
        ck_assert_msg(seen.audited[step] == 0 || acknowledged[step] || step == maybe,
                      "%s: step %u was refused and is there", when, step);
        ck_assert_msg(script_agrees(session, mem, &seen, step), "%s: step %u is half there", when,
                      step);
        as_store_session_done(session);
        as_arena_reset(mem);
    }
    as_store_session_free(session);
    as_arena_free(mem);
}

static inline void script_tell(void *arg, const char *finding)
{
    ck_abort_msg("%s: as_store_check found: %s", (const char *)arg, finding);
}

/* Opened anew, looked at, closed, checked. */
static inline void script_reopen(const char *path, const bool *acknowledged, unsigned steps,
                                 unsigned maybe, char *when)
{
    struct as_store *store = NULL;
    char message[AS_STORE_MESSAGE] = "";

    ck_assert_msg(!as_failed(as_store_open("sqlite", path, &store, message)), "%s: %s", when,
                  message);
    script_verify(store, acknowledged, steps, maybe, when);
    as_store_close(store);
    ck_ok(as_store_check("sqlite", path, script_tell, when));
}

#endif
