/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A self-signed certificate that no group vouches for; its key is thrown away once it has signed.
 * Judging it costs what judging a stranger's costs (MTLS-06).
 */
#ifndef AS_TRUST_DECOY_H
#define AS_TRUST_DECOY_H

#include "cert.h"

as_err as_decoy_new(struct as_cert **out);

#endif
