/* SPDX-License-Identifier: Apache-2.0 */
/* Acknowledged means durable; refused means without effect (design D10, TOK-15). */
#include "store/committer.h"
#include "store/session.h"
#include "store/support/fixture.h"
#include "store/support/shim.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>

static struct fixture f;

static void start_on_shim(size_t backend)
{
    shim_start();
    fixture_start(&f, backend);
}

static void rest_ms(long ms)
{
    const struct timespec moment = {ms / 1000, (ms % 1000) * 1000000};
    (void)nanosleep(&moment, NULL);
}

/* ------------------------------------------------------------ two at once --------------------- */

static atomic_int won;
static atomic_int lost;

static void *contend(void *arg)
{
    struct as_store_session *session = NULL;
    struct a_client c;
    char id[32];

    (void)arg;
    ck_ok(as_store_session_new(f.store, true, &session));
    for (int round = 0; round < 20; round++) {
        unsigned char digest[AS_DIGEST] = {(unsigned char)round};
        (void)snprintf(id, sizeof(id), "%lx-%d", (unsigned long)pthread_self(), round);
        as_err err = create(session, client_known(&c, id, 1, digest));
        atomic_fetch_add(&won, as_failed(err) ? 0 : 1);
        atomic_fetch_add(&lost, as_err_is(err, AS_INVALID_CLIENT_METADATA) ? 1 : 0);
    }
    as_store_session_free(session);
    return NULL;
}

START_TEST(MTLS_114_of_two_that_register_the_same_at_once_one_wins)
{
    pthread_t threads[4];
    const struct as_party *const *list = NULL;
    size_t count = 0;

    fixture_start(&f, (size_t)_i);
    for (size_t i = 0; i < AS_COUNT(threads); i++) {
        ck_assert_int_eq(pthread_create(&threads[i], NULL, contend, NULL), 0);
    }
    for (size_t i = 0; i < AS_COUNT(threads); i++) {
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    }
    ck_assert_int_eq(atomic_load(&won), 20);
    ck_assert_int_eq(atomic_load(&lost), 60);
    ck_ok(as_store_party_list(f.job, f.mem, AS_PARTY_CLIENT, AS_SPAN_NONE, 100, &list, &count));
    ck_assert_uint_eq(count, 20);
    fixture_end(&f);
}
END_TEST

/* ------------------------------------------------------------ a disk that fails --------------- */

static void check_refused_whole(as_err err)
{
    ck_fault(err, AS_UNAVAILABLE);
    ck_assert(!is_there(f.job, "c-1"));
    ck_assert(!is_there(f.worker, "c-1"));
    ck_assert_uint_eq(audits(&f), 0);
    ck_assert(!as_store_is_ready(f.worker));
    as_store_session_done(f.worker);
}

/* The housekeeper tries again by itself, so that health recovers without a request. */
static void check_recovers(void)
{
    bool ready = false;

    for (int i = 0; i < 300 && !ready; i++) {
        rest_ms(100);
        ready = as_store_is_ready(f.worker);
        as_store_session_done(f.worker);
    }
    ck_assert(ready);
}

static void check_works_again(void)
{
    struct a_client c;
    size_t which = 0;

    ck_ok(as_store_party_create(f.job, client_named(&c, "c-1"), 1, &audit_line, &which));
    as_store_session_done(f.job);
    ck_assert(is_there(f.worker, "c-1"));
    ck_assert_uint_eq(audits(&f), 1);
}

static void fail_a_commit(atomic_int *what, int code)
{
    struct a_client c;
    size_t which = 0;
    int64_t failed = as_metric_get(AS_METRIC_store_commits_failed_total);

    ck_assert(as_store_is_ready(f.worker));
    as_store_session_done(f.worker);
    atomic_store(what, code);
    check_refused_whole(
        as_store_party_create(f.job, client_named(&c, "c-1"), 1, &audit_line, &which));
    ck_assert_int_gt(as_metric_get(AS_METRIC_store_commits_failed_total), failed);
    atomic_store(what, 0);
}

START_TEST(TOK_15_a_full_disk_half_writes_nothing)
{
    start_on_shim((size_t)_i);
    fail_a_commit(&shim.write_code, SQLITE_FULL);
    check_recovers();
    check_works_again();
    fixture_end(&f);
}
END_TEST

