/* SPDX-License-Identifier: Apache-2.0 */
#include "as/crypto.h"

#include <openssl/crypto.h>
#include <stdlib.h>

static void *get(size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return as_memory_get(size);
}

static void *resize(void *old, size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return as_memory_resize(old, size);
}

static void give_back(void *old, const char *file, int line)
{
    (void)file;
    (void)line;
    free(old);
}

bool as_crypto_watch_memory(void)
{
    return CRYPTO_set_mem_functions(get, resize, give_back) == 1;
}
