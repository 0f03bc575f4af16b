/* SPDX-License-Identifier: Apache-2.0 */
#include "table.h"

#include <stddef.h>

const struct as_section as_sections[AS_SECTIONS] = {
    [AS_SECTION_ROOT] = {.name = ""},
    [AS_SECTION_LISTENER] = {"listener", true, sizeof(struct as_listener_settings),
                             offsetof(struct as_settings, listeners),
                             offsetof(struct as_settings, listener_count),
                             offsetof(struct as_listener_settings, name)},
    [AS_SECTION_TRUST] = {"trust", true, sizeof(struct as_trust_group_conf),
                          offsetof(struct as_settings, trusts),
                          offsetof(struct as_settings, trust_count),
                          offsetof(struct as_trust_group_conf, name)},
    [AS_SECTION_STORE] = {.name = "store"},
    [AS_SECTION_ADMIN] = {.name = "admin"},
    [AS_SECTION_AUTHENTICATION] = {.name = "authentication"},
    [AS_SECTION_TOKEN] = {.name = "token"},
    [AS_SECTION_KEYS] = {.name = "keys"},
    [AS_SECTION_LIFETIME] = {.name = "lifetime"},
    [AS_SECTION_REGISTRATION] = {.name = "registration"},
    [AS_SECTION_METADATA] = {.name = "metadata"},
    [AS_SECTION_HTTP] = {.name = "http"},
    [AS_SECTION_RELOAD] = {.name = "reload"},
    [AS_SECTION_LOG] = {.name = "log"},
    [AS_SECTION_AUDIT] = {.name = "audit"},
};

/* fapi2_ms is absent until the server can sign what it promises. */
static const struct as_word profiles[] = {{"fapi1", AS_PROFILE_FAPI1},
                                          {"fapi2", AS_PROFILE_FAPI2},
                                          {"oauth", AS_PROFILE_OAUTH},
                                          {NULL, 0}};
static const struct as_word certificate_modes[] = {{"none", AS_CLIENT_CERTIFICATE_NONE},
                                                   {"request", AS_CLIENT_CERTIFICATE_REQUEST},
                                                   {"require", AS_CLIENT_CERTIFICATE_REQUIRE},
                                                   {NULL, 0}};
#define SUITE_PROFILE(id, word) {(word), (id)},
static const struct as_word suite_profiles[] = {AS_SUITE_PROFILE_LIST(SUITE_PROFILE){NULL, 0}};
static const struct as_word versions[] = {{"TLSv1.2", 0}, {"TLSv1.3", 0}, {NULL, 0}};
/* Fronts, users and admin listeners come with what uses them. */
static const struct as_word uses[] = {
    {"client", AS_USE_CLIENT}, {"resource", AS_USE_RESOURCE}, {NULL, 0}};
static const struct as_word backends[] = {{"sqlite", 0}, {NULL, 0}};
static const struct as_word token_formats[] = {
    {"sealed", AS_TOKEN_SEALED}, {"jwt", AS_TOKEN_JWT}, {NULL, 0}};
static const struct as_word algs[] = {
    {"ES256", AS_ALG_ES256}, {"PS256", AS_ALG_PS256}, {"EdDSA", AS_ALG_EDDSA}, {NULL, 0}};
static const struct as_word registration_modes[] = {{"protected", AS_REGISTRATION_PROTECTED},
                                                    {"open", AS_REGISTRATION_OPEN},
                                                    {"off", AS_REGISTRATION_OFF},
                                                    {NULL, 0}};
static const struct as_word methods[] = {
    {"tls_client_auth", AS_METHOD_TLS_CLIENT_AUTH},
    {"self_signed_tls_client_auth", AS_METHOD_SELF_SIGNED_TLS_CLIENT_AUTH},
    {NULL, 0}};
static const struct as_word log_formats[] = {
    {"json", AS_LOG_JSON}, {"plain", AS_LOG_PLAIN}, {NULL, 0}};
static const struct as_word log_levels[] = {{"debug", AS_LOG_DEBUG},   {"info", AS_LOG_INFO},
                                            {"notice", AS_LOG_NOTICE}, {"warning", AS_LOG_WARNING},
                                            {"error", AS_LOG_ERROR},   {NULL, 0}};

/* Fields of struct as_settings, of a listener and of a trust group. */
#define OWN(field)      .offset = offsetof(struct as_settings, field)
#define LISTENER(field) .offset = offsetof(struct as_listener_settings, field)
#define TRUST(field)    .offset = offsetof(struct as_trust_group_conf, field)
#define OWN_LIST(field, count_field)                                                               \
    OWN(field), .list = true, .count_offset = offsetof(struct as_settings, count_field)
