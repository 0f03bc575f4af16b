/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The thread that appends audit lines to their file, and the only one that waits for that disk. It
 * owns the file and the batch it writes. What cannot be written stays and is tried again, while the
 * front goes on taking lines up to the bound.
 */
#include "audit_sink.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define GIVE_BACK ((size_t)256 * 1024) /* of memory, once more than so much has waited */

/* ------------------------------------------------------------ the file ------------------------ */

static void on_cancel(void *arg)
{
    struct as_audit_sink *sink = arg;

    (void)pthread_mutex_lock(&sink->lock);
    sink->ended = true;
    (void)pthread_cond_broadcast(&sink->progress);
    (void)pthread_mutex_unlock(&sink->lock);
}

/* The one place where the end of the process may cut this thread off. */
static ssize_t write_some(struct as_audit_sink *sink, const char *ptr, size_t len)
{
    ssize_t done;
    int before;

    pthread_cleanup_push(on_cancel, sink);
    (void)pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &before);
    done = write(sink->file.fd, ptr, len);
    (void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
    pthread_cleanup_pop(0);
    if (done < 0 && errno == EINTR) {
        return 0;
    }
    return done;
}

/* The line that was cut off is written again, whole. */
static void begin_line_again(struct as_audit_sink *sink)
{
    while (sink->done > 0 && sink->writing.ptr[sink->done - 1] != '\n') {
        sink->done--;
    }
}

/* Lines in a file that has no name any more are lines that nobody will read: false. One that was
 * emptied, to make room or to begin anew, has lost the beginning of a line as well. */
static bool is_there(struct as_audit_sink *sink)
{
    struct stat about;

    if (fstat(sink->file.fd, &about) != 0) {
        return true;
    }
    if (S_ISREG(about.st_mode) && about.st_size == 0) {
        sink->file.torn = false;
        begin_line_again(sink);
    }
    return !sink->has_name || about.st_nlink > 0;
}

/* Goes on where the write before stopped, so that a line that a full disk cut off becomes whole.
 * 0, or errno. */
static int append(struct as_audit_sink *sink)
{
    struct as_audit_batch *batch = &sink->writing;

    if (!is_there(sink)) {
        return ENOENT;
    }
    while (sink->file.torn) {
        ssize_t put = write_some(sink, "\n", 1);
        if (put < 0) {
            return errno;
        }
        sink->file.torn = put == 0;
    }
    while (sink->done < batch->len) {
        ssize_t put = write_some(sink, batch->ptr + sink->done, batch->len - sink->done);
        if (put < 0) {
            return errno;
        }
        sink->done += (size_t)put;
    }
    return 0;
}

