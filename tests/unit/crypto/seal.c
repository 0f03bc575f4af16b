/* SPDX-License-Identifier: Apache-2.0 */
#include "as/crypto.h"
#include "harness.h"

#include <openssl/err.h>
#include <string.h>

AS_AUTO_DEFINE(struct as_arena, as_arena_free)
AS_AUTO_DEFINE(struct as_ring, as_ring_free)

#define PURPOSE "fapid/access-token/1"
static const as_span PREFIX = AS_LIT_ROW("fat1.");
static const as_span ISSUER = AS_LIT_ROW("https://as.example");
static const unsigned char KID[AS_SEAL_KID + 1] = "kid-0001";
static const unsigned char OTHER_KID[AS_SEAL_KID + 1] = "kid-0002";
static const unsigned char MASTER[AS_SEAL_MASTER + 1] = "0123456789abcdef0123456789abcdef";
static const unsigned char OTHER_MASTER[AS_SEAL_MASTER + 1] = "0123456789abcdef0123456789abcdeF";

static struct as_ring *ring_of(const char *purpose, const unsigned char *kid,
                               const unsigned char *master)
{
    struct as_ring *ring = NULL;
    ck_ok(as_ring_new(purpose, &ring));
    ck_ok(as_ring_add(ring, kid, master, true));
    return ring;
}

/* Asserts that a text does not open, and that nothing is left for TLS to trip over. */
static void ck_closed(const struct as_ring *ring, struct as_arena *mem, as_span prefix,
                      as_span about, as_span text)
{
    as_span plain = AS_LIT("untouched");
    ck_ok(as_unseal(ring, mem, prefix, about, text, &plain));
    ck_assert_ptr_null(plain.ptr);
    ck_assert_uint_eq(plain.len, 0);
    ck_assert_uint_eq(ERR_peek_error(), 0);
}

START_TEST(D8_seal_opens_and_differs_each_time)
{
    AS_AUTO(as_arena_free) struct as_arena *mem = as_arena_new(1 << 20);
    AS_AUTO(as_ring_free) struct as_ring *ring = ring_of(PURPOSE, KID, MASTER);
    as_span one = AS_SPAN_NONE;
    as_span two = AS_SPAN_NONE;
    as_span plain = AS_SPAN_NONE;

    ck_ok(as_seal(ring, mem, PREFIX, ISSUER, AS_LIT("what is inside"), &one));
    ck_ok(as_seal(ring, mem, PREFIX, ISSUER, AS_LIT("what is inside"), &two));
    ck_assert(!as_span_equal(one, two));
    ck_assert(as_span_starts(one, PREFIX));
    ck_ok(as_unseal(ring, mem, PREFIX, ISSUER, one, &plain));
    ck_span_eq(plain, "what is inside");
    ck_ok(as_unseal(ring, mem, PREFIX, ISSUER, two, &plain));
    ck_span_eq(plain, "what is inside");
}
END_TEST

/*
 * KBKDF (SP 800-108 counter mode, HMAC-SHA-256, key 32 || iv 12, label = purpose, context = salt)
 * and AES-256-GCM as composed in design D8, made by another implementation (Python's cryptography).
 */
START_TEST(D8_seal_of_another_implementation_opens)
{
    AS_AUTO(as_arena_free) struct as_arena *mem = as_arena_new(1 << 20);
    AS_AUTO(as_ring_free) struct as_ring *ring = ring_of(PURPOSE, KID, MASTER);
    static const char foreign[] =
        "fat1.a2lkLTAwMDEAAQIDBAUGBwgJCgsMDQ4PEBESExQVFhc-1hiPLujDgWxv9QzlI-ARFNdNswjHPep"
        "75uw0evJdD62syeFS-R6b9tq7m41Charjeez9g6AgPdvX1pYP4NizM5WYEu9u0EweYXsiSfA-Wg";
    as_span plain = AS_SPAN_NONE;

    ck_ok(as_unseal(ring, mem, PREFIX, ISSUER, as_span_of(foreign), &plain));
    ck_span_eq(plain, "made elsewhere");
}
END_TEST

