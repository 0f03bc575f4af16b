/* SPDX-License-Identifier: Apache-2.0 */
/* What a certificate says to fapid: shown, compared, and turned into metadata. All local. */
#include "as/trust.h"
#include "ctl.h"

#include <stdio.h>
#include <string.h>

AS_AUTO_DEFINE(struct as_cert, as_cert_drop)

static const char *const key_names[] = {
    [AS_KEY_OTHER] = "other", [AS_KEY_RSA] = "RSA",         [AS_KEY_P256] = "P-256",
    [AS_KEY_P384] = "P-384",  [AS_KEY_ED25519] = "Ed25519",
};

/* PEM, or DER when there is no armour. */
static struct as_cert *load(const struct ctl *ctl, const char *file)
{
    as_span text = ctl_read_file(ctl, file);
    struct as_cert *cert = NULL;

    if (text.ptr == NULL) {
        return NULL;
    }
    as_err err = memmem(text.ptr, text.len, "-----BEGIN", 10) != NULL
                     ? as_cert_of_pem(text, &cert)
                     : as_cert_of_der(&text, 1, &cert);
    if (as_failed(err)) {
        ctl_say(ctl, CTL_REFUSED, "%s: %s", file, err.why);
        return NULL;
    }
    return cert;
}

static json_t *span_json(as_span text)
{
    return json_stringn(text.len > 0 ? text.ptr : "", text.len);
}

static void add_names(const struct as_cert *cert, json_t *into)
{
    for (size_t i = 0; i < cert->name_count; i++) {
        const char *member = as_name_member(cert->names[i].kind);
        json_t *list = json_object_get(into, member);

        if (list == NULL) {
            list = json_array();
            json_object_set_new(into, member, list);
        }
        json_array_append_new(list, span_json(cert->names[i].text));
    }
}

enum ctl_exit ctl_cert_show(const struct ctl *ctl)
{
    static const char *const none[] = {NULL};
    char x5t[AS_X5T_TEXT], from[AS_CLOCK_TEXT], to[AS_CLOCK_TEXT];

    if (!ctl_flags_known(ctl, none, false)) {
        return CTL_USAGE;
    }
    AS_AUTO(as_cert_drop) struct as_cert *cert = load(ctl, ctl->words[2]);
    if (cert == NULL) {
        return CTL_REFUSED;
    }
    as_cert_x5t(cert->thumbprint, x5t);
    as_clock_text(cert->not_before, from);
    as_clock_text(cert->not_after, to);
    AS_AUTO(json_decref)
    json_t *json = json_pack("{s:o, s:s, s:o, s:o, s:s, s:s, s:s, s:i}",
                             "tls_client_auth_subject_dn", span_json(cert->subject_text),
                             "x5t#S256", x5t, "issuer", span_json(cert->issuer_text), "serial",
                             span_json(cert->serial), "not_before", from, "not_after", to, "key",
                             key_names[cert->key.kind], "key_bits", (int)cert->key.bits);
    add_names(cert, json);
    if (cert->fault != NULL) {
        json_object_set_new(json, "fault", json_string(cert->fault));
        json_object_set_new(json, "fault_why", json_string(cert->fault_why));
    }
    return ctl_print(ctl, json);
}

/* Exit 0 when the certificate carries the name, 1 when not. */
static enum ctl_exit match_one(const struct ctl *ctl, const struct as_cert *cert,
                               enum as_name_kind kind, const char *flag)
{
    as_span canon;
    as_err err = as_name_parse(kind, as_span_of(ctl_flag(ctl, flag)), ctl->mem, &canon);

    if (as_failed(err)) {
        return ctl_say(ctl, CTL_REFUSED, "--%s: %s", flag, err.why);
    }
    if (cert->fault != NULL) {
        return ctl_say(ctl, CTL_REFUSED, "the certificate cannot be used: %s", cert->fault_why);
    }
    bool same = as_cert_has_name(cert, kind, canon);
    AS_AUTO(json_decref) json_t *json = json_pack("{s:b}", "match", same);
    enum ctl_exit code = ctl_print(ctl, json);
    return same ? code : CTL_REFUSED;
}

enum ctl_exit ctl_cert_match(const struct ctl *ctl)
{
    static const char *const kinds[] = {"tls-client-auth-subject-dn", "tls-client-auth-san-dns",
                                        "tls-client-auth-san-uri",    "tls-client-auth-san-ip",
                                        "tls-client-auth-san-email",  NULL};

