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
    as_span authorization;         /* the Authorization field */
    as_span client_secret;
    as_span client_assertion;
    as_span client_assertion_type;
    const struct as_cert *cert;    /* of the connection; NULL: none */
    const char *address;           /* of the caller, for the throttle */
    bool cert_alone_will_do;       /* introspection: find the resource server by its certificate
                                      when client_id is absent (MTLS-01a) */
};

struct as_who {
    const struct as_party *party;
    enum as_certificate_class class_;  /* how its certificate was accepted */
    as_span trust;                     /* AS_CERTIFICATE_PKI: the group that vouched */
    struct as_trust_verdict verdict;   /* AS_CERTIFICATE_PKI */
};

/*
 * Authenticates. Filled as far as known on failure too: who->party is the party named by client_id
 * when it exists, for the log alone.
 * Errors: AS_INVALID_REQUEST for two mechanisms (MTLS-10), decided before any look-up;
 * AS_INVALID_CLIENT with a reason; AS_TOO_MANY_FAILURES (TOK-13); store errors.
 */
as_err as_client_authenticate(const struct as_ctx *ctx, const struct as_client_ask *ask,
                              struct as_who *who);

/* The trust group that judges a party: its pin, else the default of its kind; may be empty. */
as_span as_client_trust_group(const struct as_ctx *ctx, const struct as_party *party);

/* ------------------------------------------------- failed authentications (TOK-13) ----------- */

/*
 * Counts failures per address, and per client and address, in windows of a minute of the monotonic
 * clock; successes are never counted; a stranger's failures never lock a client out from another
 * address. Bounded; the oldest entries go. Seeded hash, since keys come from outside.
 */
as_err as_throttle_new(unsigned failures_per_minute, const char *const *exempt,
                       size_t exempt_count, struct as_throttle **out);
void as_throttle_free(struct as_throttle *throttle);
/* May this address (still) try as this client? */
bool as_throttle_may(struct as_throttle *throttle, const char *address, as_span client_id,
                     int64_t mono_ms);
void as_throttle_failed(struct as_throttle *throttle, const char *address, as_span client_id,
                        int64_t mono_ms);

#endif
