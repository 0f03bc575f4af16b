/* SPDX-License-Identifier: Apache-2.0 */
#include "audit_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static as_err refuse(struct as_findings *findings, const char *path, const char *why)
{
    as_findings_tell(findings, AS_LOG_ERROR, "audit.file", "%s: %s", path, why);
    return AS_FAIL(AS_BAD_CONFIGURATION, "audit.file cannot be used");
}

/* NULL, or what is wrong with the open file. */
static const char *fault_of(const struct stat *about, bool any_owner)
{
    if (!S_ISREG(about->st_mode)) {
        return "it is no regular file";
    }
    if (!any_owner && about->st_uid != geteuid() && about->st_uid != 0) {
        return "it belongs to another user";
    }
    if ((about->st_mode & (S_IWGRP | S_IWOTH)) != 0) {
        return "others than its owner may write it: chmod go-w";
    }
    return NULL;
}

/* Never waits for the other end of a pipe. */
static as_err open_checked(struct as_findings *findings, const char *path, int flags,
                           bool any_owner, int *out)
{
    AS_AUTO_FD int fd = open(
        path, flags | O_WRONLY | O_APPEND | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC, 0600);
    struct stat about;

    if (fd < 0) {
        return refuse(findings, path, errno == ELOOP ? "it is a link" : strerrordesc_np(errno));
    }
    const char *fault =
        fstat(fd, &about) == 0 ? fault_of(&about, any_owner) : strerrordesc_np(errno);
    if (fault != NULL) {
        return refuse(findings, path, fault);
    }
    *out = fd;
    fd = -1;
    return AS_OK;
}

/* What a full disk or a crash cut off must not take the next line with it. */
static void end_last_line(const char *path, int fd)
{
    AS_AUTO_FD int in = open(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
    struct stat about;
    char last = '\n';

    if (in >= 0 && fstat(in, &about) == 0 && about.st_size > 0 &&
        pread(in, &last, 1, about.st_size - 1) == 1 && last != '\n' && write(fd, "\n", 1) != 1) {
        AS_LOG(AS_LOG_WARNING, "audit_not_written", AS_LOG_TEXT("message", strerrordesc_np(errno)));
    }
}

as_err as_audit_file_open(struct as_findings *findings, const char *path, int *fd)
{
    *fd = -1;
    if (path == NULL) {
        return AS_OK;
    }
    AS_TRY(open_checked(findings, path, O_CREAT, false, fd));
    end_last_line(path, *fd);
    return AS_OK;
}

as_err as_audit_file_check(struct as_findings *findings, const char *path)
{
    AS_AUTO_FD int fd = -1;

    if (path == NULL || (access(path, F_OK) != 0 && errno == ENOENT)) {
        return AS_OK; /* its folder is looked at with the others */
    }
    return open_checked(findings, path, 0, geteuid() == 0, &fd);
}
