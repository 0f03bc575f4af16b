/* SPDX-License-Identifier: Apache-2.0 */
/* The file that audit lines are appended to, and what it must be (MTLS-118). */
#ifndef AS_MAIN_AUDIT_FILE_H
#define AS_MAIN_AUDIT_FILE_H

#include "findings.h"

/*
 * Opens audit.file for appending, made with mode 0600 when it is absent: a regular file, no link,
 * that belongs to the caller or root and that nobody else may write. A last line without its end is
 * ended, so that the next one stands alone. *fd is -1 when there is no such setting.
 * Errors: AS_BAD_CONFIGURATION, with the reason told.
 */
as_err as_audit_file_open(struct as_findings *findings, const char *path, int *fd);

/* The same questions without making a file. Root may look at a file that is another user's, since
 * it is not root that fapid will run as. */
as_err as_audit_file_check(struct as_findings *findings, const char *path);

#endif
