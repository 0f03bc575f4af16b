/* SPDX-License-Identifier: Apache-2.0 */
/* fapictl iat: initial access tokens, which let clients register themselves (RFC 7591 1.2). */
#include "ctl.h"

#include <stdio.h>

#define COLLECTION "/v1/initial-access-tokens"

/* A bare number is seconds. */
static bool read_seconds(const char *text, json_int_t *out)
{
    int64_t seconds = 0;
    uint64_t count = 0;
    bool bare = as_span_number(as_span_of(text), UINT32_MAX, &count);
    bool fine = bare || as_span_duration(as_span_of(text), &seconds);

    *out = bare ? (json_int_t)count : (json_int_t)seconds;
    return fine;
}

static enum ctl_exit gather(const struct ctl *ctl, json_t *into)
{
    const char *uses = ctl_flag(ctl, "uses"), *expires_in = ctl_flag(ctl, "expires-in");
    static const char *const texts[] = {"profile", "scope"};
    json_int_t seconds = 0;
    uint64_t count = 0;

    for (size_t i = 0; i < AS_COUNT(texts); i++) {
        const char *value = ctl_flag(ctl, texts[i]);

        if (value != NULL && json_object_set_new(into, texts[i], json_string(value)) != 0) {
            return ctl_say(ctl, CTL_USAGE, "--%s is not UTF-8", texts[i]);
        }
    }
    if (uses != NULL) {
        if (!as_span_number(as_span_of(uses), AS_LIMIT_IAT_USES, &count)) {
            return ctl_say(ctl, CTL_USAGE, "--uses takes a number from 1 to %d", AS_LIMIT_IAT_USES);
        }
        json_object_set_new(into, "uses", json_integer((json_int_t)count));
    }
    if (expires_in != NULL) {
        if (!read_seconds(expires_in, &seconds)) {
            return ctl_say(ctl, CTL_USAGE, "--expires-in takes 90s, 30m, 12h or 7d, at most 366d");
        }
        json_object_set_new(into, "expires_in", json_integer(seconds));
    }
    return CTL_FINE;
}

enum ctl_exit ctl_iat_create(const struct ctl *ctl)
{
    static const char *const own[] = {"profile", "scope", "uses", "expires-in", NULL};
    AS_AUTO(json_decref) json_t *body = json_object();
    AS_AUTO(json_decref) json_t *answer = NULL;

    if (!ctl_flags_known(ctl, own, false)) {
        return CTL_USAGE;
    }
    enum ctl_exit code = gather(ctl, body);
    if (code == CTL_FINE) {
        code = ctl_call(ctl, "POST", COLLECTION, body, &answer);
    }
    if (code == CTL_FINE) {
        fprintf(stderr, "fapictl: the token is not shown again\n");
        return ctl_print(ctl, answer);
    }
    return code;
}

static const struct ctl_column columns[] = {
    {"id", "ID", 23, false},
    {"profile", "PROFILE", 8, false},
    {"uses", "USES", 6, false},
    {"created_at", "CREATED", 20, true},
    {"expires_at", "EXPIRES", 20, true},
    {"scope", "SCOPE", 0, false},
};

enum ctl_exit ctl_iat_list(const struct ctl *ctl)
{
    AS_AUTO(json_decref) json_t *all = json_array();

    if (!ctl_no_flags(ctl)) {
        return CTL_USAGE;
    }
    enum ctl_exit code = ctl_call_all(ctl, COLLECTION, "initial_access_tokens", all);
    return code == CTL_FINE ? ctl_print_list(ctl, all, columns, AS_COUNT(columns)) : code;
}

enum ctl_exit ctl_iat_revoke(const struct ctl *ctl)
{
    AS_AUTO(json_decref) json_t *answer = NULL;
    const char *path = ctl_path(ctl, COLLECTION, ctl->words[2], NULL);

    return ctl_no_flags(ctl) ? ctl_call(ctl, "DELETE", path, NULL, &answer) : CTL_USAGE;
}
