/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens for tests that need one: from a world, by client_credentials, as an endpoint would. */
#ifndef AS_TESTS_SUPPORT_ISSUE_H
#define AS_TESTS_SUPPORT_ISSUE_H

#include "as/grant.h"
#include "support/world.h"

#define ISSUE_TEXT 2048

/* One request from authentication to token; *out points into the request, which goes on. */
TEST_UNUSED static as_err issue_try(struct world *w, const char *id, const struct as_cert *cert,
                                    const char *scope, const char *target, struct as_issue *out)
{
    const as_span targets[] = {as_span_of(target)};
    const struct as_grant_ask ask = {.grant_type = AS_LIT("client_credentials"),
                                     .scope = as_span_of(scope),
                                     .targets = targets,
                                     .target_count = target != NULL ? 1 : 0,
                                     .cert = cert};
    enum as_grant_type type;

    AS_TRY(as_grant_find(ask.grant_type, &type));
    struct as_who who = world_who(w, id, cert);
    return as_grant_run(&w->ctx, type, &who, &ask, out);
}

/* The text of a token that the client gets; a request of its own. */
TEST_UNUSED static const char *issue_text(struct world *w, const char *id,
                                          const struct as_cert *cert, char text[ISSUE_TEXT])
{
    struct as_issue issue;

    ck_ok(issue_try(w, id, cert, NULL, NULL, &issue));
    ck_assert_uint_lt(issue.access_token.len, ISSUE_TEXT);
    snprintf(text, ISSUE_TEXT, "%.*s", (int)issue.access_token.len, issue.access_token.ptr);
    world_next(w);
    return text;
}

#endif
