/* SPDX-License-Identifier: Apache-2.0 */
/* Which media types a request accepts (RFC 9110 12.5.1). */
#ifndef AS_ENDPOINT_ACCEPT_H
#define AS_ENDPOINT_ACCEPT_H

#include "as/http.h"

/*
 * Does the request want `type` rather than `usual`? It must name `type` itself, without case; a
 * range such as application with an asterisk does not. Where it names both, the weight decides, and
 * `type` wins when they are equal. q=0 is a refusal, and a weight that is none counts as one.
 */
bool as_accept_wants(const struct as_http_request *request, const char *type, const char *usual);

#endif
