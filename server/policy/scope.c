/* SPDX-License-Identifier: Apache-2.0 */
/* scope = scope-token *( SP scope-token ), scope-token = 1*( %x21 / %x23-5B / %x5D-7E ): RFC 6749
 * 3.3. */
#include "as/policy.h"

static bool is_token(as_span value)
{
    for (size_t i = 0; i < value.len; i++) {
        if (!as_ascii_is_nqchar(value.ptr[i])) {
            return false;
        }
    }
    return value.len > 0;
}

static bool is_among(const as_span *values, size_t count, as_span value)
{
    for (size_t i = 0; i < count; i++) {
        if (as_span_equal(values[i], value)) {
            return true;
        }
    }
    return false;
}

/* A blank more than the grammar has leaves an empty piece, except at the very end. */
static bool ends_in_blank(as_span text)
{
    return text.len > 0 && text.ptr[text.len - 1] == ' ';
}

static as_err collect(as_span text, as_span found[AS_LIMIT_SCOPES], size_t *count)
{
    size_t kept = 0;
    as_span piece;

    AS_NEED(!ends_in_blank(text), AS_INVALID_SCOPE, "scope is malformed");
    while (as_span_cut(&text, ' ', &piece)) {
        AS_NEED(is_token(piece), AS_INVALID_SCOPE, "scope is malformed");
        if (is_among(found, kept, piece)) {
            continue;
        }
        AS_NEED(kept < AS_LIMIT_SCOPES, AS_INVALID_SCOPE, "too many scope values");
        found[kept++] = piece;
    }
    *count = kept;
    return AS_OK;
}

as_err as_scope_parse(struct as_arena *mem, as_span text, as_span **values, size_t *count)
{
    as_span *found = as_arena_array(mem, AS_LIMIT_SCOPES, sizeof(*found));

    AS_NEED_MEM(found);
    AS_TRY(collect(text, found, count));
    *values = found;
    return AS_OK;
}

as_err as_scope_check(as_span text)
{
    as_span values[AS_LIMIT_SCOPES];
    size_t count = 0;

    AS_NEED(text.len <= AS_LIMIT_JSON_STRING, AS_INVALID_SCOPE, "scope is too long");
    return collect(text, values, &count);
}

bool as_scope_holds(as_span text, as_span value)
{
    as_span piece;

    while (as_span_cut(&text, ' ', &piece)) {
        if (piece.len > 0 && as_span_equal(piece, value)) {
            return true;
        }
    }
    return false;
}
