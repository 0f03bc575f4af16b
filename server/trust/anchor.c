/* SPDX-License-Identifier: Apache-2.0 */
#include "anchor.h"

/* Each is true when the anchor breaks the rule. */

static bool is_no_authority(X509 *anchor)
{
    return (X509_get_extension_flags(anchor) & EXFLAG_CA) == 0;
}

static bool lacks_critical_constraints(X509 *anchor)
{
    return !is_no_authority(anchor) &&
           (X509_get_extension_flags(anchor) & EXFLAG_BCONS_CRITICAL) == 0;
}

static bool lacks_key_usage(X509 *anchor)
{
    return (X509_get_extension_flags(anchor) & EXFLAG_KUSAGE) == 0;
}

static bool cannot_sign_certificates(X509 *anchor)
{
    return !lacks_key_usage(anchor) && (X509_get_key_usage(anchor) & KU_KEY_CERT_SIGN) == 0;
}

static bool lacks_key_identifier(X509 *anchor)
{
    return X509_get0_subject_key_id(anchor) == NULL;
}

static bool lacks_subject(X509 *anchor)
{
    return X509_NAME_entry_count(X509_get_subject_name(anchor)) == 0;
}

static bool has_weak_key(X509 *anchor)
{
    return !as_key_suits_authority(X509_get0_pubkey(anchor));
}

static bool is_intermediate(X509 *anchor)
{
    return (X509_get_extension_flags(anchor) & EXFLAG_SS) == 0;
}

enum when { ALWAYS, WHEN_STRICT, UNLESS_PARTIAL };

static const struct {
    bool (*broken)(X509 *anchor);
    enum when when;
    const char *says;
} rules[AS_ANCHOR_RULES] = {
    {is_no_authority, ALWAYS,
     "the trust anchor has no basicConstraints with cA TRUE: every path to it is refused"},
    {has_weak_key, ALWAYS,
     "the trust anchor's key is below the floor (RSA of 2048 to 8192 bits, P-256, P-384, Ed25519): "
     "every path to it is refused"},
    {cannot_sign_certificates, ALWAYS,
     "the trust anchor's keyUsage lacks keyCertSign: every path to it is refused"},
    {is_intermediate, UNLESS_PARTIAL,
     "the trust anchor is an intermediate: paths do not end at it unless the group says "
     "partial_chain = on"},
    {lacks_key_usage, WHEN_STRICT,
     "the trust anchor lacks the extension keyUsage: every path to it is refused unless the group "
     "says strict = off"},
    {lacks_critical_constraints, WHEN_STRICT,
     "the trust anchor's extension basicConstraints is not critical: every path to it is refused "
     "unless the group says strict = off"},
    {lacks_key_identifier, WHEN_STRICT,
     "the trust anchor lacks the extension subjectKeyIdentifier: every path to it is refused "
     "unless "
     "the group says strict = off"},
    {lacks_subject, WHEN_STRICT,
     "the trust anchor has an empty subject: every path to it is refused unless the group says "
     "strict = off"},
};

const char *as_anchor_warning(size_t rule, const struct as_group *group, X509 *anchor)
{
    bool asked = rules[rule].when == ALWAYS || (rules[rule].when == WHEN_STRICT && group->strict) ||
                 (rules[rule].when == UNLESS_PARTIAL && !group->partial_chain);

    return asked && rules[rule].broken(anchor) ? rules[rule].says : NULL;
}
