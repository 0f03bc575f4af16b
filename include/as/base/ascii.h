/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Characters of ASCII by kind. Not ctype.h: that follows the locale. Threads: values only.
 */
#ifndef AS_BASE_ASCII_H
#define AS_BASE_ASCII_H

#include <stdbool.h>
#include <string.h>

/* 0 to 9. */
static inline bool as_ascii_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* A to Z. */
static inline bool as_ascii_is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

/* A to Z and a to z. */
static inline bool as_ascii_is_letter(char c)
{
    return as_ascii_is_upper(c) || (c >= 'a' && c <= 'z');
}

/* NQCHAR of RFC 6749 A: printable, and no blank, quote or backslash. Scopes are made of it. */
static inline bool as_ascii_is_nqchar(char c)
{
    return c > ' ' && c <= '~' && c != '"' && c != '\\';
}

/* NQSCHAR of RFC 6749 A: a blank too. Error descriptions are made of it; JSON needs no escapes. */
static inline bool as_ascii_is_nqschar(char c)
{
    return c == ' ' || as_ascii_is_nqchar(c);
}

/* What may stand in a URI without being escaped, or to escape (RFC 3986 2). */
static inline bool as_ascii_is_uri_char(char c)
{
    return as_ascii_is_nqchar(c) && c != '<' && c != '>' && c != '^' && c != '`' &&
           (c < '{' || c > '}');
}

/* One of the characters of a text? NUL is none, though strchr(3) finds it at the end of each. */
static inline bool as_ascii_is_one_of(char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

/* The letter in lower case; anything else as it is. */
static inline char as_ascii_lower(char c)
{
    return as_ascii_is_upper(c) ? (char)(c - 'A' + 'a') : c;
}

/* The value of a hex digit of either case; -1 when it is none. */
static inline int as_ascii_hex(char c)
{
    char lower = as_ascii_lower(c);

    if (as_ascii_is_digit(c)) {
        return c - '0';
    }
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

#endif
