/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where OpenSSL is lax: our own rules on a path it has accepted. Each is a row; `strict` rows hold
 * in groups that ask for strictness (TLS-79), the others always.
 */
#include "path.h"

/* --- questions about one certificate: true when the rule is broken --------------------------- */

static bool is_authority(X509 *x509, const struct as_cert *cert)
{
    (void)cert;
    return (X509_get_extension_flags(x509) & EXFLAG_CA) != 0;
}

/* TLS-65: the sslclient purpose of OpenSSL also takes keyAgreement alone. */
static bool cannot_sign(X509 *x509, const struct as_cert *cert)
{
    (void)cert;
    return (X509_get_extension_flags(x509) & EXFLAG_KUSAGE) != 0 &&
           (X509_get_key_usage(x509) & KU_DIGITAL_SIGNATURE) == 0;
}

/* RFC 5280 4.2.1.10: only in certificates of authorities. */
static bool has_constraints(X509 *x509, const struct as_cert *cert)
{
    (void)cert;
    return X509_get_ext_by_NID(x509, NID_name_constraints, -1) >= 0;
}

/* RFC 8705 7.5: a wildcard names no client. */
static bool has_wildcard(X509 *x509, const struct as_cert *cert)
{
    (void)x509;
    for (size_t i = 0; i < cert->name_count; i++) {
        if (cert->names[i].wildcard) {
            return true;
        }
    }
    return false;
}

/* A name that is none of its kind: a blank, an address of five octets, letters outside ASCII. */
static bool has_broken_name(X509 *x509, const struct as_cert *cert)
{
    (void)x509;
    for (size_t i = 0; i < cert->name_count; i++) {
        if (cert->names[i].canon.len == 0) {
            return true;
        }
    }
    return false;
}

/* RFC 5280 4.1.2.2; OpenSSL does not look. */
static bool has_bad_serial(X509 *x509, const struct as_cert *cert)
{
    AS_AUTO(BN_free) BIGNUM *serial = ASN1_INTEGER_to_BN(X509_get0_serialNumber(x509), NULL);

    (void)cert;
    /* The top bit of 20 octets would need a 21st in DER. */
    return serial == NULL || BN_is_negative(serial) || BN_is_zero(serial) ||
           BN_num_bits(serial) > 20 * 8 - 1;
}

static bool is_before_v3(X509 *x509, const struct as_cert *cert)
{
    (void)cert;
    return X509_get_version(x509) != X509_VERSION_3;
}

static bool repeats_extension(X509 *x509, const struct as_cert *cert)
{
    (void)cert;
    return as_cert_repeats_extension(x509);
}

static bool has_weak_key(X509 *x509, const struct as_cert *cert)
{
    (void)cert;
    return !as_key_suits_authority(X509_get0_pubkey(x509));
}

/* Every extension that OpenSSL can decode must decode, looked at by a check or not. */
static bool has_broken_extension(X509 *x509, const struct as_cert *cert)
{
    (void)cert;
    for (int i = 0; i < X509_get_ext_count(x509); i++) {
        X509_EXTENSION *extension = X509_get_ext(x509, i);
        const X509V3_EXT_METHOD *method = X509V3_EXT_get(extension);
        if (method == NULL) {
            continue;
        }
        void *decoded = X509V3_EXT_d2i(extension);
        if (decoded == NULL) {
            return true;
        }
        if (method->it != NULL) {
            ASN1_item_free(decoded, ASN1_ITEM_ptr(method->it));
        } else {
            method->ext_free(decoded);
        }
    }
    return false;
}

/* RFC 5280 4.2.1.10: a DNS constraint has no leading period (OpenSSL reads one as "below only"). */
static bool has_leading_period(const STACK_OF(GENERAL_SUBTREE) * subtrees)
{
    for (int i = 0; i < sk_GENERAL_SUBTREE_num(subtrees); i++) {
        const GENERAL_NAME *base = sk_GENERAL_SUBTREE_value(subtrees, i)->base;
        if (base->type == GEN_DNS && ASN1_STRING_length(base->d.dNSName) > 0 &&
            ASN1_STRING_get0_data(base->d.dNSName)[0] == '.') {
            return true;
        }
    }
    return false;
}

