/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One certification path (RFC 5280 6), built and checked by OpenSSL at a given time (MTLS-48). It
 * takes the first issuer that fits and never comes back, so where a path fails for an issuer's
 * fault (expired, wrong key of the right name, a constraint), that issuer is left out and the next
 * is tried, a few times (TLS-78). Each try is a whole check: leaving certificates out can only find
 * another path, never weaken one.
 *
 * Intermediates come from the handshake and the configuration; nothing is fetched (TLS-72).
 */
#include "path.h"

#include "as/crypto.h"

#include <string.h>

/* The certificates of one judgement, each stack with references of its own. */
struct pool {
    X509 *leaf;
    as_x509s *untrusted;
    as_x509s *anchors;
    bool weak; /* an authority with a key below the floor was left out */
};

static void pool_drop(struct pool *pool)
{
    X509_free(pool->leaf);
    as_x509s_free(pool->untrusted);
    as_x509s_free(pool->anchors);
}

static bool push(as_x509s *stack, X509 *x509)
{
    if (X509_up_ref(x509) != 1) {
        return false;
    }
    if (sk_X509_push(stack, x509) <= 0) {
        X509_free(x509);
        return false;
    }
    return true;
}

/* Keys below the floor are left out first: checking a signature by one may cost milliseconds. */
static as_err add_presented(struct pool *pool, as_span der)
{
    AS_AUTO(X509_free) X509 *x509 = as_x509_of_der(der);

    AS_NEED(x509 != NULL, AS_SERVER_ERROR, "a presented certificate cannot be read again");
    if (!as_key_suits_authority(X509_get0_pubkey(x509))) {
        pool->weak = true;
        return AS_OK;
    }
    AS_NEED(push(pool->untrusted, x509), AS_SERVER_ERROR, "out of memory");
    return AS_OK;
}

static as_err add_all(as_x509s *to, as_x509s *from)
{
    for (int i = 0; i < sk_X509_num(from); i++) {
        AS_NEED(push(to, sk_X509_value(from, i)), AS_SERVER_ERROR, "out of memory");
    }
    return AS_OK;
}

static as_err pool_fill(const struct as_group *group, const struct as_cert *cert, struct pool *pool)
{
    pool->leaf = as_x509_of_der(cert->der);
    pool->untrusted = sk_X509_new_null();
    pool->anchors = sk_X509_new_null();
    AS_NEED(pool->leaf != NULL, AS_SERVER_ERROR, "a presented certificate cannot be read again");
    AS_NEED(pool->untrusted != NULL && pool->anchors != NULL, AS_SERVER_ERROR, "out of memory");
    for (size_t i = 0; i < cert->chain_count; i++) {
        AS_TRY(add_presented(pool, cert->chain[i]));
    }
    AS_TRY(add_all(pool->untrusted, group->intermediates));
    return add_all(pool->anchors, group->anchors);
}

/* Leaves a certificate out of the next try; false when it was in no stack. */
static bool leave_out(as_x509s *stack, const X509 *x509)
{
    bool found = false;

    for (int i = sk_X509_num(stack) - 1; i >= 0; i--) {
        if (X509_cmp(sk_X509_value(stack, i), x509) == 0) {
            X509_free(sk_X509_delete(stack, i));
            found = true;
        }
    }
    return found;
}

/* --- asking OpenSSL -------------------------------------------------------------------------- */

static unsigned long flags_of(const struct as_group *group)
{
    return X509_V_FLAG_TRUSTED_FIRST | (group->strict ? X509_V_FLAG_X509_STRICT : 0UL) |
           (group->partial_chain ? X509_V_FLAG_PARTIAL_CHAIN : 0UL) |
           (group->policy_count > 0 ? X509_V_FLAG_POLICY_CHECK | X509_V_FLAG_EXPLICIT_POLICY : 0UL);
}

/* Every parameter is set here: OPENSSL_CONF must not decide (design 6). */
static bool set_rules(X509_STORE_CTX *ctx, const struct as_group *group, as_time now)
{
    X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);

    X509_VERIFY_PARAM_set_time(param, now);
    X509_VERIFY_PARAM_set_auth_level(param, 2);
    X509_VERIFY_PARAM_set_depth(param, (int)group->depth);
    for (size_t i = 0; i < group->policy_count; i++) {
        ASN1_OBJECT *policy = OBJ_dup(group->policies[i]);
        if (policy == NULL || X509_VERIFY_PARAM_add0_policy(param, policy) != 1) {
            ASN1_OBJECT_free(policy);
            return false;
        }
    }
    return X509_VERIFY_PARAM_set_purpose(param, group->purpose) == 1 &&
           X509_VERIFY_PARAM_set_flags(param, flags_of(group)) == 1;
}

