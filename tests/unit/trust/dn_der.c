/* SPDX-License-Identifier: Apache-2.0 */
/* Distinguished names as encoded: the bounds of what is read (RFC 5280 4.1.2.4). */
#include "harness.h"
#include "trust/dn.h"

#define AVA 10 /* octets of { 2.5.4.x, UTF8String "a" } */

/* One RDN of `count` values, each of its own type; count * AVA is 128 to 255. */
static as_dn_flaw read_rdn_of(struct as_arena *mem, size_t count)
{
    unsigned char der[6 + 256];
    size_t len = count * AVA, at = 0;
    struct as_dn dn;
    as_dn_flaw flaw = NULL;

    const unsigned char head[] = {0x30, 0x81, (unsigned char)(len + 3),
                                  0x31, 0x81, (unsigned char)len};
    for (; at < sizeof(head); at++) {
        der[at] = head[at];
    }
    for (size_t i = 0; i < count; i++) {
        const unsigned char ava[AVA] = {0x30, 8, 6,  3, 0x55, 4, (unsigned char)(i + 3),
                                        0x0C, 1, 'a'};
        for (size_t j = 0; j < AVA; j++) {
            der[at++] = ava[j];
        }
    }
    ck_ok(as_dn_of_der(as_span_bytes(der, at), mem, &dn, &flaw));
    return flaw;
}

START_TEST(MTLS_117_values_of_one_rdn_are_bounded)
{
    struct as_arena *mem = as_arena_new(AS_LIMIT_ARENA);

    ck_assert_ptr_null(read_rdn_of(mem, AS_LIMIT_DN_AVAS));
    ck_assert_pstr_eq(read_rdn_of(mem, AS_LIMIT_DN_AVAS + 1),
                      "a relative name has too many values");
    as_arena_free(mem);
}
END_TEST

/* The whole of these octets is read as a name; NULL: without a flaw. */
static as_dn_flaw read(as_span der, struct as_arena *mem, struct as_dn *dn)
{
    as_dn_flaw flaw = NULL;

    ck_ok(as_dn_of_der(der, mem, dn, &flaw));
    return flaw;
}

#define NO_NAME "the name is no sequence"
#define NO_RDN  "the name is not a sequence of relative names"
#define NO_AVA  "the name holds a malformed attribute"

