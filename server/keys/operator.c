/* SPDX-License-Identifier: Apache-2.0 */
/* What an operator asks for. Each takes its steps and refreshes before it answers. */
#include "parts.h"

static struct as_moment moment_of(const struct as_audit *audit)
{
    return (struct as_moment){audit->at, as_clock_mono_ms()};
}

static struct as_key_act act_of(struct as_store_session *session, const struct as_audit *audit)
{
    return (struct as_key_act){session, *audit, moment_of(audit)};
}

/* Whatever came of the change, requests see what the store says, or the answer is that they may
 * not; then the keeper looks when the next step is due. */
static as_err settle(struct as_keys *keys, struct as_moment at, as_err err)
{
    as_err seen = as_keys_refresh(keys, at);

    as_keeper_wake(keys);
    return as_failed(seen) ? seen : err;
}

/* ------------------------------------------------------------ rotate -------------------------- */

static bool is_meant(const struct as_line *line, const struct as_keys_conf *conf,
                     const char *purpose, enum as_alg alg)
{
    return as_line_is_on(line, conf) && (alg == AS_ALG_NONE || alg == line->alg) &&
           (purpose == NULL || as_span_is(as_span_of(purpose), line->purpose->name));
}

/* A line whose successor is shown already has begun. */
static as_err rotate(struct as_keys *keys, const char *purpose, enum as_alg alg,
                     const struct as_key_act *act, size_t *count)
{
    bool any = false;

    for (size_t i = 0; i < AS_ALGS; i++) {
        const struct as_line *line = &keys->lines[i];
        bool meant = is_meant(line, &keys->conf, purpose, alg);

        any = any || meant;
        if (meant && line->step == AS_STEP_PUBLISH) {
            AS_TRY(as_step_publish(keys, line, act));
            *count += 1;
        }
    }
    AS_NEED(any, AS_INVALID_REQUEST, "no key is of this purpose and alg");
    return AS_OK;
}

as_err as_keys_rotate(struct as_keys *keys, struct as_store_session *session, const char *purpose,
                      enum as_alg alg, const struct as_audit *audit, size_t *count)
{
    const struct as_key_act act = act_of(session, audit);

    *count = 0;
    pthread_mutex_lock(&keys->work);
    as_err err = rotate(keys, purpose, alg, &act, count);
    err = settle(keys, act.at, err);
    pthread_mutex_unlock(&keys->work);
    return err;
}

/* ------------------------------------------------------------ retire -------------------------- */

static as_err find_row(struct as_keys *keys, struct as_arena *mem, as_span kid,
                       const struct as_key_row **out)
{
    const struct as_key_row *rows = NULL;
    size_t count = 0;

    *out = NULL;
    AS_TRY(as_keys_read(keys, mem, &rows, &count));
    for (size_t i = 0; i < count; i++) {
        if (as_span_equal(rows[i].kid, kid)) {
            *out = &rows[i];
        }
    }
    AS_NEED(*out != NULL, AS_NOT_FOUND, "no such key");
    return AS_OK;
}

static const struct as_line *line_active(const struct as_keys *keys, as_span kid)
{
    for (size_t i = 0; i < AS_ALGS; i++) {
        if (kid.len > 0 && as_span_is(kid, keys->lines[i].active)) {
            return &keys->lines[i];
        }
    }
    return NULL;
}

/* Has each cache of /jwks the successor? It need not have been shown for all of publish_lead, when
 * it takes over by itself. */
static bool successor_is_known(const struct as_keys *keys, const struct as_line *line,
                               struct as_moment at)
{
    const int64_t early = keys->conf.publish_lead - as_keyset_max_age(&keys->conf);

    return line->step == AS_STEP_ACTIVATE && line->due_ms - at.mono_ms <= 1000 * early;
}

static as_err retire(struct as_keys *keys, as_span kid, const struct as_key_act *act)
{
    AS_AUTO(as_arena_free) struct as_arena *mem = as_arena_new(AS_LIMIT_ARENA);
    const struct as_line *line = line_active(keys, kid);
    const struct as_key_row *row = NULL;

    AS_NEED_MEM(mem);
    AS_TRY(find_row(keys, mem, kid, &row));
    AS_NEED(line != NULL && row->state == AS_KEY_ACTIVE, AS_INVALID_REQUEST,
            "the key is not active");
    AS_NEED(successor_is_known(keys, line, act->at), AS_INVALID_REQUEST,
            "no successor has stood at /jwks long enough: key rotate publishes one");
    return as_step_activate(keys, as_span_of(line->published), act);
}

