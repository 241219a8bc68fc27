#include "base/limits.h"
#include "store/rows.h"

#define COUPON_COLUMNS "id, campaign_id, code, user_id, voided_us FROM coupon "

static void read_coupon(SqlRows *rows, int64_t account_id, Arena *arena, void *out_item)
{
    *(Coupon *)out_item = (Coupon){
        .account_id = account_id,
        .id = sql_column_int(rows, 0),
        .campaign_id = sql_column_int(rows, 1),
        .code = sql_column_copy(rows, 2, arena),
        .user_id = sql_column_int(rows, 3),
        .voided_us = sql_column_int(rows, 4),
    };
}

static Status count_free(StoreSession *session, const Coupon *coupon, int64_t add)
{
    return sql_exec(session->sql,
                    "INSERT INTO coupon_count (account_id, campaign_id, free) VALUES ($1, $2, $3) "
                    "ON CONFLICT (account_id, campaign_id) DO UPDATE SET free = coupon_count.free + excluded.free",
                    sql_int(coupon->account_id), sql_int(coupon->campaign_id), sql_int(add));
}

Status store_coupon_free(StoreSession *session, int64_t account_id, int64_t campaign_id, int64_t *out_count)
{
    SqlRows *rows;
    Status status = sql_query(session->sql,
                              "SELECT coalesce(sum(free), 0) FROM coupon_count "
                              "WHERE account_id = $1 AND campaign_id >= $2 AND campaign_id <= $3",
                              &rows, sql_int(account_id), sql_int(campaign_id),
                              sql_int(campaign_id ? campaign_id : INT64_MAX));
    bool found = sql_next(rows);
    if (found)
        *out_count = sql_column_int(rows, 0);
    return rows_done_one(status, rows, found);
}

Status store_coupon_insert(StoreSession *session, Coupon *coupon)
{
    Status status = session_next_number(session, 0, "coupon", &coupon->id);
    if (status)
        return status;
    status = sql_exec(session->sql,
                    "INSERT INTO coupon (account_id, id, campaign_id, code, created_us) VALUES ($1, $2, $3, $4, $5)",
                    sql_int(coupon->account_id), sql_int(coupon->id), sql_int(coupon->campaign_id),
                    sql_text(coupon->code), sql_int(store_now_us(session)));
    return status ? status : count_free(session, coupon, 1);
}

Status store_coupon_get(StoreSession *session, int64_t account_id, int64_t id, Arena *arena, Coupon *out_coupon)
{
    SqlRows *rows;
    Status status = sql_query(session->sql, "SELECT " COUPON_COLUMNS "WHERE account_id = $1 AND id = $2", &rows,
                              sql_int(account_id), sql_int(id));
    bool found = sql_next(rows);
    if (found)
        read_coupon(rows, account_id, arena, out_coupon);
    return rows_done_one(status, rows, found);
}

Status store_coupon_void(StoreSession *session, Coupon *coupon)
{
    coupon->voided_us = store_now_us(session);
    Status status = sql_exec(session->sql, "UPDATE coupon SET voided_us = $1 WHERE account_id = $2 AND id = $3",
                             sql_int(coupon->voided_us), sql_int(coupon->account_id), sql_int(coupon->id));
    return status ? status : count_free(session, coupon, -1);
}

Status store_coupon_find(StoreSession *session, int64_t account_id, Str code, Arena *arena, Coupon *out_coupon)
{
    SqlRows *rows;
    Status status = sql_query(session->sql, "SELECT " COUPON_COLUMNS "WHERE account_id = $1 AND code = $2", &rows,
                              sql_int(account_id), sql_text(code));
    bool found = sql_next(rows);
    if (found)
        read_coupon(rows, account_id, arena, out_coupon);
    return rows_done_one(status, rows, found);
}

Status store_coupon_take(StoreSession *session, int64_t account_id, int64_t campaign_id, int64_t user_id,
                         Arena *arena, Coupon *out_coupon)
{
    SqlRows *rows;
    Status status = sql_query(session->sql,
                              "SELECT " COUPON_COLUMNS
                              "WHERE account_id = $1 AND campaign_id = $2 AND user_id IS NULL AND voided_us IS NULL ORDER BY id LIMIT 1",
                              &rows, sql_int(account_id), sql_int(campaign_id));
    bool found = sql_next(rows);
    if (found)
        read_coupon(rows, account_id, arena, out_coupon);
    status = rows_done_one(status, rows, found);
    if (status)
        return status;
    out_coupon->user_id = user_id;
    status = sql_exec(session->sql, "UPDATE coupon SET user_id = $1, taken_us = $2 WHERE account_id = $3 AND id = $4",
                      sql_int(user_id), sql_int(store_now_us(session)), sql_int(account_id), sql_int(out_coupon->id));
    return status ? status : count_free(session, out_coupon, -1);
}

Status store_coupon_list(StoreSession *session, int64_t account_id, int64_t campaign_id, Arena *arena,
                         CouponList *out_list)
{
    SqlRows *rows;
    Status status = sql_query(session->sql,
                              "SELECT " COUPON_COLUMNS "WHERE account_id = $1 AND campaign_id = $2 ORDER BY id LIMIT $3",
                              &rows, sql_int(account_id), sql_int(campaign_id), sql_int(LIMIT_LIST_ROWS));
    return ROWS_READ_ALL(status, rows, account_id, arena, read_coupon, out_list);
}