/*
 * The last second of a certificate is still a good one: notAfter is inclusive (RFC 5280 4.1.2.5,
 * TLS-61), while OpenSSL takes it as expired.
 */
static int tolerate_last_second(int ok, X509_STORE_CTX *ctx)
{
    as_time not_after = 0;
    const X509 *x509 = X509_STORE_CTX_get_current_cert(ctx);

    if (ok == 1 || X509_STORE_CTX_get_error(ctx) != X509_V_ERR_CERT_HAS_EXPIRED || x509 == NULL) {
        return ok;
    }
    return as_cert_time(X509_get0_notAfter(x509), &not_after) &&
           not_after == X509_VERIFY_PARAM_get_time(X509_STORE_CTX_get0_param(ctx));
}

/* The first time that something failed tells best what is wrong. */
static void refuse(struct as_trust_verdict *out, const char *reason, const char *detail)
{
    if (out->reason == NULL) {
        out->reason = reason;
        out->detail = detail;
    }
}

/* What OpenSSL refused, and the depth of the certificate to blame. */
static as_err read_refusal(X509_STORE_CTX *ctx, const struct pool *pool,
                           struct as_trust_verdict *out, int *blamed)
{
    int error = X509_STORE_CTX_get_error(ctx);
    struct as_path_reason row = as_path_reason_of(error);
    bool lost = error == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY ||
                error == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT ||
                error == X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE;

    AS_NEED(row.reason != NULL, AS_SERVER_ERROR, "a certification path could not be checked");
    *blamed = X509_STORE_CTX_get_error_depth(ctx) + (row.blame == AS_BLAME_ISSUER);
    if (pool->weak && lost) {
        refuse(out, "cert_weak_key", "an issuer with a key below the floor was left out");
    } else {
        refuse(out, row.reason, X509_verify_cert_error_string(error));
    }
    return AS_OK;
}

/* --- an accepted path to a verdict ----------------------------------------------------------- */

static as_err read_step(X509 *x509, X509 *issuer, struct as_path_link *step)
{
    AS_AUTO(BN_free) BIGNUM *serial = ASN1_INTEGER_to_BN(X509_get0_serialNumber(x509), NULL);
    unsigned char digest[AS_DIGEST];
    int len = serial != NULL ? BN_num_bytes(serial) : 0;

    AS_NEED(serial != NULL, AS_SERVER_ERROR, "out of memory");
    AS_TRY(as_cert_spki_hash(issuer, step->issuer_spki));
    if (len <= (int)sizeof(step->serial)) {
        BN_bn2bin(serial, step->serial);
        step->serial_len = (unsigned char)len;
        return AS_OK;
    }
    const ASN1_INTEGER *octets = X509_get0_serialNumber(x509);
    AS_TRY(as_sha256(
        as_span_bytes(ASN1_STRING_get0_data(octets), (size_t)ASN1_STRING_length(octets)), digest));
    memcpy(step->serial, digest, sizeof(step->serial));
    step->serial_len = sizeof(step->serial);
    return AS_OK;
}

/* Narrows the window to this certificate's. */
static as_err read_window(X509 *x509, struct as_trust_verdict *out, as_time *not_after)
{
    as_time from = 0;

    AS_NEED(as_cert_time(X509_get0_notBefore(x509), &from) &&
                as_cert_time(X509_get0_notAfter(x509), not_after),
            AS_SERVER_ERROR, "the dates of an accepted path cannot be read");
    if (from > out->not_before) {
        out->not_before = from;
    }
    if (*not_after < out->not_after) {
        out->not_after = *not_after;
    }
    return AS_OK;
}

