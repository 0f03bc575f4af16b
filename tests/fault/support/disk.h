/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A disk that loses power: an SQLite VFS before the real one that knows, of the database and its
 * write-ahead log, what has been synced and what has only been written since. disk_crash() writes
 * down what the disk would hold if the process and the power went now: all that was synced, and of
 * the rest nothing, some writes, or torn pieces of some, as its number says.
 *
 * The writes and syncs themselves may be made to fail at the gate.
 *
 *     disk_start(path);                    before the store there is opened
 *     disk.fails = DISK_FULL;              which of them pass through the gate
 *     disk.event = note;                   called at each write, truncation and sync
 */
#ifndef AS_TESTS_FAULT_DISK_H
#define AS_TESTS_FAULT_DISK_H

#include "fault/support/gate.h"
#include "harness.h"

#include <pthread.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#define DISK_FILES   2
#define DISK_SECTOR  512
#define DISK_PENDING 20000

struct disk_write {
    sqlite3_int64 at;
    int size;   /* -1: the file was cut at `at` */
    char *data; /* NULL then */
};

/* The database, or its log. */
struct disk_image {
    char *kept; /* what was synced */
    size_t len, room;
    struct disk_write pending[DISK_PENDING];
    size_t pending_count;
    long writes, syncs;
};

enum disk_fault { DISK_FINE, DISK_BROKEN, DISK_FULL, DISK_NO_SYNC };

static struct {
    char begins[96]; /* of the paths that are watched */
    pthread_mutex_t lock;
    struct disk_image images[DISK_FILES];
    enum disk_fault fails;
    void (*event)(void);
    sqlite3_vfs vfs;
    sqlite3_vfs *real;
    sqlite3_io_methods methods;
} disk = {.lock = PTHREAD_MUTEX_INITIALIZER};

struct disk_file {
    sqlite3_file base;
    struct disk_image *image;
    const sqlite3_io_methods *methods; /* the real ones */
    sqlite3_file real[];
};

/* ---------------------------------------------------------------- what was synced ------------ */

static void disk_need(char **bytes, size_t *room, size_t size)
{
    if (size > *room) {
        *bytes = realloc(*bytes, size * 2);
        ck_assert_ptr_nonnull(*bytes);
        memset(*bytes + *room, 0, size * 2 - *room);
        *room = size * 2;
    }
}

static void disk_apply(char **bytes, size_t *len, size_t *room, const struct disk_write *write)
{
    if (write->size < 0) {
        size_t size = (size_t)write->at;
        if (size < *len) {
            memset(*bytes + size, 0, *len - size);
            *len = size;
        }
        return;
    }
    size_t end = (size_t)write->at + (size_t)write->size;
    disk_need(bytes, room, end);
    memcpy(*bytes + write->at, write->data, (size_t)write->size);
    *len = end > *len ? end : *len;
}

static void disk_note(struct disk_image *image, const void *data, int size, sqlite3_int64 at)
{
    struct disk_write *write = &image->pending[image->pending_count++];

    ck_assert_uint_lt(image->pending_count, DISK_PENDING);
    *write = (struct disk_write){.at = at, .size = size};
    if (size >= 0) {
        write->data = malloc((size_t)size + 1);
        ck_assert_ptr_nonnull(write->data);
        memcpy(write->data, data, (size_t)size);
    }
    image->writes++;
}

static void disk_synced(struct disk_image *image)
{
    for (size_t i = 0; i < image->pending_count; i++) {
        disk_apply(&image->kept, &image->len, &image->room, &image->pending[i]);
        free(image->pending[i].data);
    }
    image->pending_count = 0;
    image->syncs++;
}

/* ---------------------------------------------------------------- the file ------------------- */

#define DISK_FILE(f) ((struct disk_file *)(f))

/* The code of a write or a sync that is to fail; 0 otherwise. */
static int disk_failure(bool sync)
{
    static const int codes[] = {0, SQLITE_IOERR_WRITE, SQLITE_FULL, SQLITE_IOERR_FSYNC};
    bool mine = disk.fails != DISK_FINE && sync == (disk.fails == DISK_NO_SYNC);

    return mine && gate_fails() ? codes[disk.fails] : SQLITE_OK;
}

static void disk_event(void)
{
    if (disk.event != NULL) {
        disk.event();
    }
}

