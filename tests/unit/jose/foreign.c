/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Foreign readers (design D11): the jose command verifies what we sign, and we verify what it signs
 * with keys that it made. It has no EdDSA; the examples in vectors.c stand for that.
 */
#include "support/craft.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAYLOAD "{\"iss\":\"https://as.example\",\"sub\":\"client\"}"

static struct as_arena *mem;
static char folder[1024];
static const char *const names[] = {"key", "public", "in", "out"};

static const char *path_of(const char *name)
{
    as_span path = AS_SPAN_NONE;

    ck_ok(as_arena_printf(mem, &path, "%s/%s", folder, name));
    return path.ptr;
}

static void set_up(void)
{
    mem = as_arena_new(AS_LIMIT_ARENA);
    snprintf(folder, sizeof(folder), "%s/foreign-XXXXXX", as_test_tmp());
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void tear_down(void)
{
    for (size_t i = 0; i < AS_COUNT(names); i++) {
        unlink(path_of(names[i]));
    }
    rmdir(folder);
    as_arena_free(mem);
}

static void write_file(const char *name, as_span text)
{
    FILE *file = fopen(path_of(name), "wb");

    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(text.ptr, 1, text.len, file), text.len);
    ck_assert_int_eq(fclose(file), 0);
}

static as_span read_file(const char *name)
{
    char room[16 * 1024];
    FILE *file = fopen(path_of(name), "rb");
    as_span out = AS_SPAN_NONE;

    ck_assert_ptr_nonnull(file);
    ck_ok(as_arena_copy(mem, (as_span){room, fread(room, 1, sizeof(room), file)}, &out));
    fclose(file);
    return out;
}

/* The exit status of the command; 127 where there is none. */
static int run(const char *const argv[])
{
    int status = 0;
    pid_t pid = fork();

    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        int null = open("/dev/null", O_RDWR);

        dup2(null, STDOUT_FILENO);
        dup2(null, STDERR_FILENO);
        execvp(argv[0], (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
#define RUN(...) run((const char *const[]){__VA_ARGS__, NULL})

static bool is_missing(void)
{
    return RUN("jose", "alg") == 127;
}

static bool jose_verifies(as_span text)
{
    write_file("in", text);
    return RUN("jose", "jws", "ver", "-i", path_of("in"), "-k", path_of("public"), "-O",
               path_of("out")) == 0;
}

static const enum as_alg algs[] = {AS_ALG_ES256, AS_ALG_PS256};

START_TEST(TOK_45_the_jose_command_verifies_what_we_sign)
{
    struct as_jws_key *key = NULL;
    as_span jwk = AS_SPAN_NONE;
    as_span text = AS_SPAN_NONE;

    if (is_missing()) {
        ck_skip("the jose command is not at hand");
    }
    ck_ok(as_jws_key_make(algs[_i], &key));
    ck_ok(as_jwk_write(key, mem, &jwk));
    ck_ok(as_jws_sign(key, "at+jwt", AS_LIT(PAYLOAD), mem, &text));
    write_file("public", jwk);
    ck_assert(jose_verifies(text));
    ck_span_eq(read_file("out"), PAYLOAD);
    char *last = (char *)(uintptr_t)text.ptr + text.len - 4;
    *last = *last == 'A' ? 'B' : 'A';
    ck_assert(!jose_verifies(text));
    as_jws_key_free(key);
}
END_TEST

START_TEST(TOK_45_we_verify_what_the_jose_command_signs)
{
    struct as_jws_key *key = NULL;
    as_span ask = AS_SPAN_NONE;

    if (is_missing()) {
        ck_skip("the jose command is not at hand");
    }
    ck_ok(as_arena_printf(mem, &ask, "{\"alg\":\"%s\"}", as_alg_name(algs[_i])));
    write_file("in", AS_LIT(PAYLOAD));
    ck_assert_int_eq(RUN("jose", "jwk", "gen", "-i", ask.ptr, "-o", path_of("key")), 0);
    ck_assert_int_eq(RUN("jose", "jwk", "pub", "-i", path_of("key"), "-o", path_of("public")), 0);
    ck_assert_int_eq(RUN("jose", "jws", "sig", "-I", path_of("in"), "-k", path_of("key"), "-s",
                         "{\"protected\":{\"typ\":\"JWT\"}}", "-c", "-o", path_of("out")),
                     0);
    ck_fault(as_jws_key_of_text(algs[_i], read_file("key"), &key), AS_INVALID_CLIENT_METADATA);
    ck_ok(as_jws_key_of_text(algs[_i], read_file("public"), &key));
    as_span text = read_file("out");
    ck_assert(craft_holds(mem, text, key));
    char *last = (char *)(uintptr_t)text.ptr + text.len - 4;
    *last = *last == 'A' ? 'B' : 'A';
    ck_assert(!craft_holds(mem, text, key));
    as_jws_key_free(key);
}
END_TEST

/* The names of keys, too: RFC 7638. */
START_TEST(REG_141_the_jose_command_has_the_same_thumbprint)
{
    struct as_jws_key *key = NULL;
    as_span jwk = AS_SPAN_NONE;

    if (is_missing()) {
        ck_skip("the jose command is not at hand");
    }
    ck_ok(as_jws_key_make(algs[_i], &key));
    ck_ok(as_jwk_write(key, mem, &jwk));
    write_file("public", jwk);
    ck_assert_int_eq(RUN("jose", "jwk", "thp", "-a", "S256", "-i", path_of("public"), "-f",
                         as_jws_key_kid(key).ptr),
                     0);
    ck_assert_int_ne(RUN("jose", "jwk", "thp", "-a", "S256", "-i", path_of("public"), "-f",
                         "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"),
                     0);
    as_jws_key_free(key);
}
END_TEST

AS_TESTS("jose/foreign", {
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_loop_test(t, TOK_45_the_jose_command_verifies_what_we_sign, 0, (int)AS_COUNT(algs));
    tcase_add_loop_test(t, TOK_45_we_verify_what_the_jose_command_signs, 0, (int)AS_COUNT(algs));
    tcase_add_loop_test(t, REG_141_the_jose_command_has_the_same_thumbprint, 0,
                        (int)AS_COUNT(algs));
})
