/* For tests: a new folder of their own, in TMPDIR, and databases that leave nothing behind. */
#ifndef BASE_TEST_FOLDER_H
#define BASE_TEST_FOLDER_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* False when it can't be made, or its path does not fit. */
static inline bool test_folder_make(char *out_path, size_t cap)
{
    const char *parent = getenv("TMPDIR");
    int len = snprintf(out_path, cap, "%s/refmill-test-XXXXXX", parent ? parent : "/tmp");
    return len > 0 && (size_t)len < cap && mkdtemp(out_path) != NULL;
}

/* Removes a closed database with what stands beside it. */
static inline void test_database_remove(const char *path)
{
    static const char *const ends[] = { "", "-wal", "-shm", ".key" };
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        char file[4096];
        snprintf(file, sizeof file, "%s%s", path, ends[i]);
        unlink(file);
    }
}

#endif
