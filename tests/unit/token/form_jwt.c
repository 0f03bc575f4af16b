/* SPDX-License-Identifier: Apache-2.0 */
/* Access tokens as JWT: each claim, and each way in which a text is none of ours. */
#include "support/issue.h"
#include "token/form.h"

#include <jansson.h>

#define ISSUER "https://as.example:8443"
#define NOW    1800000000

static struct world *w;
static const as_span audience[] = {AS_LIT_ROW("https://one.example"),
                                   AS_LIT_ROW("https://two.example")};

static void start(void)
{
    w = world_new();
    w->ctx.now = NOW;
}

static void stop(void)
{
    world_free(w);
}

static struct as_token token_of(bool bound, size_t audiences)
{
    struct as_token token = {
        .jti = "0123456789abcde",
        .client_id = AS_LIT("client \"one\""),
        .subject = AS_LIT("subject"),
        .audience = audience,
        .audience_count = audiences,
        .scope = AS_LIT("read write"),
        .issued_at = NOW,
        .expires_at = NOW + 300,
        .client_epoch = 7,
        .binding = {.x5t = bound, .class_ = bound ? AS_CERTIFICATE_REGISTERED : AS_CERTIFICATE_PKI},
    };
    if (bound) {
        memset(token.binding.thumbprint, 'T', AS_DIGEST);
    }
    return token;
}

static as_span text_of(const struct as_token *token, enum as_alg alg)
{
    as_span text = AS_SPAN_NONE;

    ck_ok(as_token_form_jwt.write(&w->ctx, token, alg, &text));
    return text;
}

static const struct as_token *read_back(as_span text)
{
    const struct as_token *token = NULL;

    ck_ok(as_token_read(&w->ctx, text, &token));
    return token;
}

/* Part 0 or 1 of a JWS as JSON. */
static json_t *part_of(as_span text, size_t part)
{
    as_span rest = text, piece = AS_SPAN_NONE, bytes = AS_SPAN_NONE;

    for (size_t i = 0; i <= part; i++) {
        ck_assert(as_span_cut(&rest, '.', &piece));
    }
    ck_ok(as_base64url_take(w->mem, piece, &bytes));
    json_t *json = json_loadb(bytes.ptr, bytes.len, JSON_REJECT_DUPLICATES, NULL);
    ck_assert_ptr_nonnull(json);
    return json;
}

static void expect_binding(const struct as_token *token, const struct as_token *from)
{
    ck_assert_ptr_nonnull(token);
    ck_assert(token->binding.x5t == from->binding.x5t);
    ck_assert_mem_eq(token->binding.thumbprint, from->binding.thumbprint, AS_DIGEST);
    ck_assert_int_eq(token->binding.class_, from->binding.class_);
    ck_assert_mem_eq(token->binding.way, from->binding.way, AS_WAY);
}

/* ------------------------------------------------------------ what we write ------------------- */

START_TEST(TOK_120_121_122_every_claim)
{
    const struct as_token token = token_of(true, 1);
    const as_span text = text_of(&token, AS_ALG_NONE);
    json_t *header = part_of(text, 0), *claims = part_of(text, 1);
    json_t *expected =
        json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:s, s:s, s:s, s:{s:s}, s:{s:i, s:s}}", "iss",
                  ISSUER, "sub", "subject", "aud", "https://one.example", "exp",
                  (json_int_t)(NOW + 300), "nbf", (json_int_t)NOW, "iat", (json_int_t)NOW, "jti",
                  "MDEyMzQ1Njc4OWFiY2RlAA", "client_id", "client \"one\"", "scope", "read write",
                  "cnf", "x5t#S256", "VFRUVFRUVFRUVFRUVFRUVFRUVFRUVFRUVFRUVFRUVFQ", "fapid/2",
                  "epoch", 7, "class", "registered");

    ck_assert_uint_eq(json_object_size(header), 3);
    ck_assert_str_eq(json_string_value(json_object_get(header, "typ")), "at+jwt");
    ck_assert_str_eq(json_string_value(json_object_get(header, "alg")), "ES256");
    ck_span_eq(as_jws_key_kid(as_keyset_signer(w->keyset, AS_ALG_ES256)),
               json_string_value(json_object_get(header, "kid")));
    ck_assert_msg(json_equal(claims, expected), "%s", json_dumps(claims, 0));
    json_decref(header);
    json_decref(claims);
    json_decref(expected);
}
END_TEST

