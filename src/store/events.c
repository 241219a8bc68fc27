/* The feed of events. */
#include "store/rows.h"
#include "store/store.h"

enum { LOOKED_THROUGH = 10000 };

static void read_event(SqlRows *rows, int64_t account_id, Arena *arena, void *out_item)
{
    *(Event *)out_item = (Event){
        .account_id = account_id,
        .seq = sql_column_int(rows, 0),
        .type = (EventType)sql_column_int(rows, 1),
        .campaign_id = sql_column_int(rows, 2),
        .user_id = sql_column_int(rows, 3),
        .occurred_us = sql_column_int(rows, 4),
        .body = sql_column_copy(rows, 5, arena),
    };
}

static Status last_seq(StoreSession *session, int64_t account_id, int64_t *out_seq)
{
    SqlRows *rows;
    Status status = sql_query(session->sql, "SELECT max(seq) FROM event WHERE account_id = $1", &rows,
                              sql_int(account_id));
    bool found = sql_next(rows);
    if (found)
        *out_seq = sql_column_int(rows, 0);
    return rows_done_one(status, rows, found);
}

Status store_event_page(StoreSession *session, int64_t account_id, const EventFilter *filter, Arena *arena,
                        EventPage *out_page)
{
    int64_t last = 0, until = filter->after + LOOKED_THROUGH;
    Status status = last_seq(session, account_id, &last); /* first: what comes meanwhile is "more" */
    if (status)
        return status;
    SqlRows *rows;
    status = sql_query(session->sql,
                       "SELECT seq, type, campaign_id, user_id, occurred_us, body FROM event "
                       "WHERE account_id = $1 AND seq > $2 AND seq <= $3 AND ($4 = 0 OR campaign_id = $4) "
                       "AND ($5 < 0 OR type = $5) ORDER BY seq LIMIT $6",
                       &rows, sql_int(account_id), sql_int(filter->after), sql_int(i64_min(until, last)),
                       sql_int(filter->campaign_id), sql_int(filter->type), sql_int(filter->limit));
    status = ROWS_READ_ALL(status, rows, account_id, arena, read_event, out_page);
    if (status)
        return status;
    bool is_full = (int64_t)out_page->count == filter->limit;
    out_page->next_after = is_full ? out_page->items[out_page->count - 1].seq
                                   : i64_max(filter->after, i64_min(until, last));
    out_page->has_more = out_page->next_after < last;
    return STATUS_OK;
}
