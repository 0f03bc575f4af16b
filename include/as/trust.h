/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trust/: X.509. A certificate becomes a plain struct once per connection; names are parsed and
 * compared on decoded values; a certification path is built by OpenSSL (RFC 5280) under a trust
 * group and then kept to our own leaf rules. Serves RFC 8705 2.1, RFC 4514, RFC 4517 4.2.15,
 * RFC 4518. Revocation (CRL, OCSP, deny list) is not here yet: it comes with trust that acts at
 * once, and verdicts name the steps it will ask about.
 *
 * Owner: as_cert is counted and immutable; as_trust is immutable after as_trust_new and replaced
 * whole. Threads: any, on both.
 */
#ifndef AS_TRUST_H
#define AS_TRUST_H

#include "as/crypto.h"
#include "as/model.h"

struct x509_st;
struct stack_st_X509;

/* ---------------------------------------------------------------- names (RFC 8705 2.1.2) ----- */

/* The metadata member of a kind: "tls_client_auth_subject_dn", ... */
const char *as_name_member(enum as_name_kind kind);

/*
 * Parses the registered text of a name to its canonical octets (binary, never empty, stable from
 * one release to the next so that a store may keep them). Two names of one kind are equal exactly
 * when their canonical octets are: for a DN that is distinguishedNameMatch (RFC 4517 4.2.15: RDN
 * by RDN in encoded order, character strings prepared by RFC 4518 with case folded whatever their
 * type, other values by their BER octets), for a dNSName ASCII letters ignore case, an IP address
 * is binary, the host part of an address of mail ignores case, a URI is exact.
 * Stricter than the RFCs in one point: what RFC 4518 2.2 maps to nothing is refused instead of
 * ignored (controls U+0000-001F and 007F-009F; soft hyphen, zero width characters, variation
 * selectors, marks of direction, tags), and so is each space but U+0020 and, between two words,
 * U+00A0 and U+3000, which equal it. A certificate's name that holds one matches nothing: no two
 * names are equal that differ in what cannot be seen (MTLS-35).
 * Errors: AS_INVALID_CLIENT_METADATA with a public reason.
 */
as_err as_name_parse(enum as_name_kind kind, as_span text, struct as_arena *mem, as_span *canon);

/* ---------------------------------------------------------------- certificates --------------- */

/* The public key as a JWK would show it: RSA n and e without leading zeros; EC x and y, Ed25519 x
 * of full length. */
struct as_public_key {
    enum as_key_kind kind;
    unsigned bits;
    as_span n, e;
    as_span x, y;
};

/* as_key_kind_of, for the edge, which asks nothing of crypto/. */
enum as_key_kind as_cert_key_kind(const struct evp_pkey_st *key);
/* The floor of design D4, RSA to 4096 bits: asked by the handshake before anything is computed with
 * a client's key, and here of every certificate. */
bool as_cert_key_suits_client(const struct evp_pkey_st *key);

struct as_cert_name {
    enum as_name_kind kind;
    as_span canon; /* empty: it can match nothing */
    as_span text;  /* as an operator registers it; foreign octets as \hh */
    bool wildcard; /* a dNSName with an asterisk: never matches (MTLS-37) */
};

struct as_cert {
    as_span der;                         /* as presented */
    unsigned char thumbprint[AS_DIGEST]; /* SHA-256 of the DER (RFC 8705 3.1) */
    unsigned char chain_key[AS_DIGEST];  /* SHA-256 over leaf and chain as presented (D5) */
    size_t chain_count;                  /* further certificates, at most AS_LIMIT_CERT_COUNT */
    as_span chain[AS_LIMIT_CERT_COUNT];
    /* Canonical, as as_name_parse gives it; empty when the subject is empty or can match nothing
     * (a control or invisible character, a type twice in one RDN, outside Unicode 3.2). */
    as_span subject;
    const struct as_cert_name *names; /* subjectAltName entries of the kinds above */
    size_t name_count;
    struct as_public_key key;
    unsigned char spki_hash[AS_DIGEST]; /* SHA-256 of SubjectPublicKeyInfo */
    as_time not_before, not_after;      /* both inclusive */
    as_span serial;                     /* hex, for the log; a negative one starts with "-" */
    as_span subject_text, issuer_text;  /* RFC 4514, escaped, for the log and fapictl */
    /* NULL, or the reason this certificate can never be used: "cert_malformed" (cannot be
     * decoded as above), "cert_weak_key" (a key kind or size outside design D4) or
     * "cert_chain_too_long" (more certificates presented than AS_LIMIT_CERT_COUNT). */
    const char *fault;
    const char *fault_why; /* the same as an English phrase; NULL without a fault */
};

/*
 * Makes the struct from OpenSSL's handles; takes no ownership of them. `chain` may be NULL, and may
 * begin with the leaf itself, as SSL_get_peer_cert_chain gives it to a client. A certificate that
 * cannot be decoded far enough still gives a struct, with `fault` set; der, thumbprint and chain
 * are always filled in, the rest as far as it could be read. Errors: server error when memory is
 * short. The one holder is the caller.
 */
as_err as_cert_of_x509(struct x509_st *leaf, struct stack_st_X509 *chain, struct as_cert **out);
/* The same from DER: the first is the leaf. AS_INVALID_CLIENT_METADATA when one is no certificate,
 * is not in DER, or has trailing octets. */
as_err as_cert_of_der(const as_span *ders, size_t count, struct as_cert **out);
/*
 * Appends all CERTIFICATE blocks of a PEM text to the stack, which frees them; blocks of another
 * kind are passed over. AS_INVALID_CLIENT_METADATA when there is none, one is broken or no
 * certificate in DER, or the stack would exceed `most`; what was appended by then stays.
 */