START_TEST(TOK_124_several_audiences_are_an_array)
{
    const struct as_token token = token_of(false, 2);
    json_t *claims = part_of(text_of(&token, AS_ALG_NONE), 1);
    json_t *aud = json_object_get(claims, "aud");

    ck_assert_uint_eq(json_array_size(aud), 2);
    ck_assert_str_eq(json_string_value(json_array_get(aud, 1)), "https://two.example");
    ck_assert_ptr_null(json_object_get(claims, "cnf")); /* not bound */
    ck_assert_uint_eq(json_object_size(json_object_get(claims, "fapid/2")), 1);
    json_decref(claims);
}
END_TEST

START_TEST(TOK_128_read_back_as_it_was)
{
    for (int i = 0; i < 4; i++) {
        const struct as_token from = token_of((i & 1) != 0, (i & 2) != 0 ? 2 : 1);
        const struct as_token *back = read_back(text_of(&from, AS_ALG_ES256));
        ck_assert_ptr_nonnull(back);
        ck_assert_mem_eq(back->jti, from.jti, AS_JTI);
        ck_assert(as_span_equal(back->client_id, from.client_id));
        ck_span_eq(back->subject, "subject");
        ck_span_eq(back->scope, "read write");
        ck_assert_uint_eq(back->audience_count, from.audience_count);
        ck_assert(as_span_equal(back->audience[from.audience_count - 1],
                                audience[from.audience_count - 1]));
        ck_assert_int_eq(back->issued_at, from.issued_at);
        ck_assert_int_eq(back->expires_at, from.expires_at);
        ck_assert_int_eq(back->client_epoch, 7);
        expect_binding(back, &from);
    }
}
END_TEST

START_TEST(D9_the_way_of_a_pki_certificate)
{
    struct as_token from = token_of(true, 1);
    json_t *claims = NULL;

    from.binding.class_ = AS_CERTIFICATE_PKI;
    memset(from.binding.way, 'W', AS_WAY);
    const as_span text = text_of(&from, AS_ALG_ES256);
    expect_binding(read_back(text), &from);
    claims = part_of(text, 1);
    const json_t *ours = json_object_get(claims, "fapid/2");
    ck_assert_uint_eq(json_object_size(ours), 3);
    ck_assert_str_eq(json_string_value(json_object_get(ours, "class")), "pki");
    ck_assert_str_eq(json_string_value(json_object_get(ours, "way")), "V1dXV1dXV1dXV1dXV1dXVw");
    json_decref(claims);
}
END_TEST

START_TEST(D8_too_much_for_a_token)
{
    static char scope[AS_LIMIT_TOKEN_CLAIMS];
    struct as_token token = token_of(true, 2);
    as_span text = AS_SPAN_NONE;

    memset(scope, 's', sizeof(scope));
    token.scope = as_span_bytes(scope, AS_LIMIT_TOKEN_CLAIMS - 600);
    ck_ok(as_token_form_jwt.write(&w->ctx, &token, AS_ALG_NONE, &text));
    ck_assert_uint_le(text.len, AS_LIMIT_TOKEN_TEXT);
    ck_assert_ptr_nonnull(read_back(text));
    token.scope = as_span_bytes(scope, sizeof(scope));
    ck_refuses(as_token_form_jwt.write(&w->ctx, &token, AS_ALG_NONE, &text), AS_INVALID_SCOPE,
               "scope and audience are too long for a token");
    token = token_of(true, 0);
    ck_fault(as_token_form_jwt.write(&w->ctx, &token, AS_ALG_NONE, &text), AS_INVALID_SCOPE);
    as_span many[AS_LIMIT_RESOURCES + 1];
    for (size_t i = 0; i < AS_COUNT(many); i++) {
        many[i] = AS_LIT("a");
    }
    token.audience = many;
    token.audience_count = AS_LIMIT_RESOURCES;
    ck_ok(as_token_form_jwt.write(&w->ctx, &token, AS_ALG_NONE, &text));
    token.audience_count = AS_LIMIT_RESOURCES + 1;
    ck_refuses(as_token_form_jwt.write(&w->ctx, &token, AS_ALG_NONE, &text), AS_INVALID_SCOPE,
               "scope and audience are too long for a token");
}
END_TEST

