/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/: the plain records that rooms hand to each other. No I/O and no library. A record is
 * immutable once somebody else can see it; its spans live as long as its owner says (a request's
 * arena, or a session's cache until the request is answered).
 */
#ifndef AS_MODEL_H
#define AS_MODEL_H

#include "as/base.h"
#include "as/crypto.h"
#include "as/jose.h"

/* Client authentication methods (RFC 8705 2.1.1, 2.2.1). */
enum as_method { AS_METHOD_TLS_CLIENT_AUTH, AS_METHOD_SELF_SIGNED_TLS_CLIENT_AUTH, AS_METHODS };

/* "tls_client_auth", ...; case-sensitive (MTLS-12). */
const char *as_method_name(enum as_method method);
bool as_method_named(as_span name, enum as_method *out);

/* The kinds of names a certificate is known by, in the order of RFC 8705 2.1.2. */
enum as_name_kind {
    AS_NAME_SUBJECT_DN,
    AS_NAME_SAN_DNS,
    AS_NAME_SAN_URI,
    AS_NAME_SAN_IP,
    AS_NAME_SAN_EMAIL,
    AS_NAME_KINDS
};

enum as_grant_type { AS_GRANT_CLIENT_CREDENTIALS, AS_GRANT_TYPES };

/* "client_credentials"; case-sensitive. */
const char *as_grant_type_name(enum as_grant_type type);
bool as_grant_type_named(as_span name, enum as_grant_type *out);

enum as_party_kind { AS_PARTY_CLIENT, AS_PARTY_RESOURCE };
enum as_party_status { AS_PARTY_ENABLED, AS_PARTY_DISABLED, AS_PARTY_STATUSES };

/* "enabled", "disabled": the member `status`. */
const char *as_party_status_name(enum as_party_status status);
bool as_party_status_named(as_span name, enum as_party_status *out);

/* What an access token looks like to others (design D8, RFC 9068). UNSET: nobody said. */
enum as_token_format { AS_TOKEN_UNSET, AS_TOKEN_SEALED, AS_TOKEN_JWT, AS_TOKEN_FORMATS };

/* "sealed", "jwt". */
bool as_token_format_named(as_span name, enum as_token_format *out);

#define AS_JTI 16 /* octets of a token's id: 128 random bits (TOK-17) */

/*
 * What clients and resource servers have in common: an id in one id space (design D13) and how
 * they authenticate.
 */
struct as_party {
    as_span id;
    enum as_party_kind kind;
    enum as_party_status status;
    enum as_method method;
    /* tls_client_auth: exactly one registered name (MTLS-21), in canonical octets (trust/). */
    enum as_name_kind name_kind;
    as_span name_canon;
    /* self_signed_tls_client_auth: SHA-256 of each registered certificate (x5c element 0). */
    const unsigned char (*certificates)[AS_DIGEST];
    size_t certificate_count;
    as_span trust; /* the pinned trust group; empty: the default of the kind */
    int64_t epoch; /* revoking all of its tokens is epoch + 1 (D8) */
    bool shared;   /* an identifier held by another party is wanted (MTLS-114) */
    as_time created;
    as_time updated;
    as_span metadata; /* the JSON object as registered and as shown, without secrets */
    /* SHA-256 of its registration access token (RFC 7592 3); has_rat is false where an operator
     * registered it. */
    unsigned char rat[AS_DIGEST];
    bool has_rat;
    const struct as_client *client;     /* kind AS_PARTY_CLIENT, else NULL */
    const struct as_resource *resource; /* kind AS_PARTY_RESOURCE, else NULL */
};

/* Is this SHA-256 that of one of its registered certificates? */
bool as_party_has_certificate(const struct as_party *party,
                              const unsigned char thumbprint[AS_DIGEST]);

struct as_client {
    const struct as_party *party;
    as_span profile;          /* name of its profile row (D12) */
    unsigned grants;          /* bit 1 << as_grant_type */
    as_span scope;            /* space-separated values it may ask for */
    as_span default_resource; /* an audience URI; may be empty (D13) */
    bool bound_access_tokens; /* tls_client_certificate_bound_access_tokens (RFC 8705 3.4) */
    enum as_token_format token_format;
};

struct as_resource {
    const struct as_party *party;
    const as_span *audience; /* one or more absolute URIs (D13) */
    size_t audience_count;
    as_span scope; /* space-separated values that belong to it */
    enum as_token_format token_format;
    enum as_alg token_alg;         /* of JWT access tokens for it; AS_ALG_NONE: the server's */
    enum as_alg introspection_alg; /* of signed answers (RFC 9701); AS_ALG_NONE: JSON alone */
    bool scopes_hidden;            /* its scopes are not listed in the metadata (REG-109) */
};

struct as_resource_set {
    const struct as_resource *const *items;
    size_t count;
};

/* The resource server of an audience; NULL when nobody has it. */
const struct as_resource *as_resource_of_audience(const struct as_resource_set *set, as_span uri);
bool as_resource_has_audience(const struct as_resource *resource, as_span uri);

/* How a certificate was proven to be its party's (design D9). */
enum as_certificate_class {
    AS_CERTIFICATE_PKI,       /* vouched for by a trust group */
    AS_CERTIFICATE_REGISTERED /* registered in the party's jwks */
};

#define AS_WAY 16 /* octets that name the way in which a trust group vouched */

/*
 * What a token is bound to (proof/): a certificate, and how it was proven when the token was made.
 * Clients that share a certificate may each prove it in another way, and what ends the tokens of
 * one way leaves those of the others. All but x5t name a row (struct as_certificate_row).
 */
struct as_binding {
    bool x5t; /* bound to a certificate: `cnf` has x5t#S256 (RFC 8705 3.1) */
    unsigned char thumbprint[AS_DIGEST];
    enum as_certificate_class class_;
    /* AS_CERTIFICATE_PKI: the first octets of a SHA-256 over group, anchor and path (trust/); all
     * zero for a token of before migration 0003, and where the class has but one way. */
    unsigned char way[AS_WAY];
};

#define AS_PATH_MAX (AS_LIMIT_PATH_DEPTH + 1)

/*
 * One step of a certification path: who signed it, under which serial, until when. The serial is
 * its magnitude without leading zeros; one over 20 octets, which only a trust group without
 * `strict` admits, is the first 20 octets of its SHA-256.
 */
struct as_path_link {
    unsigned char issuer_spki[AS_DIGEST];
    unsigned char serial[20];
    unsigned char serial_len;
    as_time not_after;
};

#define AS_PATH_LINK 61 /* octets of a link as below */

/* One text for one link, to keep or to hash: SHA-256 of the issuer's SPKI, 1 octet of length and 20
 * of serial number (zero past its length), 8 of notAfter, big-endian. */
void as_path_link_write(const struct as_path_link *link, unsigned char out[AS_PATH_LINK]);
/* False when the length of the serial number is impossible. */
bool as_path_link_parse(const unsigned char in[AS_PATH_LINK], struct as_path_link *out);

/*
 * What introspection must know of a bound certificate (design D9): one row for each way in which it
 * was proven, written once and never changed.
 */
struct as_certificate_row {
    struct as_binding binding; /* names the row; x5t is set */
    as_span der;               /* the leaf */
    as_span chain; /* further certificates, as first presented in this way, each with a 4 octet
                      big-endian length before */
    as_span trust; /* AS_CERTIFICATE_PKI: the group that vouched */
    unsigned char anchor[AS_DIGEST];
    struct as_path_link path[AS_PATH_MAX]; /* the leaf first */
    size_t path_count;
    as_time not_after; /* of the leaf */
};

/* An access token, opened or about to be made (design D8). */
struct as_token {
    unsigned char jti[AS_JTI];
    as_span client_id;
    as_span subject;
    const as_span *audience;
    size_t audience_count;
    as_span scope;
    as_time issued_at;
    as_time expires_at;
    struct as_binding binding;
    int64_t client_epoch; /* of the client when it was minted */
};

/*
 * An initial access token (RFC 7591 1.2, REG-15): what a holder may register, how often, until
 * when. Only its digest is kept.
 */
struct as_iat {
    as_span id; /* names it in listings; no secret */
    unsigned char digest[AS_DIGEST];
    as_span profile; /* of what is registered with it */
    as_span scope;   /* what may be asked for; absent in a registration: all of it */
    int64_t uses;    /* left */
    as_time created;
    as_time expires_at;
};

/* One audit line (design 3); static or arena text. */
struct as_audit {
    const char *event; /* client_created, token_revoked, ... */
    as_span actor;     /* who did it: "uid:0", a client id */
    as_span client_id; /* about whom */
    const char *auth_method;
    const char *outcome; /* "success", "refused" */
    const char *reason;
    as_span thumbprint; /* x5t#S256 text */
    as_span serial;
    as_span issuer;
    as_span request_id;
    as_time at;
};

#endif
