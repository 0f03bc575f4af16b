/* SPDX-License-Identifier: Apache-2.0 */
/* The groups of a configuration, and judgements under them. */
#include "trust.h"

#include "as/crypto.h"
#include "decoy.h"
#include "path.h"

#include <stdlib.h>
#include <string.h>

AS_AUTO_DEFINE(struct as_trust, as_trust_free)

/* --- making ---------------------------------------------------------------------------------- */

static as_err read_groups(const struct as_trust_group_conf *confs, size_t count, as_trust_tell tell,
                          void *arg, struct as_trust *trust)
{
    bool fatal = false;

    trust->groups = as_arena_array(trust->mem, count + 1, sizeof(*trust->groups));
    AS_NEED_MEM(trust->groups);
    for (size_t i = 0; i < count; i++) {
        bool this_one = false;
        trust->count++;
        AS_TRY(as_group_read(&confs[i], trust->mem, tell, arg, &trust->groups[i], &this_one));
        fatal = fatal || this_one;
    }
    AS_NEED(!fatal, AS_BAD_CONFIGURATION, "a trust group cannot be read");
    return AS_OK;
}

/* D7: a session made under other anchors is not resumed. */
static as_err read_anchor_set(struct as_trust *trust)
{
    unsigned char digests[AS_LIMIT_TRUST_GROUPS + 1][AS_DIGEST];

    for (size_t i = 0; i < trust->count; i++) {
        memcpy(digests[i], trust->groups[i].digest, AS_DIGEST);
    }
    return as_sha256(as_span_bytes(digests, trust->count * AS_DIGEST), trust->anchor_set);
}

static as_err read_ca_name(const struct as_trust *trust, X509 *anchor, as_span *out)
{
    const unsigned char *der = NULL;
    size_t len = 0;

    AS_NEED(X509_NAME_get0_der(X509_get_subject_name(anchor), &der, &len) == 1, AS_SERVER_ERROR,
            "the name of a trust anchor cannot be encoded");
    return as_arena_copy(trust->mem, as_span_bytes(der, len), out);
}

static as_err read_ca_names(struct as_trust *trust, enum as_trust_use use)
{
    size_t most = 1;

    for (size_t i = 0; i < trust->count; i++) {
        most += (size_t)sk_X509_num(trust->groups[i].anchors);
    }
    as_span *names = as_arena_array(trust->mem, most, sizeof(*names));
    AS_NEED_MEM(names);
    trust->ca_names[use] = names;
    for (size_t i = 0; i < trust->count; i++) {
        const struct as_group *group = &trust->groups[i];
        for (int k = 0; group->use == use && k < sk_X509_num(group->anchors); k++) {
            AS_TRY(read_ca_name(trust, sk_X509_value(group->anchors, k),
                                &names[trust->ca_name_count[use]++]));
        }
    }
    return AS_OK;
}

#define TRUST_MEMORY ((size_t)64 * 1024 * 1024)

as_err as_trust_new(const struct as_trust_group_conf *groups, size_t count, as_trust_tell tell,
                    void *arg, struct as_trust **out)
{
    AS_ERRORS_KEPT;
    AS_AUTO(as_trust_free) struct as_trust *trust = calloc(1, sizeof(*trust));

    AS_NEED_MEM(trust);
    AS_NEED(count <= AS_LIMIT_TRUST_GROUPS, AS_BAD_CONFIGURATION,
            "there are too many trust groups");
    trust->mem = as_arena_new(TRUST_MEMORY);
    AS_NEED_MEM(trust->mem);
    AS_TRY(read_groups(groups, count, tell, arg, trust));
    AS_TRY(read_anchor_set(trust));
    for (enum as_trust_use use = AS_USE_CLIENT; use < AS_TRUST_USES; use++) {
        AS_TRY(read_ca_names(trust, use));
    }
    trust->cache = as_path_cache_new(AS_LIMIT_PATH_CACHE, AS_LIMIT_PATH_FAILURES);
    AS_NEED_MEM(trust->cache);
    AS_TRY(as_decoy_new(&trust->decoy));
    *out = AS_MOVE(trust);
    return AS_OK;
}

