/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading a trust group: PEM files to certificates. Only the files that are named, never the
 * system's store, SSL_CERT_FILE or SSL_CERT_DIR (TLS-81).
 */
#include "group.h"

#include "anchor.h"
#include "as/crypto.h"

#include <fcntl.h>
#include <string.h>

struct reading {
    const struct as_trust_group_conf *conf;
    as_trust_tell tell;
    void *arg;
    bool fatal;
};

static void say_fatal(struct reading *in, const char *file, const char *message)
{
    in->fatal = true;
    if (in->tell != NULL) {
        in->tell(in->arg, in->conf->name, file, message, true);
    }
}

static void say(struct reading *in, const char *file, const char *message)
{
    if (message != NULL && in->tell != NULL) {
        in->tell(in->arg, in->conf->name, file, message, false);
    }
}

/* --- one file -------------------------------------------------------------------------------- */

/* False, with the reason told. */
static bool read_text(struct reading *in, const char *file, struct as_buf *text)
{
    static const struct as_file_rules rules = {.flags = O_RDONLY, .any_owner = true};
    AS_AUTO_FD int fd = -1;
    const char *fault = as_file_open(file, &rules, &fd);

    if (fault == NULL && !as_file_read(fd, text)) {
        fault = text->full ? "the file is too large" : "the file cannot be read";
    }
    if (fault != NULL) {
        say_fatal(in, file, fault);
    }
    return fault == NULL;
}

static as_err read_file(struct reading *in, const char *file, as_x509s *to)
{
    AS_AUTO_BUF struct as_buf text = AS_BUF(AS_LIMIT_ANCHOR_FILE);

    if (!read_text(in, file, &text)) {
        return AS_OK;
    }
    as_err err = as_x509s_of_pem(as_buf_span(&text), AS_LIMIT_ANCHORS, to);
    if (as_err_is(err, AS_INVALID_CLIENT_METADATA)) {
        say_fatal(in, file, err.why);
        return AS_OK;
    }
    return err;
}

/* --- the group ------------------------------------------------------------------------------- */

static as_err read_anchors(struct reading *in, struct as_group *group)
{
    const struct as_trust_group_conf *conf = in->conf;

    for (size_t i = 0; i < conf->anchor_count; i++) {
        int from = sk_X509_num(group->anchors);
        AS_TRY(read_file(in, conf->anchors[i], group->anchors));
        for (int k = from; k < sk_X509_num(group->anchors); k++) {
            for (size_t rule = 0; rule < AS_ANCHOR_RULES; rule++) {
                say(in, conf->anchors[i],
                    as_anchor_warning(rule, group, sk_X509_value(group->anchors, k)));
            }
        }
    }
    if (conf->anchor_count == 0) {
        say(in, NULL, "the group has no trust anchors: it refuses every certificate");
    }
    return AS_OK;
}

static as_err read_intermediates(struct reading *in, struct as_group *group)
{
    for (size_t i = 0; i < in->conf->intermediate_count; i++) {
        AS_TRY(read_file(in, in->conf->intermediates[i], group->intermediates));
    }
    return AS_OK;
}

static as_err read_policies(struct reading *in, struct as_arena *mem, struct as_group *group)
{
    group->policies = as_arena_array(mem, in->conf->policy_count + 1, sizeof(ASN1_OBJECT *));
    AS_NEED_MEM(group->policies);
    for (size_t i = 0; i < in->conf->policy_count; i++) {
        ASN1_OBJECT *policy = OBJ_txt2obj(in->conf->policies[i], 1);
        if (policy == NULL) {
            say_fatal(in, NULL, "a certificate policy is no object identifier");
            return AS_OK;
        }
        group->policies[group->policy_count++] = policy;
    }
    return AS_OK;
}

