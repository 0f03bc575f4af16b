/* SPDX-License-Identifier: Apache-2.0 */
/* How a tls_client_auth party will authenticate: one name, and what it claims by it. */
#include "support/registration.h"

static const char one_name[] =
    "tls_client_auth needs exactly one of tls_client_auth_subject_dn, _san_dns, _san_uri, "
    "_san_ip, _san_email";

static const struct {
    const char *member;
    const char *value;
} names[AS_NAME_KINDS] = {
    {"tls_client_auth_subject_dn", "CN=a"},     {"tls_client_auth_san_dns", "a.example"},
    {"tls_client_auth_san_uri", "urn:a"},       {"tls_client_auth_san_ip", "192.0.2.1"},
    {"tls_client_auth_san_email", "a@example"},
};

START_TEST(MTLS_21_exactly_one_name)
{
    for (size_t i = 0; i < AS_NAME_KINDS; i++) {
        json_t *json = json_pack("{s:n}", "tls_client_auth_subject_dn");
        json_object_set_new(json, names[i].member, json_string(names[i].value));
        ck_ok(register_json(json));
        ck_assert_uint_eq(reg.write.party->name_kind, i);
        ck_assert_uint_gt(reg.write.party->name_canon.len, 0);
        ck_assert_uint_eq(reg.write.party->certificate_count, 0);
    }
    refuses("'tls_client_auth_subject_dn':null", NULL, one_name);
}
END_TEST

START_TEST(MTLS_21_each_pair)
{
    size_t pairs = 0;

    for (size_t i = 0; i < AS_NAME_KINDS; i++) {
        for (size_t j = i + 1; j < AS_NAME_KINDS; j++, pairs++) {
            json_t *json = json_pack("{s:n}", "tls_client_auth_subject_dn");
            json_object_set_new(json, names[i].member, json_string(names[i].value));
            json_object_set_new(json, names[j].member, json_string(names[j].value));
            refuses_json(json, NULL, one_name);
        }
    }
    ck_assert_uint_eq(pairs, 10);
}
END_TEST

/* The same rule for a party that exists, and for resource servers. */
START_TEST(MTLS_22_on_update_too)
{
    reg.id = AS_LIT("old");
    accepts("");
    refuses("'tls_client_auth_san_dns':'a.example'", NULL, one_name);
    refuses("'tls_client_auth_subject_dn':null", NULL, one_name);
    reg.kind = AS_PARTY_RESOURCE;
    accepts("");
    refuses("'tls_client_auth_san_dns':'a.example'", NULL, one_name);
}
END_TEST

START_TEST(MTLS_25_dn_text)
{
    static const char *const bad[] = {"CN=a,,O=b", "CN", "/C=GB/CN=a", "CN=a,", "=a", "CN=a\\"};

    for (size_t i = 0; i < AS_COUNT(bad); i++) {
        ck_fault(register_json(json_pack("{s:s}", "tls_client_auth_subject_dn", bad[i])),
                 AS_INVALID_CLIENT_METADATA);
        ck_assert_str_eq(reg.member, "tls_client_auth_subject_dn");
    }
    accepts("'tls_client_auth_subject_dn':'cn=a,o=b'");
    shows("tls_client_auth_subject_dn", "'cn=a,o=b'"); /* as given */
}
END_TEST

START_TEST(MTLS_40_ip_text)
{
    static const char *const good[] = {"192.0.2.1", "2001:db8::1", "2001:DB8:0:0:0:0:0:1"};
    static const char *const bad[] = {"192.0.2.0/24", "fe80::1%eth0",   "1.2.3",
                                      "192.0.2.1:80", "[2001:db8::1]",  "192.0.2.01x",
                                      "1.2.3.4.5",    "2001:db8::1/64", " 192.0.2.1"};

    for (size_t i = 0; i < AS_COUNT(good); i++) {
        ck_ok(register_json(json_pack("{s:n, s:s}", "tls_client_auth_subject_dn",
                                      "tls_client_auth_san_ip", good[i])));
    }
    for (size_t i = 0; i < AS_COUNT(bad); i++) {
        refuses_json(
            json_pack("{s:n, s:s}", "tls_client_auth_subject_dn", "tls_client_auth_san_ip", bad[i]),
            "tls_client_auth_san_ip", "it is not an IP address");
    }
}
END_TEST

START_TEST(MTLS_37_a_wildcard_is_no_name)
{
    accepts("'tls_client_auth_subject_dn':null,'tls_client_auth_san_dns':'a.example.com'");
    refuses("'tls_client_auth_subject_dn':null,'tls_client_auth_san_dns':'*.example.com'",
            "tls_client_auth_san_dns", "a wildcard names no client (RFC 8705 7.5)");
}
END_TEST

/* The claim is the digest of what is compared, so that spelling does not hide a holder. */
START_TEST(MTLS_114_claims_of_a_name)
{
    struct as_identifier first;

    accepts("'tls_client_auth_subject_dn':'CN=Client One,O=Acme'");
    ck_assert_uint_eq(reg.write.identifier_count, 1);
    first = reg.write.identifiers[0];
    ck_assert_uint_eq(first.kind, AS_NAME_SUBJECT_DN);
    accepts("'tls_client_auth_subject_dn':'cn=client  one,o=ACME'");
    ck_assert_mem_eq(first.digest, reg.write.identifiers[0].digest, AS_DIGEST);
    accepts("'tls_client_auth_subject_dn':'CN=Client Two,O=Acme'");
    ck_assert_mem_ne(first.digest, reg.write.identifiers[0].digest, AS_DIGEST);
    ck_assert(!reg.write.party->shared);
    ck_assert(accepts("'shared_identifier':true")->shared);
}
END_TEST

AS_TESTS("endpoint/identity", {
    tcase_add_unchecked_fixture(t, start, stop);
    tcase_add_test(t, MTLS_21_exactly_one_name);
    tcase_add_test(t, MTLS_21_each_pair);
    tcase_add_test(t, MTLS_22_on_update_too);
    tcase_add_test(t, MTLS_25_dn_text);
    tcase_add_test(t, MTLS_40_ip_text);
    tcase_add_test(t, MTLS_37_a_wildcard_is_no_name);
    tcase_add_test(t, MTLS_114_claims_of_a_name);
})