START_TEST(an_algorithm_that_is_switched_off_signs_nothing)
{
    const struct as_token token = token_of(true, 1);
    as_span text = AS_SPAN_NONE;

    ck_refuses(as_token_form_jwt.write(&w->ctx, &token, AS_ALG_PS256, &text), AS_SERVER_ERROR,
               "no key signs with the algorithm of this token");
}
END_TEST

/* ------------------------------------------------------------ what we do not read ------------- */

static as_span signed_by(const struct as_jws_key *key, const char *typ, as_span claims)
{
    as_span text = AS_SPAN_NONE;

    ck_ok(as_jws_sign(key, typ, claims, w->mem, &text));
    return text;
}

static as_span claims_of(const struct as_token *token)
{
    struct as_buf buf = AS_BUF(AS_LIMIT_TOKEN_CLAIMS);
    as_span claims = AS_SPAN_NONE;

    ck_assert(as_token_claims_write(ISSUER, token, &buf));
    ck_ok(as_arena_copy(w->mem, as_buf_span(&buf), &claims));
    as_buf_free(&buf);
    return claims;
}

START_TEST(TOK_129_another_kind_of_jwt_is_no_access_token)
{
    static const char *const kinds[] = {
        "token-introspection+jwt", "JWT", "AT+JWT", "at+jwt ", "application/at+jwt",
        "oauth-authz-req+jwt"};
    const struct as_jws_key *key = as_keyset_signer(w->keyset, AS_ALG_NONE);
    const struct as_token token = token_of(true, 1);

    ck_assert_ptr_nonnull(read_back(signed_by(key, "at+jwt", claims_of(&token))));
    for (size_t i = 0; i < AS_COUNT(kinds); i++) {
        ck_assert_ptr_null(read_back(signed_by(key, kinds[i], claims_of(&token))));
    }
}
END_TEST

START_TEST(TOK_147_a_key_that_is_not_ours)
{
    static const enum as_alg algs[] = {AS_ALG_ES256, AS_ALG_EDDSA, AS_ALG_PS256};
    const struct as_token token = token_of(true, 1);

    for (size_t i = 0; i < AS_COUNT(algs); i++) {
        struct as_jws_key *other = NULL;
        ck_ok(as_jws_key_make(algs[i], &other));
        ck_assert_ptr_null(read_back(signed_by(other, "at+jwt", claims_of(&token))));
        as_jws_key_free(other);
    }
}
END_TEST

/* A header of the attacker's choice before the claims and signature of a good token. */
static as_span with_header(as_span good, const char *header)
{
    as_span rest = good, head = AS_SPAN_NONE, text = AS_SPAN_NONE;
    char encoded[1024];

    ck_assert_uint_lt(AS_BASE64URL_LEN(strlen(header)), sizeof(encoded));
    as_base64url_write(as_span_of(header), encoded);
    ck_assert(as_span_cut(&rest, '.', &head));
    ck_ok(as_arena_printf(w->mem, &text, "%s.%.*s", encoded, (int)rest.len, rest.ptr));
    return text;
}

START_TEST(TOK_147_a_changed_header)
{
    const struct as_token token = token_of(true, 1);
    const as_span good = text_of(&token, AS_ALG_NONE);
    const as_span kid = as_jws_key_kid(as_keyset_signer(w->keyset, AS_ALG_NONE));
    static const char *const headers[] = {
        "{\"alg\":\"none\",\"kid\":\"%s\",\"typ\":\"at+jwt\"}",
        "{\"alg\":\"HS256\",\"kid\":\"%s\",\"typ\":\"at+jwt\"}",
        "{\"alg\":\"EdDSA\",\"kid\":\"%s\",\"typ\":\"at+jwt\"}",
        "{\"alg\":\"ES256\",\"kid\":\"%sx\",\"typ\":\"at+jwt\"}",
        "{\"alg\":\"ES256\",\"typ\":\"at+jwt\"}%.0s",
        "{\"alg\":\"ES256\",\"kid\":\"%s\"}",
        "{\"alg\":\"ES256\",\"kid\":\"%s\",\"typ\":\"at+jwt\",\"x\":1}",
    };

    ck_assert_ptr_nonnull(read_back(good));
    for (size_t i = 0; i < AS_COUNT(headers); i++) {
        char header[512];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        snprintf(header, sizeof(header), headers[i], kid.ptr);
#pragma GCC diagnostic pop
        ck_assert_ptr_null(read_back(with_header(good, header)));
    }
}
END_TEST

