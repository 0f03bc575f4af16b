/* SPDX-License-Identifier: Apache-2.0 */
/* subjectAltName kinds: what is registered against what a certificate holds (RFC 8705 2.1.2). */
#include "support/names.h"

#include <string.h>

#define DNS   AS_NAME_SAN_DNS
#define URI   AS_NAME_SAN_URI
#define IP    AS_NAME_SAN_IP
#define EMAIL AS_NAME_SAN_EMAIL

START_TEST(MTLS_21_name_members)
{
    ck_assert_str_eq(as_name_member(DN), "tls_client_auth_subject_dn");
    ck_assert_str_eq(as_name_member(DNS), "tls_client_auth_san_dns");
    ck_assert_str_eq(as_name_member(URI), "tls_client_auth_san_uri");
    ck_assert_str_eq(as_name_member(IP), "tls_client_auth_san_ip");
    ck_assert_str_eq(as_name_member(EMAIL), "tls_client_auth_san_email");
}
END_TEST

START_TEST(MTLS_23_name_empty_or_control)
{
    for (enum as_name_kind kind = DN; kind < AS_NAME_KINDS; kind++) {
        refuses_name(kind, AS_LIT(""), "the name is empty");
        refuses_name(kind, AS_LIT("a\0"), "the name holds a control character");
        refuses_name(kind, AS_LIT("a\n"), "the name holds a control character");
        refuses_name(kind, AS_LIT("\x7F"), "the name holds a control character");
    }
}
END_TEST

START_TEST(MTLS_36_dns_ignores_case)
{
    struct as_cert *cert = with_san("DNS:Client.Example.com");

    is_known(cert, DNS, "client.example.com");
    is_known(cert, DNS, "CLIENT.example.COM");
    is_unknown(cert, DNS, "client.example.co");
    is_unknown(cert, DNS, "example.com");
    is_unknown(cert, DNS, "a.client.example.com");
    as_cert_drop(cert);
}
END_TEST

START_TEST(MTLS_36_dns_grammar)
{
    static const char *const bad[] = {
        "a..b",
        ".a",
        "a.",
        "a b",
        "a/b",
        "a:443",
        "http://a",
        "\xC3\xA9.example",
        "0123456789012345678901234567890123456789012345678901234567890123.example",
    };

    for (size_t i = 0; i < AS_COUNT(bad); i++) {
        refuses_name(DNS, as_span_of(bad[i]), "it is not a host name");
    }
    refuses_name(DNS, AS_LIT("192.0.2.1"), "it is an IP address, not a host name");
    char longest[255];
    memset(longest, 'a', sizeof(longest));
    longest[63] = longest[127] = longest[191] = '.';
    refuses_name(DNS, (as_span){longest, 254}, "it is not a host name");
    longest[253] = '\0';
    struct as_cert *other = with_san("DNS:a");
    is_unknown(other, DNS, longest); /* a name nonetheless */
    as_cert_drop(other);
    struct as_cert *cert = with_san("DNS:my_service-1.example");
    is_known(cert, DNS, "my_service-1.example");
    as_cert_drop(cert);
}
END_TEST

START_TEST(MTLS_37_dns_wildcard_never_matches)
{
    struct as_cert *cert = with_san("DNS:*.example.com,DNS:b.example.com");

    is_unknown(cert, DNS, "a.example.com");
    is_known(cert, DNS, "b.example.com");
    ck_assert(cert->names[0].wildcard);
    ck_assert(!cert->names[1].wildcard);
    ck_assert(!as_cert_has_name(cert, DNS, AS_LIT("*.example.com")));
    refuses_name(DNS, AS_LIT("*.example.com"), "a wildcard names no client (RFC 8705 7.5)");
    refuses_name(DNS, AS_LIT("*"), "a wildcard names no client (RFC 8705 7.5)");
    as_cert_drop(cert);
}
END_TEST

START_TEST(MTLS_38_uri_is_exact)
{
    struct as_cert *cert = with_san("URI:https://client.example.com/A%2f");

    is_known(cert, URI, "https://client.example.com/A%2f");
    is_unknown(cert, URI, "https://client.example.com/a%2f");
    is_unknown(cert, URI, "https://client.example.com/A%2F");
    is_unknown(cert, URI, "https://client.example.com/A%2f/");
    is_unknown(cert, URI, "https://CLIENT.example.com/A%2f");
    refuses_name(URI, AS_LIT("client.example.com"), "it is not a URI with a scheme");
    refuses_name(URI, AS_LIT("//client.example.com"), "it is not a URI with a scheme");
    refuses_name(URI, AS_LIT("1a:b"), "it is not a URI with a scheme");
    refuses_name(URI, AS_LIT("urn:"), "it is not a URI with a scheme");
    refuses_name(URI, AS_LIT("client/a:b"), "it is not a URI with a scheme");
    refuses_name(URI, AS_LIT("urn:a b"), "it is not a URI");
    refuses_name(URI, AS_LIT("urn:\xC3\xA9"), "it is not a URI");
    as_cert_drop(cert);
}
END_TEST