/* Intact seals, made elsewhere with the right key, of what we never seal. */
START_TEST(D8_wrong_padding_under_a_good_tag)
{
    AS_AUTO(as_arena_free) struct as_arena *mem = as_arena_new(1 << 20);
    AS_AUTO(as_ring_free) struct as_ring *ring = ring_of(PURPOSE, KID, MASTER);
    static const char *const bad[] = {
        /* a padding that is not zeros */
        "fat1.a2lkLTAwMDEAAQIDBAUGBwgJCgsMDQ4PEBESExQVFhc-1hiPLujDgWxv9QzlI-ARFNdNswjHPep"
        "75uw0evJdD62syeFS-R6b9tq7m41Charjeez9g6AgPdvX1pYP4NiyFk2xNugouEGI6r1BzfS6uw",
        /* a block too many */
        "fat1.a2lkLTAwMDEAAQIDBAUGBwgJCgsMDQ4PEBESExQVFhc-1hiPLujDgWxv9QzlI-ARFNdNswjHPep"
        "75uw0evJdD62syeFS-R6b9tq7m41Charjeez9g6AgPdvX1pYP4NizsftrHKSi2HobvjAlm3T6jgsPjth"
        "wtkg_OXdE5UJBzNAnQp0H2jCyTAhxuHmvqWFUcEVgsvx-J3X2brf-h-sZAx5xclwhD22Az7UNMxX3JIA",
        /* a length past the end */
        "fat1.a2lkLTAwMDEAAQIDBAUGBwgJCgsMDQ4PEBESExQVFhfBJxiPLujDgWxv9QzlI-ARFNdNswjHPep"
        "75uw0evJdD62syeFS-R6b9tq7m41Charjeez9g6AgPdvX1pYP4NizX-t8i5v7JTQNP_E57wDqvg",
        /* a length into the next block */
        "fat1.a2lkLTAwMDEAAQIDBAUGBwgJCgsMDQ4PEBESExQVFhc-5xiPLujDgWxv9QzlI-ARFNdNswjHPep"
        "75uw0evJdD62syeFS-R6b9tq7m41Charjeez9g6AgPdvX1pYP4NizpI9oRri2pD_TxCAxrIV-uA",
    };

    for (size_t i = 0; i < AS_COUNT(bad); i++) {
        ck_closed(ring, mem, PREFIX, ISSUER, as_span_of(bad[i]));
    }
}
END_TEST

START_TEST(D8_padding_hides_the_length)
{
    AS_AUTO(as_arena_free) struct as_arena *mem = as_arena_new(1 << 20);
    AS_AUTO(as_ring_free) struct as_ring *ring = ring_of(PURPOSE, KID, MASTER);
    static const char zeros[AS_SEAL_PLAIN_MAX + 1];
    size_t first = 0;

    for (size_t len = 0; len <= AS_SEAL_PLAIN_MAX; len++) {
        as_span text = AS_SPAN_NONE;
        as_span plain = AS_SPAN_NONE;
        ck_ok(as_seal(ring, mem, PREFIX, ISSUER, as_span_bytes(zeros, len), &text));
        ck_ok(as_unseal(ring, mem, PREFIX, ISSUER, text, &plain));
        ck_assert_ptr_nonnull(plain.ptr);
        ck_assert_uint_eq(plain.len, len);
        first = (len + 2) % 64 == 1 || len == 0 ? text.len : first;
        ck_assert_uint_eq(text.len, first);
        ck_assert_uint_le(text.len, AS_LIMIT_TOKEN_TEXT);
        as_arena_reset(mem);
    }
    as_span text = AS_SPAN_NONE;
    ck_refuses(
        as_seal(ring, mem, PREFIX, ISSUER, as_span_bytes(zeros, AS_SEAL_PLAIN_MAX + 1), &text),
        AS_SERVER_ERROR, "too long to be sealed");
}
END_TEST