/* One digest per anchor, and one over everything that a verdict depends on. */
static as_err read_digests(struct as_arena *mem, struct as_group *group)
{
    AS_AUTO(EVP_MD_CTX_free) EVP_MD_CTX *all = EVP_MD_CTX_new();
    size_t count = (size_t)sk_X509_num(group->anchors);
    unsigned char one[AS_DIGEST];
    unsigned int len = 0;
    const unsigned rules[] = {group->use,
                              group->depth,
                              group->strict,
                              group->partial_chain,
                              group->require_eku,
                              (unsigned)count,
                              (unsigned)group->policy_count};

    AS_NEED_MEM(all);
    group->anchor_digests = as_arena_array(mem, count + 1, sizeof(*group->anchor_digests));
    AS_NEED_MEM(group->anchor_digests);
    bool ok = EVP_DigestInit_ex(all, EVP_sha256(), NULL) == 1 &&
              EVP_DigestUpdate(all, group->name, strlen(group->name) + 1) == 1 &&
              EVP_DigestUpdate(all, rules, sizeof(rules)) == 1;
    for (size_t i = 0; ok && i < count; i++) {
        X509 *anchor = sk_X509_value(group->anchors, (int)i);
        ok = X509_digest(anchor, EVP_sha256(), group->anchor_digests[i], &len) == 1 &&
             EVP_DigestUpdate(all, group->anchor_digests[i], AS_DIGEST) == 1;
    }
    for (size_t i = 0; ok && i < group->policy_count; i++) {
        ok = EVP_DigestUpdate(all, OBJ_get0_data(group->policies[i]),
                              OBJ_length(group->policies[i])) == 1;
    }
    for (int i = 0; ok && i < sk_X509_num(group->intermediates); i++) {
        ok = X509_digest(sk_X509_value(group->intermediates, i), EVP_sha256(), one, &len) == 1 &&
             EVP_DigestUpdate(all, one, sizeof(one)) == 1;
    }
    AS_NEED(ok && EVP_DigestFinal_ex(all, group->digest, &len) == 1, AS_SERVER_ERROR,
            "a trust group cannot be hashed");
    return AS_OK;
}

as_err as_group_read(const struct as_trust_group_conf *conf, struct as_arena *mem,
                     as_trust_tell tell, void *arg, struct as_group *group, bool *fatal)
{
    struct reading in = {conf, tell, arg, false};
    as_span name = AS_SPAN_NONE;

    AS_TRY(as_arena_copy(mem, as_span_of(conf->name), &name));
    *group = (struct as_group){.name = name.ptr,
                               .use = conf->use,
                               .anchors = sk_X509_new_null(),
                               .intermediates = sk_X509_new_null(),
                               .strict = conf->strict,
                               .partial_chain = conf->partial_chain,
                               .require_eku = conf->require_eku,
                               .depth = conf->depth,
                               .purpose = X509_PURPOSE_SSL_CLIENT};
    AS_NEED(group->anchors != NULL && group->intermediates != NULL, AS_SERVER_ERROR,
            "out of memory");
    if (conf->depth > AS_LIMIT_PATH_DEPTH) {
        say_fatal(&in, NULL, "the depth is beyond five intermediates");
    }
    AS_TRY(read_anchors(&in, group));
    AS_TRY(read_intermediates(&in, group));
    AS_TRY(read_policies(&in, mem, group));
    AS_TRY(read_digests(mem, group));
    *fatal = in.fatal;
    return AS_OK;
}

void as_group_drop(struct as_group *group)
{
    as_x509s_free(group->anchors);
    as_x509s_free(group->intermediates);
    for (size_t i = 0; i < group->policy_count; i++) {
        ASN1_OBJECT_free((ASN1_OBJECT *)(uintptr_t)group->policies[i]);
    }
}

bool as_group_holds(const struct as_group *group, const unsigned char digest[AS_DIGEST])
{
    for (int i = 0; i < sk_X509_num(group->anchors); i++) {
        if (memcmp(group->anchor_digests[i], digest, AS_DIGEST) == 0) {
            return true;
        }
    }
    return false;
}
