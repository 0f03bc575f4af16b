/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of trust/ share about certificates. */
#ifndef AS_TRUST_CERT_H
#define AS_TRUST_CERT_H

#include "as/trust.h"
#include "openssl.h"

/* Sets the first fault of a certificate; later ones do not change it. */
void as_cert_blame(struct as_cert *cert, const char *fault, const char *why);

/*
 * Reads the public key and holds it against the floor of design D4 (TLS-74): sets key and, when it
 * is below, the fault.
 */
as_err as_cert_read_key(X509 *x509, struct as_arena *mem, struct as_cert *cert);

/* Is this key one that an authority may sign with: the kinds of D4, RSA to 8192 bits? */
bool as_key_suits_authority(const EVP_PKEY *key);

/* Reads the subjectAltName entries of the kinds a client is known by. */
as_err as_cert_read_names(X509 *x509, struct as_arena *mem, struct as_cert *cert);

/* Is there an extension that stands twice (RFC 5280 4.2)? */
bool as_cert_repeats_extension(X509 *x509);

/* SHA-256 of the SubjectPublicKeyInfo as encoded. */
as_err as_cert_spki_hash(X509 *x509, unsigned char out[AS_DIGEST]);

/* Seconds since 1970; false when the time is in no form of RFC 5280 4.1.2.5. */
bool as_cert_time(const ASN1_TIME *time, as_time *out);

/* d2i of exactly these octets; NULL when they are no certificate or not in DER. */
X509 *as_x509_of_der(as_span der);

#endif
