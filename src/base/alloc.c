#include "base/alloc.h"

#include <stdatomic.h>
#include <stdlib.h>

static _Atomic uint64_t allocations_left; /* 0 = never fail */

static bool must_fail(void)
{
    uint64_t left = atomic_load_explicit(&allocations_left, memory_order_relaxed);
    if (left == 0)
        return false;
    if (left == 1)
        return true;
    atomic_fetch_sub_explicit(&allocations_left, 1, memory_order_relaxed);
    return false;
}

void *mem_alloc(size_t len)
{
    return must_fail() ? NULL : calloc(1, len ? len : 1);
}

void *mem_realloc(void *ptr, size_t len)
{
    return must_fail() ? NULL : realloc(ptr, len ? len : 1);
}

void mem_free(void *ptr)
{
    free(ptr);
}

void mem_fail_from(uint64_t n)
{
    atomic_store(&allocations_left, n);
}
