/* The only door to malloc: one place to count, to limit and to make fail in tests.
 * Any thread. A NULL answer is an ordinary outcome that callers handle. */
#ifndef BASE_ALLOC_H
#define BASE_ALLOC_H

#include "base/macros.h"

/* Zeroed memory, or NULL. */
void *mem_alloc(size_t len) MUST_USE;
/* Grown or shrunk memory (new bytes are not zeroed), or NULL with `ptr` untouched. */
void *mem_realloc(void *ptr, size_t len) MUST_USE;
/* Takes NULL. */
void mem_free(void *ptr);

/* From the n-th allocation on (1 = the next one) allocations fail; 0 switches that off. For tests. */
void mem_fail_from(uint64_t n);

#endif
