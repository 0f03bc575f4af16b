/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What TLS may use here: suites per profile, groups, signature algorithms. Const tables; a listener
 * chooses a profile, its certificates leave out what they cannot serve (design 3, TLS-10).
 */
#ifndef AS_EDGE_SUITES_H
#define AS_EDGE_SUITES_H

#include "as/edge.h"

enum as_suite_key { AS_SUITE_KEY_ANY, AS_SUITE_KEY_RSA, AS_SUITE_KEY_ECDSA };

struct as_suite {
    uint16_t id;         /* IANA "TLS Cipher Suites" */
    const char *name;    /* IANA */
    const char *openssl; /* OpenSSL's name below TLS 1.3; the same as `name` in 1.3 */
    enum as_suite_key key;
};

#define AS_SUITES_MAX 4 /* below TLS 1.3, in any profile */
#define AS_SUITES_13  3

/* TLS-15; the same in all profiles, in the order of the server. */
extern const struct as_suite as_suites_13[AS_SUITES_13];

/* TLS-21, TLS-25: lists in OpenSSL's syntax. */
extern const char as_suite_groups[];
extern const char as_suite_sigalgs[];

/* What the keys of a listener can do. */
struct as_suite_keys {
    bool rsa;
    bool ecdsa;
};

/*
 * The suites below TLS 1.3 that a profile names and the keys can serve, in the order of the server:
 * ECDHE first, DHE last. Returns how many.
 */
size_t as_suites_served(enum as_suite_profile profile, struct as_suite_keys keys,
                        const struct as_suite *out[AS_SUITES_MAX]);

#endif
