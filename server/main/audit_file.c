/* SPDX-License-Identifier: Apache-2.0 */
#include "audit_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static as_err refuse(struct as_findings *findings, const char *path, const char *why)
{
    as_findings_tell(findings, AS_LOG_ERROR, "audit.file", "%s: %s", path, why);
    return AS_FAIL(AS_BAD_CONFIGURATION, "audit.file cannot be used");
}

static as_err open_checked(struct as_findings *findings, const char *path,
                           const struct as_file_rules *rules, int *fd)
{
    const char *fault = as_file_open(path, rules, fd);

    return fault == NULL ? AS_OK : refuse(findings, path, fault);
}

#define APPENDED (O_WRONLY | O_APPEND | O_NOFOLLOW)
#define SHUT     (S_IWGRP | S_IWOTH)

/* What a full disk or a crash cut off must not take the next line with it. */
static bool is_torn(const char *path)
{
    AS_AUTO_FD int in = open(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
    struct stat about;
    char last = '\n';

    return in >= 0 && fstat(in, &about) == 0 && about.st_size > 0 &&
           pread(in, &last, 1, about.st_size - 1) == 1 && last != '\n';
}

as_err as_audit_file_open(struct as_findings *findings, const char *path, struct as_audit_file *out)
{
    *out = (struct as_audit_file){.fd = -1};
    if (path == NULL) {
        return AS_OK;
    }
    const struct as_file_rules rules = {.flags = APPENDED | O_CREAT, .shut = SHUT};
    AS_TRY(open_checked(findings, path, &rules, &out->fd));
    out->torn = is_torn(path);
    return AS_OK;
}

as_err as_audit_file_check(struct as_findings *findings, const char *path)
{
    AS_AUTO_FD int fd = -1;

    if (path == NULL || (access(path, F_OK) != 0 && errno == ENOENT)) {
        return AS_OK; /* its folder is looked at with the others */
    }
    const struct as_file_rules rules = {
        .flags = APPENDED, .shut = SHUT, .any_owner = geteuid() == 0};
    return open_checked(findings, path, &rules, &fd);
}
