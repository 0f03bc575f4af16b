/* SPDX-License-Identifier: Apache-2.0 */
/* How a self_signed_tls_client_auth party will authenticate: whole certificates in its jwks. */
#include "support/jwk.h"

#include <openssl/ec.h>

START_TEST(MTLS_50_certificates_are_claimed)
{
    struct test_cert *cert = test_leaf(NULL, "CN=self");
    struct as_cert *same = NULL;
    as_span der = test_cert_der(cert);

    ck_ok(as_cert_of_der(&der, 1, &same));
    ck_ok(register_json(self_signed_one(jwk_with(cert, cert))));
    ck_assert_int_eq(reg.write.party->method, AS_METHOD_SELF_SIGNED_TLS_CLIENT_AUTH);
    ck_assert_uint_eq(reg.write.party->certificate_count, 1);
    ck_assert_mem_eq(reg.write.party->certificates[0], same->thumbprint, AS_DIGEST);
    ck_assert_uint_eq(reg.write.identifier_count, 2); /* MTLS-114: certificate and key */
    ck_assert_uint_eq(reg.write.identifiers[0].kind, AS_IDENTIFIER_CERTIFICATE);
    ck_assert_mem_eq(reg.write.identifiers[0].digest, same->thumbprint, AS_DIGEST);
    ck_assert_uint_eq(reg.write.identifiers[1].kind, AS_IDENTIFIER_KEY);
    ck_assert_mem_eq(reg.write.identifiers[1].digest, same->spki_hash, AS_DIGEST);
    as_cert_drop(same);
    free((void *)der.ptr);
    test_cert_free(cert);
}
END_TEST

START_TEST(MTLS_51_without_a_certificate)
{
    static const char why[] = "self_signed_tls_client_auth needs jwks with a certificate in x5c";
    struct test_cert *cert = test_leaf(NULL, "CN=self");

    ck_ok(register_json(self_signed_one(jwk_with(cert, cert))));
    refuses_json(self_signed_one(jwk_of(cert->key)), NULL, why);
    refuses("'token_endpoint_auth_method':'self_signed_tls_client_auth'", NULL, why);
    /* jwks_uri waits for a later version, alone and beside jwks */
    refuses("'jwks_uri':'https://a.example/jwks'", "jwks_uri",
            "jwks_uri is not offered by this version; register jwks");
    json_t *both = self_signed_one(jwk_with(cert, cert));
    json_object_set_new(both, "jwks_uri", json_string("https://a.example/jwks"));
    refuses_json(both, "jwks_uri", "jwks_uri is not offered by this version; register jwks");
    refuses("'jwks':{}", "jwks", "jwks must be an object with the array keys");
    refuses("'jwks':{'keys':[]}", "jwks", "jwks must hold one to 32 keys");
    test_cert_free(cert);
}
END_TEST

/* Every kind of key that may authenticate, and the key of another certificate. */
START_TEST(MTLS_52_members_equal_the_key)
{
    static const char *const kinds[] = {"RSA:2048", "P-256", "P-384", "ED25519"};
    static const char why[] = "it is not the key of its first x5c certificate";
    struct test_cert *certs[AS_COUNT(kinds)], *other;

    for (size_t i = 0; i < AS_COUNT(kinds); i++) {
        certs[i] = test_cert(NULL, (struct test_cert_ask){.subject = "CN=x", .key = kinds[i]});
        ck_ok(register_json(self_signed_one(jwk_with(certs[i], certs[i]))));
        other = test_cert(NULL, (struct test_cert_ask){.subject = "CN=x", .key = kinds[i]});
        refuses_json(self_signed_one(jwk_with(other, certs[i])), "jwks key 1", why);
        test_cert_free(other);
    }
    for (size_t i = 0; i < AS_COUNT(kinds); i++) {
        refuses_json(self_signed_one(jwk_with(certs[i], certs[(i + 1) % AS_COUNT(kinds)])),
                     "jwks key 1", why);
    }
    for (size_t i = 0; i < AS_COUNT(kinds); i++) {
        test_cert_free(certs[i]);
    }
}
END_TEST