static as_err read_path(as_x509s *path, struct as_trust_verdict *out)
{
    int anchor = sk_X509_num(path) - 1;
    unsigned int len = 0;
    as_time last = 0;

    *out = (struct as_trust_verdict){.not_before = INT64_MIN, .not_after = INT64_MAX};
    AS_NEED(anchor <= AS_PATH_MAX, AS_SERVER_ERROR, "a path is longer than its limit");
    for (int i = 0; i < anchor; i++) {
        struct as_path_link *step = &out->steps[out->step_count++];
        AS_TRY(read_step(sk_X509_value(path, i), sk_X509_value(path, i + 1), step));
        AS_TRY(read_window(sk_X509_value(path, i), out, &step->not_after));
    }
    AS_TRY(read_window(sk_X509_value(path, anchor), out, &last));
    AS_NEED(X509_digest(sk_X509_value(path, anchor), EVP_sha256(), out->anchor, &len) == 1 &&
                len == sizeof(out->anchor),
            AS_SERVER_ERROR, "a trust anchor cannot be hashed");
    return AS_OK;
}

/* --- one try, then others -------------------------------------------------------------------- */

/* *blamed is the certificate to leave out next, owned by the caller; NULL when that is no use. */
static as_err try_path(const struct as_group *group, const struct as_cert *cert, as_time now,
                       const struct pool *pool, struct as_trust_verdict *out, X509 **blamed)
{
    AS_AUTO(X509_STORE_CTX_free) X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    int depth = 0;

    AS_NEED(ctx != NULL && X509_STORE_CTX_init(ctx, NULL, pool->leaf, pool->untrusted) == 1 &&
                set_rules(ctx, group, now),
            AS_SERVER_ERROR, "a certification path could not be checked");
    X509_STORE_CTX_set0_trusted_stack(ctx, pool->anchors);
    X509_STORE_CTX_set_verify_cb(ctx, tolerate_last_second);
    int accepted = X509_verify_cert(ctx);
    as_x509s *path = X509_STORE_CTX_get0_chain(ctx);
    if (accepted == 1) {
        struct as_path_flaw flaw = as_path_rules(group, cert, path);
        if (flaw.reason == NULL) {
            return read_path(path, out);
        }
        refuse(out, flaw.reason, flaw.detail);
        depth = flaw.depth;
    } else {
        AS_TRY(read_refusal(ctx, pool, out, &depth));
    }
    if (depth > 0 && depth < sk_X509_num(path)) {
        *blamed = sk_X509_value(path, depth);
        AS_NEED(X509_up_ref(*blamed) == 1, AS_SERVER_ERROR, "out of memory");
    }
    return AS_OK;
}

/* Each failed try may cost a signature check, and a stranger chooses what is presented: so they are
 * few. */
static as_err try_paths(const struct as_group *group, const struct as_cert *cert, as_time now,
                        struct pool *pool, struct as_trust_verdict *out)
{
    for (size_t tries = 0; tries < AS_LIMIT_PATH_TRIES; tries++) {
        struct as_trust_verdict found = {0};
        AS_AUTO(X509_free) X509 *blamed = NULL;
        AS_TRY(try_path(group, cert, now, pool, &found, &blamed));
        if (found.reason == NULL) {
            *out = found;
            return AS_OK;
        }
        refuse(out, found.reason, found.detail);
        bool untrusted = blamed != NULL && leave_out(pool->untrusted, blamed);
        bool anchor = blamed != NULL && leave_out(pool->anchors, blamed);
        if (!untrusted && !anchor) {
            return AS_OK;
        }
    }
    return AS_OK;
}

as_err as_path_judge(const struct as_group *group, const struct as_cert *cert, as_time now,
                     struct as_trust_verdict *out)
{
    AS_ERRORS_KEPT;
    struct as_trust_verdict verdict = {0};
    unsigned long shortages = as_memory_shortages();

    if (cert->fault != NULL) {
        refuse(&verdict, cert->fault, cert->fault_why);
        *out = verdict;
        return AS_OK;
    }
    as_metric_add(AS_METRIC_paths_built_total, 1);
    __attribute__((cleanup(pool_drop))) struct pool pool = {0};
    AS_TRY(pool_fill(group, cert, &pool));
    AS_TRY(try_paths(group, cert, now, &pool, &verdict));
    AS_NEED(verdict.reason == NULL || as_memory_shortages() == shortages, AS_SERVER_ERROR,
            "out of memory"); /* which OpenSSL tells as a fault of a certificate */
    *out = verdict;
    return AS_OK;
}
