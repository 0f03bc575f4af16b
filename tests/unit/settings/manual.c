/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conf/fapid.conf is the manual: it can be loaded as it stands, it explains every setting of the
 * table with what it takes and its default, and knows no other. Runs in the project's folder.
 */
#include "harness.h"
#include "settings/settings_box.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MANUAL "conf/fapid.conf"

static char manual[256 * 1024];
static char said[65536];

static void tell(void *arg, const char *message)
{
    (void)arg;
    snprintf(said + strlen(said), sizeof(said) - strlen(said), "%s\n", message);
}

static void load_manual(void)
{
    FILE *file = fopen(MANUAL, "r");

    ck_assert_msg(file != NULL, MANUAL " is not here: run in the project's folder");
    size_t len = fread(manual, 1, sizeof(manual) - 1, file);
    fclose(file);
    ck_assert_uint_gt(len, 4096);
    manual[len] = '\0';
}

/* `#key = value`, as defaults are shown; a sentence has a blank after the mark. */
static bool shows_default(const char *line)
{
    const char *c = line + strspn(line, " ");

    if (*c != '#') {
        return false;
    }
    size_t key = strspn(c + 1, "abcdefghijklmnopqrstuvwxyz_");
    return key > 0 && strncmp(c + 1 + key, " = ", 3) == 0;
}

/* The manual with its defaults switched on. */
static void write_uncommented(const char *path)
{
    FILE *file = fopen(path, "w");
    unsigned defaults = 0;

    ck_assert_ptr_nonnull(file);
    for (const char *line = manual; *line != '\0';) {
        size_t len = strcspn(line, "\n");
        size_t mark = shows_default(line) ? strspn(line, " ") + 1 : 0;
        defaults += mark > 0;
        fprintf(file, "%.*s\n", (int)(len - mark), line + mark);
        line += len + (line[len] == '\n');
    }
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_uint_gt(defaults, 20);
}

static struct as_settings *read_file(const char *path)
{
    struct as_settings *settings = NULL;

    said[0] = '\0';
    as_err err = as_settings_read(path, NULL, 0, tell, NULL, &settings);
    ck_assert_msg(!as_failed(err) && said[0] == '\0', "%s", said);
    return settings;
}

/* A value as it is compared: a relative path must not depend on where the copy of the file lies. */
static void expect_same_value(const struct as_draft_value *a, const struct as_draft_value *b,
                              const char *key)
{
    if (b->given && !a->given) {
        ck_assert_msg(a->count == b->count, "%s: another number of values", key);
        for (size_t i = 0; i < a->count; i++) {
            ck_assert_msg(strcmp(a->texts[i], b->texts[i]) == 0, "%s: %s is not the default %s",
                          key, b->texts[i], a->texts[i]);
        }
    }
}

static const struct as_draft *draft_of(const struct as_settings *settings)
{
    return as_settings_box_of(settings)->draft;
}

START_TEST(the_manual_can_be_loaded)
{
    struct as_settings *settings = read_file(MANUAL);

    ck_assert_uint_eq(settings->listener_count, 2);
    ck_assert_str_eq(settings->mtls_origin, "https://mtls.as.example:8444");
    as_settings_free(settings);
}
END_TEST

START_TEST(the_manual_shows_every_setting_and_the_right_defaults)
{
    char path[4096];

    load_manual();
    snprintf(path, sizeof(path), "%s/manual-XXXXXX", as_test_tmp());
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    close(fd);
    write_uncommented(path);
    struct as_settings *bare = read_file(MANUAL);
    struct as_settings *full = read_file(path); /* an unknown setting shows here */
    for (size_t i = 0; i < as_setting_count; i++) {
        bool shown = false;
        for (size_t s = 0; s < draft_of(full)->section_count; s++) {
            const struct as_draft_section *section = draft_of(full)->sections[s];
            if (section->id == as_setting_table[i].section) {
                shown = shown || section->values[i].given;
                expect_same_value(&draft_of(bare)->sections[s]->values[i], &section->values[i],
                                  as_setting_table[i].key);
            }
        }
        ck_assert_msg(shown, "%s.%s is not in " MANUAL,
                      as_sections[as_setting_table[i].section].name, as_setting_table[i].key);
    }
    as_settings_free(bare);
    as_settings_free(full);
    (void)unlink(path);
}
END_TEST

/* The default as the manual writes it. */
static void add_preset(struct as_buf *out, const struct as_setting *row)
{
    bool text = row->type == AS_SETTING_TEXT || row->type == AS_SETTING_PATH;

    if (row->preset == NULL) {
        as_buf_add_text(out, "; required\n");
        return;
    }
    as_buf_add_text(out, row->list ? "; default {" : text ? "; default \"" : "; default ");
    for (const char *c = row->preset; *c != '\0'; c++) {
        as_buf_printf(out, *c == ',' ? "%c " : "%c", *c);
    }
    as_buf_add_text(out, row->list ? "}\n" : text ? "\"\n" : "\n");
}

/* "# access_token: a duration from 1s to 24h; default 5m" stands over each setting. */
START_TEST(the_manual_says_what_each_setting_takes)
{
    load_manual();
    for (size_t i = 0; i < as_setting_count; i++) {
        struct as_buf line = AS_BUF(1024);

        as_buf_printf(&line, "# %s: ", as_setting_table[i].key);
        as_setting_describe(&as_setting_table[i], &line);
        add_preset(&line, &as_setting_table[i]);
        as_buf_add_byte(&line, '\0');
        ck_assert_msg(strstr(manual, line.ptr) != NULL, "not in " MANUAL ": %s", line.ptr);
        as_buf_free(&line);
    }
}
END_TEST

AS_TESTS("settings/manual", {
    tcase_add_test(t, the_manual_can_be_loaded);
    tcase_add_test(t, the_manual_shows_every_setting_and_the_right_defaults);
    tcase_add_test(t, the_manual_says_what_each_setting_takes);
})
