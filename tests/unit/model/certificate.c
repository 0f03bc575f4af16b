/* SPDX-License-Identifier: Apache-2.0 */
#include "as/model.h"
#include "harness.h"

#include <string.h>

START_TEST(MTLS_54_a_party_has_the_certificates_registered_for_it)
{
    static const unsigned char digests[3][AS_DIGEST] = {{1}, {2}, {3}};
    const struct as_party party = {.certificates = digests, .certificate_count = 2};
    const struct as_party nobody = {.certificate_count = 0};

    ck_assert(as_party_has_certificate(&party, digests[0]));
    ck_assert(as_party_has_certificate(&party, digests[1]));
    ck_assert(!as_party_has_certificate(&party, digests[2]));
    ck_assert(!as_party_has_certificate(&nobody, digests[0]));
}
END_TEST

/* What is past the serial number is not part of the link. */
START_TEST(D9_a_link_both_ways)
{
    static const struct as_path_link links[] = {
        {.issuer_spki = {1}, .serial = {9, 8}, .serial_len = 2, .not_after = 1800000000},
        {.issuer_spki = {2}, .serial = {[19] = 7}, .serial_len = 20, .not_after = INT64_MAX},
        {.serial_len = 0, .not_after = -1},
    };

    for (size_t i = 0; i < AS_COUNT(links); i++) {
        struct as_path_link back = {.not_after = 5};
        struct as_path_link longer = links[i];
        unsigned char octets[AS_PATH_LINK];
        unsigned char again[AS_PATH_LINK];

        as_path_link_write(&links[i], octets);
        ck_assert(as_path_link_parse(octets, &back));
        ck_assert_mem_eq(back.issuer_spki, links[i].issuer_spki, AS_DIGEST);
        ck_assert_uint_eq(back.serial_len, links[i].serial_len);
        ck_assert_mem_eq(back.serial, links[i].serial, sizeof(back.serial));
        ck_assert_int_eq(back.not_after, links[i].not_after);
        memset(longer.serial + longer.serial_len, 0xEE, sizeof(longer.serial) - longer.serial_len);
        as_path_link_write(&longer, again);
        ck_assert_mem_eq(again, octets, AS_PATH_LINK);
    }
}
END_TEST

/* As migration 0001 says it: databases hold it. */
START_TEST(D9_the_octets_of_a_link)
{
    const struct as_path_link link = {
        .issuer_spki = {[31] = 1}, .serial = {2, 3}, .serial_len = 2, .not_after = 0x0102030405};
    const unsigned char want[AS_PATH_LINK] = {
        [31] = 1, [32] = 2, [33] = 2, [34] = 3, [56] = 1, [57] = 2, [58] = 3, [59] = 4, [60] = 5};
    unsigned char octets[AS_PATH_LINK];
    struct as_path_link back;

    as_path_link_write(&link, octets);
    ck_assert_mem_eq(octets, want, AS_PATH_LINK);
    octets[32] = 21; /* a serial number longer than there is room for */
    ck_assert(!as_path_link_parse(octets, &back));
    octets[32] = 20;
    ck_assert(as_path_link_parse(octets, &back));
}
END_TEST

AS_TESTS("model/certificate", {
    tcase_add_test(t, MTLS_54_a_party_has_the_certificates_registered_for_it);
    tcase_add_test(t, D9_a_link_both_ways);
    tcase_add_test(t, D9_the_octets_of_a_link);
})