void as_trust_free(struct as_trust *trust)
{
    if (trust == NULL) {
        return;
    }
    for (size_t i = 0; i < trust->count; i++) {
        as_group_drop(&trust->groups[i]);
    }
    as_path_cache_free(trust->cache);
    as_cert_drop(trust->decoy);
    as_arena_free(trust->mem);
    free(trust);
}

/* --- questions ------------------------------------------------------------------------------- */

static const struct as_group *group_of(const struct as_trust *trust, as_span name,
                                       enum as_trust_use use)
{
    for (size_t i = 0; i < trust->count; i++) {
        if (trust->groups[i].use == use && as_span_is(name, trust->groups[i].name)) {
            return &trust->groups[i];
        }
    }
    return NULL;
}

bool as_trust_has_group(const struct as_trust *trust, as_span group, enum as_trust_use use)
{
    return group_of(trust, group, use) != NULL;
}

as_span as_trust_only_group(const struct as_trust *trust, enum as_trust_use use)
{
    as_span only = AS_SPAN_NONE;

    for (size_t i = 0; i < trust->count; i++) {
        if (trust->groups[i].use == use) {
            if (only.len > 0) {
                return AS_SPAN_NONE;
            }
            only = as_span_of(trust->groups[i].name);
        }
    }
    return only;
}

void as_trust_anchor_set(const struct as_trust *trust, unsigned char out[AS_DIGEST])
{
    memcpy(out, trust->anchor_set, AS_DIGEST);
}

size_t as_trust_ca_names(const struct as_trust *trust, enum as_trust_use use, const as_span **names)
{
    *names = trust->ca_names[use];
    return trust->ca_name_count[use];
}

bool as_trust_holds_anchor(const struct as_trust *trust, as_span group, enum as_trust_use use,
                           const unsigned char anchor[AS_DIGEST])
{
    const struct as_group *found = group_of(trust, group, use);

    return found != NULL && as_group_holds(found, anchor);
}

/* --- judging --------------------------------------------------------------------------------- */

/* Here, and so kept with the path: a token needs it at once, and would else pay for a digest. */
static as_err name_way(const struct as_group *group, struct as_trust_verdict *verdict)
{
    unsigned char parts[2 * AS_DIGEST + AS_PATH_MAX * AS_PATH_LINK];
    unsigned char digest[AS_DIGEST];
    const size_t len = 2 * AS_DIGEST + verdict->step_count * AS_PATH_LINK;

    AS_TRY(as_sha256(as_span_of(group->name), parts));
    memcpy(parts + AS_DIGEST, verdict->anchor, AS_DIGEST);
    for (size_t i = 0; i < verdict->step_count; i++) {
        as_path_link_write(&verdict->steps[i], parts + 2 * AS_DIGEST + i * AS_PATH_LINK);
    }
    AS_TRY(as_sha256(as_span_bytes(parts, len), digest));
    memcpy(verdict->way, digest, AS_WAY);
    return AS_OK;
}

as_err as_trust_judge(const struct as_trust *trust, as_span group, enum as_trust_use use,
                      const struct as_cert *cert, as_time now, struct as_trust_verdict *out)
{
    const struct as_group *found = group_of(trust, group, use);
    unsigned char parts[2][AS_DIGEST];
    unsigned char key[AS_DIGEST];

    as_metric_add(AS_METRIC_paths_asked_total, 1);
    if (found == NULL) {
        *out = (struct as_trust_verdict){.reason = "cert_untrusted",
                                         .detail = "no trust group of that name and use"};
        return AS_OK;
    }
    memcpy(parts[0], cert->chain_key, AS_DIGEST);
    memcpy(parts[1], found->digest, AS_DIGEST);
    AS_TRY(as_sha256(as_span_bytes(parts, sizeof(parts)), key));
    if (as_path_cache_get(trust->cache, key, now, out)) {
        return AS_OK;
    }
    AS_TRY(as_path_judge(found, cert, now, out));
    if (out->reason == NULL) {
        AS_TRY(name_way(found, out));
    }
    as_path_cache_put(trust->cache, key, now, out);
    return AS_OK;
}

as_err as_trust_judge_decoy(const struct as_trust *trust, as_span group, enum as_trust_use use,
                            as_time now)
{
    struct as_trust_verdict unused;

    return as_trust_judge(trust, group, use, trust->decoy, now, &unused);
}
