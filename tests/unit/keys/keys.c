/* SPDX-License-Identifier: Apache-2.0 */
#include "as/keys.h"

#include "keys/parts.h"
#include "store/support/fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

static struct fixture f;
static char key_file[128];

static void start(void)
{
    fixture_start(&f, 0);
    (void)snprintf(key_file, sizeof(key_file), "%s/kek", f.dir);
}

static void end(void)
{
    (void)unlink(key_file);
    fixture_end(&f);
}

static void put_file(const void *bytes, size_t len, mode_t mode)
{
    (void)unlink(key_file);
    int fd = open(key_file, O_WRONLY | O_CREAT | O_EXCL, 0600);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, bytes, len), (ssize_t)len);
    ck_assert_int_eq(fchmod(fd, mode), 0);
    ck_assert_int_eq(close(fd), 0);
}

static size_t get_file(const char *path, void *out, size_t room)
{
    int fd = open(path, O_RDONLY);
    ck_assert_int_ge(fd, 0);
    ssize_t len = read(fd, out, room);
    ck_assert_int_ge(len, 0);
    ck_assert_int_eq(close(fd), 0);
    return (size_t)len;
}

static size_t stored_keys(const struct as_key_row **rows)
{
    size_t count = 0;

    ck_ok(as_store_keys(f.job, f.mem, rows, &count));
    as_store_session_done(f.job);
    return count;
}

#define PREFIX AS_LIT("fat1.")
#define ISSUER AS_LIT("https://as.example")

/* ES256 alone: it is made in no time. */
static const struct as_keys_conf conf = {.algs = 1u << AS_ALG_ES256,
                                         .alg = AS_ALG_ES256,
                                         .rotate_every = 30 * 86400,
                                         .publish_lead = 7200,
                                         .token_lifetime = 300};

static as_err start_at(const char *file, as_time now, struct as_keys **out)
{
    *out = NULL;
    return as_keys_start(f.store, file, &conf, now, out);
}

static struct as_keys *started(as_time now)
{
    struct as_keys *keys = NULL;

    ck_ok(start_at(key_file, now, &keys));
    return keys;
}

static void start_fails(enum as_fault_id fault, const char *why)
{
    struct as_keys *keys = NULL;

    as_err err = start_at(key_file, 2, &keys);
    ck_assert_ptr_null(keys);
    ck_refuses(err, fault, why);
}

static as_span seal(struct as_keys *keys)
{
    const struct as_keyset *set = as_keys_hold(keys);
    as_span text = AS_SPAN_NONE;

    ck_ok(as_seal(set->ring, f.mem, PREFIX, ISSUER, AS_LIT("inside"), &text));
    as_keyset_drop(set);
    return text;
}

static bool opens(struct as_keys *keys, as_span text)
{
    const struct as_keyset *set = as_keys_hold(keys);
    as_span plain = AS_SPAN_NONE;

    ck_ok(as_unseal(set->ring, f.mem, PREFIX, ISSUER, text, &plain));
    as_keyset_drop(set);
    return plain.ptr != NULL;
}

/* Another, empty store; what was in the arena stays. */
static void other_store(void)
{
    fixture_close(&f);
    ck_assert_int_eq(unlink(f.path), 0);
    fixture_open(&f, 0);
}

static void put_row(const struct as_key_row *row)
{
    bool added = false;

    ck_ok(as_store_key_add(f.job, row, NULL, &added));
    ck_assert(added);
}

/* ------------------------------------------------------------ starting ------------------------ */

