/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a process may have of memory: the kernel ends one that takes more. A cgroup is bounded by
 * those above it as well, so all are looked at; of one that cannot be seen from inside a container
 * only the nearest that can is. cgroups(7); memory.max of version 2, memory.limit_in_bytes of
 * version 1, each octets or "max".
 */
#include "as/base/file.h"
#include "as/base/memory.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define PATH_ROOM 4096
#define TEXT_ROOM 16384

/* Of a file that is a number alone; UINT64_MAX otherwise. */
static uint64_t number_in(const char *path)
{
    char text[32];
    AS_AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t len = fd >= 0 ? read(fd, text, sizeof(text)) : -1;
    uint64_t number = 0;

    return len > 0 && text[len - 1] == '\n' &&
                   as_span_number((as_span){text, (size_t)len - 1}, UINT64_MAX, &number)
               ? number
               : UINT64_MAX;
}

static uint64_t limit_in(const char *tree, as_span group, const char *file)
{
    char path[PATH_ROOM];
    int made = snprintf(path, sizeof(path), "%s%.*s/%s", tree, (int)group.len, group.ptr, file);

    return made > 0 && (size_t)made < sizeof(path) ? number_in(path) : UINT64_MAX;
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* In the group and in each above it, up to the tree itself. */
static uint64_t least_in(const char *tree, as_span group, const char *file)
{
    uint64_t found = limit_in(tree, group, file);

    while (group.len > 0) {
        group.len--;
        if (group.ptr[group.len] == '/') {
            found = least(found, limit_in(tree, group, file));
        }
    }
    return found;
}

static bool names_memory(as_span controllers)
{
    as_span one;

    while (as_span_cut(&controllers, ',', &one)) {
        if (as_span_is(one, "memory")) {
            return true;
        }
    }
    return false;
}

/* A number, controllers (none: version 2) and the group, with colons between. */
static uint64_t limit_of_line(as_span line, const char *tree)
{
    char v1[PATH_ROOM];
    as_span number, controllers;

    if (!as_span_cut(&line, ':', &number) || !as_span_cut(&line, ':', &controllers)) {
        return UINT64_MAX;
    }
    if (controllers.len == 0) {
        return least_in(tree, line, "memory.max");
    }
    (void)snprintf(v1, sizeof(v1), "%s/memory", tree);
    return names_memory(controllers) ? least_in(v1, line, "memory.limit_in_bytes") : UINT64_MAX;
}

static uint64_t limit_of_groups(const char *groups, const char *tree)
{
    AS_AUTO_FD int fd = open(groups, O_RDONLY | O_CLOEXEC);
    AS_AUTO_BUF struct as_buf text = AS_BUF(TEXT_ROOM);
    uint64_t found = UINT64_MAX;
    as_span line;

    if (fd < 0 || !as_file_read(fd, &text)) {
        return found;
    }
    for (as_span rest = as_buf_span(&text); as_span_cut(&rest, '\n', &line);) {
        found = least(found, limit_of_line(line, tree));
    }
    return found;
}

uint64_t as_memory_limit(const char *groups, const char *tree)
{
    long pages = sysconf(_SC_PHYS_PAGES);
    long page = sysconf(_SC_PAGESIZE);
    uint64_t all = pages > 0 && page > 0 ? (uint64_t)pages * (uint64_t)page : UINT64_MAX;

    return least(all, limit_of_groups(groups, tree));
}
