/* SPDX-License-Identifier: Apache-2.0 */
/* Claims that a JWT and the answer of introspection write alike. */
#include "as/token.h"

void as_token_put_audience(const struct as_token *token, struct as_buf *to)
{
    if (token->audience_count == 1) { /* RFC 7519 4.1.3: the special case */
        as_buf_add_json_text(to, "aud", token->audience[0]);
        return;
    }
    as_buf_add_json_name(to, "aud");
    for (size_t i = 0; i < token->audience_count; i++) {
        as_buf_add_byte(to, i == 0 ? '[' : ',');
        as_buf_add_json_string(to, token->audience[i]);
    }
    as_buf_add_byte(to, ']');
}

void as_token_put_cnf(const struct as_token *token, struct as_buf *to)
{
    char x5t[AS_X5T_TEXT];

    if (token->binding.x5t) {
        as_cert_x5t(token->binding.thumbprint, x5t);
        as_buf_add_json_name(to, "cnf");
        as_buf_add_byte(to, '{');
        as_buf_add_json_text(to, "x5t#S256", as_span_of(x5t));
        as_buf_add_byte(to, '}');
    }
}
