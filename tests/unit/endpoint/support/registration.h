/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Registrations as a test writes them: JSON with ' for ", laid over a client that passes.
 *
 *     accepts("'scope':'accounts'");
 *     refuses("'scope':['accounts']", "scope", "a member must be ...");
 */
#ifndef AS_TESTS_ENDPOINT_REGISTRATION_H
#define AS_TESTS_ENDPOINT_REGISTRATION_H

#include "as/policy.h"
#include "endpoint/registration.h"
#include "harness.h"
#include "support/certs.h"

#define AT 1750000000

static const struct as_settings defaults = {
    .issuer = "https://as.example",
    .profiles = 1U << AS_PROFILE_FAPI1 | 1U << AS_PROFILE_OAUTH,
    .methods = 1U << AS_METHOD_TLS_CLIENT_AUTH | 1U << AS_METHOD_SELF_SIGNED_TLS_CLIENT_AUTH,
    .key_algs = 1U << AS_ALG_ES256 | 1U << AS_ALG_PS256,
};

/* One program's world; every test runs in a process of its own. */
static struct {
    struct as_arena *mem;
    struct as_trust *trust;
    struct as_settings settings;
    enum as_party_kind kind;
    as_span id; /* of the party that is replaced */
    enum as_registrant by;
    const struct as_profile *profile; /* by a client: what it is given */
    as_span scope;
    const char *existing; /* what was registered before, as JSON with ' for " */
    const char *member;   /* of the last registration */
    struct as_party_write write;
} reg;

static void tell_trust(void *arg, const char *group, const char *file, const char *message,
                       bool fatal)
{
    (void)arg;
    (void)file;
    ck_assert_msg(!fatal, "trust %s: %s", group, message);
}

/* Groups: banks and others for clients, apis for resource servers. */
static void start(void)
{
    struct test_cert *ca = test_ca("O=Test,CN=CA");
    char *file = test_cert_file(ca);
    const char *anchors[] = {file};
    const struct as_trust_group_conf groups[] = {
        {.name = "banks", .use = AS_USE_CLIENT, .anchors = anchors, .anchor_count = 1, .depth = 5},
        {.name = "others", .use = AS_USE_CLIENT, .anchors = anchors, .anchor_count = 1, .depth = 5},
        {.name = "apis", .use = AS_USE_RESOURCE, .anchors = anchors, .anchor_count = 1, .depth = 5},
    };

    reg.mem = as_arena_new(AS_LIMIT_ARENA);
    reg.settings = defaults;
    ck_ok(as_trust_new(groups, AS_COUNT(groups), tell_trust, NULL, &reg.trust));
    test_file_drop(file);
    test_cert_free(ca);
}

static void stop(void)
{
    as_trust_free(reg.trust);
    as_arena_free(reg.mem);
}

/* The object of `text`, braces left out, ' for ". */
static json_t *object_of(const char *text)
{
    char json[8192];

    ck_assert_int_lt(snprintf(json, sizeof(json), "{%s}", text), (int)sizeof(json));
    for (char *c = json; *c != '\0'; c++) {
        *c = *c == '\'' ? '"' : *c;
    }
    json_error_t error;
    json_t *object = json_loads(json, JSON_REJECT_DUPLICATES, &error);
    ck_assert_msg(object != NULL, "%s: %s", json, error.text);
    return object;
}

static const char *const bases[] = {
    [AS_PARTY_CLIENT] = "'token_endpoint_auth_method':'tls_client_auth',"
                        "'tls_client_auth_subject_dn':'CN=a'",
    [AS_PARTY_RESOURCE] = "'token_endpoint_auth_method':'tls_client_auth',"
                          "'tls_client_auth_subject_dn':'CN=a','audience':['https://api.example']",
};

static as_err read_json(const json_t *json)
{
    char was[1024];
    struct as_party existing = {.kind = reg.kind, .id = reg.id, .created = AT};
    struct as_registration_ask ask = {
        .mem = reg.mem,
        .settings = &reg.settings,
        .trust = reg.trust,
        .kind = reg.kind,
        .by = reg.by,
        .existing = reg.id.len > 0 ? &existing : NULL,
        .profile = reg.profile,
        .scope = reg.scope,
        .now = AT,
        .member = &reg.member,
    };

    snprintf(was, sizeof(was), "{%s}", reg.existing != NULL ? reg.existing : "");
    for (char *c = was; *c != '\0'; c++) {
        *c = *c == '\'' ? '"' : *c;
    }
    existing.metadata = as_span_of(was);

    reg.member = NULL;
    reg.write = (struct as_party_write){0};
    return as_registration_read(&ask, json, &reg.write);
}

/* Registers the base with `json` over it; takes `json`. */
static as_err register_json(json_t *json)
{
    json_t *whole = object_of(bases[reg.kind]);

    ck_assert_int_eq(json_object_update(whole, json), 0);
    json_decref(json);
    as_err err = read_json(whole);
    json_decref(whole);
    return err;
}

/* Registers and gives the party. */
TEST_UNUSED static const struct as_party *accepts(const char *text)
{
    ck_ok(register_json(object_of(text)));
    ck_assert_ptr_null(reg.member);
    return reg.write.party;
}

static void refuses_json(json_t *json, const char *member, const char *why)
{
    as_err err = register_json(json);

    ck_assert_msg(as_err_is(err, AS_INVALID_CLIENT_METADATA) && strcmp(err.why, why) == 0,
                  "%s (%s) instead of: %s", as_failed(err) ? err.fault->code : "accepted",
                  as_failed(err) ? err.why : "", why);
    if (member == NULL) {
        ck_assert_msg(reg.member == NULL, "the refusal names %s", reg.member);
    } else {
        ck_assert_msg(reg.member != NULL && strcmp(reg.member, member) == 0,
                      "the refusal names %s instead of %s",
                      reg.member != NULL ? reg.member : "nothing", member);
    }
    ck_assert_ptr_null(reg.write.party);
}

/* Refused as invalid_client_metadata, for this reason, naming this member (NULL: none). */
TEST_UNUSED static void refuses(const char *text, const char *member, const char *why)
{
    refuses_json(object_of(text), member, why);
}

/* What is stored and shown of the last registration; the caller owns it. */
TEST_UNUSED static json_t *shown(void)
{
    json_t *view = NULL;

    ck_ok(as_registration_view(reg.write.party, &view));
    return view;
}

/* Does the last registration show this member with this JSON text? NULL: not at all. */
TEST_UNUSED static void shows(const char *member, const char *value)
{
    json_t *view = shown();
    json_t *found = json_object_get(view, member);
    char *text = found != NULL ? json_dumps(found, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;

    for (char *c = text; c != NULL && *c != '\0'; c++) {
        *c = *c == '"' ? '\'' : *c;
    }
    ck_assert_msg(value == NULL ? text == NULL : text != NULL && strcmp(text, value) == 0,
                  "%s is shown as %s instead of %s", member, text != NULL ? text : "absent",
                  value != NULL ? value : "absent");
    free(text);
    json_decref(view);
}

/* A text of `len` letters; free it. */
TEST_UNUSED static char *letters(size_t len)
{
    char *text = malloc(len + 1);

    ck_assert_ptr_nonnull(text);
    memset(text, 'a', len);
    text[len] = '\0';
    return text;
}

#endif
