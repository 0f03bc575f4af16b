/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which resource servers a token is for and with which scope (design D13, RFC 8707, RFC 6749 3.3).
 *
 * Two questions answer each other: scopes may imply the resource server, and the resource server
 * limits the scopes. So: scopes asked are first judged by themselves, then the resource servers are
 * chosen, then what is left of the scopes is held against the choice.
 */
#include "as/policy.h"

#include <string.h>

struct scope_list {
    as_span *values;
    size_t count;
};

static bool is_on(const struct as_resource *resource)
{
    return resource->party->status == AS_PARTY_ENABLED;
}

/* Does an enabled resource server own the value? */
static bool is_owned(const struct as_resource_set *set, as_span value)
{
    for (size_t i = 0; i < set->count; i++) {
        if (is_on(set->items[i]) && as_scope_holds(set->items[i]->scope, value)) {
            return true;
        }
    }
    return false;
}

static bool chosen_own(const struct as_target *target, as_span value)
{
    for (size_t i = 0; i < target->resource_count; i++) {
        if (as_scope_holds(target->resources[i]->scope, value)) {
            return true;
        }
    }
    return false;
}

/* The values asked for, or what the client is registered for as far as anybody owns it (TOK-67). */
static as_err scopes_wanted(struct as_arena *mem, const struct as_target_ask *ask,
                            struct scope_list *out)
{
    size_t kept = 0;

    if (ask->scope.len > 0) {
        AS_TRY(as_scope_parse(mem, ask->scope, &out->values, &out->count));
        for (size_t i = 0; i < out->count; i++) {
            AS_NEED(is_owned(ask->resources, out->values[i]), AS_INVALID_SCOPE,
                    "scope belongs to no resource server");
            AS_NEED(as_scope_holds(ask->client->scope, out->values[i]), AS_INVALID_SCOPE,
                    "scope is not registered for the client");
        }
        return AS_OK;
    }
    AS_TRY(as_scope_parse(mem, ask->client->scope, &out->values, &out->count));
    for (size_t i = 0; i < out->count; i++) {
        if (is_owned(ask->resources, out->values[i])) {
            out->values[kept++] = out->values[i];
        }
    }
    out->count = kept;
    return AS_OK;
}

static bool covers(const struct as_resource *resource, const struct scope_list *scopes)
{
    for (size_t i = 0; i < scopes->count; i++) {
        if (!as_scope_holds(resource->scope, scopes->values[i])) {
            return false;
        }
    }
    return true;
}

/* The resource server that alone covers all the values; NULL when none or several do. */
static const struct as_resource *only_cover(const struct as_resource_set *set,
                                            const struct scope_list *scopes)
{
    const struct as_resource *found = NULL;

    for (size_t i = 0; i < set->count; i++) {
        if (!is_on(set->items[i]) || !covers(set->items[i], scopes)) {
            continue;
        }
        if (found != NULL) {
            return NULL;
        }
        found = set->items[i];
    }
    return found;
}

/* Adds an audience and its resource server, each once. */
static void choose(struct as_target *target, const struct as_resource *resource, as_span audience)
{
    bool known = false;

    for (size_t i = 0; i < target->audience_count; i++) {
        if (as_span_equal(target->audience[i], audience)) {
            return;
        }
    }
    target->audience[target->audience_count++] = audience;
    for (size_t i = 0; i < target->resource_count; i++) {
        known = known || target->resources[i] == resource;
    }
    if (!known) {
        target->resources[target->resource_count++] = resource;
    }
}

static as_err choose_named(const struct as_target_ask *ask, as_span uri, struct as_target *target)
{
    const struct as_resource *resource = as_resource_of_audience(ask->resources, uri);

    AS_NEED(resource != NULL && is_on(resource), AS_INVALID_TARGET,
            "resource is not that of a resource server");
    choose(target, resource, uri);
    return AS_OK;
}

static as_err choose_all(const struct as_target_ask *ask, const struct scope_list *scopes,
                         struct as_target *target)
{
    const struct as_resource *cover;

    if (ask->target_count > 0) {
        AS_NEED(ask->target_count <= AS_LIMIT_RESOURCES, AS_INVALID_TARGET,
                "too many resource parameters");
        for (size_t i = 0; i < ask->target_count; i++) {
            AS_TRY(choose_named(ask, ask->targets[i], target));
        }
        return AS_OK;
    }
    cover = only_cover(ask->resources, scopes);
    if (cover != NULL && cover->audience_count > 0) {
        choose(target, cover, cover->audience[0]);
        return AS_OK;
    }
    AS_NEED(ask->client->default_resource.len > 0, AS_INVALID_TARGET,
            "no resource was named and none is implied");
    return choose_named(ask, ask->client->default_resource, target);
}

/* What of the scopes goes into the token. Scopes asked for are never reduced (TOK-66); of the
 * default set each resource server chosen gets what it owns. */
static as_err keep_scopes(const struct as_target_ask *ask, struct scope_list *scopes,
                          const struct as_target *target)
{
    size_t kept = 0;

    for (size_t i = 0; i < scopes->count; i++) {
        if (chosen_own(target, scopes->values[i])) {
            scopes->values[kept++] = scopes->values[i];
        } else {
            AS_NEED(ask->scope.len == 0, AS_INVALID_SCOPE,
                    "scope belongs to another resource server");
        }
    }
    scopes->count = kept;
    return AS_OK;
}

/* A resource server without any scope in the token has no business with it (RFC 9068 3). */
static as_err check_each_served(const struct as_target *target, const struct scope_list *scopes)
{
    for (size_t i = 0; i < target->resource_count; i++) {
        bool served = false;
        for (size_t k = 0; k < scopes->count && !served; k++) {
            served = as_scope_holds(target->resources[i]->scope, scopes->values[k]);
        }
        AS_NEED(served, AS_INVALID_SCOPE, "no scope is left for a resource server");
    }
    return AS_OK;
}

static as_err join(struct as_arena *mem, const struct scope_list *scopes, as_span *out)
{
    size_t len = 0;

    for (size_t i = 0; i < scopes->count; i++) {
        len += scopes->values[i].len + 1;
    }
    char *text = as_arena_alloc(mem, len + 1);
    AS_NEED_MEM(text);
    *out = as_span_bytes(text, len > 0 ? len - 1 : 0);
    for (size_t i = 0; i < scopes->count; i++) {
        memcpy(text, scopes->values[i].ptr, scopes->values[i].len);
        text += scopes->values[i].len;
        *text++ = i + 1 < scopes->count ? ' ' : '\0';
    }
    return AS_OK;
}

as_err as_policy_target(struct as_arena *mem, const struct as_target_ask *ask,
                        struct as_target *out)
{
    struct scope_list scopes = {0};
    struct as_target target = {0};

    target.audience = as_arena_array(mem, AS_LIMIT_RESOURCES, sizeof(*target.audience));
    AS_NEED_MEM(target.audience);
    AS_TRY(scopes_wanted(mem, ask, &scopes));
    AS_TRY(choose_all(ask, &scopes, &target));
    AS_TRY(keep_scopes(ask, &scopes, &target));
    AS_TRY(check_each_served(&target, &scopes));
    AS_TRY(join(mem, &scopes, &target.scope));
    *out = target;
    return AS_OK;
}
