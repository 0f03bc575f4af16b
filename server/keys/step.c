/* SPDX-License-Identifier: Apache-2.0 */
#include "parts.h"

struct as_key_act as_keys_own_act(struct as_keys *keys, struct as_moment at, const char *reason)
{
    return (struct as_key_act){
        .session = keys->session,
        .audit = {.actor = AS_LIT("server"), .outcome = "success", .reason = reason},
        .at = at,
    };
}

static struct as_audit line_of(const struct as_keys *keys, const struct as_key_act *act,
                               const char *event)
{
    struct as_audit audit = act->audit;

    audit.event = event;
    audit.at = as_moment_later(keys->start, act->at);
    return audit;
}

static void tell(const char *event, as_span kid, as_span alg)
{
    AS_LOG(AS_LOG_NOTICE, event, AS_LOG_SPAN("kid", kid), AS_LOG_SPAN("alg", alg));
}

/* ------------------------------------------------------------ making -------------------------- */

/* May take a second. */
static as_err make_row(const struct as_keys *keys, const struct as_line *line,
                       const struct as_key_act *act, struct as_arena *mem, struct as_key_row *row)
{
    struct as_key_fresh fresh = {0};
    /* no key is written down as older than it is, so that none goes too early */
    const as_time now = as_moment_later(keys->start, act->at);

    AS_TRY(line->purpose->make(mem, line->alg, &fresh));
    *row = (struct as_key_row){
        .kid = fresh.kid,
        .purpose = as_span_of(line->purpose->name),
        .alg = as_line_alg(line),
        .state = AS_KEY_ACTIVE,
        .created = now,
        .activates = now,
        .lifetime = keys->conf.token_lifetime,
        .public_ = fresh.public_,
    };
    return as_keys_wrap(&keys->kek, mem, row, fresh.private_);
}

static as_err add(struct as_keys *keys, const struct as_line *line, const struct as_key_act *act,
                  enum as_key_state state)
{
    AS_AUTO(as_arena_free) struct as_arena *mem = as_arena_new(AS_LIMIT_ARENA);
    const char *event = state == AS_KEY_ACTIVE ? "key_created" : "key_published";
    const struct as_audit audit = line_of(keys, act, event);
    struct as_key_row row = {0};
    bool added = false;

    AS_NEED_MEM(mem);
    AS_TRY(make_row(keys, line, act, mem, &row));
    row.state = state;
    row.activates += state == AS_KEY_PUBLISHED ? keys->conf.publish_lead : 0;
    AS_TRY(as_store_key_add(act->session, &row, &audit, &added));
    if (added) {
        tell(event, row.kid, row.alg);
    }
    return AS_OK;
}

as_err as_step_publish(struct as_keys *keys, const struct as_line *line,
                       const struct as_key_act *act)
{
    return add(keys, line, act, AS_KEY_PUBLISHED);
}

/* ------------------------------------------------------------ moving on ----------------------- */

as_err as_step_activate(struct as_keys *keys, as_span kid, const struct as_key_act *act)
{
    const struct as_audit audit = line_of(keys, act, "key_activated");
    bool done = false;

    AS_TRY(as_store_key_activate(act->session, kid, &audit, &done));
    if (done) {
        tell(audit.event, kid, AS_SPAN_NONE);
    }
    return AS_OK;
}

static as_err retire(struct as_keys *keys, as_span kid, const struct as_key_act *act)
{
    const struct as_audit audit = line_of(keys, act, "key_retired");
    bool done = false;

    AS_TRY(as_store_key_retire(act->session, kid, &audit, &done));
    if (done) {
        tell(audit.event, kid, AS_SPAN_NONE);
    }
    return AS_OK;
}

as_err as_step_remove(struct as_keys *keys, as_span kid, const char *event,
                      const struct as_key_act *act, bool *found)
{
    const struct as_audit audit = line_of(keys, act, event);

    AS_TRY(as_store_key_delete(act->session, kid, &audit, found));
    if (*found) {
        tell(event, kid, AS_SPAN_NONE);
    }
    return AS_OK;
}

as_err as_step_take(struct as_keys *keys, const struct as_line *line, const struct as_key_act *act)
{
    bool found = false;

    switch (line->step) {
    case AS_STEP_CREATE:
        return add(keys, line, act, AS_KEY_ACTIVE);
    case AS_STEP_PUBLISH:
        return as_step_publish(keys, line, act);
    case AS_STEP_ACTIVATE:
        return as_step_activate(keys, as_span_of(line->published), act);
    case AS_STEP_RETIRE:
        return retire(keys, as_span_of(line->active), act);
    case AS_STEP_DROP:
        return as_step_remove(keys, as_span_of(line->published), "key_removed", act, &found);
    case AS_STEP_NONE:
        break;
    }
    return AS_OK;
}
