/* SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"

static const unsigned char octets[] = {0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF};

START_TEST(the_most_significant_octet_comes_first)
{
    static const uint64_t numbers[] = {0,
                                       0x01,
                                       0x0123,
                                       0x012345,
                                       0x01234567,
                                       0x0123456789,
                                       0x0123456789AB,
                                       0x0123456789ABCD,
                                       0x0123456789ABCDEF};

    for (size_t count = 0; count < AS_COUNT(numbers); count++) {
        unsigned char out[9];

        memset(out, 0x5A, sizeof(out));
        as_octets_put(out, numbers[count], count);
        ck_assert_mem_eq(out, octets, count);
        ck_assert_uint_eq(out[count], 0x5A);
        ck_assert_uint_eq(as_octets_get(octets, count), numbers[count]);
    }
}
END_TEST

START_TEST(what_is_higher_is_left_out)
{
    unsigned char out[2];

    as_octets_put(out, 0xFFFFFFFFFFFF0102, sizeof(out));
    ck_assert_uint_eq(as_octets_get(out, sizeof(out)), 0x0102);
    as_octets_put(out, UINT64_MAX, sizeof(out));
    ck_assert_uint_eq(as_octets_get(out, sizeof(out)), UINT16_MAX);
}
END_TEST

AS_TESTS("base/octets", {
    tcase_add_test(t, the_most_significant_octet_comes_first);
    tcase_add_test(t, what_is_higher_is_left_out);
})