START_TEST(the_first_start_makes_a_closed_file_and_a_key_per_line)
{
    const struct as_key_row *rows = NULL;
    struct stat st;

    start();
    (void)umask(0);
    struct as_keys *keys = started(1700000000);
    ck_assert_int_eq(stat(key_file, &st), 0);
    ck_assert_int_eq(st.st_mode & 07777, 0600);
    ck_assert_int_eq(st.st_size, AS_KEK);
    ck_assert_uint_eq(st.st_nlink, 1);
    ck_assert_uint_eq(stored_keys(&rows), 2);
    ck_span_eq(rows[0].purpose, AS_PURPOSE_ACCESS_TOKEN);
    ck_span_eq(rows[0].alg, "");
    ck_span_eq(rows[1].purpose, AS_PURPOSE_SIGNATURE);
    ck_span_eq(rows[1].alg, "ES256");
    for (size_t i = 0; i < 2; i++) {
        ck_assert_int_eq(rows[i].state, AS_KEY_ACTIVE);
        ck_assert_int_eq(rows[i].created, 1700000000);
        ck_assert_int_eq(rows[i].activates, 1700000000);
        ck_assert_int_eq(rows[i].lifetime, 300);
    }
    ck_assert_uint_eq(audits(&f), 2);
    ck_assert(opens(keys, seal(keys)));
    as_keys_stop(keys);
    end();
}
END_TEST

START_TEST(REG_147_the_next_start_opens_what_the_first_sealed)
{
    const struct as_key_row *rows = NULL;

    start();
    struct as_keys *keys = started(1700000000);
    const as_span text = seal(keys);
    as_keys_stop(keys);
    ck_assert_uint_eq(stored_keys(&rows), 2);
    const as_span signer = rows[1].kid;
    fixture_close(&f);
    fixture_open(&f, 0);
    keys = started(1700000001);
    const struct as_keyset *set = as_keys_hold(keys);
    ck_assert(opens(keys, text));
    ck_assert(as_span_equal(as_jws_key_kid(as_keyset_signer(set, AS_ALG_NONE)), signer));
    ck_assert_uint_eq(stored_keys(&rows), 2);
    ck_assert_uint_eq(audits(&f), 2);
    as_keyset_drop(set);
    as_keys_stop(keys);
    end();
}
END_TEST

START_TEST(REG_148_a_wrong_key_encryption_key_is_refused)
{
    unsigned char kek[AS_KEK];

    start();
    as_keys_stop(started(1));
    ck_assert_uint_eq(get_file(key_file, kek, sizeof(kek)), AS_KEK);
    kek[31] ^= 1;
    put_file(kek, sizeof(kek), 0600);
    start_fails(AS_BAD_CONFIGURATION, "a key of the store does not unwrap: this key file is not "
                                      "the one it was made with");
    kek[31] ^= 1;
    put_file(kek, sizeof(kek), 0600);
    as_keys_stop(started(2));
    end();
}
END_TEST

START_TEST(REG_148_a_store_with_keys_and_no_file_is_refused)
{
    start();
    as_keys_stop(started(1));
    ck_assert_int_eq(unlink(key_file), 0);
    start_fails(AS_BAD_CONFIGURATION,
                "the key file is missing, and the store holds keys that only it opens");
    ck_assert_int_ne(access(key_file, F_OK), 0); /* nor was a new one made */
    end();
}
END_TEST

START_TEST(REG_148_a_key_of_another_purpose_must_unwrap_too)
{
    const struct as_key_row row = {.kid = AS_LIT("0100000000000000"),
                                   .purpose = AS_LIT("fapid/else/1"),
                                   .state = AS_KEY_ACTIVE,
                                   .wrapped = AS_LIT("more octets than a nonce and a tag take"),
                                   .created = 1};

    start();
    as_keys_stop(started(1));
    put_row(&row);
    start_fails(AS_BAD_CONFIGURATION, "a key of the store does not unwrap: this key file is not "
                                      "the one it was made with");
    end();
}
END_TEST

/* What is wrapped for one purpose and kid is not a key for another, though the key file is right.
 */