START_TEST(MTLS_39_ip_is_binary)
{
    struct as_cert *cert = with_san("IP:2001:db8::1,IP:192.0.2.1");

    is_known(cert, IP, "2001:db8::1");
    is_known(cert, IP, "2001:db8:0:0:0:0:0:1");
    is_known(cert, IP, "2001:DB8::1");
    is_known(cert, IP, "192.0.2.1");
    is_unknown(cert, IP, "::ffff:192.0.2.1");
    is_unknown(cert, IP, "192.0.2.2");
    is_unknown(cert, IP, "2001:db8::2");
    ck_span_eq(cert->names[0].text, "2001:db8::1");
    ck_span_eq(cert->names[1].text, "192.0.2.1");
    as_cert_drop(cert);
}
END_TEST

START_TEST(MTLS_40_ip_malformed)
{
    static const char *const bad[] = {
        "192.0.2.0/24", "fe80::1%eth0", "1.2.3",         "192.0.2.1:443", "[::1]",
        "256.0.0.1",    "01.2.3.4",     "1.2.3.4 ",      "::1::",         "localhost",
        "0x7f000001",   "2130706433",   "1:2:3:4:5:6:7", "12345::",
    };

    for (size_t i = 0; i < AS_COUNT(bad); i++) {
        refuses_name(IP, as_span_of(bad[i]), "it is not an IP address");
    }
}
END_TEST

/* A self-signed certificate with one SAN entry of exactly these octets. */
static struct as_cert *with_entry(int type, const char *octets, size_t len)
{
    GENERAL_NAMES *entries = GENERAL_NAMES_new();
    GENERAL_NAME *entry = GENERAL_NAME_new();
    ASN1_STRING *value = type == GEN_IPADD ? ASN1_OCTET_STRING_new() : ASN1_IA5STRING_new();

    ASN1_STRING_set(value, octets, (int)len);
    GENERAL_NAME_set0_value(entry, type, value);
    sk_GENERAL_NAME_push(entries, entry);
    struct test_cert *made = test_leaf(NULL, "CN=a");
    ck_assert(X509_add1_ext_i2d(made->x509, NID_subject_alt_name, entries, 0, X509V3_ADD_DEFAULT) ==
              1);
    GENERAL_NAMES_free(entries);
    test_sign(made->x509, made->key, NULL);
    return read_and_free(made);
}

START_TEST(MTLS_40_ip_of_odd_length)
{
    static const size_t lengths[] = {0, 3, 5, 8, 15, 17, 32};

    for (size_t i = 0; i < AS_COUNT(lengths); i++) {
        struct as_cert *cert =
            with_entry(GEN_IPADD, (const char[32]){(char)192, 0, 2, 1}, lengths[i]);
        ck_assert_uint_eq(cert->name_count, 1);
        ck_assert_uint_eq(cert->names[0].canon.len, 0);
        is_unknown(cert, IP, "192.0.2.1");
        as_cert_drop(cert);
    }
    struct as_cert *cert = with_entry(GEN_IPADD, "\xC0\x00\x02\x01", 4);
    is_known(cert, IP, "192.0.2.1");
    as_cert_drop(cert);
}
END_TEST

START_TEST(MTLS_41_email)
{
    struct as_cert *cert = with_san("email:a@X.test");

    is_known(cert, EMAIL, "a@X.test");
    is_known(cert, EMAIL, "a@x.TEST");
    is_unknown(cert, EMAIL, "A@x.test");
    is_unknown(cert, EMAIL, "b@x.test");
    is_unknown(cert, EMAIL, "a@y.test");
    static const char *const bad[] = {"a", "@x.test", "a@", "a@b@x.test", "a b@x.test", "a@x test"};
    for (size_t i = 0; i < AS_COUNT(bad); i++) {
        refuses_name(EMAIL, as_span_of(bad[i]), "it is not a mail address");
    }
    as_cert_drop(cert);
}
END_TEST

START_TEST(MTLS_42_no_fallback_between_kinds)
{
    struct as_cert *cn = with_subject("CN=client.example.com");
    struct as_cert *uri = with_san("URI:urn:a,email:a@x.test");

    is_unknown(cn, DNS, "client.example.com");
    is_known(cn, DN, "CN=client.example.com");
    is_unknown(uri, DNS, "x.test");
    is_unknown(uri, EMAIL, "urn@a.test");
    is_known(uri, URI, "urn:a");
    is_known(uri, EMAIL, "a@x.test");
    /* the octets alone do not decide, the kind does */
    ck_assert(!as_cert_has_name(uri, DNS, AS_LIT("urn:a")));
    ck_assert(as_cert_has_name(uri, URI, AS_LIT("urn:a")));
    as_cert_drop(cn);
    as_cert_drop(uri);
}
END_TEST

