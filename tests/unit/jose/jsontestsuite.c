/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files of nst/JSONTestSuite (corpora/jsontestsuite): as_json_parse takes y_ and refuses n_;
 * what it does with i_ is free, as long as it comes back. The table has the cases where we differ
 * on purpose.
 */
#include "as/jose.h"
#include "harness.h"

#include <dirent.h>
#include <jansson.h>

#define FILE_MAX (1024 * 1024)

/* RFC 8259 leaves these to the reader, and we are strict (RFC 8725 2.4, REG-12). */
static const struct {
    const char *name, *why;
} refused[] = {
    {"y_object_duplicated_key.json", "the JSON text repeats a member name"},
    {"y_object_duplicated_key_and_value.json", "the JSON text repeats a member name"},
    /* U+0000 in a text: a C string would end there and be taken for another */
    {"y_object_escaped_null_in_key.json", "the JSON text is malformed"},
    {"y_string_null_escape.json", "the JSON text is malformed"},
};

static as_err parse(const char *folder, const char *name)
{
    static char room[FILE_MAX];
    char path[4096];
    json_t *json = NULL;

    snprintf(path, sizeof(path), "%s/jsontestsuite/%s", folder, name);
    FILE *file = fopen(path, "rb");
    ck_assert_msg(file != NULL, "%s", path);
    size_t len = fread(room, 1, sizeof(room), file);
    ck_assert_msg(feof(file), "%s", path);
    fclose(file);
    char *exact = malloc(len > 0 ? len : 1); /* so that a sanitizer sees a read past its end */
    ck_assert_ptr_nonnull(exact);
    memcpy(exact, room, len);
    as_err err = as_json_parse((as_span){exact, len}, &json);
    json_decref(json);
    free(exact);
    return err;
}

static const char *why_refused(const char *name)
{
    for (size_t i = 0; i < AS_COUNT(refused); i++) {
        if (strcmp(refused[i].name, name) == 0) {
            return refused[i].why;
        }
    }
    return NULL;
}

static size_t check(const char *folder, char kind)
{
    size_t count = 0;
    char path[4096];

    snprintf(path, sizeof(path), "%s/jsontestsuite", folder);
    DIR *dir = opendir(path);
    ck_assert_msg(dir != NULL, "%s", path);
    for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        const char *why = why_refused(entry->d_name);

        if (entry->d_name[0] != kind || entry->d_name[1] != '_') {
            continue;
        }
        as_err err = parse(folder, entry->d_name);
        if (kind == 'y' && why == NULL) {
            ck_assert_msg(!as_failed(err), "%s: %s", entry->d_name, err.why);
        } else if (kind != 'i' || as_failed(err)) {
            ck_assert_msg(as_err_is(err, AS_INVALID_REQUEST), "%s is taken", entry->d_name);
            ck_assert_msg(why == NULL || strcmp(err.why, why) == 0, "%s: %s", entry->d_name,
                          err.why);
        }
        count++;
    }
    closedir(dir);
    return count;
}

START_TEST(REG_12_jsontestsuite)
{
    const char *folder = as_test_corpora();

    if (folder == NULL) {
        ck_skip("the corpora are not at hand");
    }
    ck_assert_uint_eq(check(folder, 'y'), 95);
    ck_assert_uint_eq(check(folder, 'n'), 188);
    ck_assert_uint_eq(check(folder, 'i'), 35);
}
END_TEST

/* A table whose rows name no file would go unnoticed. */
START_TEST(REG_12_jsontestsuite_table)
{
    const char *folder = as_test_corpora();

    if (folder == NULL) {
        ck_skip("the corpora are not at hand");
    }
    for (size_t i = 0; i < AS_COUNT(refused); i++) {
        ck_refuses(parse(folder, refused[i].name), AS_INVALID_REQUEST, refused[i].why);
    }
}
END_TEST

AS_TESTS("jose/jsontestsuite", {
    tcase_add_test(t, REG_12_jsontestsuite);
    tcase_add_test(t, REG_12_jsontestsuite_table);
})
