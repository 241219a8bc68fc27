/* Lists out of queries: rows are appended to an array in an arena. Only store/ includes this. */
#ifndef STORE_ROWS_H
#define STORE_ROWS_H

#include "store/session.h"

/* Room for one more item of `item_len` bytes in an array that holds `count`; NULL without memory.
 * Arrays grow at powers of two, so `count` alone tells when. */
static inline void *rows_next_slot(Arena *arena, void **items, size_t count, size_t item_len)
{
    bool full = (count & (count - 1)) == 0; /* 0, 1, 2, 4, 8, … */
    if (full) {
        void *grown = arena_alloc(arena, (count ? count * 2 : 1) * item_len);
        if (grown == NULL)
            return NULL;
        if (count)
            memcpy(grown, *items, count * item_len);
        *items = grown;
    }
    return (char *)*items + count * item_len;
}

/* Ends a query of which one row was wanted. */
static inline Status rows_done_one(Status started, SqlRows *rows, bool found)
{
    Status end = sql_done(rows);
    return started ? started : end ? end : found ? STATUS_OK : STATUS_NOT_FOUND;
}

#endif
