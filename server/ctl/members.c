/* SPDX-License-Identifier: Apache-2.0 */
/* The flags of `create` and `update`: members of the JSON object, '_' written as '-'. */
#include "ctl.h"

#include <stdio.h>
#include <string.h>

/* MANY may be given several times, or once with values separated by commas. */
enum type { TEXT, MANY, FLAG, FILE_JSON };

static const struct {
    const char *flag;
    enum type type;
    const char *help;
} members[] = {
    {"client-id", TEXT, "chosen id; otherwise the server makes one"},
    {"client-name", TEXT, "name for people"},
    {"client-uri", TEXT, "home page"},
    {"contacts", MANY, "whom to ask"},
    {"software-id", TEXT, "id of the software"},
    {"software-version", TEXT, "version of the software"},
    {"token-endpoint-auth-method", TEXT, "tls_client_auth or self_signed_tls_client_auth"},
    {"tls-client-auth-subject-dn", TEXT, "subject of its certificate, RFC 4514"},
    {"tls-client-auth-san-dns", TEXT, "dNSName of its certificate"},
    {"tls-client-auth-san-uri", TEXT, "URI of its certificate"},
    {"tls-client-auth-san-ip", TEXT, "IP address of its certificate"},
    {"tls-client-auth-san-email", TEXT, "mail address of its certificate"},
    {"jwks", FILE_JSON, "file with its key set"},
    {"grant-types", MANY, "clients: grants it may use; default client_credentials"},
    {"scope", TEXT, "clients: what it may ask for; resources: what belongs to it"},
    {"audience", MANY, "resources: its URIs, which tokens carry as aud"},
    {"default-resource", TEXT, "clients: audience when a request names none"},
    {"tls-client-certificate-bound-access-tokens", FLAG, "clients: true or false"},
    {"use-mtls-endpoint-aliases", FLAG, "clients: true or false"},
    {"token-format", TEXT, "sealed or jwt; default: as the server is configured"},
    {"access-token-signing-alg", TEXT, "resources: of JWT tokens for it"},
    {"introspection-signed-response-alg", TEXT, "resources: it may have signed answers"},
    {"scopes-hidden", FLAG, "resources: true: its scopes are not in the metadata"},
    {"profile", TEXT, "clients: fapi1 (default), fapi2, oauth"},
    {"trust", TEXT, "trust group that judges its certificates"},
    {"shared-identifier", FLAG, "true: another may hold the same name or certificate"},
    {"status", TEXT, "enabled or disabled"},
};

static void member_name(const char *flag, char out[64])
{
    size_t i = 0;

    for (; i < 63 && flag[i] != '\0'; i++) {
        out[i] = flag[i] == '-' ? '_' : flag[i];
    }
    out[i] = '\0';
}

static int find(const char *flag)
{
    for (size_t i = 0; i < AS_COUNT(members); i++) {
        if (strcmp(members[i].flag, flag) == 0) {
            return (int)i;
        }
    }
    return -1;
}

bool ctl_is_member(const char *flag)
{
    return find(flag) >= 0;
}

bool ctl_may_repeat(const char *flag)
{
    int index = find(flag);

    return index >= 0 && members[index].type == MANY;
}

static enum ctl_exit put(const struct ctl *ctl, json_t *into, const char *name, json_t *value)
{
    return json_object_set_new(into, name, value) == 0
               ? CTL_FINE
               : ctl_say(ctl, CTL_USAGE, "%s: the value is not UTF-8", name);
}

/* The first of several flags replaces what --json said. */
static enum ctl_exit add_many(const struct ctl *ctl, json_t *into, const char *name,
                              const char *value, bool first)
{
    json_t *list = json_object_get(into, name);
    as_span rest = as_span_of(value), piece;

    if (first || !json_is_array(list)) {
        list = json_array();
        json_object_set_new(into, name, list);
    }
    while (as_span_cut(&rest, ',', &piece)) {
        if (json_array_append_new(list, json_stringn(piece.ptr, piece.len)) != 0) {
            return put(ctl, into, name, NULL);
        }
    }
    return CTL_FINE;
}

static enum ctl_exit add_flag(const struct ctl *ctl, json_t *into, const char *flag,
                              const char *name, const char *value)
{
    if (strcmp(value, "true") != 0 && strcmp(value, "false") != 0) {
        return ctl_say(ctl, CTL_USAGE, "--%s takes true or false", flag);
    }
    return put(ctl, into, name, json_boolean(strcmp(value, "true") == 0));
}

static enum ctl_exit add_json(const struct ctl *ctl, json_t *into, const char *name,
                              const char *file)
{
    json_t *value = ctl_read_json(ctl, file);

    return value != NULL ? put(ctl, into, name, value) : CTL_REFUSED;
}

static enum ctl_exit add_member(const struct ctl *ctl, json_t *into, size_t at, int index)
{
    const char *flag = members[index].flag, *value = ctl->flags[at].value;
    char name[64];

    member_name(flag, name);
    if (value[0] == '\0') { /* an update takes the member away; a create leaves it out */
        return put(ctl, into, name, json_null());
    }
    switch (members[index].type) {
    case TEXT:
        return put(ctl, into, name, json_string(value));
    case MANY:
        return add_many(ctl, into, name, value, !ctl_is_repeated(ctl, at));
    case FLAG:
        return add_flag(ctl, into, flag, name, value);
    case FILE_JSON:
        return add_json(ctl, into, name, value);
    }
    return CTL_USAGE;
}

enum ctl_exit ctl_members(const struct ctl *ctl, json_t *into)
{
    enum ctl_exit code = CTL_FINE;

    for (size_t i = 0; i < ctl->flag_count && code == CTL_FINE; i++) {
        int index = find(ctl->flags[i].name);

        if (index >= 0) {
            code = add_member(ctl, into, i, index);
        }
    }
    return code;
}

void ctl_members_help(void)
{
    for (size_t i = 0; i < AS_COUNT(members); i++) {
        printf("  --%-44s %s\n", members[i].flag, members[i].help);
    }
}
