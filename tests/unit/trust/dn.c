/* SPDX-License-Identifier: Apache-2.0 */
/* Distinguished names: RFC 4514 text against subjects as encoded (RFC 8705 2.1.2). */
#include "trust/dn.h"

#include "support/names.h"

#include <openssl/obj_mac.h>
#include <string.h>

START_TEST(MTLS_26_dn_equal_rdn_by_rdn)
{
    struct as_cert *cert = with_subject("C=GB,O=Acme,CN=c1");

    is_known(cert, DN, "CN=c1,O=Acme,C=GB");
    is_unknown(cert, DN, "CN=c1,O=Acme");           /* one less */
    is_unknown(cert, DN, "CN=c1,O=Acme,L=x,C=GB");  /* one more */
    is_unknown(cert, DN, "CN=c1,C=GB,O=Acme");      /* two swapped */
    is_unknown(cert, DN, "CN=c1,O=Acme,C=GB,C=GB"); /* one twice */
    is_unknown(cert, DN, "CN=c2,O=Acme,C=GB");
    as_cert_drop(cert);
}
END_TEST

START_TEST(MTLS_27_dn_text_is_reversed)
{
    struct as_cert *cert = with_subject("C=GB,O=Acme,CN=c1");

    is_known(cert, DN, "CN=c1,O=Acme,C=GB");
    is_unknown(cert, DN, "C=GB,O=Acme,CN=c1");
    as_cert_drop(cert);
}
END_TEST

START_TEST(MTLS_28_dn_rdn_is_a_set)
{
    struct as_cert *cert = with_subject("C=GB,CN=a+UID=b");

    is_known(cert, DN, "CN=a+UID=b,C=GB");
    is_known(cert, DN, "UID=b+CN=a,C=GB");
    is_unknown(cert, DN, "CN=a,UID=b,C=GB");
    is_unknown(cert, DN, "CN=b+UID=a,C=GB");
    is_unknown(cert, DN, "CN=a,C=GB");
    as_cert_drop(cert);
}
END_TEST

START_TEST(MTLS_28_dn_type_twice_in_an_rdn)
{
    struct as_cert *twice = with_subject("C=GB,CN=a+CN=b");
    struct as_cert *once = with_subject("C=GB,CN=a+UID=b");

    ck_assert_uint_eq(twice->subject.len, 0); /* matches nothing */
    ck_assert_uint_gt(once->subject.len, 0);
    refuses_name(DN, AS_LIT("CN=a+CN=b,C=GB"),
                 "an attribute type stands twice in one relative name");
    is_known(once, DN, "CN=a+UID=b,C=GB");
    as_cert_drop(twice);
    as_cert_drop(once);
}
END_TEST

START_TEST(MTLS_29_dn_values_ignore_case_and_spaces)
{
    const struct value forms[] = {
        VALUE(NID_commonName, V_ASN1_PRINTABLESTRING, "client one"),
        VALUE(NID_commonName, V_ASN1_UTF8STRING, "client one"),
        VALUE(NID_commonName, V_ASN1_T61STRING, "CLIENT one"),
        VALUE(NID_commonName, V_ASN1_IA5STRING, "  Client   One "),
        VALUE(NID_commonName, V_ASN1_BMPSTRING, "\0c\0l\0i\0e\0n\0t\0 \0o\0n\0e"),
        VALUE(NID_commonName, V_ASN1_UNIVERSALSTRING,
              "\0\0\0c\0\0\0l\0\0\0i\0\0\0e\0\0\0n\0\0\0t\0\0\0 \0\0\0o\0\0\0n\0\0\0e"),
    };

    for (size_t i = 0; i < AS_COUNT(forms); i++) {
        struct as_cert *cert = with_values(&forms[i], 1);
        is_known(cert, DN, "CN=Client  One");
        is_known(cert, DN, "CN=\\ client one\\ ");
        is_unknown(cert, DN, "CN=clientone");
        is_unknown(cert, DN, "CN=client one x");
        as_cert_drop(cert);
    }
}
END_TEST

