/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A server certificate with its chain and key, read from PEM files and checked before TLS sees it:
 * the mode of the key file, the match of key and certificate, kind and size of the key, the
 * signatures of all that will be sent, the order of the chain (TLS-23, TLS-24, TLS-27, TLS-28).
 */
#ifndef AS_EDGE_SERVER_CERT_H
#define AS_EDGE_SERVER_CERT_H

#include "suites.h"
#include "teller.h"

#include <openssl/ssl.h>

struct as_server_cert {
    X509 *leaf;
    STACK_OF(X509) * chain; /* in order, without the root */
    EVP_PKEY *key;
    enum as_suite_key kind; /* AS_SUITE_KEY_RSA or AS_SUITE_KEY_ECDSA */
    struct as_cert *names;  /* the leaf as trust/ reads it, for its subjectAltName */
};

/*
 * Fills *out, which the caller frees on success. Errors: AS_BAD_CONFIGURATION, with the file and
 * the reason told.
 */
as_err as_server_cert_load(const char *certificate_file, const char *key_file,
                           const struct as_teller *teller, struct as_server_cert *out);
void as_server_cert_free(struct as_server_cert *cert);

/* Does its subjectAltName cover this host name? A wildcard covers one label (RFC 9525 6.3). */
bool as_server_cert_covers(const struct as_server_cert *cert, const char *host);

#endif
