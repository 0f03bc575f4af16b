/* SPDX-License-Identifier: Apache-2.0 */
#include "name.h"

#include "dn.h"

#include <netinet/in.h>
#include <string.h>

static const char *const members[AS_NAME_KINDS] = {
    [AS_NAME_SUBJECT_DN] = "tls_client_auth_subject_dn",
    [AS_NAME_SAN_DNS] = "tls_client_auth_san_dns",
    [AS_NAME_SAN_URI] = "tls_client_auth_san_uri",
    [AS_NAME_SAN_IP] = "tls_client_auth_san_ip",
    [AS_NAME_SAN_EMAIL] = "tls_client_auth_san_email",
};

const char *as_name_member(enum as_name_kind kind)
{
    return members[kind];
}

/* --- character checks ------------------------------------------------------------------------ */

/* These names are IA5String; a blank or control octet in one is a trap, not a name. */
static bool is_visible(as_span text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] <= 0x20 || text.ptr[i] >= 0x7F) {
            return false;
        }
    }
    return text.len > 0;
}

/* Labels of letters, digits, '-' and '_', 63 octets each, 253 in all, no empty one (RFC 1035). */
static bool is_host(as_span text)
{
    as_span label;

    if (text.len == 0 || text.len > 253 || text.ptr[text.len - 1] == '.') {
        return false;
    }
    while (as_span_cut(&text, '.', &label)) {
        if (label.len == 0 || label.len > 63) {
            return false;
        }
        for (size_t i = 0; i < label.len; i++) {
            char c = label.ptr[i];
            if (!as_ascii_is_letter(c) && !as_ascii_is_digit(c) && c != '-' && c != '_') {
                return false;
            }
        }
    }
    return true;
}

static void lower(char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        text[i] = as_ascii_lower(text[i]);
    }
}

/* --- one function per kind ------------------------------------------------------------------- */

typedef const char *(*canon_fn)(as_span text, char *out, size_t *len);

/* RFC 5280 7.2: ASCII letters ignore case. */
static const char *canon_dns(as_span text, char *out, size_t *len)
{
    struct in_addr unused;

    if (as_span_has_byte(text, '*')) {
        return "a wildcard names no client (RFC 8705 7.5)";
    }
    if (!is_host(text)) {
        return "it is not a host name";
    }
    if (as_ip_parse(AF_INET, text, &unused)) { /* a mistake for san_ip (RFC 5280 4.2.1.6) */
        return "it is an IP address, not a host name";
    }
    memcpy(out, text.ptr, text.len);
    lower(out, text.len);
    *len = text.len;
    return NULL;
}

/* Octet for octet (MTLS-38), after a look that it begins as a URI does (RFC 3986 3.1). */
static const char *canon_uri(as_span text, char *out, size_t *len)
{
    size_t scheme = 0;

    if (!is_visible(text)) {
        return "it is not a URI";
    }
    while (scheme < text.len &&
           (as_ascii_is_letter(text.ptr[scheme]) || as_ascii_is_digit(text.ptr[scheme]) ||
            as_ascii_is_one_of(text.ptr[scheme], "+-."))) {
        scheme++;
    }
    if (!as_ascii_is_letter(text.ptr[0]) || scheme + 1 >= text.len || text.ptr[scheme] != ':') {
        return "it is not a URI with a scheme";
    }
    memcpy(out, text.ptr, text.len);
    *len = text.len;
    return NULL;
}

/*
 * RFC 5280 7.5: the local part exact, the host part ignores case. One at sign: with a second there
 * is doubt where the host begins.
 */
static const char *canon_email(as_span text, char *out, size_t *len)
{
    as_span host = text;
    as_span local = AS_SPAN_NONE;

    if (!is_visible(text) || !as_span_cut(&host, '@', &local) || local.len == 0 || host.len == 0 ||
        as_span_has_byte(host, '@')) {
        return "it is not a mail address";
    }
    size_t at = local.len + 1;
    memcpy(out, text.ptr, text.len);
    lower(out + at, text.len - at);
    *len = text.len;
    return NULL;
}

/* The registered text of an address to its 4 or 16 octets (MTLS-39, 40). */
static const char *canon_ip(as_span text, char *out, size_t *len)
{
    if (as_ip_parse(AF_INET, text, out)) {
        *len = 4;
        return NULL;
    }
    if (as_ip_parse(AF_INET6, text, out)) {
        *len = 16;
        return NULL;
    }
    return "it is not an IP address";
}

static const canon_fn canons[AS_NAME_KINDS] = {
    [AS_NAME_SAN_DNS] = canon_dns,
    [AS_NAME_SAN_URI] = canon_uri,
    [AS_NAME_SAN_IP] = canon_ip,
    [AS_NAME_SAN_EMAIL] = canon_email,
};

const char *as_name_canon(enum as_name_kind kind, as_span octets, struct as_arena *mem,
                          as_span *canon)
{
    char *out = as_arena_alloc(mem, octets.len + 16);
    size_t len = 0;
    const char *flaw = out == NULL ? "it is too long" : canons[kind](octets, out, &len);

    *canon = flaw == NULL ? (as_span){out, len} : AS_SPAN_NONE;
    return flaw;
}

static as_err parse_dn(as_span text, struct as_arena *mem, as_span *canon)
{
    struct as_dn dn;
    as_dn_flaw flaw = NULL;

    AS_TRY(as_dn_of_text(text, mem, &dn, &flaw));
    AS_NEED(flaw == NULL, AS_INVALID_CLIENT_METADATA, flaw);
    AS_TRY(as_dn_canon(&dn, mem, canon, &flaw));
    AS_NEED(flaw == NULL, AS_INVALID_CLIENT_METADATA, flaw);
    return AS_OK;
}

static as_err parse(enum as_name_kind kind, as_span text, struct as_arena *mem, as_span *canon)
{
    if (kind == AS_NAME_SUBJECT_DN) {
        return parse_dn(text, mem, canon);
    }
    const char *flaw = as_name_canon(kind, text, mem, canon);
    AS_NEED(flaw == NULL, AS_INVALID_CLIENT_METADATA, flaw);
    return AS_OK;
}

as_err as_name_parse(enum as_name_kind kind, as_span text, struct as_arena *mem, as_span *canon)
{
    unsigned long shortages = as_memory_shortages();

    AS_NEED(text.len > 0, AS_INVALID_CLIENT_METADATA, "the name is empty");
    AS_NEED(!as_span_has_control(text), AS_INVALID_CLIENT_METADATA,
            "the name holds a control character");
    return as_memory_judged(parse(kind, text, mem, canon), shortages);
}