START_TEST(MTLS_29_dn_every_letter_ignores_case)
{
    struct as_cert *cert = with_subject("CN=ABCDEFGHIJKLMNOPQRSTUVWXYZ@[");

    is_known(cert, DN, "CN=abcdefghijklmnopqrstuvwxyz@[");
    is_unknown(cert, DN, "CN=abcdefghijklmnopqrstuvwxyz`{"); /* no letters */
    as_cert_drop(cert);
}
END_TEST

START_TEST(MTLS_29_dn_case_beyond_ascii)
{
    const struct value forms[] = {
        VALUE(NID_organizationName, V_ASN1_UTF8STRING, "M\xC3\x9CLLER STRASSE"),
        VALUE(NID_organizationName, V_ASN1_T61STRING,
              "m\xFCller stra\xDF"
              "e"),
        VALUE(NID_organizationName, V_ASN1_BMPSTRING,
              "\0M\0u\x03\x08\0l\0l\0e\0r\0 \0s\0t\0r\0a\0s\0s\0e"), /* decomposed */
    };

    for (size_t i = 0; i < AS_COUNT(forms); i++) {
        struct as_cert *cert = with_values(&forms[i], 1);
        is_known(cert, DN,
                 "O=M\xC3\xBCller Stra\xC3\x9F"
                 "e");
        is_known(cert, DN, "O=m\\C3\\BCller strasse");
        is_unknown(cert, DN, "O=Muller Strasse");
        as_cert_drop(cert);
    }
}
END_TEST

/* RFC 4518 2.2: the spaces of real names are one. */
START_TEST(MTLS_29_dn_mapped_spaces)
{
    const struct value forms[] = {
        VALUE(NID_commonName, V_ASN1_UTF8STRING,
              "a\xC2\xA0"
              "b"), /* U+00A0 */
        VALUE(NID_commonName, V_ASN1_UTF8STRING,
              "a\xE3\x80\x80"
              "b"), /* U+3000 */
        VALUE(NID_commonName, V_ASN1_T61STRING,
              "a\xA0"
              "b"),
        VALUE(NID_commonName, V_ASN1_BMPSTRING, "\0a\x30\0\0b"),
    };

    for (size_t i = 0; i < AS_COUNT(forms); i++) {
        struct as_cert *cert = with_values(&forms[i], 1);
        is_known(cert, DN, "CN=a b");
        is_known(cert, DN,
                 "CN=a\xC2\xA0"
                 "b");
        is_unknown(cert, DN, "CN=ab");
        as_cert_drop(cert);
    }
}
END_TEST

/* What RFC 4518 2.2 drops, or calls a space though it looks like none, is refused instead. */
START_TEST(MTLS_35_dn_unseen_characters_vanish_nowhere)
{
    static const struct {
        uint32_t point;
        const char *flaw;
    } rows[] = {
#define UNSEEN "a value holds a character that shows nothing (RFC 4518 2.2)"
#define SPACES "a value holds a space other than U+0020, U+00A0 and U+3000"
        {0x00AD, UNSEEN},  {0x034F, UNSEEN},  {0x06DD, UNSEEN},  {0x070F, UNSEEN},
        {0x1806, UNSEEN},  {0x180B, UNSEEN},  {0x180E, UNSEEN},  {0x200B, UNSEEN},
        {0x200D, UNSEEN},  {0x200F, UNSEEN},  {0x202A, UNSEEN},  {0x202E, UNSEEN},
        {0x2060, UNSEEN},  {0x2063, UNSEEN},  {0x206A, UNSEEN},  {0x206F, UNSEEN},
        {0xFE00, UNSEEN},  {0xFE0F, UNSEEN},  {0xFEFF, UNSEEN},  {0xFFF9, UNSEEN},
        {0xFFFC, UNSEEN},  {0x1D173, UNSEEN}, {0x1D17A, UNSEEN}, {0xE0001, UNSEEN},
        {0xE007F, UNSEEN}, {0x1680, SPACES},  {0x2000, SPACES},  {0x200A, SPACES},
        {0x2028, SPACES},  {0x2029, SPACES},  {0x202F, SPACES},  {0x205F, SPACES},
#undef UNSEEN
#undef SPACES
    };

    for (size_t i = 0; i < AS_COUNT(rows); i++) {
        char name[32] = "CN=al";
        size_t len = 5 + as_utf8_put(rows[i].point, name + 5);
        memcpy(name + len, "ice", 4);
        refuses_name(DN, as_span_of(name), rows[i].flaw);

        struct value value = {NID_commonName, V_ASN1_UTF8STRING, name + 3, strlen(name + 3), 0};
        struct as_cert *cert = with_values(&value, 1);
        ck_assert_uint_eq(cert->subject.len, 0);
        is_unknown(cert, DN, "CN=alice");
        is_unknown(cert, DN, "CN=al ice");
        as_cert_drop(cert);
    }
}
END_TEST

