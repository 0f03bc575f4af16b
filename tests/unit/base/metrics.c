/* SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"

#include <pthread.h>
#include <string.h>

static void *count_up(void *unused)
{
    (void)unused;
    for (int i = 0; i < 10000; i++) {
        as_metric_add(AS_METRIC_requests_total, 1);
    }
    return NULL;
}

START_TEST(threads_lose_no_count)
{
    pthread_t threads[4];
    int64_t before = as_metric_get(AS_METRIC_requests_total);

    for (size_t i = 0; i < AS_COUNT(threads); i++) {
        ck_assert_int_eq(pthread_create(&threads[i], NULL, count_up, NULL), 0);
    }
    for (size_t i = 0; i < AS_COUNT(threads); i++) {
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    }
    ck_assert_int_eq(as_metric_get(AS_METRIC_requests_total) - before, 40000);
}
END_TEST

START_TEST(text_is_prometheus)
{
    struct as_buf out = AS_BUF(64 * 1024);

    as_metric_add(AS_METRIC_connections_open, 5);
    as_metric_add(AS_METRIC_connections_open, -2);
    as_metric_add(AS_METRIC_handshakes_total, INT64_C(5000000000));
    ck_assert(as_metrics_write(&out));
    ck_assert(as_buf_add_byte(&out, '\0'));
    ck_assert_ptr_nonnull(strstr(out.ptr, "# HELP fapid_connections_open Connections open now\n"
                                          "# TYPE fapid_connections_open gauge\n"
                                          "fapid_connections_open 3\n"));
    ck_assert_ptr_nonnull(strstr(out.ptr, "# TYPE fapid_handshakes_total counter\n"
                                          "fapid_handshakes_total 5000000000\n"));
    size_t rows = 0;
    for (const char *at = out.ptr; (at = strstr(at, "# TYPE ")) != NULL; at++) {
        rows++;
    }
    ck_assert_uint_eq(rows, AS_METRIC_COUNT);
    as_buf_free(&out);
}
END_TEST

START_TEST(a_small_buffer_is_said)
{
    struct as_buf out = AS_BUF(100);

    ck_assert(!as_metrics_write(&out));
    as_buf_free(&out);
}
END_TEST

AS_TESTS("base/metrics", {
    tcase_add_test(t, threads_lose_no_count);
    tcase_add_test(t, text_is_prometheus);
    tcase_add_test(t, a_small_buffer_is_said);
})
