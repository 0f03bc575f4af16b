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

AS_TESTS("trust/dn_der", { tcase_add_test(t, MTLS_117_values_of_one_rdn_are_bounded); })