START_TEST(MTLS_35_dn_wide_spaces_between_words_alone)
{
    static const char *const refused[] = {
        "CN=\xC2\xA0 a",  "CN=a\xC2\xA0",   "CN=a\xE3\x80\x80\xE3\x80\x80z",
        "CN=a \xC2\xA0z", "CN=a\xC2\xA0 z",
    };

    for (size_t i = 0; i < AS_COUNT(refused); i++) {
        refuses_name(DN, as_span_of(refused[i]),
                     "a value holds U+00A0 or U+3000 beside another space or at an end");
    }
}
END_TEST

static bool canon_of(uint32_t point, struct as_arena *mem, const char *before, const char *behind,
                     as_span *canon)
{
    char name[32];
    size_t len = strlen(before);

    memcpy(name, before, len);
    len += as_utf8_put(point, name + len);
    memcpy(name + len, behind, strlen(behind) + 1);
    return !as_failed(as_name_parse(DN, as_span_of(name), mem, canon));
}

/* Of all characters SPACE alone can stand in a name and leave no trace in what is compared. */
START_TEST(MTLS_35_dn_no_character_leaves_no_trace)
{
    as_span alice, spaced;
    size_t accepted = 0;
    AS_AUTO(as_arena_free) struct as_arena *kept = as_arena_new((size_t)1 << 16);

    ck_ok(as_name_parse(DN, AS_LIT("CN=alice"), kept, &alice));
    ck_assert(canon_of(' ', kept, "CN=al", "ice", &spaced));
    for (uint32_t point = 0x20; point < 0xE1000; point++) {
        as_span canon;
        if (point == 0xD800 || point == 0x3400 || point == 0xAC00 || point == 0x20000) {
            point += point == 0xD800 ? 0x800 : point == 0xAC00 ? 0x2B00 : 0x1900; /* alike */
        }
        if (point == 0x30000) {
            point = 0xE0000; /* private or not assigned */
        }
        AS_AUTO(as_arena_free) struct as_arena *mem = as_arena_new((size_t)1 << 16);
        if (canon_of(point, mem, "CN=al", "ice", &canon)) {
            accepted++;
            ck_assert_msg(!as_span_equal(canon, alice), "U+%04X vanishes", point);
            ck_assert_msg(!as_span_equal(canon, spaced) || point == ' ' || point == 0xA0 ||
                              point == 0x3000,
                          "U+%04X is a space", point);
        }
        if (point != ' ' && point != '\\' && canon_of(point, mem, "CN=alice", "", &canon)) {
            ck_assert_msg(!as_span_equal(canon, alice), "U+%04X vanishes at the end", point);
        }
    }
    ck_assert_uint_gt(accepted, 20000);
}
END_TEST

/* RFC 4518 2.6.1: a SPACE before a combining mark is no space; U+00B4 is SPACE and U+0301. */
START_TEST(MTLS_29_dn_space_before_a_mark)
{
    const struct value mark = VALUE(NID_commonName, V_ASN1_UTF8STRING, "a \xC2\xB4");
    struct as_cert *cert = with_values(&mark, 1);

    is_known(cert, DN, "CN=a  \\ \\CC\\81");
    is_unknown(cert, DN, "CN=a\\CC\\81");
    is_unknown(cert, DN, "CN=a \\CC\\81");
    as_cert_drop(cert);
}
END_TEST

