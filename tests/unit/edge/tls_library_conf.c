/* SPDX-License-Identifier: Apache-2.0 */
/* Providers that the operator has configured serve TLS as well: then it has no context of its own.
 * OpenSSL reads the file once, so that this program sets it before anything else. */
#include "edge/tls_parts.h"
#include "harness.h"

#include <openssl/err.h>
#include <openssl/provider.h>
#include <unistd.h>

static const char configured[] = "openssl_conf = main\n"
                                 "[main]\n"
                                 "providers = those\n"
                                 "[those]\n"
                                 "default = on\n"
                                 "null = on\n"
                                 "[on]\n"
                                 "activate = 1\n";

START_TEST(what_is_configured_serves_tls)
{
    ck_assert_ptr_null(as_tls_library());
    ck_assert_uint_eq(ERR_peek_error(), 0);
    ck_assert(OSSL_PROVIDER_available(NULL, "null") == 1);
}
END_TEST

static void add_tests(TCase *t)
{
    tcase_add_test(t, what_is_configured_serves_tls);
}

int main(void)
{
    char path[4096];

    (void)snprintf(path, sizeof(path), "%s/openssl-XXXXXX", as_test_tmp());
    int fd = mkstemp(path);
    if (fd < 0 || write(fd, configured, strlen(configured)) != (ssize_t)strlen(configured) ||
        close(fd) != 0 || setenv("OPENSSL_CONF", path, 1) != 0) {
        return EXIT_FAILURE;
    }
    int result = as_tests_run("edge/tls_library_conf", add_tests);
    unlink(path);
    return result;
}
