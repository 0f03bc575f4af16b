/* SPDX-License-Identifier: Apache-2.0 */
/* What a party says of tokens and of signed answers; the keys of its set. */
#include "support/registration.h"

static void shows_kept(const char *member, const char *value)
{
    char text[128];

    snprintf(text, sizeof(text), "'%s':%s", member, value);
    accepts(text);
    shows(member, value);
}

START_TEST(TOK_120_token_format)
{
    ck_assert_int_eq(accepts("")->client->token_format, AS_TOKEN_UNSET);
    ck_assert_int_eq(accepts("'token_format':'jwt'")->client->token_format, AS_TOKEN_JWT);
    ck_assert_int_eq(accepts("'token_format':'sealed'")->client->token_format, AS_TOKEN_SEALED);
    shows_kept("token_format", "'jwt'");
    refuses("'token_format':'JWT'", "token_format", "token_format must be sealed or jwt");
    reg.kind = AS_PARTY_RESOURCE;
    ck_assert_int_eq(accepts("'token_format':'jwt'")->resource->token_format, AS_TOKEN_JWT);
    refuses("'token_format':'opaque'", "token_format", "token_format must be sealed or jwt");
}
END_TEST

START_TEST(TOK_156_algorithms_of_a_resource_server)
{
    static const char *const members[] = {"access_token_signing_alg",
                                          "introspection_signed_response_alg"};
    static const char *const bad[] = {"RS256", "HS256", "none", "es256", "ES384"};
    char text[128];

    reg.kind = AS_PARTY_RESOURCE;
    const struct as_resource *resource = accepts("")->resource;
    ck_assert(resource->token_alg == AS_ALG_NONE && resource->introspection_alg == AS_ALG_NONE);
    resource = accepts("'access_token_signing_alg':'PS256',"
                       "'introspection_signed_response_alg':'ES256'")
                   ->resource;
    ck_assert(resource->token_alg == AS_ALG_PS256 && resource->introspection_alg == AS_ALG_ES256);
    shows("access_token_signing_alg", "'PS256'");
    shows("introspection_signed_response_alg", "'ES256'");
    for (size_t i = 0; i < AS_COUNT(members); i++) {
        for (size_t j = 0; j < AS_COUNT(bad); j++) {
            snprintf(text, sizeof(text), "'%s':'%s'", members[i], bad[j]);
            refuses(text, members[i], "an algorithm must be ES256, PS256 or EdDSA");
        }
        snprintf(text, sizeof(text), "'%s':'EdDSA'", members[i]);
        refuses(text, members[i], "an algorithm is switched off here");
    }
    reg.kind = AS_PARTY_CLIENT; /* they are no client's: ignored */
    accepts("'access_token_signing_alg':'x','introspection_signed_response_alg':'x'");
    shows("access_token_signing_alg", NULL);
}
END_TEST

START_TEST(REG_109_scopes_hidden)
{
    reg.kind = AS_PARTY_RESOURCE;
    ck_assert(!accepts("")->resource->scopes_hidden);
    ck_assert(accepts("'scopes_hidden':true")->resource->scopes_hidden);
    shows("scopes_hidden", "true");
    ck_assert(!accepts("'scopes_hidden':false")->resource->scopes_hidden);
    refuses("'scopes_hidden':'true'", "scopes_hidden", "a member must be true or false");
}
END_TEST

/* ---------------------------------------------------------------- keys (REG-36) --------------- */

#define X32         "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU" /* RFC 7515 A.3.1 */
#define Y32         "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
#define POINT(more) "{'kty':'EC','crv':'P-256','x':'" X32 "','y':'" Y32 "'" more "}"

static void takes_keys(const char *keys)
{
    char text[4096];

    snprintf(text, sizeof(text), "'jwks':{'keys':[%s]}", keys);
    accepts(text);
}

static void refuses_keys(const char *keys, const char *why)
{
    char text[4096];

    snprintf(text, sizeof(text), "'jwks':{'keys':[%s]}", keys);
    refuses(text, "jwks", why);
}

START_TEST(REG_36_use_with_encryption)
{
    takes_keys(POINT(",'use':'sig'") "," POINT(",'use':'enc'"));
    takes_keys(POINT(",'use':'sig'") "," POINT(""));
    refuses_keys(POINT("") "," POINT(",'use':'enc'"),
                 "jwks has a key for encryption, so each of its keys needs use");
    refuses_keys(POINT(",'use':'enc'") "," POINT(""),
                 "jwks has a key for encryption, so each of its keys needs use");
}
END_TEST

AS_TESTS("endpoint/token_members", {
    tcase_add_checked_fixture(t, start, stop);
    tcase_add_test(t, TOK_120_token_format);
    tcase_add_test(t, TOK_156_algorithms_of_a_resource_server);
    tcase_add_test(t, REG_109_scopes_hidden);
    tcase_add_test(t, REG_36_use_with_encryption);
})