/* The key with y and that with p - y have one x. */
static EVP_PKEY *mirrored(const EVP_PKEY *key)
{
    EC_GROUP *curve = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    EC_POINT *point = EC_POINT_new(curve);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    unsigned char octets[65];
    size_t len = 0;
    char group[] = "P-256";
    EVP_PKEY *out = NULL;

    ck_assert_int_eq(
        EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, octets, sizeof(octets), &len),
        1);
    ck_assert_int_eq(EC_POINT_oct2point(curve, point, octets, len, NULL), 1);
    ck_assert_int_eq(EC_POINT_invert(curve, point, NULL), 1);
    ck_assert_uint_eq(EC_POINT_point2oct(curve, point, POINT_CONVERSION_UNCOMPRESSED, octets,
                                         sizeof(octets), NULL),
                      sizeof(octets));
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, octets, sizeof(octets)),
        OSSL_PARAM_construct_end()};
    ck_assert_int_eq(EVP_PKEY_fromdata_init(ctx), 1);
    ck_assert_int_eq(EVP_PKEY_fromdata(ctx, &out, EVP_PKEY_PUBLIC_KEY, params), 1);
    EVP_PKEY_CTX_free(ctx);
    EC_POINT_free(point);
    EC_GROUP_free(curve);
    return out;
}

/* As many members alike as there can be, and yet another key. */
START_TEST(MTLS_52_not_one_member_differs_unseen)
{
    static const char why[] = "it is not the key of its first x5c certificate";
    struct test_cert *r =
        test_cert(NULL, (struct test_cert_ask){.subject = "CN=r", .key = "RSA:2048"});
    struct test_cert *p = test_leaf(NULL, "CN=p");
    EVP_PKEY *other = mirrored(p->key);
    json_t *jwk = jwk_of(other), *one = jwk_of(p->key);

    ck_assert(json_equal(json_object_get(jwk, "x"), json_object_get(one, "x")));
    ck_assert(!json_equal(json_object_get(jwk, "y"), json_object_get(one, "y")));
    json_object_set_new(jwk, "x5c", json_pack("[o]", x5c_of(p)));
    refuses_json(self_signed_one(jwk), "jwks key 1", why);
    /* of an EC key, with the members of the RSA key beside */
    json_t *rsa = jwk_of(r->key);
    json_object_update(one, rsa);
    json_object_set_new(one, "kty", json_string("EC"));
    json_object_set_new(one, "x5c", json_pack("[o]", x5c_of(r)));
    refuses_json(self_signed_one(one), "jwks key 1", why);
    json_decref(rsa);
    ck_ok(register_json(self_signed(json_pack("[oo]", jwk_with(p, p), jwk_with(r, r)))));
    EVP_PKEY_free(other);
    test_cert_free(r);
    test_cert_free(p);
}
END_TEST

START_TEST(MTLS_52_members_are_present_and_whole)
{
    static const char *const rsa[] = {"n", "e"}, *const ec[] = {"x", "y"};
    static const char lacks[] = "a key in jwks lacks a required member";
    static const char unsound[] = "a key in jwks is malformed, too weak or not on its curve";
    static const char why[] = "it is not the key of its first x5c certificate";
    struct test_cert *r =
        test_cert(NULL, (struct test_cert_ask){.subject = "CN=r", .key = "RSA:2048"});
    struct test_cert *p = test_leaf(NULL, "CN=p");

    for (size_t i = 0; i < 2; i++) {
        json_t *jwk = jwk_with(r, r);
        json_object_del(jwk, rsa[i]);
        refuses_json(self_signed_one(jwk), "jwks", lacks);
        jwk = jwk_with(p, p);
        json_object_del(jwk, ec[i]);
        refuses_json(self_signed_one(jwk), "jwks", lacks);
    }
    json_t *jwk = jwk_with(p, p);
    json_object_set_new(jwk, "crv", json_string("P-384"));
    refuses_json(self_signed_one(jwk), "jwks", unsound);
    jwk = jwk_with(p, p);
    json_object_set_new(jwk, "kty", json_string("OKP"));
    refuses_json(self_signed_one(jwk), "jwks key 1", why);
    jwk = jwk_with(r, r);
    json_object_set_new(jwk, "e", json_string("AQAC"));
    refuses_json(self_signed_one(jwk), "jwks", unsound);
    jwk = jwk_with(r, r);
    json_object_set_new(jwk, "e", json_string("AQAD"));
    refuses_json(self_signed_one(jwk), "jwks key 1", why);
    test_cert_free(r);
    test_cert_free(p);
}
END_TEST

