/* SPDX-License-Identifier: Apache-2.0 */
/* Feeds each file named on the command line to a fuzz target and writes TAP. */
#include "fuzz.h"

#include <string.h>

#define FILE_MAX (4 * 1024 * 1024)

/* In memory of exactly its size, so that a sanitizer sees a read past its end. */
static bool replay(const char *path, char *room)
{
    FILE *file = fopen(path, "rb");

    if (file == NULL) {
        return false;
    }
    size_t len = fread(room, 1, FILE_MAX, file);
    bool whole = feof(file) != 0 && ferror(file) == 0;
    fclose(file);
    uint8_t *data = malloc(len > 0 ? len : 1);
    if (data == NULL) {
        return false;
    }
    memcpy(data, room, len);
    LLVMFuzzerTestOneInput(data, len);
    free(data);
    return whole;
}

int main(int count, char **paths)
{
    char *room = malloc(FILE_MAX);
    int failed = 0;

    if (room == NULL) {
        return EXIT_FAILURE;
    }
    printf("1..%d\n", count - 1);
    for (int i = 1; i < count; i++) {
        printf("# %s\n", paths[i]);
        fflush(stdout); /* a property that does not hold aborts */
        bool fine = replay(paths[i], room);
        printf("%s %d - %s\n", fine ? "ok" : "not ok", i, paths[i]);
        failed += fine ? 0 : 1;
    }
    free(room);
    return failed == 0 && count > 1 ? EXIT_SUCCESS : EXIT_FAILURE;
}
