/* SPDX-License-Identifier: Apache-2.0 */
#include "as/crypto.h"

#include <openssl/err.h>

int as_crypto_errors_mark(void)
{
    return ERR_set_mark();
}

void as_crypto_errors_restore(const int *unused)
{
    (void)unused;
    ERR_pop_to_mark();
}