/* What RFC 4518 cannot prepare matches nothing, and cannot be registered. */
START_TEST(MTLS_29_dn_undefined)
{
    const struct value values[] = {
        VALUE(NID_commonName, V_ASN1_UTF8STRING, "a\xF0\x9F\x98\x80"), /* not in Unicode 3.2 */
        VALUE(NID_commonName, V_ASN1_UTF8STRING, "a\xEE\x80\x80"),     /* private use */
        VALUE(NID_commonName, V_ASN1_UTF8STRING, "a\xEF\xBF\xBD"),     /* U+FFFD */
        VALUE(NID_commonName, V_ASN1_PRINTABLESTRING, "a\xFC"),        /* not ASCII */
        VALUE(NID_commonName, V_ASN1_UTF8STRING, "   "),               /* empty */
        VALUE(NID_commonName, V_ASN1_UTF8STRING, "\xC2\xAD"),          /* only a soft hyphen */
    };

    for (size_t i = 0; i < AS_COUNT(values); i++) {
        struct as_cert *cert = with_values(&values[i], 1);
        ck_assert_uint_eq(cert->subject.len, 0);
        is_unknown(cert, DN, "CN=a");
        as_cert_drop(cert);
    }
    refuses_name(DN, AS_LIT("CN=a\xF0\x9F\x98\x80"),
                 "a value holds a character outside Unicode 3.2 (RFC 4518 2.4)");
    refuses_name(DN, AS_LIT("CN=a\xEE\x80\x80"),
                 "a value holds a prohibited character (RFC 4518 2.4)");
    refuses_name(DN, AS_LIT("CN=a\xEF\xBF\xBD"),
                 "a value holds a prohibited character (RFC 4518 2.4)");
    refuses_name(DN, AS_LIT("CN=\\20"), "a value is empty");
    refuses_name(DN, AS_LIT("CN="), "a value is empty");
}
END_TEST

START_TEST(MTLS_30_dn_keywords_and_oids)
{
    struct as_cert *cert = with_subject("C=GB,CN=c1");

    is_known(cert, DN, "cn=c1,c=GB");
    is_known(cert, DN, "Cn=c1,C=GB");
    is_known(cert, DN, "2.5.4.3=c1,2.5.4.6=GB");
    is_unknown(cert, DN, "2.5.4.4=c1,2.5.4.6=GB");
    as_cert_drop(cert);
}
END_TEST

START_TEST(MTLS_31_dn_escapes)
{
    const struct value acme = VALUE(NID_organizationName, V_ASN1_UTF8STRING, "Acme, Inc.");
    const struct value odd = VALUE(NID_commonName, V_ASN1_UTF8STRING, "#a,+\"\\<>;=# b");
    struct as_cert *cert = with_values(&acme, 1);
    struct as_cert *odd_one = with_values(&odd, 1);

    is_known(cert, DN, "O=Acme\\, Inc.");
    is_known(cert, DN, "O=Acme\\2C Inc.");
    is_known(cert, DN, "O=Acme\\2c\\ Inc.");
    is_unknown(cert, DN, "O=Acme\\; Inc.");
    refuses_name(DN, AS_LIT("O=Acme, Inc."),
                 "a space stands before an attribute type: write CN=a,O=b");
    is_known(odd_one, DN, "CN=\\#a\\,\\+\\\"\\\\\\<\\>\\;\\=# b");
    is_known(odd_one, DN, "CN=\\23a\\2C\\2B\\22\\5C\\3C\\3E\\3B=#\\20b");
    as_cert_drop(cert);
    as_cert_drop(odd_one);
}
END_TEST

