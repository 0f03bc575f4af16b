/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AS_GRANT_GRANT_H
#define AS_GRANT_GRANT_H

#include "as/grant.h"

/* One grant, run for an authenticated client that is allowed to use it. */
struct as_grant_job {
    const struct as_ctx *ctx;
    const struct as_who *who;
    const struct as_grant_ask *ask;
};

as_err as_grant_client_credentials(const struct as_grant_job *job, struct as_issue *out);

#endif