START_TEST(TOK_147_each_octet_counts)
{
    const struct as_token token = token_of(true, 1);
    const as_span good = text_of(&token, AS_ALG_NONE);
    as_span copy = AS_SPAN_NONE;

    for (size_t i = 0; i < good.len; i++) {
        ck_ok(as_arena_copy(w->mem, good, &copy));
        char *octet = (char *)(uintptr_t)copy.ptr + i;
        *octet = *octet == 'A' ? 'B' : 'A';
        ck_assert_msg(read_back(copy) == NULL, "octet %zu", i);
        if (i % 64 == 0) {
            ck_assert_ptr_null(read_back((as_span){good.ptr, i}));
        }
    }
    ck_ok(as_arena_printf(w->mem, &copy, "%.*s.", (int)good.len, good.ptr));
    ck_assert_ptr_null(read_back(copy));
}
END_TEST

/* Tokens of before ways had names go on. */
START_TEST(D8_claims_of_version_1)
{
    static const struct {
        const char *cnf, *ours;
        bool is_token, bound;
        enum as_certificate_class class_;
    } rows[] = {
        {"", "{\"epoch\":7}", true, false, AS_CERTIFICATE_PKI},
        {"x", "{\"epoch\":7,\"class\":\"pki\"}", true, true, AS_CERTIFICATE_PKI},
        {"x", "{\"epoch\":7,\"class\":\"registered\"}", true, true, AS_CERTIFICATE_REGISTERED},
        {"", "{\"epoch\":7,\"class\":\"pki\"}", false, false, AS_CERTIFICATE_PKI},
        {"x", "{\"epoch\":7}", false, false, AS_CERTIFICATE_PKI},
        {"x", "{\"epoch\":7,\"class\":\"pki\",\"way\":\"V1dXV1dXV1dXV1dXV1dXVw\"}", false, false,
         AS_CERTIFICATE_PKI},
    };
    const struct as_jws_key *key = as_keyset_signer(w->keyset, AS_ALG_NONE);

    for (size_t i = 0; i < AS_COUNT(rows); i++) {
        as_span claims = AS_SPAN_NONE;
        struct as_token from = token_of(rows[i].bound, 1);

        from.binding.class_ = rows[i].class_;
        ck_ok(as_arena_printf(
            w->mem, &claims,
            "{\"iss\":\"" ISSUER "\",\"sub\":\"s\",\"aud\":\"a\",\"exp\":1800000300,"
            "\"nbf\":1800000000,\"iat\":1800000000,\"jti\":\"MDEyMzQ1Njc4OWFiY2RlAA\","
            "\"client_id\":\"c\",\"scope\":\"read\",%s\"fapid/1\":%s}",
            rows[i].cnf[0] != '\0'
                ? "\"cnf\":{\"x5t#S256\":\"VFRUVFRUVFRUVFRUVFRUVFRUVFRUVFRUVFRUVFRUVFQ\"},"
                : "",
            rows[i].ours));
        const struct as_token *back = read_back(signed_by(key, "at+jwt", claims));
        ck_assert_msg((back != NULL) == rows[i].is_token, "row %zu", i);
        if (back != NULL) {
            ck_assert_int_eq(back->client_epoch, 7);
            expect_binding(back, &from);
        }
    }
}
END_TEST