START_TEST(MTLS_25_dn_grammar)
{
    static const struct {
        const char *text;
        const char *reason;
    } bad[] = {
        {"", "the name is empty"},
        {"CN", "an attribute is not of the form type=value"},
        {"=a", "an attribute is not of the form type=value"},
        {"CN=a,,O=b", "an attribute is not of the form type=value"},
        {"CN=a,", "an attribute is not of the form type=value"},
        {",CN=a", "an attribute is not of the form type=value"},
        {"CN=a+", "an attribute is not of the form type=value"},
        {"CN =a", "an attribute is not of the form type=value"},
        {"/C=GB/CN=a", "the name is not in RFC 4514 form: write CN=a,O=b instead of /O=b/CN=a"},
        {"CN=a, O=b", "a space stands before an attribute type: write CN=a,O=b"},
        {"CN= a", "a space at the start of a value is not escaped"},
        {"CN=a ", "a space at the end of a value is not escaped"},
        {"CN=a ,O=b", "a space at the end of a value is not escaped"},
        {"CN=a;O=b", "a quotation mark or one of ; < > or NUL in a value is not escaped"},
        {"CN=\"a\"", "a quotation mark or one of ; < > or NUL in a value is not escaped"},
        {"CN=a<b", "a quotation mark or one of ; < > or NUL in a value is not escaped"},
        {"CN=a\\", "a backslash is not followed by a special character or two hex digits"},
        {"CN=a\\g", "a backslash is not followed by a special character or two hex digits"},
        {"CN=a\\4", "a backslash is not followed by a special character or two hex digits"},
        {"CN=\\FF", "a value is not UTF-8"},
        {"CN=\xC3", "a value is not UTF-8"},
        {"foo=a", "an attribute type is unknown: write its OID"},
        {"2=a", "an attribute type is no object identifier"},
        {"2.5.4.03=a", "an attribute type is no object identifier"},
        {"2..5=a", "an attribute type is no object identifier"},
        {"2.5.=a", "an attribute type is no object identifier"},
        {"2.5x=a", "an attribute type is no object identifier"},
        {"9.5.4=a", "an attribute type is no object identifier"},
        {"CN=#", "a # is not followed by the hex of one BER value"},
        {"CN=#0C", "a # is not followed by the hex of one BER value"},
        {"CN=#0C0", "a # is not followed by the hex of one BER value"},
        {"CN=#0C0161ff", "a # is not followed by the hex of one BER value"},
        {"CN=#0C0261", "a # is not followed by the hex of one BER value"},
        {"CN=#0C8061", "a # is not followed by the hex of one BER value"},
        {"CN=#0C0161 ", "a value is followed by something else than a comma or a plus"},
        {"CN=#2C800C01610000", "a # is not followed by the hex of one BER value"},
        {"CN=#1E03006100", "a value holds octets that are no characters of its type"},
        {"CN=#1C0300006100", "a # is not followed by the hex of one BER value"},
        {"CN=#1C03000061", "a value holds octets that are no characters of its type"},
        {"CN=#1E02D800", "a value holds octets that are no characters of its type"},
        {"CN=#1C0400110000", "a value holds octets that are no characters of its type"},
        {"CN=#0C02C361", "a value holds octets that are no characters of its type"},
    };

    for (size_t i = 0; i < AS_COUNT(bad); i++) {
        refuses_name(DN, as_span_of(bad[i].text), bad[i].reason);
    }
    struct as_cert *cert = with_subject("CN=a");
    is_known(cert, DN, "CN=a");
    is_known(cert, DN, "CN=#0C0161");
    is_unknown(cert, DN, "2.5=a"); /* two numbers are an OID */
    as_cert_drop(cert);
}
END_TEST

