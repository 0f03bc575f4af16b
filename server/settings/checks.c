/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What single texts must look like. Each check says NULL or the end of a sentence that begins with
 * the text. They ask for one spelling where several mean the same, since others compare the texts
 * octet for octet.
 */
#include "table.h"

#include <arpa/inet.h>
#include <string.h>

const char *as_check_title(const char *text)
{
    size_t len = strlen(text);

    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        bool lower = as_ascii_is_letter(c) && !as_ascii_is_upper(c);
        if (!lower && !(i > 0 && (as_ascii_is_digit(c) || c == '-' || c == '_'))) {
            return "is no name: a lower-case letter, then lower-case letters, digits, - and _";
        }
    }
    return len == 0 || len > 32 ? "is no name: it has 1 to 32 characters" : NULL;
}

/* Dotted form: numbers without leading zeros, two at least, the first at most 2. */
const char *as_check_oid(const char *text)
{
    as_span rest = as_span_of(text), arc;
    size_t count = 0;
    uint64_t number = 0;

    while (as_span_cut(&rest, '.', &arc)) {
        bool fine = as_span_number(arc, UINT32_MAX, &number) && (arc.len == 1 || arc.ptr[0] != '0');

        if (!fine || (count++ == 0 && number > 2)) {
            return "is no object identifier such as 1.3.6.1.4.1.99999.1";
        }
    }
    return count < 2 || text[strlen(text) - 1] == '.'
               ? "is no object identifier such as 1.3.6.1.4.1.99999.1"
               : NULL;
}

/* An address in its canonical spelling, or the fault. */
static const char *ip_fault(int family, as_span text)
{
    unsigned char octets[16];
    char canon[INET6_ADDRSTRLEN];

    if (!as_ip_parse(family, text, octets) ||
        inet_ntop(family, octets, canon, sizeof(canon)) == NULL) {
        return "is no IP address";
    }
    return as_span_is(text, canon) ? NULL
                                   : "is not the shortest lower-case spelling of its address";
}

const char *as_check_ip(const char *text)
{
    return ip_fault(strchr(text, ':') != NULL ? AF_INET6 : AF_INET, as_span_of(text));
}

/* Letters, digits and inner hyphens in labels of 1 to 63; no dot at the end. */
static const char *name_fault(as_span text)
{
    size_t label = 0;

    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        bool last = i + 1 == text.len || text.ptr[i + 1] == '.';

        if (c == '.' ? label == 0 || i + 1 == text.len : c == '-' && (label == 0 || last)) {
            return "is no host name";
        }
        if (as_ascii_is_upper(c)) {
            return "is not in lower case";
        }
        if (!as_ascii_is_letter(c) && !as_ascii_is_digit(c) && c != '-' && c != '.') {
            return "is no host name";
        }
        label = c == '.' ? 0 : label + 1;
        if (label > 63) {
            return "is no host name";
        }
    }
    return text.len == 0 || text.len > 253 ? "is no host name" : NULL;
}

/* A host name, an IPv4 address, or an IPv6 address in brackets. */
static const char *host_fault(as_span text)
{
    bool numeric = text.len > 0 && text.ptr[text.len - 1] != '.';

    if (text.len > 2 && text.ptr[0] == '[' && text.ptr[text.len - 1] == ']') {
        return ip_fault(AF_INET6, (as_span){text.ptr + 1, text.len - 2});
    }
    /* a last label of digits alone is read as an address by everybody else */
    for (size_t i = text.len; i > 0 && text.ptr[i - 1] != '.'; i--) {
        numeric = numeric && as_ascii_is_digit(text.ptr[i - 1]);
    }
    return numeric ? ip_fault(AF_INET, text) : name_fault(text);
}

const char *as_check_host(const char *text)
{
    return host_fault(as_span_of(text));
}

/* One spelling: no zeros in front. */
static bool is_port(as_span text, uint16_t *port)
{
    return as_port_parse(text, port) && !(text.len > 1 && text.ptr[0] == '0');
}

