/* SPDX-License-Identifier: Apache-2.0 */
/*
 * as_ctx: what one request may look at. It holds one settings snapshot and one trust snapshot from
 * its first line to its reply, one keyset, one thread's store session, the request's arena and the
 * one time the request knows. Belongs to settings/, the lowest room that sees all of it.
 */
#ifndef AS_CTX_H
#define AS_CTX_H

#include "as/base.h"
#include "as/crypto.h"
#include "as/keys.h"
#include "as/settings.h"
#include "as/store.h"
#include "as/trust.h"

struct as_throttle;

struct as_ctx {
    struct as_arena *mem;
    as_time now;
    int64_t mono_ms; /* monotonic, when the request began: for windows of time */
    as_span request_id;
    struct as_store_session *store;
    const struct as_settings *settings;
    const struct as_trust *trust;
    const struct as_keyset *keys;
    const struct as_throttle *throttle; /* as/client.h: failed authentications */
};

#endif