START_TEST(MTLS_25_dn_bounds)
{
    char text[AS_LIMIT_DN_RDNS * 5 + 16] = "CN=a";
    char value[AS_LIMIT_DN_VALUE + 8] = "CN=";
    char *whole = malloc(AS_LIMIT_DN_OCTETS + 2);

    for (size_t i = 1; i < AS_LIMIT_DN_RDNS; i++) {
        strcat(text, ",CN=a");
    }
    struct as_cert *cert = with_subject(text);
    is_known(cert, DN, text);
    as_cert_drop(cert);
    strcat(text, ",CN=a");
    refuses_name(DN, as_span_of(text), "the name has too many relative names");
    cert = with_subject(text);
    ck_assert_uint_eq(cert->subject.len, 0);
    as_cert_drop(cert);

    memset(value + 3, 'a', AS_LIMIT_DN_VALUE);
    cert = with_subject("CN=a");
    is_unknown(cert, DN, value);
    as_cert_drop(cert);
    strcat(value, "a");
    refuses_name(DN, as_span_of(value), "a value is too long");

    memset(whole, 'a', AS_LIMIT_DN_OCTETS + 1);
    for (size_t i = 0; i < AS_LIMIT_DN_OCTETS; i += 1024) {
        memcpy(whole + i, i > 0 ? ",CN=" : "CN=a", 4);
    }
    whole[AS_LIMIT_DN_OCTETS] = '\0';
    cert = with_subject("CN=a");
    is_unknown(cert, DN, whole);
    as_cert_drop(cert);
    whole[AS_LIMIT_DN_OCTETS] = 'a';
    refuses_name(DN, (as_span){whole, AS_LIMIT_DN_OCTETS + 1}, "the name is too long");
    free(whole);
    refuses_name(DN,
                 AS_LIT("CN=a+L=a+ST=a+O=a+OU=a+C=a+STREET=a+DC=a+UID=a+SN=a+title=a+GN=a+"
                        "1.2.1=a+1.2.2=a+1.2.3=a+1.2.4=a+1.2.5=a"),
                 "a relative name has too many values");
}
END_TEST

START_TEST(MTLS_32_dn_oid_and_hex_forms)
{
    struct as_cert *cert = with_subject("C=GB,organizationIdentifier=PSDGB-FCA-1");

    is_known(cert, DN, "2.5.4.97=PSDGB-FCA-1,C=GB");
    is_known(cert, DN, "2.5.4.97=#0C0B50534447422D4643412D31,C=GB");
    is_known(cert, DN, "2.5.4.97=#130b50534447422d4643412d31,C=GB"); /* as PrintableString */
    is_known(cert, DN, "organizationIdentifier=psdgb-fca-1,C=GB");
    is_unknown(cert, DN, "2.5.4.97=#0C0B50534447422D4643412D32,C=GB");
    is_unknown(cert, DN, "2.5.4.97=#040B50534447422D4643412D31,C=GB"); /* an OCTET STRING */
    as_cert_drop(cert);
}
END_TEST

/* A value that is no character string compares by its octets. */
START_TEST(MTLS_32_dn_other_types)
{
    const struct value unique = {NID_x500UniqueIdentifier, V_ASN1_BIT_STRING, "\x61\x63", 2, 0};
    struct as_cert *cert = with_values(&unique, 1);

    is_known(cert, DN, "2.5.4.45=#0303006163");
    is_unknown(cert, DN, "2.5.4.45=#0303006143");
    is_unknown(cert, DN, "2.5.4.45=ac");
    as_cert_drop(cert);
}
END_TEST

START_TEST(MTLS_33_dn_every_keyword)
{
    static const struct {
        const char *keyword;
        const char *oid;
    } types[] = {
        {"CN", "2.5.4.3"},
        {"L", "2.5.4.7"},
        {"ST", "2.5.4.8"},
        {"O", "2.5.4.10"},
        {"OU", "2.5.4.11"},
        {"C", "2.5.4.6"},
        {"STREET", "2.5.4.9"},
        {"DC", "0.9.2342.19200300.100.1.25"},
        {"UID", "0.9.2342.19200300.100.1.1"},
        {"serialNumber", "2.5.4.5"},
        {"emailAddress", "1.2.840.113549.1.9.1"},
        {"title", "2.5.4.12"},
        {"givenName", "2.5.4.42"},
        {"GN", "2.5.4.42"},
        {"SN", "2.5.4.4"},
        {"organizationIdentifier", "2.5.4.97"},
        {"businessCategory", "2.5.4.15"},
        {"jurisdictionL", "1.3.6.1.4.1.311.60.2.1.1"},
        {"jurisdictionST", "1.3.6.1.4.1.311.60.2.1.2"},
        {"jurisdictionC", "1.3.6.1.4.1.311.60.2.1.3"},
    };

    for (size_t i = 0; i < AS_COUNT(types); i++) {
        char text[96];
        snprintf(text, sizeof(text), "%s=Gb", types[i].oid);
        struct as_cert *cert = with_subject(text);
        is_known(cert, DN, text);
        snprintf(text, sizeof(text), "%s=gB", types[i].keyword);
        is_known(cert, DN, text);
        is_unknown(cert, DN, "2.5.4.41=gb");
        as_cert_drop(cert);
    }
}
END_TEST

