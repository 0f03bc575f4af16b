/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The configuration. Properties: a refusal has words; what is taken is printed as text that is
 * taken too and prints the same again; no reading leaves traces in the scanner of libconfuse, so
 * that a good configuration is taken after it.
 */
#include "as/settings.h"
#include "fuzz.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define PRINT_MAX (16 * 1024 * 1024)

static const char least[] =
    "issuer = \"https://as.example\"\nlistener a { address = \"127.0.0.1:1\" names = "
    "{\"as.example\"} certificate = {c} key = {k} client_certificate = request }\n"
    "trust t { use = client anchors = {a} }\n";

static char path[64];
static int fd = -1;

static void put(const void *data, size_t size)
{
    if (fd < 0) {
        fd = memfd_create("configuration", MFD_CLOEXEC);
        FUZZ_HOLDS(fd >= 0 && fchmod(fd, 0600) == 0);
        snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    }
    FUZZ_HOLDS(ftruncate(fd, 0) == 0);
    FUZZ_HOLDS(pwrite(fd, data, size, 0) == (ssize_t)size);
}

/* FILE:LINE: warning: ...; what follows may repeat any value. */
static bool is_warning(const char *message)
{
    const char *rest = message + (strncmp(message, path, strlen(path)) == 0 ? strlen(path) : 0);

    rest += strspn(rest, ":0123456789");
    return strncmp(rest, " warning: ", 10) == 0 || strncmp(message, "warning: ", 9) == 0;
}

static void count(void *arg, const char *message)
{
    size_t *findings = arg;

    FUZZ_HOLDS(strchr(message, ':') != NULL && strlen(message) > 8);
    *findings += is_warning(message) ? 0 : 1;
}

/* NULL when the configuration is refused, and then something was said. */
static struct as_settings *read_it(void)
{
    struct as_settings *settings = NULL;
    size_t findings = 0;
    as_err err = as_settings_read(path, NULL, 0, count, &findings, &settings);

    FUZZ_HOLDS(as_failed(err) == (settings == NULL));
    FUZZ_HOLDS(as_failed(err) || findings == 0);
    FUZZ_HOLDS(!as_failed(err) || findings > 0 || as_err_is(err, AS_SERVER_ERROR));
    return settings;
}

/* Prints the settings, puts that in their place and frees them. */
static struct as_settings *print_and_read(struct as_settings *settings, struct as_buf *out)
{
    as_buf_free(out);
    FUZZ_HOLDS(!as_failed(as_settings_write(settings, out)));
    as_settings_free(settings);
    put(out->ptr, out->len);
    struct as_settings *again = read_it();
    FUZZ_HOLDS(again != NULL);
    return again;
}

static void check_printing(struct as_settings *settings)
{
    struct as_buf first = AS_BUF(PRINT_MAX), second = AS_BUF(PRINT_MAX);

    settings = print_and_read(settings, &first);
    settings = print_and_read(settings, &first); /* from here on the origins are the same */
    as_settings_free(print_and_read(settings, &second));
    FUZZ_HOLDS(as_span_equal(as_buf_span(&first), as_buf_span(&second)));
    as_buf_free(&first);
    as_buf_free(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* other files and the environment are not the input's to choose */
    if (size > 65536 || memmem(data, size, "include", 7) != NULL) {
        return 0;
    }
    put(data, size);
    struct as_settings *settings = read_it();
    if (settings != NULL) {
        check_printing(settings);
        return 0;
    }
    put(least, strlen(least));
    settings = read_it();
    FUZZ_HOLDS(settings != NULL);
    as_settings_free(settings);
    return 0;
}
