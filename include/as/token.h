/* SPDX-License-Identifier: Apache-2.0 */
/*
 * token/: access tokens are made, looked at and revoked (design D8, D9). Two forms with the same
 * inside: sealed, opaque to everybody else, `fat1.` and a seal; and JWT (RFC 9068), which a
 * resource server can verify by itself. Issuing writes nothing; reading needs one decryption or one
 * verification. In every function below a token may come in either form.
 */
#ifndef AS_TOKEN_H
#define AS_TOKEN_H

#include "as/client.h"

#define AS_TOKEN_PREFIX "fat1."

/* What a grant says the client is entitled to. */
struct as_entitlement {
    const struct as_client *client;
    as_span subject;
    const as_span *audience;
    size_t audience_count;
    as_span scope;
    struct as_binding binding;
    enum as_token_format format; /* sealed or JWT, never unset */
    enum as_alg alg;             /* of a JWT; AS_ALG_NONE: the server's own */
    as_time not_after;           /* 0: none; a bound token never outlives its certificate (D9) */
};

/*
 * The form of a token for these resource servers: what one of them wants, else what the client
 * wants, else the setting token.format; *alg likewise. AS_INVALID_TARGET when two of them want
 * different forms or algorithms.
 */
as_err as_token_choose_format(const struct as_ctx *ctx, const struct as_client *client,
                              const struct as_resource *const *resources, size_t count,
                              enum as_token_format *format, enum as_alg *alg);

struct as_issue {
    as_span access_token;
    int64_t expires_in; /* seconds */
    as_span scope;
    struct as_token token; /* what is inside, for the audit */
};

/*
 * Makes a token of what the client is entitled to: seals or signs it, writes nothing. It lives as
 * long as the server's setting says, never past `not_after`, and under 10 minutes when it is bound
 * to nothing. Errors: AS_INVALID_REQUEST when the certificate ends too soon, AS_INVALID_SCOPE when
 * scope and audience do not fit into AS_LIMIT_TOKEN_PLAIN, server error.
 */
as_err as_token_mint(const struct as_ctx *ctx, const struct as_entitlement *what,
                     struct as_issue *out);

/*
 * Opens a presented token and asks all that makes it active (D9, TOK-147): seal or signature,
 * issuer, time, revocation by jti and by epoch, the client as it is today (present, enabled, scope
 * and binding still allowed), its resource servers, and the present state of the bound certificate
 * in the way in which it was proven when the token was made. *out is NULL when it is not active;
 * *reason then says why, for the log, as one of token_unknown (no intact seal or signature of ours)
 * token_expired token_not_yet_valid token_revoked client_unknown client_disabled
 * client_tokens_revoked (epoch) profile_not_enabled binding_required scope_not_allowed
 * audience_gone (no enabled resource server is left) cert_unknown (no row) method_mismatch (the
 * client authenticates otherwise today) cert_untrusted (the group that judges the client today
 * lacks the anchor) cert_expired cert_not_registered. Whether the token is meant for the caller is
 * the caller's to ask. Errors: store and server errors.
 */
as_err as_token_look(const struct as_ctx *ctx, as_span text, const struct as_token **out,
                     const char **reason);

/*
 * The members `aud`, a text where there is one audience and else an array, and `cnf`, only of a
 * bound token (RFC 8705 3.1, 3.2), added to a JSON object (as_buf_add_json_name). The buffer says
 * when they did not fit.
 */
void as_token_put_audience(const struct as_token *token, struct as_buf *to);
void as_token_put_cnf(const struct as_token *token, struct as_buf *to);

/*
 * Revokes one token on behalf of a client (RFC 7009). Not one of ours, or revoked already: success.
 * Its own that has expired: revoked all the same, since the clock may be wrong. Another client's:
 * AS_INVALID_GRANT (TOK-172), or success when it has expired. *ended tells whether a token ended by
 * it, for log, audit and metrics.
 */
as_err as_token_revoke(const struct as_ctx *ctx, const struct as_party *by, as_span text,
                       const struct as_audit *audit, bool *ended);

#endif