START_TEST(REG_148_a_wrapped_key_cannot_change_its_purpose_or_kid)
{
    const struct as_key_row *rows = NULL;

    start();
    as_keys_stop(started(1));
    ck_assert_uint_eq(stored_keys(&rows), 2);
    for (size_t i = 0; i < 2; i++) {
        struct as_key_row moved = rows[i];
        other_store();
        put_row(&moved);
        as_keys_stop(started(2)); /* unchanged, it opens */
        other_store();
        moved.purpose = AS_LIT("fapid/else/1");
        put_row(&moved);
        start_fails(AS_BAD_CONFIGURATION, "a key of the store does not unwrap: this key file is "
                                          "not the one it was made with");
        other_store();
        moved.purpose = rows[i].purpose;
        moved.kid = i == 0 ? AS_LIT("0100000000000000")
                           : AS_LIT("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
        put_row(&moved);
        start_fails(AS_BAD_CONFIGURATION, "a key of the store does not unwrap: this key file is "
                                          "not the one it was made with");
    }
    end();
}
END_TEST

/* Wrapped with the right key, for its purpose and kid, and yet no sealing key. */
START_TEST(REG_148_a_sealing_key_has_one_shape)
{
    static const struct {
        const char *kid, *alg, *public_;
        size_t len;
        bool fits;
    } rows[] = {
        {"0100000000000000", "", "", AS_SEAL_MASTER, true},
        {"0100000000000000", "", "", AS_SEAL_MASTER - 1, false},
        {"0100000000000000", "", "", AS_SEAL_MASTER + 1, false},
        {"010000000000000", "", "", AS_SEAL_MASTER, false},
        {"010000000000000000", "", "", AS_SEAL_MASTER, false},
        {"010000000000000g", "", "", AS_SEAL_MASTER, false},
        {"0100000000000000", "ES256", "", AS_SEAL_MASTER, false},
        {"0100000000000000", "", "{}", AS_SEAL_MASTER, false},
    };
    static const char master[AS_SEAL_MASTER + 1] = {1};
    struct as_kek kek;
    bool found = false;

    start();
    as_keys_stop(started(1));
    ck_ok(as_kek_read(key_file, &kek, &found));
    ck_assert(found);
    for (size_t i = 0; i < AS_COUNT(rows); i++) {
        struct as_key_row row = {.kid = as_span_of(rows[i].kid),
                                 .purpose = AS_LIT("fapid/access-token/1"),
                                 .alg = as_span_of(rows[i].alg),
                                 .public_ = as_span_of(rows[i].public_),
                                 .state = AS_KEY_ACTIVE,
                                 .created = 1};
        other_store();
        ck_ok(as_keys_wrap(&kek, f.mem, &row, as_span_bytes(master, rows[i].len)));
        put_row(&row);
        if (rows[i].fits) {
            as_keys_stop(started(2));
        } else {
            start_fails(AS_BAD_CONFIGURATION, "a sealing key of the store is none");
        }
    }
    as_kek_wipe(&kek);
    end();
}
END_TEST

/* As long as a nonce and a tag, and no octet more: nothing is wrapped in it. */
START_TEST(REG_148_nothing_wrapped_is_no_key)
{
    struct as_key_row row = {.kid = AS_LIT("0100000000000000"),
                             .purpose = AS_LIT("fapid/access-token/1"),
                             .state = AS_KEY_ACTIVE,
                             .created = 1};
    struct as_kek kek;
    bool found = false;

    start();
    as_keys_stop(started(1));
    ck_ok(as_kek_read(key_file, &kek, &found));
    ck_ok(as_keys_wrap(&kek, f.mem, &row, AS_LIT("")));
    ck_assert_uint_eq(row.wrapped.len, AS_WRAP_EXTRA);
    as_kek_wipe(&kek);
    for (size_t less = 0; less < 2; less++) {
        other_store();
        row.wrapped.len = AS_WRAP_EXTRA - less;
        put_row(&row);
        start_fails(AS_BAD_CONFIGURATION, "a key of the store does not unwrap: this key file is "
                                          "not the one it was made with");
    }
    end();
}
END_TEST

/* The public half decides what the world verifies with: that of another key is refused. */
START_TEST(REG_148_another_public_half_is_refused)
{
    const struct as_key_row *rows = NULL;
    struct as_jws_key *other = NULL;
    static const char why[] =
        "a signing key of the store does not match the public key that is shown for it";

    start();
    as_keys_stop(started(1));
    ck_assert_uint_eq(stored_keys(&rows), 2);
    struct as_key_row moved = rows[1];
    other_store();
    ck_ok(as_jws_key_make(AS_ALG_ES256, &other));
    ck_ok(as_jwk_write(other, f.mem, &moved.public_));
    put_row(&moved);
    start_fails(AS_BAD_CONFIGURATION, why);
    /* both halves belong to another key than the one that is named */
    other_store();
    struct as_kek kek;
    bool found = false;
    as_span private_ = AS_SPAN_NONE;
    ck_ok(as_kek_read(key_file, &kek, &found));
    ck_ok(as_jws_key_private(other, f.mem, &private_));
    struct as_key_row swapped = rows[1];
    ck_ok(as_keys_wrap(&kek, f.mem, &swapped, private_));
    put_row(&swapped); /* the private half alone */
    start_fails(AS_BAD_CONFIGURATION, why);
    other_store();
    swapped.public_ = moved.public_; /* both */
    put_row(&swapped);
    start_fails(AS_BAD_CONFIGURATION, why);
    as_kek_wipe(&kek);
    other_store();
    moved.public_ = AS_LIT("{}");
    put_row(&moved);
    start_fails(AS_BAD_CONFIGURATION, why);
    other_store();
    moved.public_ = rows[1].public_;
    moved.alg = AS_LIT("RS256");
    put_row(&moved);
    start_fails(AS_BAD_CONFIGURATION,
                "a signing key of the store has an algorithm that is not on offer");
    as_jws_key_free(other);
    end();
}
END_TEST

/* ------------------------------------------------------------ the database alone -------------- */

static bool file_has(const char *path, const void *what, size_t len)
{
    char *bytes = malloc(4 << 20);
    ck_assert_ptr_nonnull(bytes);
    size_t got = get_file(path, bytes, 4 << 20);
    bool has = memmem(bytes, got, what, len) != NULL;
    free(bytes);
    return has;
}

START_TEST(REG_148_the_database_file_holds_no_key_in_clear)
{
    const struct as_key_row *rows = NULL;
    struct as_kek kek;
    bool found = false;
    as_span private_[2];

    start();
    as_keys_stop(started(1));
    ck_ok(as_kek_read(key_file, &kek, &found));
    ck_assert_uint_eq(stored_keys(&rows), 2);
    for (size_t i = 0; i < 2; i++) {
        ck_ok(as_keys_unwrap(&kek, f.mem, &rows[i], &private_[i])); /* so this is the key */
    }
    as_store_session_free(f.worker);
    as_store_session_free(f.job);
    as_store_close(f.store);
    for (size_t i = 0; i < 2; i++) {
        char hex[2 * 32 + 1];
        const as_span tail = as_span_from(private_[i], private_[i].len - 32);
        ck_assert(file_has(f.path, rows[i].wrapped.ptr, rows[i].wrapped.len)); /* it looks right */
        ck_assert(!file_has(f.path, private_[i].ptr, 32));
        as_hex_write(as_span_bytes(private_[i].ptr, 32), hex);
        ck_assert(!file_has(f.path, hex, 64));
        ck_assert(i == 1 || !file_has(f.path, tail.ptr, tail.len));
    }
    ck_assert(!file_has(f.path, kek.key, AS_KEK));
    (void)unlink(key_file);
    fixture_remove(&f);
}
END_TEST

START_TEST(TOK_18_the_database_file_holds_no_token)
{
    const unsigned char jti[16] = "0123456789abcdef";

    start();
    struct as_keys *keys = started(1);
    const as_span text = seal(keys);
    as_keys_stop(keys);
    ck_ok(as_store_token_revoke(f.job, jti, 1800000000, NULL));
    fixture_close(&f);
    ck_assert(file_has(f.path, jti, 16)); /* what is kept of a revoked token */
    ck_assert(!file_has(f.path, text.ptr, text.len));
    ck_assert(!file_has(f.path, "fat1.", 5));
    fixture_open(&f, 0);
    end();
}
END_TEST

/* ------------------------------------------------------------ the file ------------------------ */

static const char hex_text[] = "000102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1F";

START_TEST(a_key_file_is_32_octets_or_64_digits)
{
    static const struct {
        const char *text;
        size_t len;
    } good[] = {{hex_text, 64},
                {"000102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1F\n", 65},
                {"000102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1F\r\n", 66},
                {"\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f"
                 "\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f",
                 32}};
    struct as_kek kek;
    bool found = false;

    start();
    for (size_t i = 0; i < AS_COUNT(good); i++) {
        put_file(good[i].text, good[i].len, 0600);
        memset(&kek, 0xFF, sizeof(kek));
        ck_ok(as_kek_read(key_file, &kek, &found));
        ck_assert(found);
        for (unsigned k = 0; k < AS_KEK; k++) {
            ck_assert_uint_eq(kek.key[k], k);
        }
    }
    end();
}
END_TEST

START_TEST(a_key_file_of_another_form_is_refused)
{
    char bad[][70] = {"", "x", "", "", "", "", ""};
    size_t lens[] = {0, 1, 31, 33, 63, 64, 67};
    struct as_kek kek;
    bool found = false;

    start();
    for (size_t i = 2; i < AS_COUNT(lens); i++) {
        memcpy(bad[i], hex_text, 64);
        bad[i][64] = bad[i][65] = '\n';
    }
    bad[5][40] = 'g';
    for (size_t i = 0; i < AS_COUNT(lens); i++) {
        put_file(bad[i], lens[i], 0600);
        ck_refuses(as_kek_read(key_file, &kek, &found), AS_BAD_CONFIGURATION,
                   "the key file holds neither 32 octets nor 64 hex digits");
    }
    end();
}
END_TEST

START_TEST(a_key_file_open_to_others_is_refused)
{
    static const mode_t bad[] = {0620, 0610, 0604, 0602, 0601, 0660, 0644};
    static const mode_t good[] = {0600, 0400};
    struct as_kek kek;
    bool found = false;

    start();
    for (size_t i = 0; i < AS_COUNT(bad); i++) {
        put_file(hex_text, 64, bad[i]);
        ck_refuses(as_kek_read(key_file, &kek, &found), AS_BAD_CONFIGURATION,
                   "it is open to others than its owner: set its mode to 0600");
    }
    for (size_t i = 0; i < AS_COUNT(good); i++) {
        put_file(hex_text, 64, good[i]);
        ck_ok(as_kek_read(key_file, &kek, &found));
    }
    end();
}
END_TEST

START_TEST(a_key_file_of_somebody_else_is_refused)
{
    struct as_kek kek;
    bool found = false;

    if (geteuid() != 0) { /* only root can give a file away */
        return;
    }
    start();
    put_file(hex_text, 64, 0440); /* root, group root: how systemd shows a credential */
    ck_assert_int_eq(chown(key_file, 0, 0), 0);
    ck_ok(as_kek_read(key_file, &kek, &found));
    ck_assert_int_eq(chown(key_file, 0, 12345), 0);
    ck_fault(as_kek_read(key_file, &kek, &found), AS_BAD_CONFIGURATION);
    put_file(hex_text, 64, 0600);
    ck_assert_int_eq(chown(key_file, 12345, 0), 0);
    ck_refuses(as_kek_read(key_file, &kek, &found), AS_BAD_CONFIGURATION,
               "it belongs to another user");
    end();
}
END_TEST

START_TEST(a_key_file_that_is_no_file_is_refused)
{
    struct as_kek kek;
    bool found = false;

    start();
    ck_assert_int_eq(mkfifo(key_file, 0600), 0);
    ck_refuses(as_kek_read(key_file, &kek, &found), AS_BAD_CONFIGURATION,
               "it is no regular file"); /* and it does not wait for a writer */
    ck_assert_int_eq(unlink(key_file), 0);
    ck_ok(as_kek_read(key_file, &kek, &found));
    ck_assert(!found);
    end();
}
END_TEST

START_TEST(making_never_replaces_a_key)
{
    struct as_kek made;
    struct as_kek kek;
    bool found = false;
    char partial[160];

    start();
    (void)snprintf(partial, sizeof(partial), "%s.partial", key_file);
    ck_ok(as_kek_make(key_file, &made));
    ck_refuses(as_kek_make(key_file, &kek), AS_BAD_CONFIGURATION, "there is a key file already");
    ck_ok(as_kek_read(key_file, &kek, &found));
    ck_assert_mem_eq(&kek, &made, sizeof(kek));
    ck_assert_int_ne(access(partial, F_OK), 0);
    end();
}
END_TEST

START_TEST(a_crash_while_making_is_got_over)
{
    struct as_kek made;
    struct as_kek kek;
    bool found = false;
    char partial[160];

    start();
    put_file("half a k", 8, 0600);
    (void)snprintf(partial, sizeof(partial), "%s.partial", key_file);
    ck_assert_int_eq(rename(key_file, partial), 0);
    ck_ok(as_kek_read(key_file, &kek, &found));
    ck_assert(!found); /* half a key is no key */
    ck_ok(as_kek_make(key_file, &made));
    ck_ok(as_kek_read(key_file, &kek, &found));
    ck_assert(found);
    ck_assert_int_ne(access(partial, F_OK), 0);
    end();
}
END_TEST

START_TEST(a_key_file_in_no_directory_cannot_be_made)
{
    const struct as_key_row *rows = NULL;
    struct as_keys *keys = NULL;
    char nowhere[160];

    start();
    (void)snprintf(nowhere, sizeof(nowhere), "%s/none/kek", f.dir);
    ck_fault(start_at(nowhere, 1, &keys), AS_BAD_CONFIGURATION);
    ck_assert_uint_eq(stored_keys(&rows), 0);
    end();
}
END_TEST

AS_TESTS("keys", {
    tcase_add_test(t, the_first_start_makes_a_closed_file_and_a_key_per_line);
    tcase_add_test(t, REG_147_the_next_start_opens_what_the_first_sealed);
    tcase_add_test(t, REG_148_a_wrong_key_encryption_key_is_refused);
    tcase_add_test(t, REG_148_a_store_with_keys_and_no_file_is_refused);
    tcase_add_test(t, REG_148_a_key_of_another_purpose_must_unwrap_too);
    tcase_add_test(t, REG_148_a_wrapped_key_cannot_change_its_purpose_or_kid);
    tcase_add_test(t, REG_148_a_sealing_key_has_one_shape);
    tcase_add_test(t, REG_148_nothing_wrapped_is_no_key);
    tcase_add_test(t, REG_148_another_public_half_is_refused);
    tcase_add_test(t, REG_148_the_database_file_holds_no_key_in_clear);
    tcase_add_test(t, TOK_18_the_database_file_holds_no_token);
    tcase_add_test(t, a_key_file_is_32_octets_or_64_digits);
    tcase_add_test(t, a_key_file_of_another_form_is_refused);
    tcase_add_test(t, a_key_file_open_to_others_is_refused);
    tcase_add_test(t, a_key_file_of_somebody_else_is_refused);
    tcase_add_test(t, a_key_file_that_is_no_file_is_refused);
    tcase_add_test(t, making_never_replaces_a_key);
    tcase_add_test(t, a_crash_while_making_is_got_over);
    tcase_add_test(t, a_key_file_in_no_directory_cannot_be_made);
})
