/* SPDX-License-Identifier: Apache-2.0 */
/* fapictl client ... and fapictl resource ...: the same verbs on two collections. */
#include "as/trust.h"
#include "ctl.h"

#include <string.h>

AS_AUTO_DEFINE(struct as_cert, as_cert_drop)

static const char *collection(const struct ctl *ctl)
{
    return strcmp(ctl->words[0], "resource") == 0 ? "resources" : "clients";
}

static const char *path_of(const struct ctl *ctl, const char *id, const char *query)
{
    as_span base = AS_SPAN_NONE;

    as_err err = as_arena_printf(ctl->mem, &base, "/v1/%s", collection(ctl));
    return ctl_path(ctl, as_failed(err) ? CTL_NO_PATH : base.ptr, id, query);
}

static const char *dry_run(const struct ctl *ctl)
{
    return ctl_flag(ctl, "dry-run") != NULL ? "dry_run=true" : NULL;
}

static enum ctl_exit send(const struct ctl *ctl, const char *method, const char *path,
                          const json_t *body)
{
    AS_AUTO(json_decref) json_t *answer = NULL;
    enum ctl_exit code = ctl_call(ctl, method, path, body, &answer);

    if (code == CTL_FINE && answer != NULL) {
        ctl_tell_warnings(ctl, answer);
        return ctl_print(ctl, answer);
    }
    return code;
}

/* What --json FILE says, over it what the flags say, over it what --certificate says. */
static enum ctl_exit gather(const struct ctl *ctl, json_t **out, struct as_cert **cert)
{
    static const char *const own[] = {"certificate", "dry-run", "json", NULL};
    const char *file = ctl_flag(ctl, "json"), *certificate = ctl_flag(ctl, "certificate");

    if (!ctl_flags_known(ctl, own, true)) {
        return CTL_USAGE;
    }
    AS_AUTO(json_decref) json_t *json = file != NULL ? ctl_read_json(ctl, file) : json_object();
    if (json == NULL) {
        return CTL_REFUSED;
    }
    if (!json_is_object(json)) {
        return ctl_say(ctl, CTL_REFUSED, "%s: not a JSON object", file);
    }
    enum ctl_exit code = ctl_members(ctl, json);
    if (code == CTL_FINE && certificate != NULL) {
        code = ctl_certificate(ctl, certificate, json, cert);
    }
    if (code != CTL_FINE) {
        return code;
    }
    *out = AS_MOVE(json);
    return CTL_FINE;
}

/* RFC 7591 2 lets a server ignore what it does not know: the operator hears of it. */
static void tell_ignored(const struct ctl *ctl, const json_t *sent, const json_t *answer)
{
    const char *name;
    json_t *value;

    json_object_foreach((json_t *)sent, name, value)
    {
        if (!json_is_null(value) && json_object_get(answer, name) == NULL) {
            ctl_warn(ctl, "%s is not known for a %s and was ignored.", name, ctl->words[0]);
        }
    }
}

static enum ctl_exit write_party(const struct ctl *ctl, const char *method, const char *id)
{
    AS_AUTO(json_decref) json_t *json = NULL;
    AS_AUTO(json_decref) json_t *answer = NULL;
    AS_AUTO(as_cert_drop) struct as_cert *cert = NULL;
    enum ctl_exit code = gather(ctl, &json, &cert);

    if (code != CTL_FINE) {
        return code;
    }
    code = ctl_call(ctl, method, path_of(ctl, id, dry_run(ctl)), json, &answer);
    if (code == CTL_FINE) {
        ctl_tell_warnings(ctl, answer);
        tell_ignored(ctl, json, answer);
        if (cert != NULL) {
            ctl_tell_certificate(ctl, cert, answer);
        }
        return ctl_print(ctl, answer);
    }
    return code;
}

enum ctl_exit ctl_party_create(const struct ctl *ctl)
{
    return write_party(ctl, "POST", NULL);
}

enum ctl_exit ctl_party_update(const struct ctl *ctl)
{
    return write_party(ctl, "PATCH", ctl->words[2]);
}

