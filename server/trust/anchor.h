/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an operator should know of a trust anchor before its first client fails: where strictness,
 * the key floor or the kind of the certificate will refuse every path that ends at it (TLS-79).
 */
#ifndef AS_TRUST_ANCHOR_H
#define AS_TRUST_ANCHOR_H

#include "group.h"

#define AS_ANCHOR_RULES 8

/* The sentence of one rule (0 to AS_ANCHOR_RULES - 1), or NULL when the anchor keeps it. */
const char *as_anchor_warning(size_t rule, const struct as_group *group, X509 *anchor);

#endif
