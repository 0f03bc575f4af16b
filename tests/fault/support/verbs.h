/* SPDX-License-Identifier: Apache-2.0 */
/* Verbs of the backend that fail at the gate, before they have done anything. */
#ifndef AS_TESTS_FAULT_VERBS_H
#define AS_TESTS_FAULT_VERBS_H

#include "fault/support/gate.h"
#include "store/session.h"

#define VERBS(X)                                                                                   \
    X(reader_new, (struct as_backend * a, bool b, struct as_reader **c), (a, b, c))                \
    X(read_begin, (struct as_reader * a), (a))                                                     \
    X(party_get,                                                                                   \
      (struct as_reader * a, struct as_arena * b, as_span c, const struct as_party **d),           \
      (a, b, c, d))                                                                                \
    X(resources, (struct as_reader * a, struct as_arena * b, const struct as_resource_set **c),    \
      (a, b, c))                                                                                   \
    X(certificate_get,                                                                             \
      (struct as_reader * a, struct as_arena * b, const struct as_binding *c,                      \
       const struct as_certificate_row **d),                                                       \
      (a, b, c, d))                                                                                \
    X(token_is_revoked, (struct as_reader * a, const unsigned char b[AS_JTI], bool *c), (a, b, c)) \
    X(iat_get,                                                                                     \
      (struct as_reader * a, struct as_arena * b, const unsigned char c[AS_DIGEST],                \
       const struct as_iat **d),                                                                   \
      (a, b, c, d))                                                                                \
    X(begin, (struct as_backend * a), (a))                                                         \
    X(mark, (struct as_backend * a), (a))                                                          \
    X(keep, (struct as_backend * a), (a))                                                          \
    X(undo, (struct as_backend * a), (a))                                                          \
    X(commit, (struct as_backend * a), (a))                                                        \
    X(party_create, (struct as_backend * a, const struct as_party_write *b), (a, b))               \
    X(party_replace, (struct as_backend * a, const struct as_party_write *b, bool *c), (a, b, c))  \
    X(party_is_still, (struct as_backend * a, const struct as_party *b, bool c, bool *d),          \
      (a, b, c, d))                                                                                \
    X(party_delete, (struct as_backend * a, enum as_party_kind b, as_span c, bool *d),             \
      (a, b, c, d))                                                                                \
    X(certificate_put, (struct as_backend * a, const struct as_certificate_row *b, bool *c),       \
      (a, b, c))                                                                                   \
    X(token_revoke, (struct as_backend * a, const unsigned char b[AS_JTI], as_time c), (a, b, c))  \
    X(iat_take, (struct as_backend * a, const unsigned char b[AS_DIGEST], as_time c, bool *d),     \
      (a, b, c, d))                                                                                \
    X(audit_put, (struct as_backend * a, const struct as_audit *b, as_span c), (a, b, c))

enum verb {
#define VERB_ID(name, parameters, arguments) VERB_##name,
    VERBS(VERB_ID)
#undef VERB_ID
        VERB_COUNT
};

static const char *const verb_names[] = {
#define VERB_NAME(name, parameters, arguments) #name,
    VERBS(VERB_NAME)
#undef VERB_NAME
};

static struct {
    const struct as_store_ops *real;
    struct as_store_ops ops;
    bool unavailable; /* fail with AS_UNAVAILABLE, otherwise AS_SERVER_ERROR */
    atomic_long failed[VERB_COUNT];
} verbs;

#define VERB(name, parameters, arguments)                                                          \
    static as_err verb_##name parameters                                                           \
    {                                                                                              \
        if (!gate_fails()) {                                                                       \
            return verbs.real->name arguments;                                                     \
        }                                                                                          \
        atomic_fetch_add(&verbs.failed[VERB_##name], 1);                                           \
        return verbs.unavailable ? AS_FAIL(AS_UNAVAILABLE, "the gate: " #name)                     \
                                 : AS_FAIL(AS_SERVER_ERROR, "the gate: " #name);                   \
    }
VERBS(VERB)
#undef VERB

/* Between a store and its backend; before there are sessions at work. */
__attribute__((unused)) static void verbs_start(struct as_store *store)
{
    verbs.real = store->ops;
    verbs.ops = *store->ops;
#define VERB_SET(name, parameters, arguments) verbs.ops.name = verb_##name;
    VERBS(VERB_SET)
#undef VERB_SET
    store->ops = &verbs.ops;
}

#endif