START_TEST(TOK_15_a_disk_that_cannot_sync_acknowledges_nothing)
{
    start_on_shim((size_t)_i);
    fail_a_commit(&shim.sync_code, SQLITE_IOERR_FSYNC);
    check_works_again();
    check_recovers();
    fixture_close(&f);
    fixture_open(&f, (size_t)_i);
    ck_assert(is_there(f.job, "c-1"));
    fixture_end(&f);
}
END_TEST

/* ------------------------------------------------------------ one alone ----------------------- */

static as_err run_that_ends(const struct as_store_ops *ops, struct as_backend *backend, void *arg,
                            unsigned *touched)
{
    (void)ops;
    (void)backend;
    (void)touched;
    return *(const as_err *)arg;
}

/* A write alone that ends so: what was counted of it? */
static void check_alone(as_err end, int commits, int failures, bool ready)
{
    const int64_t before[] = {as_metric_get(AS_METRIC_store_commits_total),
                              as_metric_get(AS_METRIC_store_commits_failed_total)};

    as_err err = as_committer_do(f.store->committer, run_that_ends, &end, true);
    ck_assert_ptr_eq(err.fault, end.fault);
    ck_assert_ptr_eq(err.why, end.why); /* for the operator */
    ck_assert_int_eq(as_metric_get(AS_METRIC_store_commits_total) - before[0], commits);
    ck_assert_int_eq(as_metric_get(AS_METRIC_store_commits_failed_total) - before[1], failures);
    ck_assert(atomic_load(&f.store->commits_fail) == !ready);
}

/* A verb that refuses has neither committed nor found the store unable to; one that the store let
 * down has found it. */
START_TEST(TOK_15_a_write_alone_counts_for_what_it_was)
{
    const as_err refused = AS_FAIL(AS_INVALID_REQUEST, "not so");

    fixture_start(&f, (size_t)_i);
    as_housekeeper_stop(f.store->housekeeper); /* which writes too */
    check_alone(refused, 0, 0, true);
    check_alone(AS_FAIL(AS_UNAVAILABLE, "the disk is full"), 0, 1, false);
    check_alone(refused, 0, 0, false);
    check_alone(AS_OK, 1, 0, true);
    check_alone(AS_FAIL(AS_SERVER_ERROR, "a statement failed"), 0, 1, false);
    check_alone(AS_OK, 1, 0, true);
    as_housekeeper_free(f.store->housekeeper);
    f.store->housekeeper = NULL;
    fixture_end(&f);
}
END_TEST

/* ------------------------------------------------------------ one batch ----------------------- */

struct writer {
    pthread_t thread;
    char id[16];
    as_err err;
};

static void *write_one(void *arg)
{
    struct writer *writer = arg;
    struct as_store_session *session = NULL;
    struct a_client c;

    ck_ok(as_store_session_new(f.store, true, &session));
    writer->err = create(session, client_named(&c, writer->id));
    as_store_session_free(session);
    return NULL;
}

static void launch(struct writer *writer, const char *id)
{
    pthread_attr_t attr;

    (void)snprintf(writer->id, sizeof(writer->id), "%s", id);
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, 256 * 1024);
    ck_assert_int_eq(pthread_create(&writer->thread, &attr, write_one, writer), 0);
    pthread_attr_destroy(&attr);
}

/* So many writes have been asked for in all, and queue up behind the first: each is counted on its
 * way to the queue. */
static void wait_asked(int64_t writes)
{
    for (int i = 0; as_metric_get(AS_METRIC_store_writes_total) < writes; i++) {
        ck_assert_int_lt(i, 20000);
        rest_ms(1);
    }
    rest_ms(200);
}

/* The number of writes that were asked for until then. */
static int64_t stall_with(struct writer *first)
{
    atomic_store(&shim.stall, true);
    launch(first, "first");
    for (int i = 0; i < 20000 && atomic_load(&shim.stalled) == 0; i++) {
        rest_ms(1);
    }
    ck_assert_int_gt(atomic_load(&shim.stalled), 0);
    return as_metric_get(AS_METRIC_store_writes_total);
}

