/* SPDX-License-Identifier: Apache-2.0 */
#include "suites.h"

/* Rows in the order of the server: forward secret all, ECDHE first, the stronger cipher of two last
 * only because AES-128 costs less and both are recommended (RFC 9325 4.2, 4.2.1). */
static const struct as_suite ecdhe_rsa_128 = {0xC02F, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
                                              "ECDHE-RSA-AES128-GCM-SHA256", AS_SUITE_KEY_RSA};
static const struct as_suite ecdhe_rsa_256 = {0xC030, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
                                              "ECDHE-RSA-AES256-GCM-SHA384", AS_SUITE_KEY_RSA};
static const struct as_suite ecdhe_ecdsa_128 = {0xC02B, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
                                                "ECDHE-ECDSA-AES128-GCM-SHA256",
                                                AS_SUITE_KEY_ECDSA};
static const struct as_suite ecdhe_ecdsa_256 = {0xC02C, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
                                                "ECDHE-ECDSA-AES256-GCM-SHA384",
                                                AS_SUITE_KEY_ECDSA};
static const struct as_suite dhe_rsa_128 = {0x009E, "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256",
                                            "DHE-RSA-AES128-GCM-SHA256", AS_SUITE_KEY_RSA};
static const struct as_suite dhe_rsa_256 = {0x009F, "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384",
                                            "DHE-RSA-AES256-GCM-SHA384", AS_SUITE_KEY_RSA};

/* TLS-10; NULL after the last of a row. */
static const struct as_suite *const profiles[AS_SUITE_PROFILES][AS_SUITES_MAX] = {
    /* FAPI 1.0 Part 2 8.5-1, the published text */
    [AS_SUITES_FAPI1] = {&ecdhe_rsa_128, &ecdhe_rsa_256, &dhe_rsa_128, &dhe_rsa_256},
    /* the same without DHE (RFC 9325 4.1) */
    [AS_SUITES_FAPI1_ECDHE] = {&ecdhe_rsa_128, &ecdhe_rsa_256},
    /* RFC 9325 4.2; FAPI 1.0 errata, FAPI 2.0 5.2.2 */
    [AS_SUITES_BCP195] = {&ecdhe_ecdsa_128, &ecdhe_rsa_128, &ecdhe_ecdsa_256, &ecdhe_rsa_256},
};

const struct as_suite as_suites_13[AS_SUITES_13] = {
    {0x1301, "TLS_AES_128_GCM_SHA256", "TLS_AES_128_GCM_SHA256", AS_SUITE_KEY_ANY},
    {0x1302, "TLS_AES_256_GCM_SHA384", "TLS_AES_256_GCM_SHA384", AS_SUITE_KEY_ANY},
    {0x1303, "TLS_CHACHA20_POLY1305_SHA256", "TLS_CHACHA20_POLY1305_SHA256", AS_SUITE_KEY_ANY},
};

const char as_suite_groups[] = "X25519:P-256:P-384";

/* One list for what we sign with and what a client may sign with. The rsa_pkcs1 rows serve TLS 1.2;
 * in 1.3 they speak of certificates alone (RFC 8446 4.2.3) and OpenSSL refuses them elsewhere. */
const char as_suite_sigalgs[] = "ecdsa_secp256r1_sha256:ed25519:ecdsa_secp384r1_sha384:"
                                "rsa_pss_rsae_sha256:rsa_pss_rsae_sha384:rsa_pss_rsae_sha512:"
                                "rsa_pss_pss_sha256:rsa_pss_pss_sha384:rsa_pss_pss_sha512:"
                                "rsa_pkcs1_sha256:rsa_pkcs1_sha384:rsa_pkcs1_sha512";

const char *as_suite_profile_name(enum as_suite_profile profile)
{
    static const char *const words[AS_SUITE_PROFILES] = {
#define WORD(name, word) [name] = (word),
        AS_SUITE_PROFILE_LIST(WORD)
#undef WORD
    };

    return words[profile];
}

size_t as_suites_served(enum as_suite_profile profile, struct as_suite_keys keys,
                        const struct as_suite *out[AS_SUITES_MAX])
{
    size_t count = 0;

    for (size_t i = 0; i < AS_SUITES_MAX && profiles[profile][i] != NULL; i++) {
        const struct as_suite *suite = profiles[profile][i];
        if (suite->key == AS_SUITE_KEY_RSA ? keys.rsa : keys.ecdsa) {
            out[count++] = suite;
        }
    }
    return count;
}
