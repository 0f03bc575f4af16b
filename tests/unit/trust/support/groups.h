/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of trust groups share: a group of given anchors, and one judgement under it. */
#ifndef AS_TESTS_TRUST_GROUPS_H
#define AS_TESTS_TRUST_GROUPS_H

#include "as/trust.h"
#include "harness.h"
#include "support/certs.h"

#include <string.h>

#define MOST 8

/* A group as its configuration says, with certificates instead of files; NULL ends a list. */
struct group {
    const char *name;      /* "banks" when NULL */
    enum as_trust_use use; /* AS_USE_CLIENT when left out */
    const struct test_cert *anchors[MOST];
    const struct test_cert *intermediates[MOST];
    bool relaxed; /* strict = off */
    bool partial_chain, require_eku;
    unsigned depth; /* 5 when 0; NO_INTERMEDIATES for none */
    const char *policy;
};
#define NO_INTERMEDIATES 99

struct told {
    size_t count;
    size_t fatal;
    char all[4096]; /* messages, one a line */
};

TEST_UNUSED static void keep_told(void *arg, const char *group, const char *file,
                                  const char *message, bool fatal)
{
    struct told *told = arg;
    (void)group;
    (void)file;
    told->count++;
    told->fatal += fatal;
    strncat(told->all, message, sizeof(told->all) - strlen(told->all) - 2);
    strcat(told->all, "\n");
}

static inline size_t files_of(const struct test_cert *const certs[MOST], const char *files[MOST])
{
    size_t count = 0;
    while (count < MOST && certs[count] != NULL) {
        files[count] = test_cert_file(certs[count]);
        count++;
    }
    return count;
}

static inline void files_drop(const char *const files[MOST], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        test_file_drop((char *)(uintptr_t)files[i]);
    }
}

/* Makes a trust of the groups; `told` may be NULL. */
static inline struct as_trust *trust_of(const struct group *groups, size_t count, struct told *told)
{
    struct as_trust_group_conf confs[MOST] = {{0}};
    const char *anchors[MOST][MOST];
    const char *intermediates[MOST][MOST];
    struct told unused = {0};
    struct as_trust *trust = NULL;

    for (size_t i = 0; i < count; i++) {
        const struct group *group = &groups[i];
        confs[i] = (struct as_trust_group_conf){
            .name = group->name != NULL ? group->name : "banks",
            .use = group->use,
            .anchors = anchors[i],
            .anchor_count = files_of(group->anchors, anchors[i]),
            .intermediates = intermediates[i],
            .intermediate_count = files_of(group->intermediates, intermediates[i]),
            .strict = !group->relaxed,
            .partial_chain = group->partial_chain,
            .require_eku = group->require_eku,
            .depth = group->depth == 0                  ? AS_LIMIT_PATH_DEPTH
                     : group->depth == NO_INTERMEDIATES ? 0
                                                        : group->depth,
            .policies = &group->policy,
            .policy_count = group->policy != NULL,
        };
    }
    ck_ok(as_trust_new(confs, count, keep_told, told != NULL ? told : &unused, &trust));
    for (size_t i = 0; i < count; i++) {
        files_drop(anchors[i], confs[i].anchor_count);
        files_drop(intermediates[i], confs[i].intermediate_count);
    }
    return trust;
}

/* The struct of certificates as presented, the leaf first; NULL ends the list. */
static inline struct as_cert *present(const struct test_cert *const certs[MOST])
{
    as_span ders[MOST];
    size_t count = 0;
    struct as_cert *cert = NULL;

    while (count < MOST && certs[count] != NULL) {
        ders[count] = test_cert_der(certs[count]);
        count++;
    }
    ck_ok(as_cert_of_der(ders, count, &cert));
    for (size_t i = 0; i < count; i++) {
        free((char *)(uintptr_t)ders[i].ptr);
    }
    return cert;
}

/* One judgement under a group made for it; gives "ok" or the reason. */
TEST_UNUSED static const char *judged_at(struct group group,
                                         const struct test_cert *const certs[MOST], as_time now)
{
    struct as_trust *trust = trust_of(&group, 1, NULL);
    struct as_cert *cert = present(certs);
    struct as_trust_verdict verdict = {.reason = "none"};

    ck_ok(as_trust_judge(trust, as_span_of(group.name != NULL ? group.name : "banks"), group.use,
                         cert, now, &verdict));
    ck_assert_uint_eq(ERR_peek_error(), 0);
    ck_assert((verdict.reason == NULL) == (verdict.detail == NULL));
    as_cert_drop(cert);
    as_trust_free(trust);
    return verdict.reason == NULL ? "ok" : verdict.reason;
}

#define LIST(...)           ((const struct test_cert *const[MOST]){__VA_ARGS__})
#define judged(group, list) judged_at((group), (list), (as_time)time(NULL))

#endif