static bool same_file(int a, int b)
{
    struct stat one, other;

    return a >= 0 && b >= 0 && fstat(a, &one) == 0 && fstat(b, &other) == 0 &&
           one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

/* What had begun in another file is written again, whole. Where it is the same file, what its end
 * looks like is known better here. */
static void take_over(struct as_audit_sink *sink, struct as_audit_file next)
{
    struct stat about;

    if (same_file(sink->file.fd, next.fd)) {
        next.torn = sink->file.torn;
    } else {
        begin_line_again(sink);
    }
    as_file_close(&sink->file.fd);
    sink->file = next;
    sink->has_name = next.fd >= 0 && fstat(next.fd, &about) == 0 && about.st_nlink > 0;
}

/* ------------------------------------------------------------ how it went --------------------- */

/* The batch is written, or there is no file any more. Under the lock. */
static void settle(struct as_audit_sink *sink)
{
    struct as_audit_batch *batch = &sink->writing;

    sink->settled += batch->len;
    sink->lines -= batch->lines;
    sink->moved_ms = as_clock_mono_ms();
    as_metric_add(AS_METRIC_audit_lines_waiting, -(int64_t)batch->lines);
    batch->len = 0;
    batch->lines = 0;
    sink->done = 0;
}

static void tell_failure(struct as_audit_sink *sink, int why, size_t waiting)
{
    as_metric_add(AS_METRIC_audit_write_failures_total, 1);
    if (as_log_is_due(&sink->failure_told, as_clock_mono_ms())) {
        AS_LOG(AS_LOG_ERROR, "audit_not_written",
               AS_LOG_TEXT("message", why == ENOENT ? "the file was removed: reload to make another"
                                                    : strerrordesc_np(why)),
               AS_LOG_NUMBER("lines", (int64_t)waiting));
    }
}

static void tell_recovery(struct as_audit_sink *sink, size_t lost)
{
    if (as_log_is_over(&sink->failure_told) || lost > 0) {
        AS_LOG(AS_LOG_NOTICE, "audit_written_again", AS_LOG_NUMBER("lost", (int64_t)lost));
    }
}

/* Lines that were meant for a file that the configuration does not name any more. */
static void tell_given_up(size_t lines)
{
    as_metric_add(AS_METRIC_audit_lines_lost_total, (int64_t)lines);
    AS_LOG(AS_LOG_ERROR, "audit_lines_lost", AS_LOG_NUMBER("lines", (int64_t)lines),
           AS_LOG_TEXT("message", "they could not be written, and there is no file any more"));
}

/* What a burst took. */
static void give_back(const struct as_audit_batch *batch)
{
    if (batch->len > GIVE_BACK) {
        (void)madvise(batch->ptr, AS_AUDIT_ROOM, MADV_DONTNEED);
    }
}

/* Without the lock. */
static void write_batch(struct as_audit_sink *sink)
{
    bool has_file = sink->file.fd >= 0;
    int why = has_file ? append(sink) : 0;
    size_t lines = sink->writing.lines, lost = 0;

    if (why == 0) {
        give_back(&sink->writing);
    }
    (void)pthread_mutex_lock(&sink->lock);
    sink->failure = why;
    if (why == 0) {
        settle(sink);
        lost = sink->lost_untold;
        sink->lost_untold = 0;
    }
    size_t waiting = sink->lines;
    (void)pthread_cond_broadcast(&sink->progress);
    (void)pthread_mutex_unlock(&sink->lock);
    if (why != 0) {
        tell_failure(sink, why, waiting);
    } else if (has_file) {
        tell_recovery(sink, lost);
    } else {
        tell_given_up(lines);
    }
}

/* ------------------------------------------------------------ its turns ----------------------- */

/* Until it is called: for a line, another file, or the end. */
static void sleep_idle(struct as_audit_sink *sink)
{
    sink->idle = true;
    while (sink->idle) {
        (void)pthread_cond_wait(&sink->work, &sink->lock);
    }
}

/* Until then, or until there is another file or the end; `hasty`: or somebody waits. */
static void sleep_until(struct as_audit_sink *sink, int64_t until_ms, bool hasty)
{
    bool early = true;

    while (early && !sink->stopping && !sink->has_next && !(hasty && sink->urgent)) {
        early = as_thread_cond_wait(&sink->work, &sink->lock, until_ms);
    }
}

/* Nobody is in a hurry: a moment later more lines go out in one write. What came before another
 * file was named was flushed by whoever named it. */
static void gather(struct as_audit_sink *sink)
{
    struct as_audit_batch empty = sink->writing;

    sleep_until(sink, as_clock_mono_ms() + AS_LIMIT_AUDIT_GATHER_MS, true);
    if (sink->has_next) {
        return;
    }
    sink->writing = sink->filling;
    sink->filling = empty;
    sink->urgent = false;
}

static void use_next(struct as_audit_sink *sink)
{
    struct as_audit_file next = sink->next;

    sink->has_next = false;
    sink->failure = 0;
    (void)pthread_mutex_unlock(&sink->lock);
    take_over(sink, next);
    (void)pthread_mutex_lock(&sink->lock);
}

/* False: the last try, at the end, has failed. */
static bool use_batch(struct as_audit_sink *sink)
{
    bool last = sink->stopping;

    (void)pthread_mutex_unlock(&sink->lock);
    write_batch(sink);
    (void)pthread_mutex_lock(&sink->lock);
    if (sink->failure != 0 && !last) {
        sleep_until(sink, as_clock_mono_ms() + AS_LIMIT_AUDIT_RETRY_MS, false);
    }
    return sink->failure == 0 || !last;
}

/* Under the lock, which is given away for a while; false: the end. */
static bool turn(struct as_audit_sink *sink)
{
    if (sink->has_next) {
        use_next(sink);
    } else if (sink->writing.len > 0) {
        return use_batch(sink);
    } else if (sink->filling.len > 0) {
        gather(sink);
    } else if (sink->stopping) {
        return false;
    } else {
        sleep_idle(sink);
    }
    return true;
}

void *as_audit_writer(void *arg)
{
    struct as_audit_sink *sink = arg;
    int before;

    (void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
    (void)pthread_mutex_lock(&sink->lock);
    while (turn(sink)) {
    }
    sink->ended = true;
    (void)pthread_cond_broadcast(&sink->progress);
    (void)pthread_mutex_unlock(&sink->lock);
    return NULL;
}
