/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client/: who is calling. One function for every endpoint, a table of methods, a file per method.
 * Serves RFC 8705 2, RFC 6749 2.3, 3.2.1 and 5.2.
 *
 * Refusals are AS_INVALID_CLIENT with a stable reason code (design 3) that stays in the log; an
 * unknown client, a missing certificate and a wrong one answer alike after the same work (MTLS-06):
 * one look-up of the party and one certification path asked for.
 * Threads: any, with the caller's own context.
 */
#ifndef AS_CLIENT_H
#define AS_CLIENT_H

#include "as/ctx.h"

/* What the request showed. Empty spans: absent (empty values are dropped before, TOK-05). */
struct as_client_ask {
    as_span client_id;
    as_span authorization; /* the Authorization field */
    as_span client_secret;
    as_span client_assertion;
    as_span client_assertion_type;
    const struct as_cert *cert; /* of the connection; NULL: none */
    const char *address;        /* of the caller, for the throttle */
    bool cert_alone_will_do;    /* introspection: find the resource server by its certificate when
                                   client_id is absent (MTLS-01a) */
};

/* The party lives as long as the store session's records, the group's name as the settings. */
struct as_who {
    const struct as_party *party;
    enum as_certificate_class class_; /* how its certificate was accepted */
    as_span trust;                    /* AS_CERTIFICATE_PKI: the group that vouched */
    struct as_trust_verdict verdict;  /* AS_CERTIFICATE_PKI */
};

/*
 * Authenticates. Filled as far as known on failure too: who->party is the party named by client_id
 * when it exists, for the log alone.
 *
 * Errors: AS_INVALID_REQUEST "method_conflict" for two mechanisms (MTLS-10), decided before any
 * look-up; AS_TOO_MANY_FAILURES "too_many_failures" (TOK-13), likewise; store and server errors;
 * AS_INVALID_CLIENT with one of
 *     client_unknown       no such party, no client_id, or no resource server has the certificate
 *     client_disabled
 *     method_mismatch      another mechanism was used, or its method is switched off (MTLS-13)
 *     cert_missing
 *     cert_shared          the certificate alone fits two resource servers (MTLS-01a)
 *     cert_malformed, cert_weak_key, cert_chain_too_long: for either method (MTLS-115)
 *     cert_untrusted, cert_purpose, cert_not_yet_valid, cert_expired: what trust/ says
 *     cert_subject_mismatch  not the registered name (MTLS-20)
 *     cert_not_registered    not one of the registered certificates (MTLS-54)
 * A certificate that only another group than the pinned one vouches for is cert_untrusted: to learn
 * more would cost a second path, and show from outside that a client is pinned.
 * Counted in client_authentications_failed_total here; a success is the caller's to count, at the
 * reply, since a request may be run twice (design D10).
 */
as_err as_client_authenticate(const struct as_ctx *ctx, const struct as_client_ask *ask,
                              struct as_who *who);

/*
 * Does the certificate prove that it is the party's, by the party's method alone? What
 * as_client_authenticate asks last, for a party that need not be in the store: a client that
 * registers itself. Only `party` and what the method fills of `who` are set.
 * Errors: AS_INVALID_CLIENT with cert_missing or one of the reasons after it above; server errors.
 */
as_err as_client_prove(const struct as_ctx *ctx, const struct as_party *party,
                       const struct as_cert *cert, struct as_who *who);

/*
 * The trust group that judges a party, and for which use: its pin; else for a client the setting
 * default_trust, and else the only group of that use. Empty when there is none: it judges nobody.
 */
as_span as_client_trust_group(const struct as_ctx *ctx, const struct as_party *party);
enum as_trust_use as_client_trust_use(const struct as_party *party);

/*
 * To be asked before whatever refuses a party that was looked up by its id: as many looks into the
 * database for one that was found, perhaps in a cache, as for one that is not there, so that the
 * time does not tell who exists (MTLS-06, REG-91).
 */
as_err as_client_even_out(const struct as_ctx *ctx, bool found);

/* What a certificate is known by in the index of parties (MTLS-114): each name that can match, and
 * the certificate itself. The array is in the arena. */
as_err as_client_identifiers(struct as_arena *mem, const struct as_cert *cert,
                             struct as_identifier **out, size_t *count);

/* ------------------------------------------------- failed authentications -------------------- */

/*
 * Failed authentications (TOK-13) are counted per client and address, and per address with
 * AS_LIMIT_THROTTLE_ADDRESS times the allowance. A success is never counted; a stranger's failures
 * never lock a client out from another address. The counts are in `failures`, which is the
 * caller's, so that they outlive one reading of the configuration; the bounds are the throttle's.
 * `exempt` are addresses, not networks; 0 allowed switches it off.
 * Errors: AS_BAD_CONFIGURATION when an exempt text is no address.
 * Threads: any, at the same time.
 */
as_err as_throttle_new(struct as_tally *failures, unsigned allowed, const char *const *exempt,
                       size_t exempt_count, struct as_throttle **out);
/* NULL is allowed. */
void as_throttle_free(struct as_throttle *throttle);
/* May this address (still) try as this client? An address that cannot be read is its text. */
bool as_throttle_may(const struct as_throttle *throttle, const char *address, as_span client_id,
                     int64_t mono_ms);
void as_throttle_failed(const struct as_throttle *throttle, const char *address, as_span client_id,
                        int64_t mono_ms);

#endif