static int disk_write(sqlite3_file *f, const void *data, int size, sqlite3_int64 at)
{
    struct disk_file *file = DISK_FILE(f);
    int code = disk_failure(false);

    pthread_mutex_lock(&disk.lock);
    code = code != 0 ? code : file->methods->xWrite(file->real, data, size, at);
    if (code == SQLITE_OK) {
        disk_note(file->image, data, size, at);
        disk_event();
    }
    pthread_mutex_unlock(&disk.lock);
    return code;
}

static int disk_truncate(sqlite3_file *f, sqlite3_int64 size)
{
    struct disk_file *file = DISK_FILE(f);

    pthread_mutex_lock(&disk.lock);
    int code = file->methods->xTruncate(file->real, size);
    if (code == SQLITE_OK) {
        disk_note(file->image, NULL, -1, size);
        disk_event();
    }
    pthread_mutex_unlock(&disk.lock);
    return code;
}

static int disk_sync(sqlite3_file *f, int flags)
{
    struct disk_file *file = DISK_FILE(f);
    int code = disk_failure(true);

    (void)flags; /* the tests' own file system need not be waited for */
    pthread_mutex_lock(&disk.lock);
    if (code == SQLITE_OK) {
        disk_event(); /* a crash comes before it, or after the next write */
        disk_synced(file->image);
    }
    pthread_mutex_unlock(&disk.lock);
    return code;
}

#define DISK_PASS(name, parameters, arguments)                                                     \
    static int disk_##name parameters                                                              \
    {                                                                                              \
        return DISK_FILE(f)->methods->name arguments;                                              \
    }
DISK_PASS(xRead, (sqlite3_file * f, void *to, int n, sqlite3_int64 at),
          (DISK_FILE(f)->real, to, n, at))
DISK_PASS(xFileSize, (sqlite3_file * f, sqlite3_int64 *n), (DISK_FILE(f)->real, n))
DISK_PASS(xLock, (sqlite3_file * f, int level), (DISK_FILE(f)->real, level))
DISK_PASS(xUnlock, (sqlite3_file * f, int level), (DISK_FILE(f)->real, level))
DISK_PASS(xCheckReservedLock, (sqlite3_file * f, int *out), (DISK_FILE(f)->real, out))
DISK_PASS(xFileControl, (sqlite3_file * f, int op, void *arg), (DISK_FILE(f)->real, op, arg))
DISK_PASS(xSectorSize, (sqlite3_file * f), (DISK_FILE(f)->real))
DISK_PASS(xDeviceCharacteristics, (sqlite3_file * f), (DISK_FILE(f)->real))
DISK_PASS(xShmMap, (sqlite3_file * f, int region, int size, int extend, void volatile **out),
          (DISK_FILE(f)->real, region, size, extend, out))
DISK_PASS(xShmLock, (sqlite3_file * f, int offset, int n, int flags),
          (DISK_FILE(f)->real, offset, n, flags))
DISK_PASS(xShmUnmap, (sqlite3_file * f, int gone), (DISK_FILE(f)->real, gone))

static int disk_close(sqlite3_file *f)
{
    return DISK_FILE(f)->methods->xClose(DISK_FILE(f)->real);
}

static void disk_barrier(sqlite3_file *f)
{
    DISK_FILE(f)->methods->xShmBarrier(DISK_FILE(f)->real);
}

/* ---------------------------------------------------------------- the file system ------------ */

static int disk_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *out)
{
    bool log = (flags & SQLITE_OPEN_WAL) != 0;
    struct disk_file *file = DISK_FILE(f);

    (void)vfs;
    if (name == NULL || strncmp(name, disk.begins, strlen(disk.begins)) != 0 ||
        (!log && (flags & SQLITE_OPEN_MAIN_DB) == 0)) {
        return disk.real->xOpen(disk.real, name, f, flags, out); /* of no interest */
    }
    file->base.pMethods = NULL;
    int code = disk.real->xOpen(disk.real, name, file->real, flags, out);
    file->image = &disk.images[log];
    file->methods = file->real->pMethods;
    f->pMethods = file->methods != NULL ? &disk.methods : NULL;
    return code;
}

/* The log goes when the last connection closes; the database holds it all then. */
static int disk_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
    size_t len = strlen(name);

    (void)vfs;
    if (strncmp(name, disk.begins, strlen(disk.begins)) == 0 && len > 4 &&
        strcmp(name + len - 4, "-wal") == 0) {
        pthread_mutex_lock(&disk.lock);
        disk_note(&disk.images[1], NULL, -1, 0);
        disk_synced(&disk.images[1]);
        pthread_mutex_unlock(&disk.lock);
    }
    return disk.real->xDelete(disk.real, name, sync);
}

