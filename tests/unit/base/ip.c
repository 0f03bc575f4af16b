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

static struct as_ip ip(const char *text)
{
    struct as_ip read;

    ck_assert_msg(as_ip_read(as_span_of(text), &read), "%s", text);
    return read;
}

static bool same(const char *a, const char *b)
{
    const struct as_ip one = ip(a), other = ip(b);

    return as_ip_equal(&one, &other);
}

static bool same_network(const char *a, const char *b)
{
    const struct as_ip one = as_ip_network(ip(a)), other = as_ip_network(ip(b));

    return as_ip_equal(&one, &other);
}

START_TEST(an_address_has_one_form)
{
    struct as_ip none;

    ck_assert(same("192.0.2.1", "::ffff:192.0.2.1"));
    ck_assert(same("192.0.2.1", "::FFFF:C000:201"));
    ck_assert(same("2001:db8::1", "2001:DB8:0:0::1"));
    ck_assert(!same("192.0.2.1", "192.0.2.2"));
    ck_assert(!same("192.0.2.1", "::192.0.2.1"));
    ck_assert(!as_ip_read(AS_LIT("localhost"), &none));
    ck_assert_mem_eq(none.octets, (unsigned char[16]){0}, 16);
}
END_TEST

START_TEST(an_address_of_a_socket)
{
    struct sockaddr_storage from = {.ss_family = AF_INET};
    struct as_ip out, text = ip("192.0.2.1");

    ck_assert(as_ip_parse(AF_INET, AS_LIT("192.0.2.1"),
                          &((struct sockaddr_in *)(void *)&from)->sin_addr));
    ck_assert(as_ip_of(&from, &out));
    ck_assert(as_ip_equal(&out, &text));
    from = (struct sockaddr_storage){.ss_family = AF_INET6};
    ck_assert(as_ip_parse(AF_INET6, AS_LIT("::ffff:192.0.2.1"),
                          &((struct sockaddr_in6 *)(void *)&from)->sin6_addr));
    ck_assert(as_ip_of(&from, &out));
    ck_assert(as_ip_equal(&out, &text));
    from.ss_family = AF_UNIX;
    ck_assert(!as_ip_of(&from, &out));
    ck_assert_mem_eq(out.octets, (unsigned char[16]){0}, 16);
}
END_TEST

START_TEST(a_caller_has_an_address_or_the_network_of_one)
{
    struct as_ip room;

    ck_assert(same_network("2001:db8:0:1::1", "2001:db8:0:1:ffff:ffff:ffff:ffff"));
    ck_assert(!same_network("2001:db8:0:1::1", "2001:db8:0:2::1"));
    ck_assert(same_network("192.0.2.1", "::ffff:192.0.2.1"));
    ck_assert(!same_network("192.0.2.1", "192.0.2.2"));

    as_span caller = as_ip_caller(AS_LIT("2001:db8:0:1::1"), &room);
    ck_assert(as_span_equal(caller, (as_span){"\x20\x01\x0D\xB8\0\0\0\1\0\0\0\0\0\0\0\0", 16}));
    ck_assert(as_span_is(as_ip_caller(AS_LIT("unix"), &room), "unix"));
    ck_assert_uint_eq(as_ip_caller(AS_SPAN_NONE, &room).len, 0);
}
END_TEST

START_TEST(a_list_of_addresses)
{
    static const char *const texts[] = {"192.0.2.1", "2001:db8::7"};
    const char *const wrong[] = {"localhost", "192.0.2.0/24",  "",
                                 "192.0.2",   "2001:db8::/64", "::1]"};
    const struct as_ip v4 = ip("::ffff:192.0.2.1"), v6 = ip("2001:DB8::7");
    const struct as_ip near4 = ip("192.0.2.2"), near6 = ip("2001:db8::8");
    struct as_ip_list *list = NULL;

    for (size_t i = 0; i < AS_COUNT(wrong); i++) {
        ck_refuses(as_ip_list_new(&wrong[i], 1, &list), AS_BAD_CONFIGURATION,
                   "an exempt address is no IP address");
    }
    ck_assert_ptr_null(list);
    ck_assert(!as_ip_list_has(list, &v4));
    ck_ok(as_ip_list_new(NULL, 0, &list));
    ck_assert(!as_ip_list_has(list, &v4));
    as_ip_list_free(list);
    ck_ok(as_ip_list_new(texts, AS_COUNT(texts), &list));
    ck_assert(as_ip_list_has(list, &v4) && as_ip_list_has(list, &v6));
    ck_assert(!as_ip_list_has(list, &near4) && !as_ip_list_has(list, &near6));
    as_ip_list_free(list);
}
END_TEST

AS_TESTS("base/ip", {
    tcase_add_test(t, an_address_has_one_form);
    tcase_add_test(t, an_address_of_a_socket);
    tcase_add_test(t, a_caller_has_an_address_or_the_network_of_one);
    tcase_add_test(t, a_list_of_addresses);
    tcase_add_test(t, an_address_is_four_or_sixteen_octets);
    tcase_add_test(t, what_is_no_address);
})
