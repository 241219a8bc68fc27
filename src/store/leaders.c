#include "store/leaders.h"

#include "store/rows.h"

Status store_leader_set(StoreSession *session, int64_t account_id, int64_t user_id, int64_t qualified)
{
    if (qualified <= 0)
        return sql_exec(session->sql, "DELETE FROM leader WHERE account_id = $1 AND user_id = $2", sql_int(account_id),
                        sql_int(user_id));
    return sql_exec(session->sql,
                    "INSERT INTO leader (account_id, campaign_id, user_id, qualified, since_us) "
                    "SELECT account_id, campaign_id, id, $1, $2 FROM users WHERE account_id = $3 AND id = $4 "
                    "ON CONFLICT (account_id, user_id) DO UPDATE SET "
                    "qualified = excluded.qualified, since_us = excluded.since_us",
                    sql_int(qualified), sql_int(store_now_us(session)), sql_int(account_id), sql_int(user_id));
}

static void read_leader(SqlRows *rows, int64_t account_id UNUSED, Arena *arena UNUSED, void *out_item)
{
    *(Leader *)out_item = (Leader){ .user_id = sql_column_int(rows, 0),
                                    .qualified = sql_column_int(rows, 1),
                                    .since_us = sql_column_int(rows, 2) };
}

Status store_leader_list(StoreSession *session, int64_t account_id, int64_t campaign_id, int64_t limit, Arena *arena,
                         LeaderList *out_list)
{
    SqlRows *rows;
    Status status = sql_query(session->sql,
                              "SELECT user_id, qualified, since_us FROM leader WHERE account_id = $1 AND campaign_id = $2 "
                              "ORDER BY qualified DESC, since_us, user_id LIMIT $3",
                              &rows, sql_int(account_id), sql_int(campaign_id), sql_int(limit));
    return ROWS_READ_ALL(status, rows, account_id, arena, read_leader, out_list);
}