    if (!ctl_flags_known(ctl, kinds, false)) {
        return CTL_USAGE;
    }
    if (ctl->flag_count != 1) {
        return ctl_say(ctl, CTL_USAGE, "cert match FILE wants one --tls-client-auth-... flag");
    }
    AS_AUTO(as_cert_drop) struct as_cert *cert = load(ctl, ctl->words[2]);
    for (unsigned kind = 0; cert != NULL && kind < AS_NAME_KINDS; kind++) {
        if (ctl_flag(ctl, kinds[kind]) != NULL) {
            return match_one(ctl, cert, (enum as_name_kind)kind, kinds[kind]);
        }
    }
    return CTL_REFUSED;
}

static json_t *base64url_json(as_span bytes)
{
    struct as_buf text = AS_BUF(16 * 1024);
    json_t *json = NULL;

    if (as_buf_reserve(&text, AS_BASE64URL_LEN(bytes.len) + 1)) {
        as_base64url_write(bytes, text.ptr);
        json = json_stringn(text.ptr, AS_BASE64URL_LEN(bytes.len));
    }
    as_buf_free(&text);
    return json;
}

/* The key of a certificate as a JWK with the certificate in x5c (RFC 8705 2.2.2). */
static json_t *jwk_of(const struct ctl *ctl, const struct as_cert *cert)
{
    const struct as_public_key *key = &cert->key;
    as_span x5c;

    if (key->kind == AS_KEY_OTHER || as_failed(as_base64_put(ctl->mem, cert->der, &x5c))) {
        return NULL;
    }
    json_t *jwk = json_pack("{s:[s%]}", "x5c", x5c.ptr, x5c.len);
    if (key->kind == AS_KEY_RSA) {
        json_object_set_new(jwk, "kty", json_string("RSA"));
        json_object_set_new(jwk, "n", base64url_json(key->n));
        json_object_set_new(jwk, "e", base64url_json(key->e));
        return jwk;
    }
    bool okp = key->kind == AS_KEY_ED25519;
    json_object_set_new(jwk, "kty", json_string(okp ? "OKP" : "EC"));
    json_object_set_new(jwk, "crv", json_string(key_names[key->kind]));
    json_object_set_new(jwk, "x", base64url_json(key->x));
    if (!okp) {
        json_object_set_new(jwk, "y", base64url_json(key->y));
    }
    return jwk;
}

static enum ctl_exit add_jwks(const struct ctl *ctl, const struct as_cert *cert, json_t *into)
{
    json_t *jwk = jwk_of(ctl, cert);

    if (jwk == NULL || json_object_set_new(into, "jwks", json_pack("{s:[o]}", "keys", jwk)) != 0) {
        return ctl_say(ctl, CTL_REFUSED, "out of memory");
    }
    return CTL_FINE;
}

/* The subject; a certificate without one is known by its only alternative name. */
static enum ctl_exit add_identifier(const struct ctl *ctl, const struct as_cert *cert, json_t *into)
{
    for (unsigned kind = 0; kind < AS_NAME_KINDS; kind++) {
        if (json_object_get(into, as_name_member((enum as_name_kind)kind)) != NULL) {
            return CTL_FINE; /* named by a flag of its own */
        }
    }
    if (cert->subject.len > 0) {
        json_object_set_new(into, as_name_member(AS_NAME_SUBJECT_DN),
                            span_json(cert->subject_text));
        return CTL_FINE;
    }
    if (cert->name_count == 1) {
        json_object_set_new(into, as_name_member(cert->names[0].kind),
                            span_json(cert->names[0].text));
        return CTL_FINE;
    }
    return ctl_say(ctl, CTL_USAGE,
                   "the certificate has no subject that could match and not exactly one "
                   "alternative name: say which with a --tls-client-auth-... flag");
}

enum ctl_exit ctl_certificate(const struct ctl *ctl, const char *file, json_t *into,
                              struct as_cert **out)
{
    const char *method = json_string_value(json_object_get(into, "token_endpoint_auth_method"));
    AS_AUTO(as_cert_drop) struct as_cert *cert = load(ctl, file);

    if (cert == NULL) {
        return CTL_REFUSED;
    }
    if (cert->fault != NULL) {
        return ctl_say(ctl, CTL_REFUSED, "%s: the certificate cannot be used: %s", file,
                       cert->fault_why);
    }
    if (method == NULL) {
        return ctl_say(ctl, CTL_USAGE, "--certificate needs --token-endpoint-auth-method");
    }
    enum ctl_exit code = strcmp(method, "self_signed_tls_client_auth") == 0
                             ? add_jwks(ctl, cert, into)
                             : add_identifier(ctl, cert, into);
    if (code == CTL_FINE) {
        *out = AS_MOVE(cert);
    }
    return code;
}