as_err as_keys_retire(struct as_keys *keys, struct as_store_session *session, as_span kid,
                      const struct as_audit *audit)
{
    const struct as_key_act act = act_of(session, audit);

    pthread_mutex_lock(&keys->work);
    as_err err = retire(keys, kid, &act);
    err = settle(keys, act.at, err);
    pthread_mutex_unlock(&keys->work);
    return err;
}

/* ------------------------------------------------------------ revoke -------------------------- */

/* Before the active key of a line goes, its successor is there: nothing in between finds none. */
static as_err succeed(struct as_keys *keys, const struct as_line *line,
                      const struct as_key_act *act)
{
    if (line->published[0] == '\0') {
        AS_TRY(as_step_publish(keys, line, act));
        AS_TRY(as_keys_refresh(keys, act->at));
    }
    return as_step_activate(keys, as_span_of(line->published), act);
}

static as_err revoke(struct as_keys *keys, as_span kid, const struct as_key_act *act)
{
    AS_AUTO(as_arena_free) struct as_arena *mem = as_arena_new(AS_LIMIT_ARENA);
    const struct as_line *line = line_active(keys, kid);
    const struct as_key_row *row = NULL;
    bool found = false;

    AS_NEED_MEM(mem);
    AS_TRY(find_row(keys, mem, kid, &row));
    if (line != NULL) {
        AS_TRY(succeed(keys, line, act));
    }
    AS_TRY(as_step_remove(keys, kid, "key_revoked", act, &found));
    AS_NEED(found, AS_NOT_FOUND, "no such key");
    return AS_OK;
}

as_err as_keys_revoke(struct as_keys *keys, struct as_store_session *session, as_span kid,
                      const struct as_audit *audit)
{
    const struct as_key_act act = act_of(session, audit);

    pthread_mutex_lock(&keys->work);
    as_err err = revoke(keys, kid, &act);
    err = settle(keys, act.at, err);
    pthread_mutex_unlock(&keys->work);
    return err;
}

/* ------------------------------------------------------------ another store or configuration -- */

static as_err promise(struct as_keys *keys, const struct as_key_act *act)
{
    AS_TRY(as_keys_settle(keys, act));
    return as_store_key_promise(act->session, keys->conf.token_lifetime);
}

as_err as_keys_reload(struct as_keys *keys, struct as_store_session *session, as_time now)
{
    const struct as_moment at = {now, as_clock_mono_ms()};

    pthread_mutex_lock(&keys->work);
    struct as_key_act act = as_keys_own_act(keys, at, "reload");
    act.session = session;
    as_err err = promise(keys, &act);
    pthread_mutex_unlock(&keys->work);
    as_keeper_wake(keys);
    return err;
}

/* Lines are then seen anew: their times follow from the configuration. */
static void use(struct as_keys *keys, const struct as_keys_conf *conf)
{
    keys->conf = *conf;
    for (size_t i = 0; i < AS_ALGS; i++) {
        keys->lines[i].step = AS_STEP_NONE;
    }
}

/* All or nothing: what failed half way is put right by the keeper. */
as_err as_keys_use(struct as_keys *keys, const struct as_keys_conf *conf, struct as_moment at)
{
    pthread_mutex_lock(&keys->work);
    const struct as_key_act act = as_keys_own_act(keys, at, "configuration");
    const struct as_keys_conf old = keys->conf;
    use(keys, conf);
    as_err err = promise(keys, &act);
    if (as_failed(err)) {
        use(keys, &old);
        keys->stale = true;
    }
    pthread_mutex_unlock(&keys->work);
    as_keeper_wake(keys);
    return err;
}

as_err as_keys_configure(struct as_keys *keys, const struct as_keys_conf *conf, as_time now)
{
    return as_keys_use(keys, conf, (struct as_moment){now, as_clock_mono_ms()});
}
