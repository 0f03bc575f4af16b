/* SPDX-License-Identifier: Apache-2.0 */
/* Certification paths: OpenSSL builds and checks one, our own rules narrow it. */
#ifndef AS_TRUST_PATH_H
#define AS_TRUST_PATH_H

#include "group.h"

/* The whole work of a judgement, without any cache (see as_trust_judge). */
as_err as_path_judge(const struct as_group *group, const struct as_cert *cert, as_time now,
                     struct as_trust_verdict *out);

/* --- what OpenSSL says (path_reason.c) --- */

enum as_path_blame {
    AS_BLAME_CERT,   /* the certificate at the depth of the error */
    AS_BLAME_ISSUER, /* the one above it */
};

struct as_path_reason {
    int error; /* X509_V_ERR_... */
    enum as_path_blame blame;
    const char *reason; /* NULL: no verdict, the check could not be made */
};

/* The row of an error of X509_verify_cert; an unknown one is cert_untrusted. */
struct as_path_reason as_path_reason_of(int error);

/* --- our own rules (path_rules.c) --- */

/* A rule that a path breaks: `reason` NULL when it breaks none. */
struct as_path_flaw {
    const char *reason;
    const char *detail;
    int depth; /* 0 is the leaf */
};

/* Rules on the certificates of a path that OpenSSL has accepted, the leaf first. */
struct as_path_flaw as_path_rules(const struct as_group *group, const struct as_cert *cert,
                                  as_x509s *path);

#endif
