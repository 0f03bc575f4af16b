/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the main thread does while the others serve: it waits for signals, looks at files, and tells
 * the service manager that all is well.
 *
 *     SIGHUP            reload
 *     AS_DESK_SIGNAL    the same, if somebody waits for it at the desk
 *     SIGTERM, SIGINT   the end: first the listeners stay open for http.drain, then open requests
 *                       get their time; a second one cuts short whatever goes on
 */
#ifndef AS_MAIN_LOOP_H
#define AS_MAIN_LOOP_H

#include "server.h"

/* Before the first thread, which inherits it: the signals are this loop's alone. */
void as_loop_block_signals(void);
/* Until the end is wanted; drained then. The milliseconds that open requests still have. */
int as_loop_run(struct as_server *server, const struct as_notify *notify);
/* From now on a signal ends the process at once. */
void as_loop_unblock_signals(void);

#endif
