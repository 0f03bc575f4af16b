/* SPDX-License-Identifier: Apache-2.0 */
#include "as/model.h"
#include "harness.h"

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

static const struct as_certificate_row row = {
    .class_ = AS_CERTIFICATE_PKI,
    .trust = AS_LIT_ROW("banks"),
    .anchor = {7},
    .path = {{.issuer_spki = {1}, .serial = {9, 9}, .serial_len = 2, .not_after = 100},
             {.issuer_spki = {2}, .serial = {8}, .serial_len = 1, .not_after = 200}},
    .path_count = 2,
};

START_TEST(D9_a_row_is_the_same_whatever_chain_led_to_it)
{
    struct as_certificate_row other = row;

    ck_assert(as_certificate_row_same(&row, &other));
    other.chain = AS_LIT("another");
    other.path[1].serial[1] = 1; /* past its length */
    ck_assert(as_certificate_row_same(&row, &other));
}
END_TEST

/* Each of what D9 asks about makes another row. */
START_TEST(D9_a_row_differs_by_class_group_anchor_and_path)
{
    enum { CHANGES = 8 };

    for (int change = 0; change < CHANGES; change++) {
        struct as_certificate_row other = row;

        other.class_ = change == 0 ? AS_CERTIFICATE_REGISTERED : other.class_;
        other.trust = change == 1 ? AS_LIT("bank") : other.trust;
        other.anchor[AS_DIGEST - 1] = change == 2;
        other.path_count -= change == 3;
        other.path[0].issuer_spki[AS_DIGEST - 1] = change == 4;
        other.path[1].serial[0] = change == 5 ? 7 : 8;
        other.path[0].serial_len = change == 6 ? 3 : 2;
        other.path[1].not_after += change == 7;
        ck_assert_msg(!as_certificate_row_same(&row, &other), "change %d", change);
        ck_assert_msg(!as_certificate_row_same(&other, &row), "change %d", change);
    }
}
END_TEST

AS_TESTS("model/certificate", {
    tcase_add_test(t, MTLS_54_a_party_has_the_certificates_registered_for_it);
    tcase_add_test(t, D9_a_row_is_the_same_whatever_chain_led_to_it);
    tcase_add_test(t, D9_a_row_differs_by_class_group_anchor_and_path);
})