enum ctl_exit ctl_party_show(const struct ctl *ctl)
{
    return ctl_no_flags(ctl) ? send(ctl, "GET", path_of(ctl, ctl->words[2], NULL), NULL)
                             : CTL_USAGE;
}

enum ctl_exit ctl_party_list(const struct ctl *ctl)
{
    AS_AUTO(json_decref) json_t *all = json_array();

    if (!ctl_no_flags(ctl)) {
        return CTL_USAGE;
    }
    enum ctl_exit code = ctl_call_all(ctl, path_of(ctl, NULL, NULL), collection(ctl), all);
    return code == CTL_FINE ? ctl_print(ctl, all) : code;
}

/* Always JSON: what import reads. */
enum ctl_exit ctl_party_export(const struct ctl *ctl)
{
    AS_AUTO(json_decref) json_t *all = json_array();

    if (!ctl_no_flags(ctl)) {
        return CTL_USAGE;
    }
    enum ctl_exit code = ctl_call_all(ctl, path_of(ctl, NULL, NULL), collection(ctl), all);
    return code == CTL_FINE ? ctl_print_json(ctl, all) : code;
}

enum ctl_exit ctl_party_import(const struct ctl *ctl)
{
    static const char *const own[] = {"dry-run", NULL};
    AS_AUTO(json_decref) json_t *answer = NULL;

    if (!ctl_flags_known(ctl, own, false)) {
        return CTL_USAGE;
    }
    AS_AUTO(json_decref) json_t *json = ctl_read_json(ctl, ctl->words[2]);
    if (json == NULL) {
        return CTL_REFUSED;
    }
    if (!json_is_array(json)) {
        return ctl_say(ctl, CTL_REFUSED, "%s: not a JSON array", ctl->words[2]);
    }
    if (json_dumpb(json, NULL, 0, JSON_COMPACT) > AS_LIMIT_IMPORT) {
        return ctl_say(ctl, CTL_REFUSED,
                       "%s: larger than the server takes at once (8 MiB): import it in parts, each "
                       "all or none",
                       ctl->words[2]);
    }
    enum ctl_exit code = ctl_call(ctl, "POST", path_of(ctl, NULL, dry_run(ctl)), json, &answer);
    if (code == CTL_FINE) {
        ctl_tell_warnings(ctl, answer);
        return ctl_print(ctl, json_object_get(answer, collection(ctl)));
    }
    return code;
}

static enum ctl_exit set_status(const struct ctl *ctl, const char *status)
{
    AS_AUTO(json_decref) json_t *json = json_pack("{s:s}", "status", status);

    return ctl_no_flags(ctl) ? send(ctl, "PATCH", path_of(ctl, ctl->words[2], NULL), json)
                             : CTL_USAGE;
}

enum ctl_exit ctl_party_enable(const struct ctl *ctl)
{
    return set_status(ctl, "enabled");
}

enum ctl_exit ctl_party_disable(const struct ctl *ctl)
{
    return set_status(ctl, "disabled");
}

enum ctl_exit ctl_party_delete(const struct ctl *ctl)
{
    return ctl_no_flags(ctl) ? send(ctl, "DELETE", path_of(ctl, ctl->words[2], NULL), NULL)
                             : CTL_USAGE;
}

enum ctl_exit ctl_token_revoke(const struct ctl *ctl)
{
    static const char *const own[] = {"client-id", NULL};
    const char *id = ctl_flag(ctl, "client-id");
    AS_AUTO(json_decref) json_t *json = json_pack("{s:s?}", "client_id", id);
    AS_AUTO(json_decref) json_t *answer = NULL;

    if (!ctl_flags_known(ctl, own, false)) {
        return CTL_USAGE;
    }
    if (id == NULL) {
        return ctl_say(ctl, CTL_USAGE, "token revoke wants --client-id: all its tokens end");
    }
    return ctl_call(ctl, "POST", "/v1/revocations", json, &answer);
}
