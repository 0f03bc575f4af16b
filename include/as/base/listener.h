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

/* What a profile names below TLS 1.3 (TLS-10). TLS 1.3 suites are the same in all. */
enum as_suite_profile {
    AS_SUITES_FAPI1,
    AS_SUITES_FAPI1_ECDHE,
    AS_SUITES_BCP195,
    AS_SUITE_PROFILES
};

#endif