/* RFC 5280 4.2.1.10: nor may both kinds of subtrees be empty. */
static bool has_broken_constraints(X509 *x509, const struct as_cert *cert)
{
    AS_AUTO(NAME_CONSTRAINTS_free)
    NAME_CONSTRAINTS *constraints = X509_get_ext_d2i(x509, NID_name_constraints, NULL, NULL);

    (void)cert;
    return constraints != NULL && ((sk_GENERAL_SUBTREE_num(constraints->permittedSubtrees) <= 0 &&
                                    sk_GENERAL_SUBTREE_num(constraints->excludedSubtrees) <= 0) ||
                                   has_leading_period(constraints->permittedSubtrees) ||
                                   has_leading_period(constraints->excludedSubtrees));
}

/* RFC 5280 4.2.1.11 */
static bool has_lenient_policies(X509 *x509, const struct as_cert *cert)
{
    int at = X509_get_ext_by_NID(x509, NID_policy_constraints, -1);

    (void)cert;
    return at >= 0 && X509_EXTENSION_get_critical(X509_get_ext(x509, at)) == 0;
}

/* --- the rules ------------------------------------------------------------------------------- */

enum where { LEAF, ISSUERS, BELOW_ANCHOR };

static const struct rule {
    enum where where;
    bool strict;
    bool (*broken)(X509 *x509, const struct as_cert *cert);
    const char *reason;
    const char *detail;
} rules[] = {
    {BELOW_ANCHOR, false, repeats_extension, "cert_malformed", "an extension stands twice"},
    {ISSUERS, false, has_weak_key, "cert_weak_key",
     "the key of an issuer is below the floor: RSA of 2048 to 8192 bits, P-256, P-384, Ed25519"},
    {LEAF, false, is_authority, "cert_purpose", "the certificate is an authority's"},
    {LEAF, false, cannot_sign, "cert_purpose", "keyUsage lacks digitalSignature"},
    {LEAF, false, has_constraints, "cert_purpose", "only an authority may hold nameConstraints"},
    {LEAF, false, has_wildcard, "cert_purpose", "a wildcard in subjectAltName names no client"},
    {LEAF, true, has_bad_serial, "cert_malformed",
     "the serial is not positive and of at most 20 octets (strict)"},
    {LEAF, true, is_before_v3, "cert_malformed", "the certificate is not X.509 v3 (strict)"},
    {LEAF, true, has_broken_name, "cert_malformed",
     "an entry of subjectAltName is none of its kind (strict)"},
    {BELOW_ANCHOR, true, has_broken_extension, "cert_malformed",
     "an extension cannot be decoded (strict)"},
    {ISSUERS, true, has_broken_constraints, "cert_malformed",
     "nameConstraints of an issuer are empty or have a leading period (strict)"},
    {ISSUERS, true, has_lenient_policies, "cert_malformed",
     "policyConstraints of an issuer are not critical (strict)"},
};

static bool concerns(enum where where, int depth, int anchor)
{
    return where == LEAF ? depth == 0 : where == ISSUERS ? depth > 0 : depth < anchor;
}

/* TLS-67: what OpenSSL accepts without extendedKeyUsage. */
static bool lacks_eku(const struct as_group *group, X509 *leaf)
{
    return group->require_eku && (X509_get_extension_flags(leaf) & EXFLAG_XKUSAGE) == 0;
}

struct as_path_flaw as_path_rules(const struct as_group *group, const struct as_cert *cert,
                                  as_x509s *path)
{
    int anchor = sk_X509_num(path) - 1;

    if (anchor <= 0 || as_group_holds(group, cert->thumbprint)) {
        return (struct as_path_flaw){"cert_purpose", "the certificate is a trust anchor", 0};
    }
    for (size_t i = 0; i < AS_COUNT(rules); i++) {
        for (int depth = 0; depth <= anchor; depth++) {
            if ((group->strict || !rules[i].strict) && concerns(rules[i].where, depth, anchor) &&
                rules[i].broken(sk_X509_value(path, depth), cert)) {
                return (struct as_path_flaw){rules[i].reason, rules[i].detail, depth};
            }
        }
    }
    if (lacks_eku(group, sk_X509_value(path, 0))) {
        return (struct as_path_flaw){"cert_purpose", "extendedKeyUsage is missing", 0};
    }
    return (struct as_path_flaw){0};
}
