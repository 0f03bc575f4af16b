/* SPDX-License-Identifier: Apache-2.0 */
/* The file that audit lines are appended to, and what it must be (MTLS-118). */
#ifndef AS_MAIN_AUDIT_FILE_H
#define AS_MAIN_AUDIT_FILE_H

#include "as/endpoint.h"
#include "findings.h"

/*
 * Opens audit.file for appending, made with mode 0600 when it is absent: a regular file, no link,
 * that belongs to the caller or root and that nobody else may write. Nothing is written to it: that
 * its last line lacks its end is noted for whoever does. out->fd is -1 when there is no such
 * setting, and on failure.
 * Errors: AS_BAD_CONFIGURATION, with the reason told.
 */
as_err as_audit_file_open(struct as_findings *findings, const char *path,
                          struct as_audit_file *out);

/* The same questions without making a file. Root may look at a file that is another user's, since
 * it is not root that fapid will run as. */
as_err as_audit_file_check(struct as_findings *findings, const char *path);

#endif