START_TEST(a_refusal_in_a_batch_leaves_the_others_alone)
{
    static const char *const ids[] = {"a", "b", "b", "c"};
    struct writer first;
    struct writer writers[AS_COUNT(ids)];
    size_t refused = 0;

    start_on_shim((size_t)_i);
    int64_t asked = stall_with(&first);
    for (size_t i = 0; i < AS_COUNT(ids); i++) {
        launch(&writers[i], ids[i]);
    }
    wait_asked(asked + (int64_t)AS_COUNT(ids));
    int64_t commits = as_metric_get(AS_METRIC_store_commits_total);
    atomic_store(&shim.stall, false);
    pthread_join(first.thread, NULL);
    for (size_t i = 0; i < AS_COUNT(ids); i++) {
        pthread_join(writers[i].thread, NULL);
        refused += as_err_is(writers[i].err, AS_ALREADY_EXISTS) ? 1 : 0;
        ck_assert(is_there(f.worker, ids[i]));
    }
    ck_assert_uint_eq(refused, 1);
    ck_assert_int_eq(as_metric_get(AS_METRIC_store_commits_total), commits + 2); /* two batches */
    fixture_end(&f);
}
END_TEST

START_TEST(a_failed_commit_answers_all_of_its_batch)
{
    static const char *const ids[] = {"a", "b", "first"}; /* the last would be refused anyway */
    struct writer first;
    struct writer writers[AS_COUNT(ids)];

    start_on_shim((size_t)_i);
    int64_t asked = stall_with(&first);
    for (size_t i = 0; i < AS_COUNT(ids); i++) {
        launch(&writers[i], ids[i]);
    }
    wait_asked(asked + (int64_t)AS_COUNT(ids));
    atomic_store(&shim.sync_code, SQLITE_IOERR_FSYNC); /* the first's sync has begun already */
    atomic_store(&shim.stall, false);
    pthread_join(first.thread, NULL);
    ck_ok(first.err);
    for (size_t i = 0; i < AS_COUNT(ids); i++) {
        pthread_join(writers[i].thread, NULL);
        ck_fault(writers[i].err, AS_UNAVAILABLE);
    }
    ck_assert(is_there(f.worker, "first"));
    ck_assert(!is_there(f.worker, "a") && !is_there(f.worker, "b"));
    atomic_store(&shim.sync_code, 0);
    fixture_end(&f);
}
END_TEST

START_TEST(a_full_queue_refuses_without_effect)
{
    struct writer *writers = calloc(AS_LIMIT_COMMIT_QUEUE + 2, sizeof(*writers));
    struct a_client c;
    as_err err = AS_OK;
    size_t refused = 0;
    char id[16];

    start_on_shim((size_t)_i);
    int64_t asked = stall_with(&writers[0]);
    for (size_t i = 1; i <= AS_LIMIT_COMMIT_QUEUE; i++) {
        (void)snprintf(id, sizeof(id), "w-%zu", i);
        launch(&writers[i], id);
    }
    wait_asked(asked + AS_LIMIT_COMMIT_QUEUE);
    err = create(f.job, client_named(&c, "late"));
    atomic_store(&shim.stall, false);
    ck_refuses(err, AS_UNAVAILABLE, "too many writes wait");
    for (size_t i = 0; i <= AS_LIMIT_COMMIT_QUEUE; i++) {
        pthread_join(writers[i].thread, NULL);
        refused += as_failed(writers[i].err) ? 1 : 0;
        ck_assert(is_there(f.worker, writers[i].id) == !as_failed(writers[i].err));
    }
    ck_assert_uint_le(refused, 1); /* the sweeper may have come first */
    ck_assert(!is_there(f.worker, "late"));
    ck_ok(create(f.job, client_named(&c, "late")));
    fixture_end(&f);
    free(writers);
}
END_TEST

START_TEST(a_write_that_cannot_begin_in_time_is_refused_without_effect)
{
    struct writer first;
    struct a_client c;

    start_on_shim((size_t)_i);
    (void)stall_with(&first);
    int64_t began = as_clock_mono_ms();
    ck_refuses(create(f.job, client_named(&c, "late")), AS_UNAVAILABLE, "a write waited too long");
    int64_t took = as_clock_mono_ms() - began;
    atomic_store(&shim.stall, false);
    ck_assert(took >= AS_LIMIT_COMMIT_WAIT_MS && took < AS_LIMIT_COMMIT_WAIT_MS + 2000);
    pthread_join(first.thread, NULL);
    ck_ok(first.err); /* once begun it runs to its end */
    ck_assert(is_there(f.worker, "first"));
    ck_assert(!is_there(f.worker, "late"));
    fixture_end(&f);
}
END_TEST

