#include "store/rows.h"

static const char *const state_names[] = { "open", "approved", "rejected" };
const NameTable signal_state_names = NAME_TABLE(state_names);

Status store_signal_insert(StoreSession *session, FraudSignal *signal)
{
    Status status = session_next_number(session, 0, "fraud_signal", &signal->id);
    if (status)
        return status;
    signal->created_us = store_now_us(session);
    return sql_exec(session->sql,
                    "INSERT INTO fraud_signal (account_id, id, user_id, rule, action, state, detail, created_us) "
                    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
                    sql_int(signal->account_id), sql_int(signal->id), sql_int(signal->user_id), sql_int(signal->rule),
                    sql_int(signal->action), sql_int(signal->state), sql_text(signal->detail),
                    sql_int(signal->created_us));
}

static void read_signal(SqlRows *rows, int64_t account_id, Arena *arena, FraudSignal *out_signal)
{
    *out_signal = (FraudSignal){
        .account_id = account_id,
        .id = sql_column_int(rows, 0),
        .user_id = sql_column_int(rows, 1),
        .rule = (FraudRule)sql_column_int(rows, 2),
        .action = (FraudAction)sql_column_int(rows, 3),
        .state = (SignalState)sql_column_int(rows, 4),
        .detail = sql_column_copy(rows, 5, arena),
        .created_us = sql_column_int(rows, 6),
    };
}

Status store_signal_get(StoreSession *session, int64_t account_id, int64_t id, Arena *arena, FraudSignal *out_signal)
{
    SqlRows *rows;
    Status status = sql_query(session->sql,
                              "SELECT id, user_id, rule, action, state, detail, created_us FROM fraud_signal "
                              "WHERE account_id = $1 AND id = $2",
                              &rows, sql_int(account_id), sql_int(id));
    bool found = sql_next(rows);
    if (found)
        read_signal(rows, account_id, arena, out_signal);
    return rows_done_one(status, rows, found);
}

Status store_signal_settle(StoreSession *session, int64_t account_id, int64_t user_id, SignalState state)
{
    return sql_exec(session->sql,
                    "UPDATE fraud_signal SET state = $1 WHERE account_id = $2 AND user_id = $3 AND state = 0",
                    sql_int(state), sql_int(account_id), sql_int(user_id));
}

/* Ids rise with time, so the row at the offset is the earliest of the newest. */
static Status is_since(Status started, SqlRows *rows, int64_t since_us, bool *out_many)
{
    *out_many = sql_next(rows) && sql_column_int(rows, 0) >= since_us;
    Status end = sql_done(rows);
    return started ? started : end;
}

Status store_user_many_from_ip(StoreSession *session, int64_t account_id, Str ip, int64_t count, int64_t since_us,
                               bool *out_many)
{
    SqlRows *rows;
    Status status = sql_query(session->sql,
                              "SELECT signed_up_us FROM users WHERE account_id = $1 AND ip = $2 "
                              "ORDER BY id DESC LIMIT 1 OFFSET $3",
                              &rows, sql_int(account_id), sql_text(ip), sql_int(count - 1));
    return is_since(status, rows, since_us, out_many);
}

Status store_user_many_for_referrer(StoreSession *session, int64_t account_id, int64_t referrer_id, int64_t count,
                                    int64_t since_us, bool *out_many)
{
    SqlRows *rows;
    Status status = sql_query(session->sql,
                              "SELECT signed_up_us FROM users WHERE account_id = $1 AND referrer_id = $2 "
                              "ORDER BY id DESC LIMIT 1 OFFSET $3",
                              &rows, sql_int(account_id), sql_int(referrer_id), sql_int(count - 1));
    return is_since(status, rows, since_us, out_many);
}

Status store_user_set_review(StoreSession *session, int64_t account_id, int64_t id, UserReview review)
{
    return sql_exec(session->sql, "UPDATE users SET review = $1 WHERE account_id = $2 AND id = $3", sql_int(review),
                    sql_int(account_id), sql_int(id));
}
