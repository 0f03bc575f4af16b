/* SPDX-License-Identifier: Apache-2.0 */
/*
 * subjectAltName entries to canonical octets (RFC 8705 2.1.2). The same functions serve what an
 * operator registers and what a certificate holds, so that the two cannot drift apart.
 */
#ifndef AS_TRUST_NAME_H
#define AS_TRUST_NAME_H

#include "as/trust.h"

/*
 * The canonical octets of a dNSName, URI or rfc822Name as a certificate holds it. Gives a reason
 * (static English) when the name can match nothing, else NULL.
 */
const char *as_name_canon(enum as_name_kind kind, as_span octets, struct as_arena *mem,
                          as_span *canon);

#endif