START_TEST(MTLS_34_dn_asterisk_is_plain)
{
    struct as_cert *star = with_subject("CN=*");
    struct as_cert *plain = with_subject("CN=a");

    is_known(star, DN, "CN=*");
    is_unknown(plain, DN, "CN=*");
    is_unknown(star, DN, "CN=a");
    is_unknown(plain, DN, "CN=.");
    as_cert_drop(star);
    as_cert_drop(plain);
}
END_TEST

START_TEST(MTLS_35_dn_controls_shorten_nothing)
{
    const struct value values[] = {
        VALUE(NID_commonName, V_ASN1_UTF8STRING, "good\0.evil"),
        VALUE(NID_commonName, V_ASN1_UTF8STRING, "good\0"),
        VALUE(NID_commonName, V_ASN1_UTF8STRING, "good\n"),
        VALUE(NID_commonName, V_ASN1_UTF8STRING, "\tgood"),
        VALUE(NID_commonName, V_ASN1_UTF8STRING, "go\x7Fod"),
        VALUE(NID_commonName, V_ASN1_UTF8STRING, "good\xC2\x85"),
        VALUE(NID_commonName, V_ASN1_BMPSTRING, "\0g\0o\0o\0d\0\0"),
    };

    for (size_t i = 0; i < AS_COUNT(values); i++) {
        struct as_cert *cert = with_values(&values[i], 1);
        is_unknown(cert, DN, "CN=good");
        ck_assert_uint_eq(cert->subject.len, 0);
        as_cert_drop(cert);
    }
    refuses_name(DN, AS_LIT("CN=good\0"), "the name holds a control character");
    refuses_name(DN, AS_LIT("CN=good\\00"), "a value holds a control character");
    struct as_cert *good = with_subject("CN=good");
    is_known(good, DN, "CN=good");
    as_cert_drop(good);
}
END_TEST

/* No two different names have one canonical form by shifting octets between their parts. */
START_TEST(MTLS_34_dn_parts_do_not_run_together)
{
    struct as_cert *cert = with_subject("O=ab,CN=c");

    is_unknown(cert, DN, "CN=bc,O=a");
    is_unknown(cert, DN, "CN=abc");
    is_unknown(cert, DN, "CN=c+O=ab");
    is_known(cert, DN, "CN=c,O=ab");
    as_cert_drop(cert);
}
END_TEST

/* A SEQUENCE whose octets read as text is not that text. */
START_TEST(MTLS_32_dn_octets_are_not_text)
{
    const char *octets = "0\"a bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
    const struct value text = {NID_commonName, V_ASN1_UTF8STRING, octets, 36, 0};
    const struct value sequence = {NID_commonName, V_ASN1_SEQUENCE, octets, 36, 0};
    struct as_cert *as_text = with_values(&text, 1);
    struct as_cert *as_sequence = with_values(&sequence, 1);

    is_known(as_text, DN, "CN=0\\\"a bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb");
    is_unknown(as_sequence, DN, "CN=0\\\"a bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb");
    is_known(as_sequence, DN,
             "CN=#30226120626262626262626262626262626262626262626262626262626262"
             "6262626262");
    as_cert_drop(as_text);
    as_cert_drop(as_sequence);
}
END_TEST

