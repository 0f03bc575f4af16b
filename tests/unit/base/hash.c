/* SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"

/* The example of the paper (Aumasson, Bernstein 2012, appendix A): key 00 to 0f, text 00 to 0e. */
START_TEST(the_hash_of_the_paper)
{
    struct as_hash_seed seed;
    unsigned char octets[16];

    for (unsigned i = 0; i < sizeof(octets); i++) {
        octets[i] = (unsigned char)i;
    }
    seed.words[0] = 0x0706050403020100;
    seed.words[1] = 0x0f0e0d0c0b0a0908;
    ck_assert(as_hash(&seed, as_span_bytes(octets, 15)) == 0xa129ca6149be45e5);
    /* and of other lengths: the reference implementation's table for the same key */
    ck_assert(as_hash(&seed, AS_SPAN_NONE) == 0x726fdb47dd0e0e31);
    ck_assert(as_hash(&seed, as_span_bytes(octets, 8)) == 0x93f5f5799a932462);
    ck_assert(as_hash(&seed, as_span_bytes(octets, 1)) == 0x74f839c593dc67fd);
}
END_TEST

START_TEST(another_seed_another_hash)
{
    struct as_hash_seed one, other;

    ck_ok(as_hash_seed_make(&one));
    ck_ok(as_hash_seed_make(&other));
    ck_assert(as_hash(&one, AS_LIT("192.0.2.1")) == as_hash(&one, AS_LIT("192.0.2.1")));
    ck_assert(as_hash(&one, AS_LIT("192.0.2.1")) != as_hash(&other, AS_LIT("192.0.2.1")));
    ck_assert(as_hash(&one, AS_LIT("a\0")) != as_hash(&one, AS_LIT("a")));
}
END_TEST

AS_TESTS("base/hash", {
    tcase_add_test(t, the_hash_of_the_paper);
    tcase_add_test(t, another_seed_another_hash);
})
