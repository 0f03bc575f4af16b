/* SPDX-License-Identifier: Apache-2.0 */
#include "watch.h"

#include <sys/stat.h>

AS_AUTO_DEFINE(struct as_arena, as_arena_free)

/* What tells one state of a file from another without reading it. */
struct stamp {
    bool there;
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec written;
    mode_t mode; /* this and the owner: what could not be read may be now */
    uid_t owner;
    gid_t group;
};

struct file {
    const char *path;
    struct stamp noted; /* before it was read */
    struct stamp seen;  /* at the last look */
};

struct as_watch {
    struct as_arena *mem; /* holds this struct too */
    struct file *files;
    size_t count;
};

static struct stamp stamp_of(const char *path)
{
    struct stat about;

    if (stat(path, &about) != 0) {
        return (struct stamp){.there = false};
    }
    return (struct stamp){true,          about.st_dev,  about.st_ino, about.st_size,
                          about.st_mtim, about.st_mode, about.st_uid, about.st_gid};
}

static bool same(const struct stamp *a, const struct stamp *b)
{
    return a->there == b->there && a->device == b->device && a->inode == b->inode &&
           a->size == b->size && a->written.tv_sec == b->written.tv_sec &&
           a->written.tv_nsec == b->written.tv_nsec && a->mode == b->mode && a->owner == b->owner &&
           a->group == b->group;
}

static as_err add_files(struct as_watch *watch, const char *const *paths, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        AS_TRY(as_arena_text(watch->mem, as_span_of(paths[i]), &watch->files[watch->count++].path));
    }
    return AS_OK;
}

static size_t count_files(const struct as_settings *settings)
{
    size_t count = 0;

    for (size_t i = 0; i < settings->listener_count; i++) {
        count += settings->listeners[i].certificate_count + settings->listeners[i].key_count;
    }
    for (size_t i = 0; i < settings->trust_count; i++) {
        count += settings->trusts[i].anchor_count + settings->trusts[i].intermediate_count;
    }
    return count;
}

static as_err note_all(struct as_watch *watch, const struct as_settings *settings)
{
    watch->files = as_arena_array(watch->mem, count_files(settings) + 1, sizeof(*watch->files));
    AS_NEED_MEM(watch->files);
    for (size_t i = 0; i < settings->listener_count; i++) {
        const struct as_listener_settings *listener = &settings->listeners[i];
        AS_TRY(add_files(watch, listener->certificate, listener->certificate_count));
        AS_TRY(add_files(watch, listener->key, listener->key_count));
    }
    for (size_t i = 0; i < settings->trust_count; i++) {
        const struct as_trust_group_conf *trust = &settings->trusts[i];
        AS_TRY(add_files(watch, trust->anchors, trust->anchor_count));
        AS_TRY(add_files(watch, trust->intermediates, trust->intermediate_count));
    }
    as_watch_mark(watch);
    return AS_OK;
}

as_err as_watch_new(const struct as_settings *settings, struct as_watch **out)
{
    AS_AUTO(as_arena_free) struct as_arena *mem = as_arena_new(AS_LIMIT_SETTINGS);
    struct as_watch *watch = NULL;

    AS_NEED_MEM(mem);
    watch = as_arena_alloc(mem, sizeof(*watch));
    AS_NEED_MEM(watch);
    watch->mem = mem;
    AS_TRY(note_all(watch, settings));
    (void)AS_MOVE(mem);
    *out = watch;
    return AS_OK;
}

void as_watch_free(struct as_watch *watch)
{
    if (watch != NULL) {
        as_arena_free(watch->mem);
    }
}

void as_watch_mark(struct as_watch *watch)
{
    for (size_t i = 0; i < watch->count; i++) {
        watch->files[i].noted = stamp_of(watch->files[i].path);
        watch->files[i].seen = watch->files[i].noted;
    }
}

/* All are looked at, and none may be on the move: certificate and key are replaced one after the
 * other. */
const char *as_watch_look(struct as_watch *watch)
{
    const char *changed = NULL;
    bool steady = true;

    for (size_t i = 0; i < watch->count; i++) {
        struct file *file = &watch->files[i];
        struct stamp now = stamp_of(file->path);

        steady = steady && same(&now, &file->seen);
        file->seen = now;
        if (changed == NULL && !same(&now, &file->noted)) {
            changed = file->path;
        }
    }
    return steady ? changed : NULL;
}