START_TEST(D8_every_octet_is_guarded)
{
    AS_AUTO(as_arena_free) struct as_arena *mem = as_arena_new(1 << 20);
    AS_AUTO(as_ring_free) struct as_ring *ring = ring_of(PURPOSE, KID, MASTER);
    unsigned char raw[AS_LIMIT_TOKEN_TEXT];
    char text[AS_LIMIT_TOKEN_TEXT] = "fat1.";
    as_span sealed = AS_SPAN_NONE;
    size_t len = 0;

    ck_ok(as_seal(ring, mem, PREFIX, ISSUER, AS_LIT("tamper with me"), &sealed));
    ck_assert(as_base64url_parse(as_span_from(sealed, PREFIX.len), raw, sizeof(raw), &len));
    for (size_t bit = 0; bit < len * 8; bit++) {
        raw[bit / 8] ^= (unsigned char)(1u << bit % 8);
        as_base64url_write(as_span_bytes(raw, len), text + PREFIX.len);
        ck_closed(ring, mem, PREFIX, ISSUER, as_span_of(text));
        raw[bit / 8] ^= (unsigned char)(1u << bit % 8);
    }
    as_base64url_write(as_span_bytes(raw, len), text + PREFIX.len);
    as_span plain = AS_SPAN_NONE;
    ck_ok(as_unseal(ring, mem, PREFIX, ISSUER, as_span_of(text), &plain));
    ck_span_eq(plain, "tamper with me");
}
END_TEST

START_TEST(D8_every_other_text_is_refused)
{
    AS_AUTO(as_arena_free) struct as_arena *mem = as_arena_new(1 << 20);
    AS_AUTO(as_ring_free) struct as_ring *ring = ring_of(PURPOSE, KID, MASTER);
    as_span sealed = AS_SPAN_NONE;
    as_span plain = AS_SPAN_NONE;
    char text[2 * AS_LIMIT_TOKEN_TEXT];

    /* A length of 3n + 2 octets has trailing bits, which must be zero. */
    ck_ok(as_seal(ring, mem, PREFIX, ISSUER, AS_LIT("x"), &sealed));
    memcpy(text, sealed.ptr, sealed.len);
    for (size_t len = 0; len < sealed.len; len++) { /* cut anywhere */
        ck_closed(ring, mem, PREFIX, ISSUER, as_span_bytes(text, len));
    }
    for (size_t at = PREFIX.len; at < sealed.len; at++) { /* any other character */
        static const char strange[] = "=+/ .\n\r%\xff";
        for (size_t i = 0; i < sizeof(strange); i++) { /* NUL too */
            text[at] = strange[i];
            ck_closed(ring, mem, PREFIX, ISSUER, as_span_bytes(text, sealed.len));
        }
        text[at] = sealed.ptr[at];
    }
    for (size_t more = 1; more < 200; more++) { /* something behind it */
        memset(text + sealed.len, 'A', more);
        ck_closed(ring, mem, PREFIX, ISSUER, as_span_bytes(text, sealed.len + more));
    }
    text[sealed.len] = '=';
    ck_closed(ring, mem, PREFIX, ISSUER, as_span_bytes(text, sealed.len + 1));
    memset(text + PREFIX.len, 'A', sizeof(text) - PREFIX.len); /* longer than any */
    for (size_t len = AS_LIMIT_TOKEN_TEXT - 700; len <= sizeof(text); len++) {
        ck_closed(ring, mem, PREFIX, ISSUER, as_span_bytes(text, len));
    }
    ck_closed(ring, mem, PREFIX, ISSUER, AS_SPAN_NONE);
    ck_ok(as_unseal(ring, mem, PREFIX, ISSUER, sealed, &plain));
    ck_span_eq(plain, "x");
}
END_TEST