as_err as_x509s_of_pem(as_span pem, size_t most, struct stack_st_X509 *to);
/* The same as as_cert_of_der from PEM text of at most AS_LIMIT_PEM_FILE octets: the first
 * CERTIFICATE block is the leaf. */
as_err as_cert_of_pem(as_span pem, struct as_cert **out);
/* One more holder; gives the argument back. */
struct as_cert *as_cert_hold(const struct as_cert *cert);
/* One holder less; the last frees it. NULL is allowed. */
void as_cert_drop(const struct as_cert *cert);

/*
 * Does the certificate carry this name? Only names of that kind count: no fallback from SAN to CN
 * (MTLS-42), no wildcard (MTLS-37).
 */
bool as_cert_has_name(const struct as_cert *cert, enum as_name_kind kind, as_span canon);

/* x5t#S256: 43 characters and a NUL (RFC 8705 3.1). */
#define AS_X5T_TEXT 44
void as_cert_x5t(const unsigned char thumbprint[AS_DIGEST], char out[AS_X5T_TEXT]);

/* ---------------------------------------------------------------- trust groups --------------- */

/* What a group vouches for, and nothing else (D5). */
enum as_trust_use { AS_USE_CLIENT, AS_USE_RESOURCE, AS_USE_FRONT, AS_USE_USER, AS_USE_ADMIN };

/* One `trust NAME { }` of the configuration. Paths are absolute. */
struct as_trust_group_conf {
    const char *name;
    enum as_trust_use use;
    const char *const *anchors; /* PEM files, at least one certificate in all */
    size_t anchor_count;
    const char *const *intermediates;
    size_t intermediate_count;
    bool strict;        /* X509_V_FLAG_X509_STRICT and the serial rule (TLS-79) */
    bool partial_chain; /* an intermediate among the anchors ends a path (TLS-76) */
    bool require_eku;   /* a leaf without extendedKeyUsage is refused (TLS-67) */
    unsigned depth;     /* intermediates between leaf and anchor, at most
                           AS_LIMIT_PATH_DEPTH (TLS-71) */
    /* Certificate policy OIDs in dotted form of which the path must be valid for one; none:
     * policies are ignored (TLS-82). */
    const char *const *policies;
    size_t policy_count;
};

struct as_trust;

/* Told of what an operator should know: an anchor that strictness would refuse, with the missing
 * extension and the switch (TLS-79), a file without a certificate. `file` may be NULL. `fatal` ones
 * make as_trust_new fail; all are told before it does. */
typedef void (*as_trust_tell)(void *arg, const char *group, const char *file, const char *message,
                              bool fatal);

/*
 * Reads all groups. Never the system's own store, never SSL_CERT_FILE (TLS-81).
 * Errors: AS_BAD_CONFIGURATION when a file cannot be read or holds no certificate.
 */
as_err as_trust_new(const struct as_trust_group_conf *groups, size_t count, as_trust_tell tell,
                    void *arg, struct as_trust **out);
void as_trust_free(struct as_trust *trust);

/* Is there a group of that name, and does it vouch for that use? */
bool as_trust_has_group(const struct as_trust *trust, as_span group, enum as_trust_use use);
/* The only group of a use, or the empty span when there is none or more than one. */
as_span as_trust_only_group(const struct as_trust *trust, enum as_trust_use use);
/* SHA-256 over all anchors of all groups: part of the session id context (D7). */
void as_trust_anchor_set(const struct as_trust *trust, unsigned char out[AS_DIGEST]);
/* The DER subjects of a use's anchors, for CertificateRequest where a listener lists CA names
 * (TLS-44). Owned by the trust. */
size_t as_trust_ca_names(const struct as_trust *trust, enum as_trust_use use,
                         const as_span **names);

struct as_trust_verdict {
    const char *reason; /* NULL: vouched for; else a stable reason code (design 3) */
    const char *detail; /* static English for the log and fapictl; NULL when vouched for */
    as_time not_before; /* the window in which every certificate of the path is valid */
    as_time not_after;
    unsigned char anchor[AS_DIGEST]; /* SHA-256 of the anchor's DER */
    size_t step_count;
    struct as_path_link steps[AS_PATH_MAX]; /* the leaf first */
    /* Names the way in which the group vouched: the first octets of a SHA-256 over its name, anchor
     * and steps. The same for the same, at any time; all zero where nobody vouched. */
    unsigned char way[AS_WAY];
};

/*
 * Judges a certificate under a group. The path is cached (D5: chain_key + group + anchors; failures
 * AS_LIMIT_PATH_FAILURE_S seconds; bounded), dates are asked anew each time. Always counted in
 * paths_asked_total; paths_built_total counts the work.
 * Reasons: cert_malformed cert_weak_key cert_untrusted cert_chain_too_long cert_purpose
 * cert_not_yet_valid cert_expired. A group that does not exist or is of another use gives
 * cert_untrusted. Errors: server error only; a check that could not be made is an error, never a
 * verdict.
 */
as_err as_trust_judge(const struct as_trust *trust, as_span group, enum as_trust_use use,
                      const struct as_cert *cert, as_time now, struct as_trust_verdict *out);

/*
 * Spends what a judgement would spend, for a request that showed no certificate, so that its
 * refusal costs the same (MTLS-06): judges a decoy made when the trust was made.
 */
as_err as_trust_judge_decoy(const struct as_trust *trust, as_span group, enum as_trust_use use,
                            as_time now);

/* Does the group (still) hold this anchor and vouch for that use? (D9, class pki) */
bool as_trust_holds_anchor(const struct as_trust *trust, as_span group, enum as_trust_use use,
                           const unsigned char anchor[AS_DIGEST]);

#endif