#define LISTENER_LIST(field, count_field)                                                          \
    LISTENER(field), .list = true,                                                                 \
                     .count_offset = offsetof(struct as_listener_settings, count_field)
#define TRUST_LIST(field, count_field)                                                             \
    TRUST(field), .list = true, .count_offset = offsetof(struct as_trust_group_conf, count_field)

#define MANY AS_LIMIT_SETTING_LIST

const struct as_setting as_setting_table[] = {
    {AS_SECTION_ROOT, "issuer", AS_SETTING_TEXT, .what = "an https URL", .check = as_check_issuer,
     .restart = true, OWN(issuer)},
    {AS_SECTION_ROOT, "profiles", AS_SETTING_WORDS, .list = true, .preset = "fapi1,fapi2", .min = 1,
     .max = MANY, .words = profiles, OWN(profiles)},
    {AS_SECTION_ROOT, "default_trust", AS_SETTING_TEXT, .optional = true, .preset = "",
     .what = "the name of a trust section", .check = as_check_title, OWN(default_trust)},
    {AS_SECTION_ROOT, "workers", AS_SETTING_NUMBER, .preset = "0", .max = 256, .restart = true,
     OWN(workers)},

    {AS_SECTION_LISTENER, "address", AS_SETTING_TEXT, .what = "an IP address and a port",
     .check = as_check_address, .restart = true, LISTENER(address)},
    {AS_SECTION_LISTENER, "names", AS_SETTING_TEXT, .min = 1, .max = MANY, .what = "host names",
     .check = as_check_host, LISTENER_LIST(names, name_count)},
    {AS_SECTION_LISTENER, "origin", AS_SETTING_TEXT, .optional = true, .preset = "",
     .what = "an https origin", .check = as_check_origin, LISTENER(origin)},
    {AS_SECTION_LISTENER, "certificate", AS_SETTING_PATH, .min = 1, .max = 8, .what = "files",
     LISTENER_LIST(certificate, certificate_count)},
    {AS_SECTION_LISTENER, "key", AS_SETTING_PATH, .min = 1, .max = 8, .what = "files",
     LISTENER_LIST(key, key_count)},
    {AS_SECTION_LISTENER, "client_certificate", AS_SETTING_WORD, .preset = "none",
     .words = certificate_modes, LISTENER(client_certificate)},
    {AS_SECTION_LISTENER, "profile", AS_SETTING_WORD, .preset = "fapi1", .words = suite_profiles,
     LISTENER(profile)},
    {AS_SECTION_LISTENER, "min_version", AS_SETTING_NAME, .preset = "TLSv1.2", .words = versions,
     LISTENER(min_version)},
    {AS_SECTION_LISTENER, "ca_names", AS_SETTING_SWITCH, .preset = "off", LISTENER(ca_names)},
    {AS_SECTION_LISTENER, "resumption", AS_SETTING_SWITCH, .preset = "on", LISTENER(resumption)},
    {AS_SECTION_LISTENER, "max_connections", AS_SETTING_NUMBER, .preset = "10000", .min = 1,
     .max = 1000000, LISTENER(max_connections)},
    {AS_SECTION_LISTENER, "max_per_address", AS_SETTING_NUMBER, .preset = "0", .max = 1000000,
     .restart = true, LISTENER(max_per_address)},
    {AS_SECTION_LISTENER, "max_cert_list", AS_SETTING_SIZE, .preset = "16k",
     .min = AS_LIMIT_CERT_LIST, .max = AS_LIMIT_CERT_OCTETS, LISTENER(max_cert_list)},

    {AS_SECTION_TRUST, "use", AS_SETTING_WORD, .words = uses, TRUST(use)},
    {AS_SECTION_TRUST, "anchors", AS_SETTING_PATH, .min = 1, .max = MANY, .what = "files",
     TRUST_LIST(anchors, anchor_count)},
    {AS_SECTION_TRUST, "intermediates", AS_SETTING_PATH, .preset = "", .max = MANY, .what = "files",
     TRUST_LIST(intermediates, intermediate_count)},
    {AS_SECTION_TRUST, "strict", AS_SETTING_SWITCH, .preset = "on", TRUST(strict)},
    {AS_SECTION_TRUST, "partial_chain", AS_SETTING_SWITCH, .preset = "off", TRUST(partial_chain)},
    {AS_SECTION_TRUST, "require_eku", AS_SETTING_SWITCH, .preset = "off", TRUST(require_eku)},
    {AS_SECTION_TRUST, "depth", AS_SETTING_NUMBER, .preset = "5", .max = AS_LIMIT_PATH_DEPTH,
     TRUST(depth)},
    {AS_SECTION_TRUST, "policies", AS_SETTING_TEXT, .preset = "", .max = MANY,
     .what = "object identifiers", .check = as_check_oid, TRUST_LIST(policies, policy_count)},

    {AS_SECTION_STORE, "backend", AS_SETTING_NAME, .preset = "sqlite", .words = backends,
     .restart = true, OWN(store_backend)},
    {AS_SECTION_STORE, "path", AS_SETTING_PATH, .preset = "/var/lib/fapid/fapid.db",
     .what = "a file", .restart = true, OWN(store_path)},
    {AS_SECTION_STORE, "key_file", AS_SETTING_PATH, .preset = "/var/lib/fapid/kek",
     .what = "a file", .restart = true, OWN(store_key_file)},

    {AS_SECTION_ADMIN, "socket", AS_SETTING_PATH, .optional = true,
     .preset = "/run/fapid/admin.sock", .what = "a file", .restart = true, OWN(admin_socket)},
    {AS_SECTION_ADMIN, "group", AS_SETTING_TEXT, .optional = true, .preset = "",
     .what = "the name of a group", .restart = true, OWN(admin_group)},
    {AS_SECTION_ADMIN, "http", AS_SETTING_TEXT, .optional = true, .preset = "",
     .what = "a loopback address and a port", .check = as_check_loopback, .restart = true,
     OWN(admin_http)},

    {AS_SECTION_AUTHENTICATION, "methods", AS_SETTING_WORDS, .list = true,
     .preset = "tls_client_auth,self_signed_tls_client_auth", .min = 1, .max = MANY,
     .words = methods, OWN(methods)},
    {AS_SECTION_AUTHENTICATION, "check_self_signed_validity", AS_SETTING_SWITCH, .preset = "off",
     OWN(check_self_signed_validity)},
    {AS_SECTION_AUTHENTICATION, "introspection_by_certificate", AS_SETTING_SWITCH, .preset = "on",
     OWN(introspection_by_certificate)},
    {AS_SECTION_AUTHENTICATION, "failures_per_minute", AS_SETTING_NUMBER, .preset = "60", .min = 1,
     .max = 1000000, OWN(failures_per_minute)},
    {AS_SECTION_AUTHENTICATION, "failure_exempt", AS_SETTING_TEXT, .preset = "", .max = MANY,
     .what = "IP addresses", .check = as_check_ip, OWN_LIST(failure_exempt, failure_exempt_count)},

    {AS_SECTION_TOKEN, "format", AS_SETTING_WORD, .preset = "sealed", .words = token_formats,
     OWN(token_format)},
    {AS_SECTION_TOKEN, "always_bind", AS_SETTING_SWITCH, .preset = "off", OWN(always_bind)},

    {AS_SECTION_KEYS, "alg", AS_SETTING_WORD, .preset = "ES256", .words = algs, OWN(key_alg)},
    {AS_SECTION_KEYS, "algs", AS_SETTING_WORDS, .list = true, .preset = "ES256,PS256", .min = 1,
     .max = MANY, .words = algs, OWN(key_algs)},
    {AS_SECTION_KEYS, "rotate_every", AS_SETTING_DURATION, .preset = "30d", .min = 2,
     .max = 366 * 86400, OWN(key_rotate_every)},
    {AS_SECTION_KEYS, "publish_lead", AS_SETTING_DURATION, .preset = "2h", .min = 1,
     .max = 30 * 86400, OWN(key_publish_lead)},

    {AS_SECTION_LIFETIME, "access_token", AS_SETTING_DURATION, .preset = "5m", .min = 1,
     .max = 86400, OWN(access_token_lifetime)},

    {AS_SECTION_REGISTRATION, "mode", AS_SETTING_WORD, .preset = "protected",
     .words = registration_modes, OWN(registration_mode)},
    {AS_SECTION_REGISTRATION, "certificate_proof", AS_SETTING_SWITCH, .preset = "on",
     OWN(registration_certificate_proof)},
    {AS_SECTION_REGISTRATION, "scope", AS_SETTING_TEXT, .optional = true, .preset = "",
     .what = "scope values with a blank between", .check = as_check_scope, OWN(registration_scope)},
    {AS_SECTION_REGISTRATION, "per_hour", AS_SETTING_NUMBER, .preset = "20", .min = 1,
     .max = 1000000, OWN(registration_per_hour)},
    {AS_SECTION_REGISTRATION, "unique_software", AS_SETTING_SWITCH, .preset = "off",
     OWN(registration_unique_software)},

    {AS_SECTION_METADATA, "scopes", AS_SETTING_SWITCH, .preset = "on", OWN(metadata_scopes)},
    {AS_SECTION_METADATA, "service_documentation", AS_SETTING_TEXT, .optional = true, .preset = "",
     .what = "an https URL", .check = as_check_url, OWN(service_documentation)},
    {AS_SECTION_METADATA, "op_policy_uri", AS_SETTING_TEXT, .optional = true, .preset = "",
     .what = "an https URL", .check = as_check_url, OWN(op_policy_uri)},
    {AS_SECTION_METADATA, "op_tos_uri", AS_SETTING_TEXT, .optional = true, .preset = "",
     .what = "an https URL", .check = as_check_url, OWN(op_tos_uri)},

    {AS_SECTION_HTTP, "drain", AS_SETTING_DURATION, .preset = "0s", .max = 3600, OWN(drain)},
    {AS_SECTION_HTTP, "failed_handshakes", AS_SETTING_NUMBER, .preset = "200", .max = 1000000,
     OWN(failed_handshakes)},
    {AS_SECTION_HTTP, "hsts_preload", AS_SETTING_SWITCH, .preset = "off", OWN(hsts_preload)},

    {AS_SECTION_RELOAD, "watch", AS_SETTING_DURATION, .preset = "2s", .max = 86400, OWN(watch)},

    {AS_SECTION_LOG, "format", AS_SETTING_WORD, .preset = "json", .words = log_formats,
     OWN(log_format)},
    {AS_SECTION_LOG, "level", AS_SETTING_WORD, .preset = "info", .words = log_levels,
     OWN(log_level)},

    {AS_SECTION_AUDIT, "file", AS_SETTING_PATH, .optional = true, .preset = "", .what = "a file",
     OWN(audit_file)},
};