static as_err never_runs(const struct as_store_ops *ops, struct as_backend *backend, void *ask,
                         unsigned *touched)
{
    (void)ops;
    (void)backend;
    (void)touched;
    *(bool *)ask = true;
    return AS_OK;
}

struct stopper {
    struct as_committer *committer;
};

static void *stop(void *arg)
{
    as_committer_stop(((struct stopper *)arg)->committer);
    return NULL;
}

START_TEST(a_closing_store_finishes_what_is_queued_and_takes_no_more)
{
    struct stopper stopper;
    struct writer first;
    pthread_t thread;
    bool ran = false;
    struct as_committer *own = NULL;

    start_on_shim((size_t)_i);
    own = f.store->committer;
    (void)stall_with(&first);
    stopper.committer = own;
    as_housekeeper_stop(f.store->housekeeper);
    ck_assert_int_eq(pthread_create(&thread, NULL, stop, &stopper), 0);
    rest_ms(100);
    as_err err = as_committer_do(own, never_runs, &ran, false);
    if (as_failed(err) && strcmp(err.why, "a write waited too long") == 0) {
        err = as_committer_do(own, never_runs, &ran, false); /* that one came before the stop */
    }
    ck_refuses(err, AS_UNAVAILABLE, "the store is closing");
    atomic_store(&shim.stall, false);
    pthread_join(first.thread, NULL);
    pthread_join(thread, NULL);
    ck_ok(first.err);
    ck_assert(!ran);
    as_committer_free(own); /* the rest of as_store_close */
    as_housekeeper_free(f.store->housekeeper);
    f.store->housekeeper = NULL;
    f.store->committer = NULL;
    fixture_end(&f);
}
END_TEST

/* ------------------------------------------------------------ locks --------------------------- */

