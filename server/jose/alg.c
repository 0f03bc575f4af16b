/* SPDX-License-Identifier: Apache-2.0 */
#include "as/jose.h"

static const as_span names[AS_ALGS] = {
    [AS_ALG_NONE] = {NULL, 0},
    [AS_ALG_ES256] = AS_LIT_ROW("ES256"),
    [AS_ALG_PS256] = AS_LIT_ROW("PS256"),
    [AS_ALG_EDDSA] = AS_LIT_ROW("EdDSA"),
};

const char *as_alg_name(enum as_alg alg)
{
    return alg < AS_ALGS ? names[alg].ptr : NULL;
}

bool as_alg_named(as_span name, enum as_alg *out)
{
    for (unsigned alg = AS_ALG_NONE + 1; alg < AS_ALGS; alg++) {
        if (as_span_equal(name, names[alg])) {
            *out = (enum as_alg)alg;
            return true;
        }
    }
    return false;
}
