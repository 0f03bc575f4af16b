/* SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"

#include <netinet/in.h>
#include <string.h>

START_TEST(an_address_is_four_or_sixteen_octets)
{
    unsigned char out[16] = {0};

    ck_assert(as_ip_parse(AF_INET, AS_LIT("192.0.2.1"), out));
    ck_assert_mem_eq(out, "\xC0\x00\x02\x01", 4);
    ck_assert(as_ip_parse(AF_INET6, AS_LIT("2001:db8::1"), out));
    ck_assert_mem_eq(out, "\x20\x01\x0D\xB8\0\0\0\0\0\0\0\0\0\0\0\x01", 16);
    /* the text ends where the span does */
    ck_assert(as_ip_parse(AF_INET, (as_span){"192.0.2.11", 9}, out));
    ck_assert_mem_eq(out, "\xC0\x00\x02\x01", 4);
}
END_TEST

START_TEST(what_is_no_address)
{
    static const as_span bad[] = {
        AS_LIT_ROW(""),
        AS_LIT_ROW("192.0.2"),
        AS_LIT_ROW("192.0.2.256"),
        AS_LIT_ROW("192.0.2.01"),
        AS_LIT_ROW(" 192.0.2.1"),
        AS_LIT_ROW("192.0.2.1\0"),
        AS_LIT_ROW("192.0.2.1\0x"),
        AS_LIT_ROW("[::1]"),
        AS_LIT_ROW("fe80::1%eth0"),
        AS_LIT_ROW("::g"),
        AS_LIT_ROW("0000:0000:0000:0000:0000:0000:0000:0000:0000:0000"),
    };
    unsigned char out[16];

    for (size_t i = 0; i < AS_COUNT(bad); i++) {
        ck_assert_msg(!as_ip_parse(AF_INET, bad[i], out), "%s", bad[i].ptr);
        ck_assert_msg(!as_ip_parse(AF_INET6, bad[i], out), "%s", bad[i].ptr);
    }
    ck_assert(!as_ip_parse(AF_INET, AS_LIT("::1"), out));
    ck_assert(!as_ip_parse(AF_INET6, AS_LIT("192.0.2.1"), out));
}
END_TEST

AS_TESTS("base/ip", {
    tcase_add_test(t, an_address_is_four_or_sixteen_octets);
    tcase_add_test(t, what_is_no_address);
})