/* What OpenSSL would not have let so far. */
START_TEST(MTLS_117_malformed_names)
{
    static const struct {
        as_span der;
        const char *flaw;
    } bad[] = {
        {AS_LIT_ROW(""), NO_NAME},
        {AS_LIT_ROW("\x30"), NO_NAME},
        {AS_LIT_ROW("\x30\x01"), NO_NAME},         /* cut off */
        {AS_LIT_ROW("\x30\x00\x00"), NO_NAME},     /* something follows */
        {AS_LIT_ROW("\x30\x80\x00\x00"), NO_NAME}, /* without a length */
        {AS_LIT_ROW("\x30\x80"), NO_NAME},
        {AS_LIT_ROW("\x31\x00"), NO_NAME},        /* a set */
        {AS_LIT_ROW("\xB0\x00"), NO_NAME},        /* [16], not universal */
        {AS_LIT_ROW("\x30\x02\x31\x01"), NO_RDN}, /* cut off */
        {AS_LIT_ROW("\x30\x0A\x30\x08\x30\x06\x06\x01\x55\x0C\x01\x61"), NO_RDN}, /* a sequence */
        {AS_LIT_ROW("\x30\x0A\xB1\x08\x30\x06\x06\x01\x55\x0C\x01\x61"), NO_RDN}, /* [17] */
        {AS_LIT_ROW("\x30\x02\x31\x00"), NO_RDN},                                 /* empty */
        {AS_LIT_ROW("\x30\x04\x31\x02\x30\x01"), NO_AVA},
        {AS_LIT_ROW("\x30\x0A\x31\x08\x31\x06\x06\x01\x55\x0C\x01\x61"), NO_AVA}, /* a set */
        {AS_LIT_ROW("\x30\x0A\x31\x08\x30\x06\x0C\x01\x55\x0C\x01\x61"), NO_AVA}, /* no OID */
        {AS_LIT_ROW("\x30\x09\x31\x07\x30\x05\x06\x00\x0C\x01\x61"), NO_AVA},     /* an empty one */
        {AS_LIT_ROW("\x30\x0B\x31\x09\x30\x07\x06\x02\x80\x55\x0C\x01\x61"), NO_AVA},
        {AS_LIT_ROW("\x30\x0B\x31\x09\x30\x07\x06\x02\x55\x84\x0C\x01\x61"), NO_AVA},
        {AS_LIT_ROW("\x30\x04\x31\x02\x30\x00"), NO_AVA},                     /* no type */
        {AS_LIT_ROW("\x30\x07\x31\x05\x30\x03\x06\x01\x55"), NO_AVA},         /* no value */
        {AS_LIT_ROW("\x30\x09\x31\x07\x30\x05\x06\x01\x55\x0C\x01"), NO_AVA}, /* cut off */
        {AS_LIT_ROW("\x30\x0C\x31\x0A\x30\x08\x06\x01\x55\x0C\x01\x61\x05\x00"), NO_AVA},
    };
    struct as_arena *mem = as_arena_new(AS_LIMIT_ARENA);
    struct as_dn dn;

    for (size_t i = 0; i < AS_COUNT(bad); i++) {
        as_dn_flaw flaw = read(bad[i].der, mem, &dn);
        ck_assert_msg(flaw != NULL && strcmp(flaw, bad[i].flaw) == 0, "%zu: %s", i,
                      flaw != NULL ? flaw : "no flaw");
    }
    ck_assert_ptr_null(read(AS_LIT("\x30\x0A\x31\x08\x30\x06\x06\x01\x55\x0C\x01\x61"), mem, &dn));
    ck_assert_uint_eq(dn.count, 1);
    ck_assert_uint_eq(dn.rdns, 1);
    ck_span_eq(dn.avas[0].oid, "\x55");
    ck_assert_ptr_null(read(AS_LIT("\x30\x00"), mem, &dn));
    ck_assert_uint_eq(dn.count, 0);
    as_arena_free(mem);
}
END_TEST

/* A name of one attribute, whose type has so many octets: 128 to 240 in all. */
static as_dn_flaw read_type_of(struct as_arena *mem, size_t octets)
{
    unsigned char der[256] = {0x30, 0x81, 0, 0x31, 0x81, 0, 0x30, 0x81, 0, 0x06, 0x81, 0};
    struct as_dn dn;
    size_t at = 12;

    der[11] = (unsigned char)octets;
    if (octets < 0x80) {
        at = 11;
        der[10] = (unsigned char)octets;
    }
    memset(der + at, 1, octets);
    memcpy(der + at + octets,
           "\x0C\x01"
           "a",
           3);
    at += octets + 3;
    der[8] = (unsigned char)(at - 9);
    der[5] = (unsigned char)(at - 6);
    der[2] = (unsigned char)(at - 3);
    return read(as_span_bytes(der, at), mem, &dn);
}

START_TEST(MTLS_117_names_are_bounded)
{
    static const char zeros[AS_LIMIT_DN_OCTETS + 1];
    struct as_arena *mem = as_arena_new(AS_LIMIT_ARENA);
    struct as_dn dn;

    ck_assert_ptr_null(read_type_of(mem, 0x7F));
    ck_assert_pstr_eq(read_type_of(mem, 0x80), NO_AVA);
    ck_assert_pstr_eq(read((as_span){zeros, AS_LIMIT_DN_OCTETS}, mem, &dn), NO_NAME);
    ck_assert_pstr_eq(read((as_span){zeros, AS_LIMIT_DN_OCTETS + 1}, mem, &dn),
                      "the name is too long");
    as_arena_free(mem);
}
END_TEST

AS_TESTS("trust/dn_der", {
    tcase_add_test(t, MTLS_117_values_of_one_rdn_are_bounded);
    tcase_add_test(t, MTLS_117_malformed_names);
    tcase_add_test(t, MTLS_117_names_are_bounded);
})
