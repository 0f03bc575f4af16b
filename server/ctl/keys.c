/* SPDX-License-Identifier: Apache-2.0 */
/* fapictl key: the server's own keys. */
#include "ctl.h"

#include <stdio.h>
#include <string.h>

static bool flags_are(const struct ctl *ctl, const char *const *names)
{
    return ctl_flags_known(ctl, names, false);
}

/* ------------------------------------------------------------ showing ------------------------- */

static const struct {
    const char *head, *member;
    int width;
} columns[] = {
    {"KID", "kid", 43},         {"PURPOSE", "purpose", 12}, {"ALG", "alg", 5},
    {"STATE", "state", 9},      {"CREATED", "created", 20}, {"ACTIVATES", "activates", 20},
    {"RETIRED", "retired", 20},
};

static void print_table(const json_t *list)
{
    for (size_t i = 0; i <= json_array_size(list); i++) {
        for (size_t c = 0; c < AS_COUNT(columns); c++) {
            const json_t *key = i > 0 ? json_array_get(list, i - 1) : NULL;
            const char *text = i > 0 ? json_string_value(json_object_get(key, columns[c].member))
                                     : columns[c].head;
            printf("%-*s%s", columns[c].width, text != NULL ? text : "-",
                   c + 1 < AS_COUNT(columns) ? "  " : "\n");
        }
    }
}

static enum ctl_exit call_and_print(const struct ctl *ctl, const char *method, const char *path,
                                    const json_t *body)
{
    AS_AUTO(json_decref) json_t *answer = NULL;
    enum ctl_exit code = ctl_call(ctl, method, path, body, &answer);
    const json_t *list = json_object_get(answer, "keys");

    if (code == CTL_FINE && list != NULL && ctl->json) {
        ctl_print(ctl, list);
    } else if (code == CTL_FINE && list != NULL) {
        print_table(list);
    }
    return code;
}

/* ------------------------------------------------------------ verbs --------------------------- */

enum ctl_exit ctl_key_list(const struct ctl *ctl)
{
    static const char *const none[] = {NULL};

    return flags_are(ctl, none) ? call_and_print(ctl, "GET", "/v1/keys", NULL) : CTL_USAGE;
}

enum ctl_exit ctl_key_rotate(const struct ctl *ctl)
{
    static const char *const own[] = {"alg", "purpose", NULL};
    AS_AUTO(json_decref) json_t *body = json_object();

    if (!flags_are(ctl, own)) {
        return CTL_USAGE;
    }
    for (size_t i = 0; own[i] != NULL; i++) {
        const char *value = ctl_flag(ctl, own[i]);
        if (value != NULL && json_object_set_new(body, own[i], json_string(value)) != 0) {
            return ctl_say(ctl, CTL_USAGE, "--%s: not UTF-8", own[i]);
        }
    }
    return call_and_print(ctl, "POST", "/v1/keys/rotations", body);
}

enum ctl_exit ctl_key_retire(const struct ctl *ctl)
{
    static const char *const none[] = {NULL};
    AS_AUTO(json_decref) json_t *body = json_pack("{s:s}", "kid", ctl->words[2]);

    if (!flags_are(ctl, none) || body == NULL) {
        return CTL_USAGE;
    }
    return call_and_print(ctl, "POST", "/v1/keys/retirements", body);
}

/* What a kid is made of: hex digits, or base64url. */
static bool is_kid(const char *text)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

    return text[0] != '\0' && strspn(text, letters) == strlen(text);
}

enum ctl_exit ctl_key_revoke(const struct ctl *ctl)
{
    static const char *const none[] = {NULL};
    as_span path = AS_SPAN_NONE;

    if (!flags_are(ctl, none)) {
        return CTL_USAGE;
    }
    if (!is_kid(ctl->words[2]) ||
        as_failed(as_arena_printf(ctl->mem, &path, "/v1/keys/%s", ctl->words[2]))) {
        return ctl_say(ctl, CTL_NOT_FOUND, "no such key");
    }
    return call_and_print(ctl, "DELETE", path.ptr, NULL);
}