/* What we signed ourselves, had it another shape: a later version's, or a mistake's. */
START_TEST(TOK_121_claims_have_one_shape)
{
    const struct as_jws_key *key = as_keyset_signer(w->keyset, AS_ALG_NONE);
    static const char good[] =
        "{'iss':'" ISSUER "','sub':'s','aud':'a','exp':1800000300,'nbf':1800000000,"
        "'iat':1800000000,'jti':'MDEyMzQ1Njc4OWFiY2RlAA','client_id':'c','scope':'read',"
        "'cnf':{'x5t#S256':'VFRUVFRUVFRUVFRUVFRUVFRUVFRUVFRUVFRUVFRUVFQ'},"
        "'fapid/2':{'epoch':7,'class':'pki','way':'V1dXV1dXV1dXV1dXV1dXVw'}}";
    static const struct {
        const char *from, *to;
    } changes[] = {
        {"'iss':'https", "'iss':'HTTPS"},
        {"'sub':'s'", "'sub':1"},
        {"'sub':'s'", "'sub':''"},
        {"'aud':'a'", "'aud':[]"},
        {"'aud':'a'", "'aud':[1]"},
        {"'aud':'a'", "'aud':['a','']"},
        {"'aud':'a'", "'aud':['a','a','a','a','a','a','a','a','a']"},
        {"'exp':1800000300", "'exp':1800000300.0"},
        {"'exp':1800000300", "'exp':'1800000300'"},
        {"'exp':1800000300", "'exp':1800000000"},
        {"'exp':1800000300", "'exp':-1"},
        {"'nbf':1800000000", "'nbf':1800000001"},
        {"'jti':'MDEyMzQ1Njc4OWFiY2RlAA'", "'jti':'MDEyMzQ1Njc4OWFiY2Rl'"},
        {"'jti':'MDEyMzQ1Njc4OWFiY2RlAA'", "'jti':'MDEyMzQ1Njc4OWFiY2RlAB'"},
        {"'client_id':'c'", "'client_id':'c\\u0000'"},
        {"'scope':'read'", "'scope':['read']"},
        {"'scope':'read',", ""},
        {"'x5t#S256'", "'jkt'"},
        {"'cnf':{", "'cnf':{'jkt':'x',"},
        {"'cnf':{'x5t#S256':'VFRUVFRUVFRUVFRUVFRUVFRUVFRUVFRUVFRUVFRUVFQ'},", ""},
        {"'cnf':{'x5t#S256':'VFRUVFRUVFRUVFRUVFRUVFRUVFRUVFRUVFRUVFRUVFQ'}", "'cnf':null"},
        {"VFRUVFRUVFRUVFRUVFRUVFRUVFRUVFRUVFRUVFRUVFQ", "VFRUVFRUVFQ"},
        {"'epoch':7", "'epoch':'7'"},
        {"'epoch':7", "'epoch':-7"},
        {"'class':'pki'", "'class':'other'"},
        {"'class':'pki'", "'class':0"},
        {",'class':'pki'", ""},
        {"'epoch':7,", "'epoch':7,'more':1,"},
        {"'class':'pki'", "'class':'registered'"}, /* there is one way alone */
        {",'way':'V1dXV1dXV1dXV1dXV1dXVw'", ""},
        {"V1dXV1dXV1dXV1dXV1dXVw", "V1dXV1dXV1dXV1dXV1dX"},
        {"V1dXV1dXV1dXV1dXV1dXVw", "V1dXV1dXV1dXV1dXV1dXVx"},
        {"'way':'V1dXV1dXV1dXV1dXV1dXVw'", "'way':7"},
        {"'fapid/2'", "'fapid/3'"},
        {"'fapid/2'", "'fapid/1'"}, /* which had no way */
        {"'fapid/2'", "'fapid/1':{'epoch':7,'class':'pki'},'fapid/2'"},
        {"'sub':'s'", "'sub':'s','act':{}"},
        {"'sub':'s'", "'sub':'s','sub':'s'"},
    };

    for (size_t i = 0; i <= AS_COUNT(changes); i++) {
        char text[1024];
        snprintf(text, sizeof(text), "%s", good);
        if (i < AS_COUNT(changes)) {
            char *at = strstr(text, changes[i].from);
            ck_assert_ptr_nonnull(at);
            const size_t head = (size_t)(at - text);
            snprintf(at, sizeof(text) - head, "%s%s", changes[i].to,
                     good + head + strlen(changes[i].from));
        }
        for (char *c = text; *c != '\0'; c++) {
            *c = *c == '\'' ? '"' : *c;
        }
        const bool is_token = read_back(signed_by(key, "at+jwt", as_span_of(text))) != NULL;
        ck_assert_msg(is_token == (i == AS_COUNT(changes)), "%s", text);
    }
    /* a bound one's shape counts in one that is not bound, too */
    static const char unbound[] =
        "{%s\"iss\":\"" ISSUER "\",\"sub\":%s,\"aud\":\"a\",\"exp\":1800000300,"
        "\"nbf\":1800000000,\"iat\":1800000000,\"jti\":\"MDEyMzQ1Njc4OWFiY2RlAA\","
        "\"client_id\":\"c\",\"scope\":\"read\",\"fapid/2\":{\"epoch\":7}}";
    static const struct {
        const char *more, *sub;
        bool is_token;
    } plain[] = {{"", "\"s\"", true}, {"", "1", false}, {"\"x\":1,", "\"s\"", false}};
    for (size_t i = 0; i < AS_COUNT(plain); i++) {
        as_span claims = AS_SPAN_NONE;
        ck_ok(as_arena_printf(w->mem, &claims, unbound, plain[i].more, plain[i].sub));
        ck_assert((read_back(signed_by(key, "at+jwt", claims)) != NULL) == plain[i].is_token);
    }
    ck_assert_ptr_null(read_back(signed_by(key, "at+jwt", AS_LIT("[]"))));
    ck_assert_ptr_null(read_back(signed_by(key, "at+jwt", AS_LIT("x"))));
    ck_assert_ptr_null(read_back(signed_by(key, "at+jwt", AS_LIT("{}"))));
}
END_TEST

