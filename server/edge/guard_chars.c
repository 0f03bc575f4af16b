/* SPDX-License-Identifier: Apache-2.0 */
#include "guard_parts.h"

#include <string.h>

/* Letters, digits and the characters of `others` alone. */
static bool has_only(as_span text, const char *others, size_t count)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (!as_ascii_is_letter(c) && !as_ascii_is_digit(c) && memchr(others, c, count) == NULL) {
            return false;
        }
    }
    return true;
}

#define HAS_ONLY(text, others) has_only((text), (others), sizeof(others) - 1)

/* RFC 9110 5.6.2 */
bool as_guard_is_token(as_span text)
{
    return text.len > 0 && HAS_ONLY(text, "!#$%&'*+-.^_`|~");
}

/* RFC 3986 3.3 pchar and '/' */
#define PATH_MARKS "-._~%!$&'()*+,;=:@/"

bool as_guard_is_path(as_span text)
{
    return HAS_ONLY(text, PATH_MARKS);
}

/* RFC 3986 3.4, and what browsers send there unescaped (WHATWG URL 1.3, query percent-encode set).
 */
bool as_guard_is_query(as_span text)
{
    return HAS_ONLY(text, PATH_MARKS "?[]\\^`{|}");
}

/* RFC 9110 5.5: octets above 0x7F are opaque to us. */
bool as_guard_is_value(as_span text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if ((c < 0x20 && c != '\t') || c == 0x7F) {
            return false;
        }
    }
    return true;
}