START_TEST(D8_prefix_issuer_purpose_and_key_are_part_of_the_seal)
{
    AS_AUTO(as_arena_free) struct as_arena *mem = as_arena_new(1 << 20);
    AS_AUTO(as_ring_free) struct as_ring *ring = ring_of(PURPOSE, KID, MASTER);
    AS_AUTO(as_ring_free) struct as_ring *purpose = ring_of("fapid/code/1", KID, MASTER);
    AS_AUTO(as_ring_free) struct as_ring *kid = ring_of(PURPOSE, OTHER_KID, MASTER);
    AS_AUTO(as_ring_free) struct as_ring *master = ring_of(PURPOSE, KID, OTHER_MASTER);
    AS_AUTO(as_ring_free) struct as_ring *empty = NULL;
    as_span sealed = AS_SPAN_NONE;
    as_span other = AS_SPAN_NONE;

    ck_ok(as_ring_new(PURPOSE, &empty));
    ck_ok(as_seal(ring, mem, PREFIX, ISSUER, AS_LIT("mine"), &sealed));
    ck_closed(ring, mem, PREFIX, AS_LIT("https://as.exampl"), sealed);
    ck_closed(ring, mem, PREFIX, AS_SPAN_NONE, sealed);
    ck_closed(purpose, mem, PREFIX, ISSUER, sealed);
    ck_closed(kid, mem, PREFIX, ISSUER, sealed);
    ck_closed(master, mem, PREFIX, ISSUER, sealed);
    ck_closed(empty, mem, PREFIX, ISSUER, sealed);

    /* the prefix is looked at, and is associated data besides */
    ck_closed(ring, mem, AS_LIT("fat2."), ISSUER, sealed);
    ck_ok(as_arena_printf(mem, &other, "fat2.%s", sealed.ptr + PREFIX.len));
    ck_closed(ring, mem, PREFIX, ISSUER, other);
    ck_closed(ring, mem, AS_LIT("fat2."), ISSUER, other);
    ck_closed(ring, mem, AS_SPAN_NONE, ISSUER, as_span_from(sealed, PREFIX.len));
}
END_TEST

START_TEST(D8_older_keys_still_open)
{
    AS_AUTO(as_arena_free) struct as_arena *mem = as_arena_new(1 << 20);
    AS_AUTO(as_ring_free) struct as_ring *ring = ring_of(PURPOSE, KID, MASTER);
    AS_AUTO(as_ring_free) struct as_ring *newer = ring_of(PURPOSE, OTHER_KID, OTHER_MASTER);
    as_span old = AS_SPAN_NONE;
    as_span plain = AS_SPAN_NONE;

    ck_ok(as_seal(ring, mem, PREFIX, ISSUER, AS_LIT("old"), &old));
    ck_ok(as_ring_add(ring, OTHER_KID, OTHER_MASTER, true));
    ck_ok(as_unseal(ring, mem, PREFIX, ISSUER, old, &plain));
    ck_span_eq(plain, "old");
    ck_ok(as_seal(ring, mem, PREFIX, ISSUER, AS_LIT("new"), &old));
    ck_ok(as_unseal(newer, mem, PREFIX, ISSUER, old, &plain)); /* sealed by the added key */
    ck_span_eq(plain, "new");
}
END_TEST

START_TEST(D8_a_ring_refuses_what_would_confuse_it)
{
    AS_AUTO(as_arena_free) struct as_arena *mem = as_arena_new(1 << 20);
    AS_AUTO(as_ring_free) struct as_ring *ring = NULL;
    as_span out = AS_SPAN_NONE;

    ck_ok(as_ring_new(PURPOSE, &ring));
    ck_refuses(as_seal(ring, mem, PREFIX, ISSUER, AS_LIT("x"), &out), AS_UNAVAILABLE,
               "no key seals");
    ck_ok(as_ring_add(ring, KID, MASTER, false));
    ck_refuses(as_seal(ring, mem, PREFIX, ISSUER, AS_LIT("x"), &out), AS_UNAVAILABLE,
               "no key seals");
    ck_refuses(as_ring_add(ring, KID, OTHER_MASTER, true), AS_SERVER_ERROR,
               "a kid is in the ring already");
    ck_refuses(as_seal(ring, mem, PREFIX, ISSUER, AS_LIT("x"), &out), AS_UNAVAILABLE,
               "no key seals");
    as_ring_free(NULL);
}
END_TEST

AS_TESTS("seal", {
    tcase_add_test(t, D8_seal_opens_and_differs_each_time);
    tcase_add_test(t, D8_seal_of_another_implementation_opens);
    tcase_add_test(t, D8_wrong_padding_under_a_good_tag);
    tcase_add_test(t, D8_padding_hides_the_length);
    tcase_add_test(t, D8_every_octet_is_guarded);
    tcase_add_test(t, D8_every_other_text_is_refused);
    tcase_add_test(t, D8_prefix_issuer_purpose_and_key_are_part_of_the_seal);
    tcase_add_test(t, D8_older_keys_still_open);
    tcase_add_test(t, D8_a_ring_refuses_what_would_confuse_it);
})
