/* SPDX-License-Identifier: Apache-2.0 */
/* The front of the audit's queue: what requests, the start, a reload and the end ask of it. */
#include "audit_sink.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* ------------------------------------------------------------ lines --------------------------- */

/* Under the lock. */
static bool is_late(const struct as_audit_sink *sink)
{
    return sink->lines > 0 && as_clock_mono_ms() - sink->moved_ms > AS_LIMIT_AUDIT_LATE_MS;
}

static bool has_room(const struct as_audit_sink *sink, size_t more)
{
    return sink->accepted - sink->settled + more <= AS_LIMIT_AUDIT_OCTETS &&
           sink->lines < AS_LIMIT_AUDIT_LINES;
}

bool as_audit_sink_takes(struct as_audit_sink *sink)
{
    (void)pthread_mutex_lock(&sink->lock);
    bool takes = !sink->has_file || (sink->failure == 0 && !is_late(sink) && has_room(sink, 0));
    (void)pthread_mutex_unlock(&sink->lock);
    return takes;
}

/* Called by whoever waits for something of the writer. Under the lock. */
static void hurry(struct as_audit_sink *sink)
{
    sink->urgent = true;
    sink->idle = false;
    (void)pthread_cond_signal(&sink->work);
}

static void add(struct as_audit_sink *sink, as_span line)
{
    struct as_audit_batch *batch = &sink->filling;

    memcpy(batch->ptr + batch->len, line.ptr, line.len);
    batch->len += line.len;
    batch->lines++;
    if (sink->lines++ == 0) {
        sink->moved_ms = as_clock_mono_ms();
    }
    sink->accepted += line.len;
    as_metric_add(AS_METRIC_audit_lines_waiting, 1);
    if (sink->idle) {
        sink->idle = false;
        (void)pthread_cond_signal(&sink->work);
    }
}

/* How many are to be told of now; the log is not filled with them. Under the lock. */
static size_t lose_one(struct as_audit_sink *sink)
{
    size_t tell = ++sink->lost_untold;

    as_metric_add(AS_METRIC_audit_lines_lost_total, 1);
    if (!as_log_is_due(&sink->lost_told, as_clock_mono_ms())) {
        return 0;
    }
    sink->lost_untold = 0;
    return tell;
}

bool as_audit_sink_put(struct as_audit_sink *sink, as_span line, bool change, uint64_t *mark)
{
    size_t tell = 0;

    (void)pthread_mutex_lock(&sink->lock);
    size_t left = AS_AUDIT_ROOM - sink->filling.len;
    bool taken = !sink->has_file || (line.len <= left && (change || has_room(sink, line.len)));
    if (!taken) {
        tell = lose_one(sink);
    } else if (sink->has_file) {
        add(sink, line);
    }
    *mark = sink->accepted;
    (void)pthread_mutex_unlock(&sink->lock);
    if (tell > 0) {
        AS_LOG(AS_LOG_ERROR, "audit_lines_lost", AS_LOG_NUMBER("lines", (int64_t)tell),
               AS_LOG_TEXT("message", "too many wait to be written"));
    }
    return taken;
}

bool as_audit_sink_wait(struct as_audit_sink *sink, uint64_t mark, int64_t until_ms)
{
    bool in_time = true;

    (void)pthread_mutex_lock(&sink->lock);
    while (sink->settled < mark && sink->failure == 0 && !sink->ended && in_time) {
        hurry(sink);
        in_time = as_thread_cond_wait(&sink->progress, &sink->lock, until_ms);
    }
    bool written = sink->settled >= mark;
    (void)pthread_mutex_unlock(&sink->lock);
    return written;
}

bool as_audit_sink_flush(struct as_audit_sink *sink, int64_t until_ms)
{
    (void)pthread_mutex_lock(&sink->lock);
    uint64_t mark = sink->accepted;
    (void)pthread_mutex_unlock(&sink->lock);
    return as_audit_sink_wait(sink, mark, until_ms);
}

/* ------------------------------------------------------------ files --------------------------- */

