#include "store/rows.h"

Status store_login_get(StoreSession *session, int64_t account_id, int64_t user_id, Login *out_login)
{
    SqlRows *rows;
    Status status = sql_query(session->sql,
                              "SELECT code, since_us, sent, tries FROM login WHERE account_id = $1 AND user_id = $2",
                              &rows, sql_int(account_id), sql_int(user_id));
    bool found = sql_next(rows);
    if (found)
        *out_login = (Login){ .account_id = account_id,
                              .user_id = user_id,
                              .code = sql_column_int(rows, 0),
                              .since_us = sql_column_int(rows, 1),
                              .sent = sql_column_int(rows, 2),
                              .tries = sql_column_int(rows, 3) };
    return rows_done_one(status, rows, found);
}

Status store_login_put(StoreSession *session, const Login *login)
{
    return sql_exec(session->sql,
                    "INSERT INTO login (account_id, user_id, code, since_us, sent, tries) "
                    "VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (account_id, user_id) DO UPDATE SET "
                    "code = excluded.code, since_us = excluded.since_us, sent = excluded.sent, tries = excluded.tries",
                    sql_int(login->account_id), sql_int(login->user_id), sql_int(login->code),
                    sql_int(login->since_us), sql_int(login->sent), sql_int(login->tries));
}

Status store_login_delete(StoreSession *session, int64_t account_id, int64_t user_id)
{
    return sql_exec(session->sql, "DELETE FROM login WHERE account_id = $1 AND user_id = $2", sql_int(account_id),
                    sql_int(user_id));
}

Status store_webhook_any(StoreSession *session, int64_t account_id, EventType event, int64_t campaign_id,
                         bool *out_any)
{
    SqlRows *rows;
    Status status = sql_query(session->sql,
                              "SELECT 1 FROM webhook WHERE account_id = $1 AND event = $2 AND removed_us IS NULL "
                              "AND state = $3 AND campaign_id IN (0, $4) LIMIT 1",
                              &rows, sql_int(account_id), sql_int(event), sql_int(WEBHOOK_ACTIVE),
                              sql_int(campaign_id));
    *out_any = sql_next(rows);
    status = rows_done_one(status, rows, *out_any);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}
