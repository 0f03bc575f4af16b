/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The library context of TLS: OpenSSL's default provider, less the decoders that no handshake
 * needs.
 *
 * To read the public key of each certificate that a client shows, OpenSSL 3.0 compares all decoders
 * of its context with all kinds of key (OSSL_DECODER_CTX_new_for_pkey): 95 microseconds, of which
 * 55 to 70 go where there are not forty decoders but the four for the keys that the handshake may
 * let pass (design D4). Those for what else a stranger could send are code that is not reached. All
 * other algorithms are the default provider's, in a context of their own; this provider hands them
 * on and adds none.
 */
#include "tls_parts.h"

#include <openssl/core_dispatch.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <pthread.h>
#include <string.h>

#define DECODERS_MAX 16

/* Written once, then read only; they live as long as the process. */
static OSSL_PROVIDER *whole;
static OSSL_ALGORITHM decoders[DECODERS_MAX + 1];
static OSSL_LIB_CTX *narrow;
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* --- the decoders that stay ------------------------------------------------------------------ */

static bool is_needed(const OSSL_ALGORITHM *row)
{
    static const char *const names[] = {"RSA", "RSA-PSS", "EC", "ED25519"};

    if (strstr(row->property_definition, "input=der") == NULL ||
        strstr(row->property_definition, "structure=SubjectPublicKeyInfo") == NULL) {
        return false;
    }
    for (size_t i = 0; i < AS_COUNT(names); i++) {
        if (strcmp(row->algorithm_names, names[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool choose_decoders(void)
{
    int no_cache = 0;
    size_t used = 0;
    const OSSL_ALGORITHM *row = OSSL_PROVIDER_query_operation(whole, OSSL_OP_DECODER, &no_cache);

    for (; row != NULL && row->algorithm_names != NULL && used < DECODERS_MAX; row++) {
        if (is_needed(row)) {
            decoders[used++] = *row;
        }
    }
    return no_cache == 0 && used > 0;
}

/* --- the provider ---------------------------------------------------------------------------- */

static const OSSL_PARAM *gettable_params(void *provctx)
{
    (void)provctx;
    return OSSL_PROVIDER_gettable_params(whole);
}

static int get_params(void *provctx, OSSL_PARAM params[])
{
    (void)provctx;
    return OSSL_PROVIDER_get_params(whole, params);
}

static int get_capabilities(void *provctx, const char *capability, OSSL_CALLBACK *each, void *arg)
{
    (void)provctx;
    return OSSL_PROVIDER_get_capabilities(whole, capability, each, arg);
}

static const OSSL_ALGORITHM *query(void *provctx, int operation, int *no_cache)
{
    (void)provctx;
    *no_cache = 0;
    return operation == OSSL_OP_DECODER ? decoders
                                        : OSSL_PROVIDER_query_operation(whole, operation, no_cache);
}

/* The type of each is in core_dispatch.h; a table of them has but one (provider(7)). */
typedef void (*any_function)(void);

static int init(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in, const OSSL_DISPATCH **out,
                void **provctx)
{
    static const OSSL_DISPATCH table[] = {
        {OSSL_FUNC_PROVIDER_GETTABLE_PARAMS, (any_function)gettable_params},
        {OSSL_FUNC_PROVIDER_GET_PARAMS, (any_function)get_params},
        {OSSL_FUNC_PROVIDER_GET_CAPABILITIES, (any_function)get_capabilities},
        {OSSL_FUNC_PROVIDER_QUERY_OPERATION, (any_function)query},
        {0, NULL},
    };

    (void)handle;
    (void)in;
    *out = table;
    *provctx = OSSL_PROVIDER_get0_provider_ctx(whole);
    return 1;
}

/* --- making it ------------------------------------------------------------------------------- */

static int count_others(OSSL_PROVIDER *provider, void *arg)
{
    *(size_t *)arg += strcmp(OSSL_PROVIDER_get0_name(provider), "default") != 0;
    return 1;
}

/* An operator who has configured another provider, as for FIPS or an HSM, means it for TLS too. */
static bool is_plain(void)
{
    size_t others = 0;

    return OSSL_PROVIDER_do_all(NULL, count_others, &others) == 1 && others == 0 &&
           EVP_default_properties_is_fips_enabled(NULL) == 0;
}

/* Takes over what it is given. Without it TLS is slower, and the same in all else. */
static void keep(OSSL_LIB_CTX *inner, OSSL_LIB_CTX *outer)
{
    whole = inner != NULL && outer != NULL ? OSSL_PROVIDER_load(inner, "default") : NULL;
    if (whole != NULL && choose_decoders() &&
        OSSL_PROVIDER_add_builtin(outer, "fapid", init) == 1 &&
        OSSL_PROVIDER_load(outer, "fapid") != NULL) {
        narrow = outer;
        return;
    }
    OSSL_LIB_CTX_free(outer);
    OSSL_LIB_CTX_free(inner);
}

static void make(void)
{
    if (is_plain()) {
        keep(OSSL_LIB_CTX_new(), OSSL_LIB_CTX_new());
    }
    ERR_clear_error();
}

OSSL_LIB_CTX *as_tls_library(void)
{
    pthread_once(&once, make);
    return narrow;
}
