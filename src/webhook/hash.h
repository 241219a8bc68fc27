/* uthash over our own allocations, with failures that can be seen: an element that could not be
 * added has a NULL hh.tbl. Only files of webhook/ include this. */
#ifndef WEBHOOK_HASH_H
#define WEBHOOK_HASH_H

#include "base/alloc.h"

#define uthash_malloc(len) mem_alloc(len)
#define uthash_free(ptr, len) mem_free(ptr)
#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(element) ((void)(element))

#include <uthash.h>
#include <utlist.h>

#endif