/* Watches the database whose path begins so, which is not there yet. */
static inline void disk_start(const char *begins)
{
    if (disk.real == NULL) {
        disk.real = sqlite3_vfs_find(NULL);
        disk.vfs = *disk.real;
        disk.vfs.zName = "disk";
        disk.vfs.szOsFile = (int)sizeof(struct disk_file) + disk.real->szOsFile;
        disk.vfs.xOpen = disk_open;
        disk.vfs.xDelete = disk_delete;
        disk.methods = (sqlite3_io_methods){.iVersion = 2,
                                            .xClose = disk_close,
                                            .xRead = disk_xRead,
                                            .xWrite = disk_write,
                                            .xTruncate = disk_truncate,
                                            .xSync = disk_sync,
                                            .xFileSize = disk_xFileSize,
                                            .xLock = disk_xLock,
                                            .xUnlock = disk_xUnlock,
                                            .xCheckReservedLock = disk_xCheckReservedLock,
                                            .xFileControl = disk_xFileControl,
                                            .xSectorSize = disk_xSectorSize,
                                            .xDeviceCharacteristics = disk_xDeviceCharacteristics,
                                            .xShmMap = disk_xShmMap,
                                            .xShmLock = disk_xShmLock,
                                            .xShmBarrier = disk_barrier,
                                            .xShmUnmap = disk_xShmUnmap};
        ck_assert_int_eq(sqlite3_vfs_register(&disk.vfs, 1), SQLITE_OK);
    }
    snprintf(disk.begins, sizeof(disk.begins), "%s", begins);
}

/* When nothing is open. */
static inline void disk_stop(void)
{
    for (size_t i = 0; i < DISK_FILES; i++) {
        disk_synced(&disk.images[i]);
        free(disk.images[i].kept);
        disk.images[i] = (struct disk_image){.kept = NULL};
    }
    disk.begins[0] = '\0';
}

/* ---------------------------------------------------------------- the crash ------------------ */

/* Of a write that was never synced: a third of the crashes lose it, a third keep one in two, and a
 * third keep each of its sectors or not. */
static void disk_remnant(char **bytes, size_t *len, size_t *room, const struct disk_write *write,
                         unsigned number, uint32_t *chance)
{
    *chance = *chance * 1664525u + 1013904223u;
    if (number % 3 == 0 || (number % 3 == 1 && (*chance >> 16) % 2 == 0)) {
        return;
    }
    if (number % 3 == 1 || write->size < 0) {
        disk_apply(bytes, len, room, write);
        return;
    }
    for (int at = 0; at < write->size; at += DISK_SECTOR) {
        int left = write->size - at;
        struct disk_write part = {write->at + at, left < DISK_SECTOR ? left : DISK_SECTOR,
                                  write->data + at};
        *chance = *chance * 1664525u + 1013904223u;
        if ((*chance >> 16) % 2 == 0) {
            disk_apply(bytes, len, room, &part);
        }
    }
}

static inline void disk_crash_remove(const char *path)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", ".lock"};
    char name[192];

    for (size_t i = 0; i < AS_COUNT(suffixes); i++) {
        snprintf(name, sizeof(name), "%s%s", path, suffixes[i]);
        (void)unlink(name);
    }
}

/* Writes what would be left to path and path-wal. With the lock held, or when all is quiet. */
static inline void disk_crash(const char *path, unsigned number)
{
    static const char *const suffixes[DISK_FILES] = {"", "-wal"};
    uint32_t chance = GATE_SEED + number;

    for (size_t i = 0; i < DISK_FILES; i++) {
        const struct disk_image *image = &disk.images[i];
        char name[192];
        size_t len = image->len, room = 0;
        char *bytes = NULL;

        disk_need(&bytes, &room, image->len + 1);
        if (image->len > 0) {
            memcpy(bytes, image->kept, image->len);
        }
        for (size_t k = 0; k < image->pending_count; k++) {
            disk_remnant(&bytes, &len, &room, &image->pending[k], number, &chance);
        }
        snprintf(name, sizeof(name), "%s%s", path, suffixes[i]);
        FILE *file = len > 0 || i == 0 ? fopen(name, "we") : NULL;
        ck_assert(file != NULL || len == 0);
        if (file != NULL) {
            ck_assert_int_eq(fchmod(fileno(file), 0600), 0); /* others may not read it */
            ck_assert_uint_eq(fwrite(bytes, 1, len, file), len);
            ck_assert_int_eq(fclose(file), 0);
        }
        free(bytes);
    }
}

#endif