/* What is longer than any token of ours is not even looked at, whoever signed it. */
START_TEST(TOK_146_a_token_has_a_limit)
{
    const struct as_jws_key *key = as_keyset_signer(w->keyset, AS_ALG_NONE);
    const struct as_token token = token_of(true, 1);
    const as_span claims = claims_of(&token);
    const size_t before = AS_LIMIT_TOKEN_TEXT - signed_by(key, "at+jwt", claims).len;
    size_t longest = 0, len = 0;

    for (size_t pad = before * 3 / 4 - 4; len <= AS_LIMIT_TOKEN_TEXT; pad++) {
        as_span padded = AS_SPAN_NONE;
        ck_ok(
            as_arena_printf(w->mem, &padded, "%*s%.*s", (int)pad, "", (int)claims.len, claims.ptr));
        const as_span text = signed_by(key, "at+jwt", padded);
        longest = len;
        len = text.len;
        ck_assert((read_back(text) != NULL) == (len <= AS_LIMIT_TOKEN_TEXT));
    }
    ck_assert_uint_ge(longest, AS_LIMIT_TOKEN_TEXT - 2); /* no base64url is one octet longer */
    ck_assert_uint_le(len, AS_LIMIT_TOKEN_TEXT + 2);
}
END_TEST

START_TEST(REG_147_a_key_that_was_revoked)
{
    const struct as_token token = token_of(true, 1);
    const as_span text = text_of(&token, AS_ALG_NONE);
    const struct as_audit audit = world_audit(w, "asked");
    as_span kid = AS_SPAN_NONE;

    ck_ok(as_arena_copy(w->mem, as_jws_key_kid(as_keyset_signer(w->keyset, AS_ALG_NONE)), &kid));
    ck_assert_ptr_nonnull(read_back(text));
    ck_ok(as_keys_revoke(w->keys, w->session, kid, &audit));
    world_keys_seen(w);
    ck_assert_ptr_null(read_back(text));
    ck_assert_ptr_nonnull(read_back(text_of(&token, AS_ALG_NONE)));
}
END_TEST

/* ------------------------------------------------------------ which form ---------------------- */

