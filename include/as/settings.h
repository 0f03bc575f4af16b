/* SPDX-License-Identifier: Apache-2.0 */
/*
 * settings/: fapid.conf becomes one frozen struct, from one table of settings. Read by libconfuse;
 * every refusal says file:line. A titled section or a key given twice is an error, an unknown key
 * is an error. A relative path is relative to the file. conf/fapid.conf is the manual.
 *
 * Owner: as_settings_free frees all. Frozen after as_settings_read; any thread may read.
 */
#ifndef AS_SETTINGS_H
#define AS_SETTINGS_H

#include "as/base.h"
#include "as/policy.h"
#include "as/trust.h"

/* The words of client_certificate and profile are kept as numbers that edge/ shares by value:
 * 0 none, 1 request, 2 require; 0 fapi1, 1 fapi1_ecdhe, 2 bcp195. */
struct as_listener_settings {
    const char *name;
    const char *address;
    const char *const *names;
    size_t name_count;
    const char *origin; /* https origin of this listener; NULL: derived from the issuer */
    const char *const *certificate;
    const char *const *key;
    size_t certificate_count;
    unsigned client_certificate;
    unsigned profile;
    const char *min_version; /* "TLSv1.2" or "TLSv1.3" */
    bool ca_names;
    bool resumption;
    unsigned max_connections;
    unsigned max_per_address;
    unsigned max_cert_list; /* octets, 16384 to 102400 */
    int line;               /* where the section stands, for later refusals */
};

struct as_settings {
    const char *file;
    const char *issuer;
    const struct as_listener_settings *listeners;
    size_t listener_count;
    unsigned profiles; /* bit 1 << as_profile_id */
    const struct as_trust_group_conf *trusts;
    size_t trust_count;
    const char *default_trust; /* judges clients without a pin; NULL: the only client group */
    const char *store_path;
    const char *store_key_file;
    const char *admin_socket; /* NULL: none */
    const char *admin_group;  /* NULL: root and the daemon's own user only */
    const char *admin_http;   /* NULL: none */
    int64_t access_token_lifetime; /* seconds */
    bool check_self_signed_validity; /* MTLS-56 */
    bool always_bind;                /* MTLS-76 */
    unsigned methods; /* bit 1 << as_method: switched on (MTLS-13) */
    bool introspection_by_certificate; /* MTLS-01a */
    unsigned failures_per_minute;      /* TOK-13 */
    const char *const *failure_exempt; /* addresses never counted */
    size_t failure_exempt_count;
    bool hsts_preload; /* TLS-41 */
    unsigned workers;  /* 0: one per core */
    enum as_log_format log_format;
    enum as_log_level log_level;
    const char *audit_file; /* NULL: audit rows in the store alone */
};

/* A key=value of the command line. */
struct as_setting_override {
    const char *key; /* dotted: lifetime.access_token, listener.mtls.address */
    const char *value;
};

/* Called with a ready text `file:line: message`, once per finding. */
typedef void (*as_settings_tell)(void *arg, const char *message);

/*
 * Reads and checks a file and the overrides. Errors: AS_BAD_CONFIGURATION after at least one
 * message. *out is NULL then.
 */
as_err as_settings_read(const char *file, const struct as_setting_override *overrides, size_t count,
                        as_settings_tell tell, void *arg, struct as_settings **out);
void as_settings_free(struct as_settings *settings);

/* The effective configuration, each value with its origin (file:line, default, command line), as
 * text that is itself a valid configuration (`fapid -T`). */
as_err as_settings_write(const struct as_settings *settings, struct as_buf *out);

#endif