const char *as_check_address(const char *text)
{
    struct as_host_port cut;
    uint16_t port = 0;

    if (!as_host_port_cut(as_span_of(text), &cut)) {
        return "is no IP address";
    }
    if (!is_port(cut.port, &port)) {
        return "does not end in a port: 192.0.2.1:8443 or [2001:db8::1]:8443";
    }
    return ip_fault(cut.bracketed ? AF_INET6 : AF_INET, cut.bare);
}

const char *as_check_loopback(const char *text)
{
    const char *fault = as_check_address(text);

    if (fault != NULL) {
        return fault;
    }
    if (strncmp(text, "127.", 4) != 0 && strncmp(text, "[::1]:", 6) != 0) {
        return "is no loopback address: this listener has no TLS";
    }
    return NULL;
}

/* `https://host[:port]` of one spelling, as far as the first slash. */
static const char *authority_fault(as_span text)
{
    struct as_host_port cut;
    uint16_t port = 0;

    if (!as_host_port_cut(text, &cut)) {
        return "is no host name";
    }
    if (!cut.has_port) {
        return host_fault(cut.host);
    }
    if (!is_port(cut.port, &port) || port == 0) {
        return "has a port that is none";
    }
    return port == 443 ? "names port 443, which https means anyway" : host_fault(cut.host);
}

/* Segments of unreserved characters (RFC 3986 2.3): nothing that somebody would escape. */
static const char *path_fault(as_span path)
{
    as_span rest = as_span_from(path, 1);
    as_span segment;

    for (size_t i = 0; i < path.len; i++) {
        char c = path.ptr[i];
        if (!as_ascii_is_letter(c) && !as_ascii_is_digit(c) && !as_ascii_is_one_of(c, "/-._~")) {
            return "has a character in its path that is no letter, digit or one of -._~";
        }
    }
    if (path.len > 0 && path.ptr[path.len - 1] == '/') {
        return "ends in a slash, which not every client keeps";
    }
    while (as_span_cut(&rest, '/', &segment)) {
        if (segment.len == 0 || as_span_is(segment, ".") || as_span_is(segment, "..")) {
            return "has an empty or dotted segment in its path";
        }
    }
    return NULL;
}

/* Cuts the path off, with its slash. */
static as_span cut_path(as_span *authority)
{
    size_t end = 0;

    while (end < authority->len && authority->ptr[end] != '/') {
        end++;
    }
    as_span path = as_span_from(*authority, end);
    authority->len = end;
    return path;
}

/* The same text everywhere (RFC 8414 2 and 3.3, REG-103): no two spellings of one issuer. */
static const char *url_fault(const char *text, as_span *path)
{
    as_span authority = as_span_of(text);

    if (!as_span_starts(authority, AS_LIT("https://"))) {
        return "does not start with https://";
    }
    if (strpbrk(text, "?#") != NULL) {
        return "has a query or a fragment";
    }
    authority = as_span_from(authority, strlen("https://"));
    *path = cut_path(&authority);
    return authority_fault(authority);
}

const char *as_check_issuer(const char *text)
{
    as_span path;
    const char *fault = url_fault(text, &path);

    if (fault == NULL && strlen(text) > AS_LIMIT_ISSUER) {
        fault = "is too long";
    }
    return fault != NULL ? fault : path_fault(path);
}

const char *as_check_origin(const char *text)
{
    as_span path;
    const char *fault = url_fault(text, &path);

    if (fault == NULL && path.len > 0) {
        fault = "is more than https://host or https://host:port";
    }
    return fault;
}

/* A page for people: any https URL without control characters, blanks and what JSON or HTML would
 * have to escape. */
const char *as_check_url(const char *text)
{
    as_span rest = as_span_of(text);

    if (!as_span_starts(rest, AS_LIT("https://")) || rest.len == strlen("https://")) {
        return "does not start with https://";
    }
    for (size_t i = 0; i < rest.len; i++) {
        if (!as_ascii_is_uri_char(rest.ptr[i])) {
            return "has a character that a URL has to escape";
        }
    }
    return rest.len > AS_LIMIT_JSON_STRING ? "is too long" : NULL;
}

const char *as_check_scope(const char *text)
{
    return as_failed(as_scope_check(as_span_of(text)))
               ? "is no list of scope values with one blank between, or too long"
               : NULL;
}