START_TEST(TOK_177_a_store_locked_by_others_is_unavailable_and_then_works)
{
    sqlite3 *other = NULL;
    struct a_client c;

    fixture_start(&f, (size_t)_i);
    ck_assert_int_eq(sqlite3_open(f.path, &other), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    ck_fault(create(f.job, client_named(&c, "c-1")), AS_UNAVAILABLE);
    ck_assert_int_eq(sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    ck_assert(!is_there(f.job, "c-1"));
    ck_ok(create(f.job, client_named(&c, "c-1")));
    ck_assert_int_eq(sqlite3_close(other), SQLITE_OK);
    fixture_end(&f);
}
END_TEST

START_TEST(a_worker_that_meets_a_lock_goes_elsewhere)
{
    const struct as_party *party = NULL;
    struct as_store_session *worker = NULL;
    struct as_store_session *job = NULL;

    start_on_shim((size_t)_i);
    ck_ok(as_store_session_new(f.store, false, &worker));
    ck_ok(as_store_session_new(f.store, true, &job));
    atomic_store(&shim.lock_code, SQLITE_BUSY);
    int64_t began = as_clock_mono_ms();
    ck_fault(as_store_party_get(worker, AS_LIT("c-1"), &party), AS_ELSEWHERE);
    ck_assert_int_lt(as_clock_mono_ms() - began, 1000); /* it did not wait */
    as_store_session_done(worker);
    began = as_clock_mono_ms();
    ck_fault(as_store_party_get(job, AS_LIT("c-1"), &party), AS_UNAVAILABLE);
    ck_assert_int_ge(as_clock_mono_ms() - began, AS_LIMIT_STORE_BUSY_MS - 500);
    as_store_session_done(job);
    atomic_store(&shim.lock_code, 0);
    ck_ok(as_store_party_get(worker, AS_LIT("c-1"), &party));
    ck_ok(as_store_party_get(job, AS_LIT("c-1"), &party));
    as_store_session_free(worker);
    as_store_session_free(job);
    fixture_end(&f);
}
END_TEST

START_TEST(TOK_15_a_removed_database_takes_no_writes)
{
    struct a_client c;

    fixture_start(&f, (size_t)_i);
    ck_ok(create(f.job, client_named(&c, "c-1")));
    ck_assert_int_eq(unlink(f.path), 0);
    ck_fault(create(f.job, client_named(&c, "c-2")), AS_UNAVAILABLE);
    ck_assert(!as_store_is_ready(f.worker));
    fixture_end(&f);
}
END_TEST

/* ------------------------------------------------------------ a killed process ---------------- */

/* Tells each acknowledged number through the pipe, until it is killed. */
static void child_writes(int to, size_t backend)
{
    struct a_client c;
    char id[16];

    fixture_open(&f, backend);
    for (unsigned i = 0;; i++) {
        (void)snprintf(id, sizeof(id), "c-%u", i);
        if (as_failed(create(f.job, client_named(&c, id))) ||
            write(to, &i, sizeof(i)) != sizeof(i)) {
            _exit(1);
        }
    }
}

START_TEST(what_was_acknowledged_survives_a_kill)
{
    int ends[2];
    unsigned last = 0;
    unsigned got = 0;
    char id[16];

    fixture_start(&f, (size_t)_i);
    fixture_close(&f);
    ck_assert_int_eq(pipe(ends), 0);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        (void)close(ends[0]);
        child_writes(ends[1], (size_t)_i);
    }
    (void)close(ends[1]);
    while (last < 60 && read(ends[0], &got, sizeof(got)) == sizeof(got)) {
        last = got;
    }
    ck_assert_int_eq(kill(child, SIGKILL), 0);
    while (read(ends[0], &got, sizeof(got)) == sizeof(got)) {
        last = got;
    }
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    ck_assert_uint_ge(last, 60);
    fixture_open(&f, (size_t)_i);
    for (unsigned i = 0; i <= last; i++) {
        (void)snprintf(id, sizeof(id), "c-%u", i);
        ck_assert_msg(is_there(f.job, id), "%s was acknowledged and is gone", id);
    }
    (void)close(ends[0]);
    fixture_end(&f);
}
END_TEST

/* ------------------------------------------------------------ the write-ahead log ------------- */

START_TEST(the_log_is_checkpointed_in_the_background)
{
    char path[128];
    char *metadata = malloc(200 * 1024);
    struct a_client c;
    char id[16];
    off_t longest = 0;

    fixture_start(&f, (size_t)_i);
    memset(metadata, 'x', 200 * 1024);
    (void)snprintf(path, sizeof(path), "%s-wal", f.path);
    for (unsigned i = 0; i < 200; i++) { /* 50 pages each */
        (void)snprintf(id, sizeof(id), "c-%u", i);
        (void)client_named(&c, id);
        c.party.metadata = as_span_bytes(metadata, 200 * 1024);
        ck_ok(create(f.job, &c.write));
        rest_ms(5);
        int fd = open(path, O_RDONLY); /* the log is no file that SQLite holds locks on */
        off_t size = lseek(fd, 0, SEEK_END);
        (void)close(fd);
        longest = size > longest ? size : longest;
    }
    /* 10,000 pages were written; the log began anew meanwhile. */
    ck_assert_int_lt(longest, (off_t)(AS_LIMIT_WAL_PAGES_CAP + 3 * AS_LIMIT_WAL_PAGES) * 4096);
    ck_assert(is_there(f.worker, "c-0"));
    fixture_end(&f);
    free(metadata);
}
END_TEST

AS_TESTS("store_commits", {
    add_for_backends(t, MTLS_114_of_two_that_register_the_same_at_once_one_wins);
    add_for_backends(t, TOK_15_a_full_disk_half_writes_nothing);
    add_for_backends(t, TOK_15_a_disk_that_cannot_sync_acknowledges_nothing);
    add_for_backends(t, TOK_15_a_write_alone_counts_for_what_it_was);
    add_for_backends(t, a_refusal_in_a_batch_leaves_the_others_alone);
    add_for_backends(t, a_failed_commit_answers_all_of_its_batch);
    add_for_backends(t, a_full_queue_refuses_without_effect);
    add_for_backends(t, a_write_that_cannot_begin_in_time_is_refused_without_effect);
    add_for_backends(t, a_closing_store_finishes_what_is_queued_and_takes_no_more);
    add_for_backends(t, TOK_177_a_store_locked_by_others_is_unavailable_and_then_works);
    add_for_backends(t, a_worker_that_meets_a_lock_goes_elsewhere);
    add_for_backends(t, TOK_15_a_removed_database_takes_no_writes);
    add_for_backends(t, what_was_acknowledged_survives_a_kill);
    add_for_backends(t, the_log_is_checkpointed_in_the_background);
})
