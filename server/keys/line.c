/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A line is the succession of keys of one purpose and algorithm. What it does next follows from
 * what it has:
 *
 *     switched on    published  active     next
 *     yes            no         no         create, at once
 *     yes            yes        no         activate, at once: something must work
 *     yes            no         yes        publish, publish_lead before the active one is old
 *     yes            yes        yes        activate, once it was shown for publish_lead
 *     no             yes        any        drop
 *     no             no         yes        retire
 *
 * Times in the store are of the wall clock, which may jump. They are made into a time to wait when
 * the line is first seen, and again after each of its steps; that time is never longer than what
 * the configuration says, and from then on only the monotonic clock counts. So a jump of the wall
 * clock moves nothing, and a line takes at most one step per time that it has to wait.
 */
#include "parts.h"

#include <string.h>

void as_line_init(struct as_line *line, enum as_alg alg)
{
    *line = (struct as_line){
        .purpose = alg == AS_ALG_NONE ? &as_purpose_sealing : &as_purpose_signing, .alg = alg};
}

as_span as_line_alg(const struct as_line *line)
{
    return as_span_of(as_alg_name(line->alg));
}

bool as_line_is_on(const struct as_line *line, const struct as_keys_conf *conf)
{
    return line->alg == AS_ALG_NONE || (conf->algs & 1u << line->alg) != 0;
}

static bool is_of(const struct as_line *line, const struct as_key_row *row)
{
    return as_span_is(row->purpose, line->purpose->name) &&
           as_span_equal(row->alg, as_line_alg(line));
}

static int64_t clamp(int64_t wait, int64_t most)
{
    return wait < 0 ? 0 : wait > most ? most : wait;
}

/* The next step, and how many seconds it has to wait. */
static enum as_step next_step(const struct as_keys_conf *conf, const struct as_key_row *published,
                              const struct as_key_row *active, bool on, as_time wall, int64_t *wait)
{
    *wait = 0;
    if (!on) {
        return published != NULL ? AS_STEP_DROP : active != NULL ? AS_STEP_RETIRE : AS_STEP_NONE;
    }
    if (active == NULL) {
        return published != NULL ? AS_STEP_ACTIVATE : AS_STEP_CREATE;
    }
    if (published != NULL) {
        *wait = clamp(published->activates - wall, conf->publish_lead);
        return AS_STEP_ACTIVATE;
    }
    const int64_t alone = conf->rotate_every - conf->publish_lead;
    *wait = clamp(active->activates + alone - wall, alone);
    return AS_STEP_PUBLISH;
}

static bool note(char known[AS_LIMIT_KID + 1], const struct as_key_row *row)
{
    const as_span kid = row != NULL ? row->kid : AS_SPAN_NONE;
    const bool same = as_span_is(kid, known);

    memcpy(known, kid.len > 0 ? kid.ptr : "", kid.len);
    known[kid.len] = '\0';
    return same;
}

void as_line_see(struct as_line *line, const struct as_keys_conf *conf,
                 const struct as_key_row *rows, size_t count, struct as_moment at)
{
    const struct as_key_row *of[AS_KEY_STATES] = {NULL};
    const enum as_step before = line->step;
    int64_t wait = 0;

    for (size_t i = 0; i < count; i++) {
        if (is_of(line, &rows[i])) {
            of[rows[i].state] = &rows[i];
        }
    }
    const bool same_published = note(line->published, of[AS_KEY_PUBLISHED]);
    const bool same_active = note(line->active, of[AS_KEY_ACTIVE]);
    line->step = next_step(conf, of[AS_KEY_PUBLISHED], of[AS_KEY_ACTIVE], as_line_is_on(line, conf),
                           at.wall, &wait);
    if (line->step == AS_STEP_PUBLISH && count >= AS_LIMIT_KEYS) {
        line->step = AS_STEP_NONE; /* until some have gone */
    }
    if (!same_published || !same_active || line->step != before) {
        line->due_ms = at.mono_ms + 1000 * wait;
    }
}