START_TEST(MTLS_53_x5c_is_standard_base64_of_der)
{
    static const char why[] = "x5c must hold standard base64 of DER, without line breaks or armour";
    struct test_cert *cert = test_leaf(NULL, "CN=self");
    const struct test_cert *certs[] = {cert};
    char *pem = test_certs_pem(certs, 1);
    as_span der = test_cert_der(cert), trailing;
    char *longer = malloc(der.len + 1);

    memcpy(longer, der.ptr, der.len);
    longer[der.len] = 0;
    ck_ok(as_base64_put(reg.mem, (as_span){longer, der.len + 1}, &trailing));
    const struct {
        json_t *x5c;
        const char *member;
        const char *why;
    } rows[] = {
        {json_pack("[s]", pem), "jwks", why},
        {json_pack("[s]", "MIIB\nAAAA"), "jwks", why},
        {json_pack("[s]", "MIIB_-=="), "jwks", why},
        {json_pack("[s]", ""), "jwks", why},
        {json_pack("[o]", base64url_of((const unsigned char *)der.ptr, der.len)), "jwks", why},
        {json_pack("[s]", "AAAA"), "jwks key 1", "the certificate is not X.509 in DER"},
        {json_pack("[s]", trailing.ptr), "jwks key 1", "the certificate is not X.509 in DER"},
        {json_pack("[os]", x5c_of(cert), "AAAA"), "jwks key 1",
         "a further certificate is not X.509 in DER"},
        {json_pack("[i]", 1), "jwks", "x5c must hold strings"},
        {json_array(), "jwks", "x5c must be an array of one to nine certificates"},
        {json_string("AAAA"), "jwks", "x5c must be an array of one to nine certificates"},
    };
    for (size_t i = 0; i < AS_COUNT(rows); i++) {
        json_t *jwk = jwk_of(cert->key);
        json_object_set_new(jwk, "x5c", rows[i].x5c);
        refuses_json(self_signed_one(jwk), rows[i].member, rows[i].why);
    }
    ck_ok(register_json(self_signed_one(jwk_with(cert, cert))));
    free(pem);
    free(longer);
    free((void *)der.ptr);
    test_cert_free(cert);
}
END_TEST

START_TEST(MTLS_57_several_certificates)
{
    struct test_cert *ca = test_ca("CN=their CA");
    struct test_cert *a = test_leaf(ca, "CN=a"), *b = test_leaf(NULL, "CN=b");
    json_t *chain = jwk_with(a, a);

    json_array_append_new(json_object_get(chain, "x5c"), x5c_of(ca));
    ck_ok(register_json(self_signed(json_pack("[ooo]", chain, jwk_of(b->key), jwk_with(b, b)))));
    ck_assert_uint_eq(reg.write.party->certificate_count, 2); /* element 0 of each x5c alone */
    ck_assert_uint_eq(reg.write.identifier_count, 4);
    test_cert_free(ca);
    test_cert_free(a);
    test_cert_free(b);
}
END_TEST

/* A renewal with the old key, registered beside the old certificate. */
START_TEST(MTLS_57_two_certificates_of_one_key)
{
    struct test_cert *old = test_leaf(NULL, "CN=a");
    struct test_cert *renewed =
        test_cert(NULL, (struct test_cert_ask){.subject = "CN=a", .use_key = old->key});

    ck_ok(register_json(
        self_signed(json_pack("[oo]", jwk_with(old, old), jwk_with(renewed, renewed)))));
    ck_assert_uint_eq(reg.write.party->certificate_count, 2);
    test_cert_free(old);
    test_cert_free(renewed);
}
END_TEST

/* The refusal says which certificate and which rule. */
START_TEST(MTLS_115_weak_keys)
{
    static const char rsa[] =
        "the RSA key is not of 2048 to 4096 bits with an exponent in [65537, 2^32)";
    static const char ec[] = "the EC key is not on P-256 or P-384 by name";
    static const struct {
        const char *kind, *why;
    } rows[] = {
        {"RSA:1024", rsa},
        {"RSA:2047", rsa},
        {"RSA:2048:3", rsa},
        {"P-224", ec},
        {"P-521", ec},
        {"P-256-EXPLICIT", ec},
        {"DSA", "the key is of no kind in use: RSA, EC, Ed25519"},
        {NULL, ec},
    };
    EVP_PKEY *koblitz = EVP_EC_gen("secp256k1");
    struct test_cert *good = test_leaf(NULL, "CN=good");

    for (size_t i = 0; i < AS_COUNT(rows); i++) {
        struct test_cert_ask ask = {.subject = "CN=weak", .key = rows[i].kind};
        ask.use_key = rows[i].kind == NULL ? koblitz : NULL;
        struct test_cert *weak = test_cert(NULL, ask);
        refuses_json(self_signed_one(jwk_with(good, weak)), "jwks key 1", rows[i].why);
        refuses_json(self_signed(json_pack("[ooo]", jwk_with(good, good), jwk_of(good->key),
                                           jwk_with(good, weak))),
                     "jwks key 3", rows[i].why);
        test_cert_free(weak);
    }
    ck_ok(register_json(self_signed_one(jwk_with(good, good))));
    EVP_PKEY_free(koblitz);
    test_cert_free(good);
}
END_TEST

