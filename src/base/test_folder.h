/* For tests: a new folder of their own, in TMPDIR. */
#ifndef BASE_TEST_FOLDER_H
#define BASE_TEST_FOLDER_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

/* False when it can't be made, or its path does not fit. */
static inline bool test_folder_make(char *out_path, size_t cap)
{
    const char *parent = getenv("TMPDIR");
    int len = snprintf(out_path, cap, "%s/refmill-test-XXXXXX", parent ? parent : "/tmp");
    return len > 0 && (size_t)len < cap && mkdtemp(out_path) != NULL;
}

#endif