const size_t as_setting_count = AS_COUNT(as_setting_table);

_Static_assert(AS_COUNT(as_setting_table) <= AS_SETTING_MAX, "AS_SETTING_MAX holds all rows");
_Static_assert(sizeof(enum as_trust_use) == sizeof(unsigned), "a word lands in an unsigned");
_Static_assert(sizeof(enum as_client_certificate) == sizeof(unsigned), "likewise");
_Static_assert(sizeof(enum as_suite_profile) == sizeof(unsigned), "likewise");
_Static_assert(sizeof(enum as_log_format) == sizeof(unsigned), "a word lands in an unsigned");
_Static_assert(sizeof(enum as_log_level) == sizeof(unsigned), "a word lands in an unsigned");

const struct as_setting *as_setting_find(enum as_section_id section, as_span key)
{
    for (size_t i = 0; i < as_setting_count; i++) {
        if (as_setting_table[i].section == section && as_span_is(key, as_setting_table[i].key)) {
            return &as_setting_table[i];
        }
    }
    return NULL;
}

static bool describe_words(const struct as_setting *row, struct as_buf *out)
{
    bool fits = as_buf_add_text(out, row->list ? "some of " : "");

    for (const struct as_word *word = row->words; word->name != NULL; word++) {
        const char *glue = word == row->words ? "" : word[1].name == NULL ? " or " : ", ";
        fits = as_buf_printf(out, "%s%s", glue, word->name) && fits;
    }
    return fits;
}

static bool describe_size(const struct as_setting *row, struct as_buf *out)
{
    return as_buf_printf(out, "a size from %lldk to %lldk", (long long)row->min / 1024,
                         (long long)row->max / 1024);
}

bool as_setting_describe(const struct as_setting *row, struct as_buf *out)
{
    switch (row->type) {
    case AS_SETTING_NAME:
    case AS_SETTING_WORD:
    case AS_SETTING_WORDS:
        return describe_words(row, out);
    case AS_SETTING_SWITCH:
        return as_buf_add_text(out, "on or off");
    case AS_SETTING_NUMBER:
        return as_buf_printf(out, "a number from %lld to %lld", (long long)row->min,
                             (long long)row->max);
    case AS_SETTING_SIZE:
        return describe_size(row, out);
    case AS_SETTING_DURATION:
        return as_buf_printf(out, "a duration from %llds to %lldh", (long long)row->min,
                             (long long)row->max / 3600);
    case AS_SETTING_TEXT:
    case AS_SETTING_PATH:
        break;
    }
    return as_buf_add_text(out, row->what);
}
