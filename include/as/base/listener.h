/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a listener with TLS can be told in a word: read by settings/, done by edge/, which may not
 * know each other. Values only.
 */
#ifndef AS_BASE_LISTENER_H
#define AS_BASE_LISTENER_H

enum as_client_certificate {
    AS_CLIENT_CERTIFICATE_NONE,    /* no CertificateRequest */
    AS_CLIENT_CERTIFICATE_REQUEST, /* asked for; the handshake goes on without (TLS-45) */
    AS_CLIENT_CERTIFICATE_REQUIRE  /* none: alert (MTLS-E11) */
};

/* What a profile names below TLS 1.3 (TLS-10), and its word in the configuration and in what is
 * told of it. TLS 1.3 suites are the same in all. */
#define AS_SUITE_PROFILE_LIST(X)                                                                   \
    X(AS_SUITES_FAPI1, "fapi1")                                                                    \
    X(AS_SUITES_FAPI1_ECDHE, "fapi1_ecdhe")                                                        \
    X(AS_SUITES_BCP195, "bcp195")

enum as_suite_profile {
#define AS_SUITE_PROFILE_ID(name, word) name,
    AS_SUITE_PROFILE_LIST(AS_SUITE_PROFILE_ID)
#undef AS_SUITE_PROFILE_ID
        AS_SUITE_PROFILES
};

#endif
