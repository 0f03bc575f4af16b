/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a stranger may register (RFC 7591). Properties: a refusal is one of the metadata; what is
 * accepted has nothing that is an operator's, is no wider than what was given, and sent back as it
 * was shown it is the same again (REG-10, REG-87).
 */
#include "endpoint/registration.h"
#include "fuzz.h"

#include <string.h>

AS_AUTO_DEFINE(struct as_arena, as_arena_free)

static const struct as_settings settings = {
    .issuer = "https://as.example",
    .profiles = 1U << AS_PROFILE_FAPI1 | 1U << AS_PROFILE_OAUTH,
    .methods = (1U << AS_METHODS) - 1,
    .key_algs = 1U << AS_ALG_ES256,
    .registration_unique_software = true,
};

/* As a client; `was`: what it was before, or NULL. */
static as_err read_client(struct as_arena *mem, const struct as_trust *trust,
                          const struct as_party *was, const json_t *json,
                          struct as_party_write *out)
{
    const char *member = NULL;
    const struct as_registration_ask ask = {
        .mem = mem,
        .settings = &settings,
        .trust = trust,
        .kind = AS_PARTY_CLIENT,
        .by = AS_BY_CLIENT,
        .existing = was,
        .profile = as_profile_get(AS_PROFILE_FAPI1),
        .scope = AS_LIT("read write"),
        .now = 1750000000,
        .member = &member,
    };

    return as_registration_read(&ask, json, out);
}

static void check_accepted(const struct as_party *party)
{
    as_span rest = party->client->scope, value;

    FUZZ_HOLDS(party->status == AS_PARTY_ENABLED && party->trust.len == 0 && !party->shared);
    FUZZ_HOLDS(as_span_is(party->client->profile, "fapi1") && party->client->bound_access_tokens);
    FUZZ_HOLDS(party->id.len == AS_RANDOM_ID);
    FUZZ_HOLDS(party->metadata.len <= AS_LIMIT_BODY);
    while (as_span_cut(&rest, ' ', &value)) {
        FUZZ_HOLDS(as_scope_holds(AS_LIT("read write"), value));
    }
}

static void check_again(struct as_arena *mem, const struct as_trust *trust,
                        const struct as_party_write *first)
{
    AS_AUTO(json_decref) json_t *shown = NULL;
    AS_AUTO(json_decref) json_t *shown_again = NULL;
    struct as_party_write again = {0};

    FUZZ_HOLDS(!as_failed(as_registration_view_for_client(first->party, &shown)));
    FUZZ_HOLDS(!as_failed(read_client(mem, trust, first->party, shown, &again)));
    FUZZ_HOLDS(as_span_equal(again.party->id, first->party->id));
    FUZZ_HOLDS(!as_failed(as_registration_view_for_client(again.party, &shown_again)));
    FUZZ_HOLDS(json_equal(shown, shown_again));
    FUZZ_HOLDS(again.identifier_count == first->identifier_count);
    FUZZ_HOLDS(memcmp(again.identifiers, first->identifiers,
                      first->identifier_count * sizeof(*first->identifiers)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct as_trust *trust; /* none is trusted; made once */
    AS_AUTO(as_arena_free) struct as_arena *mem = as_arena_new(AS_LIMIT_ARENA);
    AS_AUTO(json_decref) json_t *json = NULL;
    struct as_party_write first = {0};

    FUZZ_HOLDS(mem != NULL &&
               (trust != NULL || !as_failed(as_trust_new(NULL, 0, NULL, NULL, &trust))));
    if (size > AS_LIMIT_BODY || as_failed(as_json_parse(as_span_bytes(data, size), &json))) {
        return 0;
    }
    as_err err = read_client(mem, trust, NULL, json, &first);
    FUZZ_HOLDS(!as_failed(err) || as_err_is(err, AS_INVALID_CLIENT_METADATA));
    if (!as_failed(err)) {
        check_accepted(first.party);
        check_again(mem, trust, &first);
    }
    return 0;
}
