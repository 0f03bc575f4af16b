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
#include "as/model.h"
#include "as/policy.h"
#include "as/trust.h"

struct as_listener_settings {
    const char *name;
    const char *address;
    const char *const *names;
    size_t name_count;
    const char *origin; /* https origin of this listener; NULL: none is told to clients */
    const char *const *certificate;
    const char *const *key;
    size_t certificate_count;
    size_t key_count; /* equal to certificate_count once read */
    enum as_client_certificate client_certificate;
    enum as_suite_profile profile;
    const char *min_version; /* "TLSv1.2" or "TLSv1.3" */
    bool ca_names;
    bool resumption;
    unsigned max_connections;
    unsigned max_per_address;
    unsigned max_cert_list; /* octets, 16384 to 102400 */
};

enum as_registration_mode {
    AS_REGISTRATION_PROTECTED, /* an initial access token is needed */
    AS_REGISTRATION_OPEN,
    AS_REGISTRATION_OFF,
    AS_REGISTRATION_MODES
};

struct as_settings {
    const char *file;
    const char *issuer;
    const struct as_listener_settings *listeners;
    size_t listener_count;
    /* The listener that serves the issuer's own URLs, one of `listeners`. */
    const struct as_listener_settings *issuer_listener;
    /* Base of mtls_endpoint_aliases (RFC 8705 5): the origin of the listener that asks for
     * certificates; NULL when the issuer's own listener asks, or none does. */
    const char *mtls_origin;
    unsigned profiles; /* bit 1 << as_profile_id */
    const struct as_trust_group_conf *trusts;
    size_t trust_count;
    const char *default_trust; /* judges clients without a pin; NULL: the only client group */
    const char *store_backend; /* a name that as/store.h knows: "sqlite" */
    const char *store_path;
    const char *store_key_file;
    const char *admin_socket;          /* NULL: none */
    const char *admin_group;           /* NULL: root and the daemon's own user only */
    const char *admin_http;            /* NULL: none */
    int64_t access_token_lifetime;     /* seconds */
    bool check_self_signed_validity;   /* MTLS-56 */
    enum as_token_format token_format; /* where neither resource server nor client chose */
    bool always_bind;                  /* MTLS-76 */
    unsigned methods;                  /* bit 1 << as_method: switched on (MTLS-13) */
    bool introspection_by_certificate; /* MTLS-01a */
    unsigned failures_per_minute;      /* TOK-13 */
    const char *const *failure_exempt; /* addresses never counted */
    size_t failure_exempt_count;
    unsigned key_algs;        /* bits 1 << as_alg: signing keys kept (design D11) */
    enum as_alg key_alg;      /* of them: signs where no resource server wants another */
    int64_t key_rotate_every; /* seconds */
    int64_t key_publish_lead; /* seconds, less than key_rotate_every */
    enum as_registration_mode registration_mode; /* REG-13 */
    bool registration_certificate_proof;         /* a certificate must match what is registered */
    bool registration_unique_software;           /* REG-17 */
    unsigned registration_per_hour; /* REG-16: of one address, in mode open; changes of a client */
    const char *registration_scope; /* what mode open hands out; "": none */
    bool metadata_scopes;           /* REG-109: scopes_supported is shown */
    const char *service_documentation; /* REG-125; NULL: none */
    const char *op_policy_uri;
    const char *op_tos_uri;
    int64_t drain;              /* seconds that listeners stay open after SIGTERM */
    int64_t watch;              /* seconds between looks at certificate files; 0: never */
    unsigned failed_handshakes; /* of one address in 10 s, then it waits; 0: no bound */
    bool hsts_preload;          /* TLS-41 */
    unsigned workers;           /* 0: one per core */
    enum as_log_format log_format;
    enum as_log_level log_level;
    const char *audit_file; /* NULL: audit rows in the store alone */
};

/* A key=value of the command line. */
struct as_setting_override {
    const char *key; /* dotted: lifetime.access_token, listener.mtls.address */
    const char *value;
};

/*
 * Called with a ready text once per finding: `file:line: message`, or `command line: message`.
 * `file:line: warning: message` is a finding that refuses nothing.
 */
#define AS_SETTINGS_MESSAGE 2048 /* octets, with its NUL; a longer text is cut */
typedef void (*as_settings_tell)(void *arg, const char *message);

/*
 * Reads and checks a file and the overrides, of which the last of a key counts; the items of a list
 * stand between commas there, and a relative path is relative to the working directory. What only
 * the files named can tell (keys, certificates, anchors) is checked by trust/ and edge/.
 * One thread at a time, since libconfuse keeps state of its own.
 * Errors: AS_BAD_CONFIGURATION after at least one message that is no warning; server error when
 * memory is short. *out is NULL then.
 */
as_err as_settings_read(const char *file, const struct as_setting_override *overrides, size_t count,
                        as_settings_tell tell, void *arg, struct as_settings **out);
void as_settings_free(struct as_settings *settings);

/*
 * The effective configuration, each value with its origin (file:line, default, command line), as
 * text that is itself a valid configuration (`fapid -T`). Only for what as_settings_read gave.
 * Errors: server error when the buffer is full.
 */
as_err as_settings_write(const struct as_settings *settings, struct as_buf *out);

/*
 * Where a setting was given ("fapid.conf:12", "command line"), or else its section, or else the
 * first line of the file: for what only other rooms can find wrong, such as a file that
 * trust.banks.anchors names. `key` is dotted as in an override; the text is cut when it does not
 * fit. Only for what as_settings_read gave.
 */
#define AS_SETTINGS_WHERE 512
#define AS_SETTINGS_KEY   128
void as_settings_where(const struct as_settings *settings, const char *key,
                       char out[AS_SETTINGS_WHERE]);

/*
 * Does `fresh` change what only a start can change: issuer, workers, the listeners there are with
 * their addresses, the store, the admin listeners? Then `key` is the first such setting, dotted; of
 * a listener that is gone it is `listener.NAME`. Only for what as_settings_read gave.
 */
bool as_settings_need_restart(const struct as_settings *running, const struct as_settings *fresh,
                              char key[AS_SETTINGS_KEY]);

#endif