/* What cannot be looked at whole cannot authenticate; a certificate with many names can. */
START_TEST(MTLS_117_too_many_names)
{
    char san[AS_LIMIT_CERT_NAMES * 16 + 16] = "";
    struct test_cert *certs[2] = {NULL, NULL};

    for (int i = 0; i <= AS_LIMIT_CERT_NAMES; i++) {
        if (i == 20) { /* REG-12 */
            certs[0] = test_cert(
                NULL, (struct test_cert_ask){.subject = "CN=x", .san = san, .key = "RSA:4096"});
        }
        snprintf(san + strlen(san), 16, "%sDNS:n%d.x", i > 0 ? "," : "", i);
    }
    certs[1] = test_cert(NULL, (struct test_cert_ask){.subject = "CN=x", .san = san});
    ck_ok(register_json(self_signed_one(jwk_with(certs[0], certs[0]))));
    refuses_json(self_signed_one(jwk_with(certs[1], certs[1])), "jwks key 1",
                 "subjectAltName has too many entries");
    test_cert_free(certs[0]);
    test_cert_free(certs[1]);
}
END_TEST

START_TEST(REG_34_no_private_members)
{
    static const char *const members[] = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"};
    static const char why[] = "jwks holds private or symmetric key material";
    struct test_cert *cert = test_leaf(NULL, "CN=self");

    for (size_t i = 0; i < AS_COUNT(members); i++) {
        json_t *jwk = jwk_with(cert, cert);
        json_object_set_new(jwk, members[i], json_string("c2VjcmV0"));
        refuses_json(self_signed_one(jwk), "jwks", why);
    }
    refuses("'jwks':{'keys':[{'kty':'oct'}]}", "jwks", why); /* whatever the method */
    ck_ok(register_json(self_signed_one(jwk_with(cert, cert))));
    test_cert_free(cert);
}
END_TEST

/* What another method's members say is kept and shown, but claims nothing. */
START_TEST(MTLS_24_members_of_the_other_method)
{
    struct test_cert *cert = test_leaf(NULL, "CN=self");
    json_t *json = self_signed_one(jwk_with(cert, cert));

    json_object_set_new(json, "tls_client_auth_subject_dn", json_string("CN=a"));
    json_object_set_new(json, "tls_client_auth_san_dns", json_string("a.example"));
    ck_ok(register_json(json));
    shows("tls_client_auth_subject_dn", "'CN=a'");
    shows("tls_client_auth_san_dns", "'a.example'");
    ck_assert_uint_eq(reg.write.party->name_canon.len, 0);
    ck_assert_uint_eq(reg.write.identifier_count, 2);

    json = json_pack("{s:{s:[o]}}", "jwks", "keys", jwk_with(cert, cert));
    ck_ok(register_json(json));
    ck_assert_uint_eq(reg.write.party->certificate_count, 0);
    ck_assert_uint_eq(reg.write.identifier_count, 1);
    /* kept, but not anything */
    json = self_signed_one(jwk_with(cert, cert));
    json_object_set_new(json, "tls_client_auth_subject_dn", json_string("no name"));
    ck_fault(register_json(json), AS_INVALID_CLIENT_METADATA);
    ck_assert_str_eq(reg.member, "tls_client_auth_subject_dn");
    test_cert_free(cert);
}
END_TEST

AS_TESTS("endpoint/certificates", {
    tcase_add_unchecked_fixture(t, start, stop);
    tcase_add_test(t, MTLS_50_certificates_are_claimed);
    tcase_add_test(t, MTLS_51_without_a_certificate);
    tcase_add_test(t, MTLS_52_members_equal_the_key);
    tcase_add_test(t, MTLS_52_not_one_member_differs_unseen);
    tcase_add_test(t, MTLS_52_members_are_present_and_whole);
    tcase_add_test(t, MTLS_53_x5c_is_standard_base64_of_der);
    tcase_add_test(t, MTLS_57_several_certificates);
    tcase_add_test(t, MTLS_57_two_certificates_of_one_key);
    tcase_add_test(t, MTLS_115_weak_keys);
    tcase_add_test(t, MTLS_117_too_many_names);
    tcase_add_test(t, REG_34_no_private_members);
    tcase_add_test(t, MTLS_24_members_of_the_other_method);
})