START_TEST(D8_who_chooses_the_form)
{
    static const struct {
        enum as_token_format one, two, client, server, chosen;
    } cases[] = {
        {AS_TOKEN_UNSET, AS_TOKEN_UNSET, AS_TOKEN_UNSET, AS_TOKEN_SEALED, AS_TOKEN_SEALED},
        {AS_TOKEN_UNSET, AS_TOKEN_UNSET, AS_TOKEN_UNSET, AS_TOKEN_JWT, AS_TOKEN_JWT},
        {AS_TOKEN_UNSET, AS_TOKEN_UNSET, AS_TOKEN_JWT, AS_TOKEN_SEALED, AS_TOKEN_JWT},
        {AS_TOKEN_UNSET, AS_TOKEN_UNSET, AS_TOKEN_SEALED, AS_TOKEN_JWT, AS_TOKEN_SEALED},
        {AS_TOKEN_SEALED, AS_TOKEN_UNSET, AS_TOKEN_JWT, AS_TOKEN_JWT, AS_TOKEN_SEALED},
        {AS_TOKEN_UNSET, AS_TOKEN_JWT, AS_TOKEN_SEALED, AS_TOKEN_SEALED, AS_TOKEN_JWT},
        {AS_TOKEN_JWT, AS_TOKEN_JWT, AS_TOKEN_SEALED, AS_TOKEN_SEALED, AS_TOKEN_JWT},
        {AS_TOKEN_JWT, AS_TOKEN_SEALED, AS_TOKEN_JWT, AS_TOKEN_JWT, AS_TOKEN_UNSET},
    };

    for (size_t i = 0; i < AS_COUNT(cases); i++) {
        const struct as_resource one = {.token_format = cases[i].one, .token_alg = AS_ALG_PS256};
        const struct as_resource two = {.token_format = cases[i].two};
        const struct as_resource *const both[] = {&one, &two};
        const struct as_client client = {.token_format = cases[i].client};
        enum as_token_format format = AS_TOKEN_UNSET;
        enum as_alg alg = AS_ALG_EDDSA;
        w->settings.token_format = cases[i].server;
        as_err err = as_token_choose_format(&w->ctx, &client, both, 2, &format, &alg);
        if (cases[i].chosen == AS_TOKEN_UNSET) {
            ck_refuses(err, AS_INVALID_TARGET,
                       "the resource servers want tokens of different forms");
            continue;
        }
        ck_ok(err);
        ck_assert_int_eq(format, cases[i].chosen);
        ck_assert_int_eq(alg, format == AS_TOKEN_JWT ? AS_ALG_PS256 : AS_ALG_NONE);
    }
}
END_TEST

START_TEST(D8_one_signature_for_all)
{
    const struct as_resource one = {.token_format = AS_TOKEN_JWT, .token_alg = AS_ALG_PS256};
    const struct as_resource two = {.token_format = AS_TOKEN_JWT, .token_alg = AS_ALG_ES256};
    const struct as_resource *const both[] = {&one, &two};
    const struct as_client client = {0};
    enum as_token_format format;
    enum as_alg alg;

    ck_refuses(as_token_choose_format(&w->ctx, &client, both, 2, &format, &alg), AS_INVALID_TARGET,
               "the resource servers want tokens signed by different algorithms");
    const struct as_resource *const alike[] = {&one, &one};
    ck_ok(as_token_choose_format(&w->ctx, &client, alike, 2, &format, &alg));
    ck_assert_int_eq(alg, AS_ALG_PS256);
    ck_ok(as_token_choose_format(&w->ctx, &client, both, 1, &format, &alg));
    ck_assert_int_eq(alg, AS_ALG_PS256);
    ck_ok(as_token_choose_format(&w->ctx, &client, both, 0, &format, &alg));
    ck_assert_int_eq(format, AS_TOKEN_SEALED);
}
END_TEST

static void add_tests(TCase *t)
{
    tcase_add_checked_fixture(t, start, stop);
    tcase_add_test(t, TOK_120_121_122_every_claim);
    tcase_add_test(t, TOK_124_several_audiences_are_an_array);
    tcase_add_test(t, TOK_128_read_back_as_it_was);
    tcase_add_test(t, D9_the_way_of_a_pki_certificate);
    tcase_add_test(t, D8_claims_of_version_1);
    tcase_add_test(t, D8_too_much_for_a_token);
    tcase_add_test(t, an_algorithm_that_is_switched_off_signs_nothing);
    tcase_add_test(t, TOK_129_another_kind_of_jwt_is_no_access_token);
    tcase_add_test(t, TOK_147_a_key_that_is_not_ours);
    tcase_add_test(t, TOK_147_a_changed_header);
    tcase_add_test(t, TOK_147_each_octet_counts);
    tcase_add_test(t, TOK_121_claims_have_one_shape);
    tcase_add_test(t, TOK_146_a_token_has_a_limit);
    tcase_add_test(t, REG_147_a_key_that_was_revoked);
    tcase_add_test(t, D8_who_chooses_the_form);
    tcase_add_test(t, D8_one_signature_for_all);
}

int main(void)
{
    return as_tests_run("token/form_jwt", add_tests);
}
