/* SPDX-License-Identifier: Apache-2.0 */
#include "as/crypto.h"
#include "harness.h"

#include <openssl/err.h>
#include <string.h>

static const unsigned char KEK[AS_KEK + 1] = "0123456789abcdef0123456789abcdef";
static const unsigned char OTHER[AS_KEK + 1] = "1123456789abcdef0123456789abcdef";
static const as_span ABOUT = AS_LIT_ROW("fapid/access-token/1 kid-0001");
static const as_span PLAIN = AS_LIT_ROW("a master of thirty-two octets...");

START_TEST(D16_wrap_and_unwrap)
{
    unsigned char one[32 + AS_WRAP_EXTRA];
    unsigned char two[32 + AS_WRAP_EXTRA];
    unsigned char back[32];

    ck_assert_uint_eq(PLAIN.len, 32);
    ck_ok(as_wrap(KEK, ABOUT, PLAIN, one));
    ck_ok(as_wrap(KEK, ABOUT, PLAIN, two));
    ck_assert_mem_ne(one, two, sizeof(one));
    ck_ok(as_unwrap(KEK, ABOUT, as_span_bytes(one, sizeof(one)), back));
    ck_assert_mem_eq(back, PLAIN.ptr, 32);
    ck_ok(as_unwrap(KEK, ABOUT, as_span_bytes(two, sizeof(two)), back));
    ck_assert_mem_eq(back, PLAIN.ptr, 32);
}
END_TEST

#define REFUSES(kek, about, wrapped, len)                                                          \
    do {                                                                                           \
        memset(back, 'x', sizeof(back));                                                           \
        ck_refuses(as_unwrap((kek), (about), as_span_bytes((wrapped), (len)), back),               \
                   AS_SERVER_ERROR, "key does not unwrap");                                        \
        ck_assert(memcmp(back, PLAIN.ptr, 8) != 0);                                                \
        ck_assert_uint_eq(ERR_peek_error(), 0);                                                    \
    } while (0)

START_TEST(D16_whatever_was_not_wrapped_is_refused)
{
    unsigned char wrapped[32 + AS_WRAP_EXTRA];
    unsigned char back[32];

    ck_ok(as_wrap(KEK, ABOUT, PLAIN, wrapped));
    REFUSES(OTHER, ABOUT, wrapped, sizeof(wrapped));
    REFUSES(KEK, AS_LIT("fapid/access-token/1 kid-0002"), wrapped, sizeof(wrapped));
    REFUSES(KEK, AS_SPAN_NONE, wrapped, sizeof(wrapped));
    for (size_t len = 0; len < sizeof(wrapped); len++) {
        REFUSES(KEK, ABOUT, wrapped, len);
    }
    for (size_t bit = 0; bit < sizeof(wrapped) * 8; bit++) {
        wrapped[bit / 8] ^= (unsigned char)(1u << bit % 8);
        REFUSES(KEK, ABOUT, wrapped, sizeof(wrapped));
        wrapped[bit / 8] ^= (unsigned char)(1u << bit % 8);
    }
    ck_ok(as_unwrap(KEK, ABOUT, as_span_bytes(wrapped, sizeof(wrapped)), back));
}
END_TEST

AS_TESTS("wrap", {
    tcase_add_test(t, D16_wrap_and_unwrap);
    tcase_add_test(t, D16_whatever_was_not_wrapped_is_refused);
})