/* One that the writer has not seen gives way to a newer one. */
void as_audit_sink_use(struct as_audit_sink *sink, struct as_audit_file file)
{
    int unseen = -1;

    (void)as_audit_sink_flush(sink, as_clock_mono_ms() + AS_LIMIT_AUDIT_SWAP_MS);
    (void)pthread_mutex_lock(&sink->lock);
    if (sink->has_next) {
        unseen = sink->next.fd;
    }
    sink->next = file;
    sink->has_next = true;
    sink->has_file = file.fd >= 0;
    hurry(sink);
    (void)pthread_mutex_unlock(&sink->lock);
    as_file_close(&unseen);
}

/* ------------------------------------------------------------ beginning and end --------------- */

static bool make_room(struct as_audit_batch *batch)
{
    void *room = mmap(NULL, AS_AUDIT_ROOM, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    batch->ptr = room != MAP_FAILED ? room : NULL;
    return batch->ptr != NULL;
}

static void drop_room(struct as_audit_batch *batch)
{
    if (batch->ptr != NULL) {
        (void)munmap(batch->ptr, AS_AUDIT_ROOM);
    }
}

static void take_down(struct as_audit_sink *sink)
{
    as_file_close(&sink->file.fd);
    if (sink->has_next) {
        as_file_close(&sink->next.fd);
    }
    drop_room(&sink->filling);
    drop_room(&sink->writing);
    (void)pthread_cond_destroy(&sink->work);
    (void)pthread_cond_destroy(&sink->progress);
    (void)pthread_mutex_destroy(&sink->lock);
    free(sink);
}

as_err as_audit_sink_new(struct as_audit_sink **out)
{
    struct as_audit_sink *sink = calloc(1, sizeof(*sink));

    AS_NEED_MEM(sink);
    sink->file.fd = -1;
    (void)pthread_mutex_init(&sink->lock, NULL);
    bool made = as_thread_cond_init(&sink->work);
    made = as_thread_cond_init(&sink->progress) && made;
    made = make_room(&sink->filling) && make_room(&sink->writing) && made;
    if (!made || !as_thread_start(&sink->thread, "fapid-audit", 0, as_audit_writer, sink)) {
        take_down(sink);
        return AS_FAIL(AS_SERVER_ERROR, "the audit's writer cannot be started");
    }
    *out = sink;
    return AS_OK;
}

/* True when the writer has ended by itself, or could be made to: a write that hangs is cut off. */
static bool end_writer(struct as_audit_sink *sink, int64_t until_ms)
{
    bool cut = false;

    (void)pthread_mutex_lock(&sink->lock);
    sink->stopping = true;
    hurry(sink);
    while (!sink->ended) {
        if (as_thread_cond_wait(&sink->progress, &sink->lock, until_ms) || sink->ended) {
            continue;
        }
        if (cut) {
            break;
        }
        cut = true;
        until_ms = as_clock_mono_ms() + AS_LIMIT_AUDIT_CUT_MS;
        (void)pthread_cancel(sink->thread);
    }
    bool ended = sink->ended;
    (void)pthread_mutex_unlock(&sink->lock);
    return ended;
}

static void tell_rest(struct as_audit_sink *sink)
{
    (void)pthread_mutex_lock(&sink->lock);
    size_t never = sink->lines, untold = sink->lost_untold;
    (void)pthread_mutex_unlock(&sink->lock);
    if (never + untold > 0) {
        as_metric_add(AS_METRIC_audit_lines_lost_total, (int64_t)never);
        as_metric_add(AS_METRIC_audit_lines_waiting, -(int64_t)never);
        AS_LOG(AS_LOG_ERROR, "audit_lines_lost", AS_LOG_NUMBER("lines", (int64_t)(never + untold)),
               AS_LOG_TEXT("message", "they could not be written before the end"));
    }
}

/* A writer whom not even the system gets out of a write ends with the process, and until then keeps
 * what it uses. */
void as_audit_sink_free(struct as_audit_sink *sink, int wait_ms)
{
    if (sink == NULL) {
        return;
    }
    bool ended = end_writer(sink, as_clock_mono_ms() + wait_ms);
    tell_rest(sink);
    if (ended) {
        (void)pthread_join(sink->thread, NULL);
        take_down(sink);
    } else {
        (void)pthread_detach(sink->thread);
    }
}
