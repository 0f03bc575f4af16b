/* SPDX-License-Identifier: Apache-2.0 */
/* fapictl key: the server's own keys. */
#include "ctl.h"

static const struct ctl_column columns[] = {
    {"kid", "KID", 43, false},
    {"purpose", "PURPOSE", 12, false},
    {"alg", "ALG", 5, false},
    {"state", "STATE", 9, false},
    {"created_at", "CREATED", 20, true},
    {"activates_at", "ACTIVATES", 20, true},
    {"retired_at", "RETIRED", 0, true},
};

/* Each verb but revoke answers with the keys as they are then. */
static enum ctl_exit call_and_print(const struct ctl *ctl, const char *method, const char *path,
                                    const json_t *body)
{
    AS_AUTO(json_decref) json_t *answer = NULL;
    enum ctl_exit code = ctl_call(ctl, method, path, body, &answer);
    const json_t *list = json_object_get(answer, "keys");

    return code == CTL_FINE && list != NULL ? ctl_print_list(ctl, list, columns, AS_COUNT(columns))
                                            : code;
}

/* ------------------------------------------------------------ verbs --------------------------- */

enum ctl_exit ctl_key_list(const struct ctl *ctl)
{
    return ctl_no_flags(ctl) ? call_and_print(ctl, "GET", "/v1/keys", NULL) : CTL_USAGE;
}

enum ctl_exit ctl_key_rotate(const struct ctl *ctl)
{
    static const char *const own[] = {"alg", "purpose", NULL};
    AS_AUTO(json_decref) json_t *body = json_object();

    if (!ctl_flags_known(ctl, own, false)) {
        return CTL_USAGE;
    }
    for (size_t i = 0; own[i] != NULL; i++) {
        const char *value = ctl_flag(ctl, own[i]);
        if (value != NULL && json_object_set_new(body, own[i], json_string(value)) != 0) {
            return ctl_say(ctl, CTL_USAGE, "--%s is not UTF-8", own[i]);
        }
    }
    return call_and_print(ctl, "POST", "/v1/keys/rotations", body);
}

enum ctl_exit ctl_key_retire(const struct ctl *ctl)
{
    AS_AUTO(json_decref) json_t *body = json_pack("{s:s}", "kid", ctl->words[2]);

    if (!ctl_no_flags(ctl) || body == NULL) {
        return CTL_USAGE;
    }
    return call_and_print(ctl, "POST", "/v1/keys/retirements", body);
}

enum ctl_exit ctl_key_revoke(const struct ctl *ctl)
{
    const char *path = ctl_path(ctl, "/v1/keys", ctl->words[2], NULL);

    return ctl_no_flags(ctl) ? call_and_print(ctl, "DELETE", path, NULL) : CTL_USAGE;
}
