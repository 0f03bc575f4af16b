/* SPDX-License-Identifier: Apache-2.0 */
/* GET /jwks: what is shown, for how long, and what is never shown. */
#include "support/flow.h"

static struct flow *f;

static void start(void)
{
    f = flow_new();
    world_keys(f->w, (struct as_keys_conf){.algs = 1u << AS_ALG_ES256 | 1u << AS_ALG_EDDSA,
                                           .alg = AS_ALG_ES256,
                                           .rotate_every = 86400,
                                           .publish_lead = 600,
                                           .token_lifetime = 300});
    flow_restart(f);
}

static void stop(void)
{
    flow_free(f);
}

static struct flow_answer *get(enum flow_listener from, const char *tag)
{
    return flow_send(
        f, (struct flow_ask){.from = from, .method = "GET", .path = "/jwks", .if_none_match = tag});
}

/* The value of ETag; free it. */
static char *tag_of(const struct flow_answer *answer)
{
    const char *at = strstr(answer->fields, "ETag: ");

    ck_assert_ptr_nonnull(at);
    return strndup(at + 6, strcspn(at + 6, "\n"));
}

START_TEST(REG_140_the_document)
{
    static const char *const private_[] = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"};

    for (int from = FLOW_MTLS; from <= FLOW_PUBLIC; from++) { /* the same on every listener */
        struct flow_answer *answer = get((enum flow_listener)from, NULL);
        const json_t *keys = json_object_get(answer->json, "keys");

        flow_status(answer, 200);
        ck_assert(!answer->elsewhere);
        ck_assert_uint_eq(json_object_size(answer->json), 1);
        ck_assert_uint_eq(json_array_size(keys), 2);
        for (size_t i = 0; i < 2; i++) {
            const json_t *key = json_array_get(keys, i);
            ck_assert_str_eq(json_string_value(json_object_get(key, "use")), "sig");
            ck_assert_str_eq(json_string_value(json_object_get(key, "alg")),
                             i == 0 ? "ES256" : "EdDSA");
            ck_assert_uint_eq(json_string_length(json_object_get(key, "kid")), AS_KID);
            for (size_t n = 0; n < AS_COUNT(private_); n++) {
                ck_assert_ptr_null(json_object_get(key, private_[n]));
            }
        }
    }
}
END_TEST

START_TEST(REG_140_what_caches_are_told)
{
    char expected[512];
    struct flow_answer *answer = get(FLOW_PUBLIC, NULL);
    char *tag = tag_of(answer);

    snprintf(expected, sizeof(expected),
             "ETag: %s\nCache-Control: public, max-age=300\nAccess-Control-Allow-Origin: *\n"
             "Content-Type: application/jwk-set+json\n",
             tag);
    ck_assert_str_eq(answer->fields, expected);
    free(tag);
}
END_TEST

START_TEST(REG_140_unchanged_is_told)
{
    static const char *const same[] = {"%s", "W/%s", "\"x\", %s", "\"x\" ,W/%s,\"y\"", "*"};
    static const char *const other[] = {"\"x\"", "%.5s\"", "x%s", "%sx", "", "W/", ","};
    char *tag = tag_of(get(FLOW_PUBLIC, NULL));
    char text[256];

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    for (size_t i = 0; i < AS_COUNT(same); i++) {
        snprintf(text, sizeof(text), same[i], tag);
        struct flow_answer *answer = get(FLOW_PUBLIC, text);
        flow_status(answer, 304);
        ck_assert_str_eq(answer->body, "");
        ck_assert_ptr_nonnull(strstr(answer->fields, tag));
        ck_assert_ptr_nonnull(strstr(answer->fields, "Cache-Control: public, max-age=300\n"));
        ck_assert_ptr_null(strstr(answer->fields, "Content-Type"));
    }
    for (size_t i = 0; i < AS_COUNT(other); i++) {
        snprintf(text, sizeof(text), other[i], tag);
        flow_status(get(FLOW_PUBLIC, text), 200);
    }
#pragma GCC diagnostic pop
    free(tag);
}
END_TEST

/* Who asks with the old tag learns of the new key (REG-146). */
START_TEST(REG_146_a_new_key_is_shown_at_once)
{
    char *tag = tag_of(get(FLOW_PUBLIC, NULL));

    flow_status(get(FLOW_PUBLIC, tag), 304);
    flow_status(flow_admin(f, "POST", "/v1/keys/rotations", "{'alg':'ES256'}"), 200);
    struct flow_answer *answer = get(FLOW_PUBLIC, tag);
    flow_status(answer, 200);
    ck_assert_uint_eq(json_array_size(json_object_get(answer->json, "keys")), 3);
    free(tag);
}
END_TEST

START_TEST(REG_140_only_for_reading)
{
    static const char *const methods[] = {"POST", "PUT", "DELETE"};

    for (size_t i = 0; i < AS_COUNT(methods); i++) {
        struct flow_answer *answer =
            flow_send(f, (struct flow_ask){.method = methods[i], .path = "/jwks"});
        flow_status(answer, 405);
        ck_assert_ptr_nonnull(strstr(answer->fields, "Allow: GET, HEAD\n"));
        ck_assert_ptr_nonnull(strstr(answer->fields, "Cache-Control: no-store\n"));
    }
    flow_status(
        flow_send(f, (struct flow_ask){.from = FLOW_HEALTH, .method = "GET", .path = "/jwks"}),
        404);
}
END_TEST

static void add_tests(TCase *t)
{
    tcase_add_checked_fixture(t, start, stop);
    tcase_add_test(t, REG_140_the_document);
    tcase_add_test(t, REG_140_what_caches_are_told);
    tcase_add_test(t, REG_140_unchanged_is_told);
    tcase_add_test(t, REG_146_a_new_key_is_shown_at_once);
    tcase_add_test(t, REG_140_only_for_reading);
}

int main(void)
{
    return as_tests_run("flow/jwks/document", add_tests);
}
