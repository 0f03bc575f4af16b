/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files that the configuration names: have they changed since they were read? Certificates, keys,
 * anchors and intermediates; not the configuration itself, which somebody may be writing. Links are
 * followed, so that a link that is turned to another file counts.
 *
 * Owner: whoever made it. Threads: one at a time.
 */
#ifndef AS_MAIN_WATCH_H
#define AS_MAIN_WATCH_H

#include "as/settings.h"

struct as_watch;

/* Notes how the files are now: to be called before they are read. */
as_err as_watch_new(const struct as_settings *settings, struct as_watch **out);
void as_watch_free(struct as_watch *watch);
/* Notes it anew. */
void as_watch_mark(struct as_watch *watch);
/*
 * Looks once. A file that is no more what was noted is changed, once all files are as they were at
 * the look before: one that is just being written, or a pair of which one half is there, waits. Its
 * name, owned by the watch, or NULL.
 */
const char *as_watch_look(struct as_watch *watch);

#endif
