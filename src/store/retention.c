/* Numbers of events rise with their time, so what is old is a range of numbers at the head of each key:
 * no index by time is needed, and each step reads only what it deletes. */
#include "store/retention.h"

#include "base/failpoint.h"
#include "store/outbox_sql.h"
#include "store/rows.h"

enum { FORGET_AT_ONCE = 500 };

static Status next_account(StoreSession *session, int64_t after, int64_t *out_id)
{
    SqlRows *rows;
    Status status =
        sql_query(session->sql, "SELECT id FROM account WHERE id > $1 ORDER BY id LIMIT 1", &rows, sql_int(after));
    *out_id = sql_next(rows) ? sql_column_int(rows, 0) : 0;
    Status end = sql_done(rows);
    return status ? status : end;
}

/* The webhooks that have left deliveries, those included that are gone themselves. */
static Status next_webhook(StoreSession *session, int64_t account_id, int64_t after, int64_t *out_id)
{
    SqlRows *rows;
    Status status = sql_query(session->sql,
                              "SELECT webhook_id FROM delivery WHERE account_id = $1 AND webhook_id > $2 "
                              "ORDER BY webhook_id LIMIT 1",
                              &rows, sql_int(account_id), sql_int(after));
    *out_id = sql_next(rows) ? sql_column_int(rows, 0) : 0;
    Status end = sql_done(rows);
    return status ? status : end;
}

/* Runs a deletion of FORGET_AT_ONCE rows at most, and notes when it may have left some. */
static Status forget(StoreSession *session, const char *sql, int64_t account_id, int64_t webhook_id,
                     int64_t before_seq, bool *more)
{
    Status status = sql_exec(session->sql, sql, sql_int(account_id), sql_int(webhook_id), sql_int(before_seq),
                             sql_int(FORGET_AT_ONCE));
    failpoint("forget");
    *more = *more || (!status && sql_changes(session->sql) >= FORGET_AT_ONCE);
    return status;
}

/* Lowers `*before_seq` to the oldest delivery that is left. */
static Status stop_at_oldest(StoreSession *session, int64_t account_id, int64_t webhook_id, int64_t *before_seq)
{
    SqlRows *rows;
    Status status = sql_query(session->sql,
                              "SELECT event_seq FROM delivery WHERE account_id = $1 AND webhook_id = $2 "
                              "ORDER BY event_seq LIMIT 1",
                              &rows, sql_int(account_id), sql_int(webhook_id));
    if (sql_next(rows))
        *before_seq = i64_min(*before_seq, sql_column_int(rows, 0));
    Status end = sql_done(rows);
    return status ? status : end;
}

static Status forget_deliveries(StoreSession *session, int64_t account_id, int64_t attempts_before,
                                int64_t *events_before, bool *more)
{
    int64_t webhook_id = 0, before = *events_before;
    Status status = next_webhook(session, account_id, 0, &webhook_id);
    while (!status && webhook_id) {
        status = forget(session, RETENTION_SQL_ATTEMPTS, account_id, webhook_id, attempts_before, more);
        if (!status && before > 1)
            status = forget(session, RETENTION_SQL_DELIVERIES, account_id, webhook_id, before, more);
        if (!status)
            status = stop_at_oldest(session, account_id, webhook_id, events_before);
        if (!status)
            status = next_webhook(session, account_id, webhook_id, &webhook_id);
    }
    return status;
}

/* Everything before the number that is given is older; 1: nothing is. */
static Status old_before(StoreSession *session, int64_t account_id, int64_t keep_us, int64_t *out_seq)
{
    *out_seq = 1;
    return keep_us ? outbox_first_event_from(session, account_id, store_now_us(session) - keep_us, out_seq)
                   : STATUS_OK;
}

Status store_forget_old(StoreSession *session, const Retention *retention, int64_t *account_id, bool *out_more)
{
    int64_t attempts_before, events_before;
    *out_more = false;
    Status status = next_account(session, *account_id, account_id);
    if (status || *account_id == 0)
        return status;
    status = old_before(session, *account_id, retention->attempts_us, &attempts_before);
    if (!status)
        status = old_before(session, *account_id, retention->events_us, &events_before);
    if (status || attempts_before + events_before <= 2)
        return status;
    status = forget_deliveries(session, *account_id, i64_max(attempts_before, events_before), &events_before, out_more);
    if (status || events_before <= 1)
        return status;
    return forget(session, RETENTION_SQL_EVENTS, *account_id, 0, events_before, out_more);
}
