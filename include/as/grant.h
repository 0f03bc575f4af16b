/* SPDX-License-Identifier: Apache-2.0 */
/*
 * grant/: what each grant type entitles a client to; a file each, one table. RFC 6749 4.4.
 */
#ifndef AS_GRANT_H
#define AS_GRANT_H

#include "as/token.h"

struct as_grant_ask {
    as_span grant_type;
    as_span scope;
    const as_span *targets; /* `resource` parameters (RFC 8707), in the order sent */
    size_t target_count;
    const struct as_cert *cert;
};

/* Knows the grant type of the form: AS_INVALID_REQUEST when absent, AS_UNSUPPORTED_GRANT_TYPE.
 * Asked before the client is authenticated (TOK-62: form, client, grant). */
as_err as_grant_find(as_span grant_type, enum as_grant_type *out);

/*
 * Runs a grant that as_grant_find knew for an authenticated client, and mints.
 * AS_UNAUTHORIZED_CLIENT when the grant type is not registered for it or the caller is no client;
 * AS_INVALID_SCOPE, AS_INVALID_TARGET; what proof/ and token/ raise.
 */
as_err as_grant_run(const struct as_ctx *ctx, enum as_grant_type type, const struct as_who *who,
                    const struct as_grant_ask *ask, struct as_issue *out);

#endif
