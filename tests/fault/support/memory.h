/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory that runs out at the gate, or at a bound on what is held: what fapid itself asks for (the
 * linker puts the functions here in the place of malloc and its kin), and OpenSSL, jansson and
 * SQLite by the hooks they have. What libc and libidn ask for within themselves is not seen.
 *
 * For one file per program: it must run before anything is allocated by those libraries.
 */
#ifndef AS_TESTS_FAULT_MEMORY_H
#define AS_TESTS_FAULT_MEMORY_H

#include "as/crypto.h"
#include "as/jose.h"
#include "fault/support/gate.h"

#include <errno.h>
#include <malloc.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *__real_malloc(size_t size);
void __real_free(void *old);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
char *__real_strdup(const char *text);
int __real_vasprintf(char **out, const char *format, va_list args);
void *__wrap_malloc(size_t size);
void __wrap_free(void *old);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
char *__wrap_strdup(const char *text);
int __wrap_vasprintf(char **out, const char *format, va_list args);
__attribute__((format(printf, 2, 3))) int __wrap_asprintf(char **out, const char *format, ...);

/* Octets that are held, and may be; 0: no bound. */
static struct {
    atomic_long held, most;
} memory;

/* Of a thread that is nobody's concern, the test's own: what it holds does not count. */
static _Thread_local bool memory_unbounded;

/* So many octets more than now, or fewer. */
__attribute__((unused)) static void memory_bound(long more)
{
    atomic_store(&memory.most, atomic_load(&memory.held) + more);
}

__attribute__((unused)) static void memory_unbind(void)
{
    atomic_store(&memory.most, 0);
}

static bool memory_is_full(size_t size)
{
    long most = atomic_load(&memory.most);

    return most != 0 && !memory_unbounded && atomic_load(&memory.held) + (long)size > most;
}

static bool memory_is_out(size_t size)
{
    if (!gate_fails() && !memory_is_full(size)) {
        return false;
    }
    errno = ENOMEM;
    return true;
}

static void memory_count(void *got, long sign)
{
    if (!memory_unbounded) {
        atomic_fetch_add(&memory.held, sign * (long)malloc_usable_size(got));
    }
}

static void *memory_held(void *got)
{
    memory_count(got, 1);
    return got;
}

void __wrap_free(void *old)
{
    memory_count(old, -1);
    __real_free(old);
}

void *__wrap_malloc(size_t size)
{
    return memory_is_out(size) ? NULL : memory_held(__real_malloc(size));
}

void *__wrap_calloc(size_t count, size_t size)
{
    return memory_is_out(count * size) ? NULL : memory_held(__real_calloc(count, size));
}

void *__wrap_realloc(void *old, size_t size)
{
    if (memory_is_out(size)) {
        return NULL;
    }
    memory_count(old, -1);
    return memory_held(__real_realloc(old, size));
}

char *__wrap_strdup(const char *text)
{
    return memory_is_out(strlen(text)) ? NULL : memory_held(__real_strdup(text));
}

/* glibc leaves *out undefined on failure: a value that a careless free would not survive. */
int __wrap_vasprintf(char **out, const char *format, va_list args)
{
    if (memory_is_out(0)) {
        *out = (char *)(uintptr_t)16;
        return -1;
    }
    int len = __real_vasprintf(out, format, args);
    (void)memory_held(len < 0 ? NULL : *out);
    return len;
}

int __wrap_asprintf(char **out, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    int len = __wrap_vasprintf(out, format, args);
    va_end(args);
    return len;
}

/* ---------------------------------------------------------------- libraries ------------------ */

static sqlite3_mem_methods memory_sqlite;

static void *memory_sqlite_malloc(int size)
{
    return memory_is_out((size_t)size) ? NULL : memory_sqlite.xMalloc(size);
}

static void *memory_sqlite_realloc(void *old, int size)
{
    return memory_is_out((size_t)size) ? NULL : memory_sqlite.xRealloc(old, size);
}

/* SQLite's own pools are left out, so that each of its allocations is one. */
__attribute__((constructor)) static void memory_hook(void)
{
    sqlite3_mem_methods methods;

    if (sqlite3_config(SQLITE_CONFIG_GETMALLOC, &memory_sqlite) != SQLITE_OK) {
        abort();
    }
    methods = memory_sqlite;
    methods.xMalloc = memory_sqlite_malloc;
    methods.xRealloc = memory_sqlite_realloc;
    if (sqlite3_config(SQLITE_CONFIG_MALLOC, &methods) != SQLITE_OK ||
        sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0) != SQLITE_OK ||
        !as_crypto_watch_memory()) { /* which asks the functions above */
        abort();
    }
    as_json_watch_memory();
}

#endif
