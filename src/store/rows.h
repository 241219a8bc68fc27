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

static inline Currency rows_currency(SqlRows *rows, int column)
{
    Currency currency = { "" };
    Str code = sql_column_bytes(rows, column);
    memcpy(currency.code, code.ptr, size_min(code.len, sizeof currency.code - 1));
    return currency;
}

/* Reads the current row into an item; texts are copied into the arena. */
typedef void RowReader(SqlRows *rows, int64_t account_id, Arena *arena, void *out_item);

/* Ends a query by reading all of its rows into an array: of items of `item_len` bytes, in the arena. */
static inline Status rows_read_all(Status started, SqlRows *rows, int64_t account_id, Arena *arena, RowReader *read,
                                   size_t item_len, void **out_items, size_t *out_count)
{
    *out_items = NULL;
    *out_count = 0;
    while (sql_next(rows)) {
        void *item = rows_next_slot(arena, out_items, *out_count, item_len);
        if (item == NULL) {
            started = STATUS_NOMEM;
            break;
        }
        read(rows, account_id, arena, item);
        ++*out_count;
    }
    Status end = sql_done(rows);
    return started ? started : end;
}

/* With a list of the form { items, count }. */
#define ROWS_READ_ALL(started, rows, account_id, arena, read, list)                                              \
    rows_read_all((started), (rows), (account_id), (arena), (read), sizeof *(list)->items, (void **)&(list)->items, \
                  &(list)->count)

/* Ends a query of which one row was wanted. */
static inline Status rows_done_one(Status started, SqlRows *rows, bool found)
{
    Status end = sql_done(rows);
    return started ? started : end ? end : found ? STATUS_OK : STATUS_NOT_FOUND;
}

#endif
