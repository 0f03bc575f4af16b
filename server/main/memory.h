/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What malloc keeps of memory that was freed. Each of glibc's arenas keeps what the largest request
 * in it took, and it would make eight for each core, which the job threads use in turn: after
 * sixteen imports of 1,000 clients that is 130 MB on two cores.
 */
#ifndef AS_MAIN_MEMORY_H
#define AS_MAIN_MEMORY_H

#define AS_MEMORY_TRIM_MS 60000

/* Before the first thread: an arena for each worker and for each thread that is always there, and
 * two for all others. */
void as_memory_set_up(void);
/* Gives what lies free back to the system; the main thread's, every AS_MEMORY_TRIM_MS. */
void as_memory_trim(void);

#endif
