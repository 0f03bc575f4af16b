/* SPDX-License-Identifier: Apache-2.0 */
/* What POST /register (RFC 7591) and /register/{id} (RFC 7592) share. */
#ifndef AS_ENDPOINT_REGISTER_H
#define AS_ENDPOINT_REGISTER_H

#include "bearer.h"
#include "registration.h"

/* register_answer.c */
/* Does the path belong to registration, and is that switched off? Then it is not there, whatever
 * the method (REG-13). */
bool as_register_is_off(const struct as_visit *visit, as_span path);
/* The JSON of the body, the caller's; what is none is invalid metadata (REG-01). */
as_err as_register_read_body(const struct as_http_call *call, json_t **out);
/* A refusal by the store, in words for a client. */
as_err as_register_refusal(as_err err);
/* The client as it stands now, its URI, and its registration access token (RFC 7592 3). */
as_err as_register_reply(struct as_http_call *call, unsigned status, const struct as_party *party,
                         as_span rat);

/* register_ration.c. One more write of a caller (as_ip_caller) or of a client: asked when nothing
 * but the store can refuse it any more. AS_TOO_MANY_REGISTRATIONS after registration.per_hour. */
as_err as_register_ration(const struct as_http_call *call, as_span whose);

/* register_proof.c */
/*
 * The certificate of the connection proves the party, as it will at every authentication: so that
 * nobody registers the name or the certificate of another. Nothing while the switch is off. `was`:
 * what it proved before, NULL at its first registration.
 */
as_err as_register_prove(struct as_http_call *call, const struct as_party *was,
                         const struct as_party *party);

#endif
