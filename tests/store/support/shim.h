/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A disk that fails on demand: an SQLite VFS in front of the real one. Put it in place with
 * shim_start() before the store is opened; then set what shall go wrong.
 */
#ifndef AS_TESTS_STORE_SHIM_H
#define AS_TESTS_STORE_SHIM_H

#include <sqlite3.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

static struct {
    atomic_int read_code;  /* SQLITE_IOERR_READ: the disk is broken */
    atomic_int write_code; /* SQLITE_FULL: the disk is full */
    atomic_int sync_code;  /* SQLITE_IOERR_FSYNC: it is broken */
    atomic_int lock_code;  /* SQLITE_BUSY: somebody else has locked the database */
    atomic_bool stall;     /* fsync takes as long as this is set */
    atomic_int stalled;    /* so many wait there */
    sqlite3_vfs vfs;
    sqlite3_vfs *real;
} shim;

struct shim_file {
    sqlite3_file base;
    sqlite3_file real[]; /* of szOsFile octets */
};

#define REAL(file) (((struct shim_file *)(file))->real)

static int shim_close(sqlite3_file *f)
{
    return REAL(f)->pMethods->xClose(REAL(f));
}

static int shim_read(sqlite3_file *f, void *to, int n, sqlite3_int64 at)
{
    int code = atomic_load(&shim.read_code);
    return code != 0 ? code : REAL(f)->pMethods->xRead(REAL(f), to, n, at);
}

static int shim_write(sqlite3_file *f, const void *from, int n, sqlite3_int64 at)
{
    int code = atomic_load(&shim.write_code);
    return code != 0 ? code : REAL(f)->pMethods->xWrite(REAL(f), from, n, at);
}

static int shim_truncate(sqlite3_file *f, sqlite3_int64 size)
{
    return REAL(f)->pMethods->xTruncate(REAL(f), size);
}

static int shim_sync(sqlite3_file *f, int flags)
{
    const struct timespec moment = {0, 1000000};
    int code = atomic_load(&shim.sync_code);

    atomic_fetch_add(&shim.stalled, 1);
    while (atomic_load(&shim.stall)) {
        (void)nanosleep(&moment, NULL);
    }
    atomic_fetch_sub(&shim.stalled, 1);
    return code != 0 ? code : REAL(f)->pMethods->xSync(REAL(f), flags);
}

static int shim_size(sqlite3_file *f, sqlite3_int64 *size)
{
    return REAL(f)->pMethods->xFileSize(REAL(f), size);
}

static int shim_lock(sqlite3_file *f, int level)
{
    int code = atomic_load(&shim.lock_code);
    return code != 0 ? code : REAL(f)->pMethods->xLock(REAL(f), level);
}

static int shim_unlock(sqlite3_file *f, int level)
{
    return REAL(f)->pMethods->xUnlock(REAL(f), level);
}

static int shim_reserved(sqlite3_file *f, int *out)
{
    return REAL(f)->pMethods->xCheckReservedLock(REAL(f), out);
}

static int shim_control(sqlite3_file *f, int op, void *arg)
{
    return REAL(f)->pMethods->xFileControl(REAL(f), op, arg);
}

static int shim_sector(sqlite3_file *f)
{
    return REAL(f)->pMethods->xSectorSize(REAL(f));
}

static int shim_traits(sqlite3_file *f)
{
    return REAL(f)->pMethods->xDeviceCharacteristics(REAL(f));
}

static int shim_shm_map(sqlite3_file *f, int region, int size, int extend, void volatile **out)
{
    return REAL(f)->pMethods->xShmMap(REAL(f), region, size, extend, out);
}

static int shim_shm_lock(sqlite3_file *f, int offset, int n, int flags)
{
    return REAL(f)->pMethods->xShmLock(REAL(f), offset, n, flags);
}

static void shim_shm_barrier(sqlite3_file *f)
{
    REAL(f)->pMethods->xShmBarrier(REAL(f));
}

static int shim_shm_unmap(sqlite3_file *f, int delete)
{
    return REAL(f)->pMethods->xShmUnmap(REAL(f), delete);
}

static const sqlite3_io_methods shim_methods = {
    .iVersion = 2,
    .xClose = shim_close,
    .xRead = shim_read,
    .xWrite = shim_write,
    .xTruncate = shim_truncate,
    .xSync = shim_sync,
    .xFileSize = shim_size,
    .xLock = shim_lock,
    .xUnlock = shim_unlock,
    .xCheckReservedLock = shim_reserved,
    .xFileControl = shim_control,
    .xSectorSize = shim_sector,
    .xDeviceCharacteristics = shim_traits,
    .xShmMap = shim_shm_map,
    .xShmLock = shim_shm_lock,
    .xShmBarrier = shim_shm_barrier,
    .xShmUnmap = shim_shm_unmap,
};

static int shim_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *out)
{
    (void)vfs;
    int code = shim.real->xOpen(shim.real, name, REAL(f), flags, out);
    f->pMethods = REAL(f)->pMethods != NULL ? &shim_methods : NULL;
    return code;
}

static inline void shim_start(void)
{
    shim.real = sqlite3_vfs_find(NULL);
    shim.vfs = *shim.real;
    shim.vfs.zName = "shim";
    shim.vfs.szOsFile = (int)sizeof(struct shim_file) + shim.real->szOsFile;
    shim.vfs.xOpen = shim_open;
    if (sqlite3_vfs_register(&shim.vfs, 1) != SQLITE_OK) {
        abort();
    }
}

#endif