START_TEST(MTLS_43_any_of_several)
{
    struct as_cert *cert = with_san("DNS:a.example,DNS:b.example,DNS:c.example,URI:urn:x");

    is_known(cert, DNS, "c.example");
    is_known(cert, DNS, "a.example");
    is_known(cert, URI, "urn:x");
    is_unknown(cert, DNS, "d.example");
    ck_assert_uint_eq(cert->name_count, 4);
    as_cert_drop(cert);
}
END_TEST

START_TEST(MTLS_35_san_controls_shorten_nothing)
{
    static const struct {
        int type;
        enum as_name_kind kind;
        const char *octets;
        size_t len;
        const char *registered;
    } cases[] = {
        {GEN_DNS, DNS, "good.example\0.evil.test", 23, "good.example"},
        {GEN_DNS, DNS, "good.example\0", 13, "good.example"},
        {GEN_DNS, DNS, "good.example\n", 13, "good.example"},
        {GEN_DNS, DNS, "good.example ", 13, "good.example"},
        {GEN_DNS, DNS, "good.example.", 13, "good.example"},
        {GEN_URI, URI, "urn:good\0evil", 13, "urn:good"},
        {GEN_URI, URI, "urn:good ", 9, "urn:good"},
        {GEN_URI, URI, "urn:good\x7F", 9, "urn:good"},
        {GEN_URI, URI, "", 0, "urn:good"},
        {GEN_DNS, DNS, "", 0, "good.example"},
        {GEN_EMAIL, EMAIL, "", 0, "a@x.test"},
        {GEN_EMAIL, EMAIL, "a@x.test\0.evil", 14, "a@x.test"},
        {GEN_EMAIL, EMAIL, "a\0@x.test", 9, "a@x.test"},
    };

    for (size_t i = 0; i < AS_COUNT(cases); i++) {
        struct as_cert *cert = with_entry(cases[i].type, cases[i].octets, cases[i].len);
        is_unknown(cert, cases[i].kind, cases[i].registered);
        ck_assert_uint_eq(cert->names[0].canon.len, 0);
        as_cert_drop(cert);
        cert = with_entry(cases[i].type, cases[i].registered, strlen(cases[i].registered));
        is_known(cert, cases[i].kind, cases[i].registered);
        as_cert_drop(cert);
    }
    struct as_cert *cert = with_entry(GEN_DNS, "a\0\\b", 4);
    ck_span_eq(cert->names[0].text, "a\\00\\5cb");
    as_cert_drop(cert);
}
END_TEST

START_TEST(TLS_77_whole_values_of_their_kind)
{
    const struct value values[] = {
        VALUE(NID_commonName, V_ASN1_UTF8STRING, "good.example"),
        VALUE(NID_organizationName, V_ASN1_UTF8STRING, "good\0.evil"),
    };
    struct as_cert *common = with_values(values, 1);
    struct as_cert *cut = with_values(&values[1], 1);
    struct as_cert *entry = with_entry(GEN_DNS, "good.example\0.evil", 18);

    is_known(common, DN, "CN=good.example");
    is_unknown(common, DNS, "good.example"); /* no fallback to CN */
    is_unknown(cut, DN, "O=good");
    is_unknown(entry, DNS, "good.example");
    as_cert_drop(common);
    as_cert_drop(cut);
    as_cert_drop(entry);
}
END_TEST

START_TEST(MTLS_42_empty_name_matches_nothing)
{
    struct as_cert *empty = with_subject("");
    struct as_cert *full = with_subject("CN=a");

    ck_assert_uint_eq(empty->subject.len, 0);
    for (enum as_name_kind kind = DN; kind < AS_NAME_KINDS; kind++) {
        ck_assert(!as_cert_has_name(empty, kind, AS_SPAN_NONE));
    }
    ck_assert(as_cert_has_name(full, DN, full->subject));
    as_cert_drop(empty);
    as_cert_drop(full);
}
END_TEST

AS_TESTS("trust/names", {
    tcase_add_test(t, MTLS_21_name_members);
    tcase_add_test(t, MTLS_23_name_empty_or_control);
    tcase_add_test(t, MTLS_35_san_controls_shorten_nothing);
    tcase_add_test(t, MTLS_36_dns_ignores_case);
    tcase_add_test(t, MTLS_36_dns_grammar);
    tcase_add_test(t, MTLS_37_dns_wildcard_never_matches);
    tcase_add_test(t, MTLS_38_uri_is_exact);
    tcase_add_test(t, MTLS_39_ip_is_binary);
    tcase_add_test(t, MTLS_40_ip_malformed);
    tcase_add_test(t, MTLS_40_ip_of_odd_length);
    tcase_add_test(t, MTLS_41_email);
    tcase_add_test(t, MTLS_42_no_fallback_between_kinds);
    tcase_add_test(t, MTLS_42_empty_name_matches_nothing);
    tcase_add_test(t, MTLS_43_any_of_several);
    tcase_add_test(t, TLS_77_whole_values_of_their_kind);
})
