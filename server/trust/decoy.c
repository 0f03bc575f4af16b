/* SPDX-License-Identifier: Apache-2.0 */
#include "decoy.h"

#include <openssl/ec.h>

AS_AUTO_DEFINE(EVP_PKEY, EVP_PKEY_free)
AS_AUTO_DEFINE(X509_EXTENSION, X509_EXTENSION_free)

static bool add(X509 *x509, int nid, const char *value)
{
    AS_AUTO(X509_EXTENSION_free)
    X509_EXTENSION *extension = X509V3_EXT_nconf_nid(NULL, NULL, nid, value);

    return extension != NULL && X509_add_ext(x509, extension, -1) == 1;
}

static bool name_it(X509 *x509)
{
    X509_NAME *name = X509_get_subject_name(x509);

    return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"decoy", -1,
                                      -1, 0) == 1 &&
           X509_set_issuer_name(x509, name) == 1;
}

static bool fill(X509 *x509, EVP_PKEY *key)
{
    return X509_set_version(x509, X509_VERSION_3) == 1 &&
           ASN1_INTEGER_set(X509_get_serialNumber(x509), 1) == 1 && name_it(x509) &&
           ASN1_TIME_set_string_X509(X509_getm_notBefore(x509), "20000101000000Z") == 1 &&
           ASN1_TIME_set_string_X509(X509_getm_notAfter(x509), "21000101000000Z") == 1 &&
           X509_set_pubkey(x509, key) == 1 &&
           add(x509, NID_key_usage, "critical,digitalSignature") &&
           add(x509, NID_ext_key_usage, "clientAuth") && X509_sign(x509, key, EVP_sha256()) > 0;
}

as_err as_decoy_new(struct as_cert **out)
{
    AS_ERRORS_KEPT;
    AS_AUTO(EVP_PKEY_free) EVP_PKEY *key = EVP_EC_gen("P-256");
    AS_AUTO(X509_free) X509 *x509 = X509_new();

    AS_NEED(key != NULL && x509 != NULL && fill(x509, key), AS_SERVER_ERROR,
            "the decoy certificate cannot be made");
    return as_cert_of_x509(x509, NULL, out);
}