/* What fapictl shows is what an operator registers. */
START_TEST(MTLS_31_dn_text_reads_back)
{
    const struct value values[] = {
        VALUE(NID_countryName, V_ASN1_PRINTABLESTRING, "GB"),
        VALUE(NID_organizationName, V_ASN1_UTF8STRING, " #Acme, \"M\xC3\xBCller\" & <Co>; "),
        VALUE(NID_organizationalUnitName, V_ASN1_UTF8STRING, "#\xC2\xB7\\+x"),
        VALUE(NID_organizationIdentifier, V_ASN1_UTF8STRING, "PSDGB-FCA-1"),
        VALUE(NID_name, V_ASN1_T61STRING, "Jos\xE9"),
        VALUE(NID_x500UniqueIdentifier, V_ASN1_BIT_STRING, "\x61"),
        {NID_serialNumber, V_ASN1_PRINTABLESTRING, "7", 1, -1},
    };
    struct as_cert *cert = with_values(values, AS_COUNT(values));

    ck_span_eq(cert->subject_text,
               "serialNumber=7+2.5.4.45=#03020061,2.5.4.41=Jos\xC3\xA9,organizationIdentifier="
               "PSDGB-FCA-1,OU=\\#\xC2\xB7\\\\\\+x,O=\\ #Acme\\, "
               "\\\"M\xC3\xBCller\\\" & \\<Co\\>\\;\\ ,C=GB");
    char text[512];
    snprintf(text, sizeof(text), "%.*s", (int)cert->subject_text.len, cert->subject_text.ptr);
    is_known(cert, DN, text);
    as_cert_drop(cert);
    /* what shows nothing is escaped, for whoever looks; it matches nothing */
    const struct value unseen =
        VALUE(NID_commonName, V_ASN1_UTF8STRING, "a\xE2\x80\xAE\xC2\xAD\xE2\x80\x8B");
    cert = with_values(&unseen, 1);
    ck_span_eq(cert->subject_text, "CN=a\\E2\\80\\AE\\C2\\AD\\E2\\80\\8B");
    ck_assert_uint_eq(cert->subject.len, 0);
    as_cert_drop(cert);
    /* what is no text is shown as its octets */
    const struct value foreign = VALUE(NID_commonName, V_ASN1_PRINTABLESTRING, "a\xFC");
    cert = with_values(&foreign, 1);
    ck_span_eq(cert->subject_text, "CN=#130261FC");
    as_cert_drop(cert);
}
END_TEST

AS_TESTS("trust/dn", {
    tcase_add_test(t, MTLS_25_dn_grammar);
    tcase_add_test(t, MTLS_25_dn_bounds);
    tcase_add_test(t, MTLS_26_dn_equal_rdn_by_rdn);
    tcase_add_test(t, MTLS_27_dn_text_is_reversed);
    tcase_add_test(t, MTLS_28_dn_rdn_is_a_set);
    tcase_add_test(t, MTLS_28_dn_type_twice_in_an_rdn);
    tcase_add_test(t, MTLS_29_dn_values_ignore_case_and_spaces);
    tcase_add_test(t, MTLS_29_dn_every_letter_ignores_case);
    tcase_add_test(t, MTLS_29_dn_case_beyond_ascii);
    tcase_add_test(t, MTLS_29_dn_mapped_spaces);
    tcase_add_test(t, MTLS_29_dn_space_before_a_mark);
    tcase_add_test(t, MTLS_29_dn_undefined);
    tcase_add_test(t, MTLS_30_dn_keywords_and_oids);
    tcase_add_test(t, MTLS_31_dn_escapes);
    tcase_add_test(t, MTLS_31_dn_text_reads_back);
    tcase_add_test(t, MTLS_32_dn_oid_and_hex_forms);
    tcase_add_test(t, MTLS_32_dn_other_types);
    tcase_add_test(t, MTLS_32_dn_octets_are_not_text);
    tcase_add_test(t, MTLS_33_dn_every_keyword);
    tcase_add_test(t, MTLS_34_dn_asterisk_is_plain);
    tcase_add_test(t, MTLS_34_dn_parts_do_not_run_together);
    tcase_add_test(t, MTLS_35_dn_controls_shorten_nothing);
    tcase_add_test(t, MTLS_35_dn_unseen_characters_vanish_nowhere);
    tcase_add_test(t, MTLS_35_dn_wide_spaces_between_words_alone);
    tcase_add_test(t, MTLS_35_dn_no_character_leaves_no_trace);
})
