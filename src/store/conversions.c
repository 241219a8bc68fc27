#include "base/limits.h"
#include "store/rows.h"

#define COLUMNS                                                                                        \
    "id, campaign_id, user_id, order_id, amount_minor, refunded_minor, currency, counts, occurred_us, " \
    "created_us, refunded_us "

#define SELECT "SELECT " COLUMNS "FROM conversion WHERE account_id = $1 AND "

static void read_conversion(SqlRows *rows, int64_t account_id, Arena *arena, void *out_item)
{
    *(Conversion *)out_item = (Conversion){
        .account_id = account_id,
        .id = sql_column_int(rows, 0),
        .campaign_id = sql_column_int(rows, 1),
        .user_id = sql_column_int(rows, 2),
        .order_id = sql_column_copy(rows, 3, arena),
        .amount_minor = sql_column_int(rows, 4),
        .refunded_minor = sql_column_int(rows, 5),
        .currency = rows_currency(rows, 6),
        .counts = sql_column_int(rows, 7) != 0,
        .occurred_us = sql_column_int(rows, 8),
        .created_us = sql_column_int(rows, 9),
        .refunded_us = sql_column_int(rows, 10),
    };
}

Status store_conversion_insert(StoreSession *session, Conversion *conversion)
{
    Status status = session_next_number(session, 0, "conversion", &conversion->id);
    if (status)
        return status;
    conversion->created_us = store_now_us(session);
    return sql_exec(session->sql,
                    "INSERT INTO conversion (account_id, " COLUMNS ") "
                    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
                    sql_int(conversion->account_id), sql_int(conversion->id), sql_int(conversion->campaign_id),
                    sql_int(conversion->user_id), sql_text(conversion->order_id), sql_int(conversion->amount_minor),
                    sql_int(conversion->refunded_minor), sql_text(str_of(conversion->currency.code)),
                    sql_int(conversion->counts), sql_int(conversion->occurred_us), sql_int(conversion->created_us),
                    sql_int_opt(conversion->refunded_us));
}

Status store_conversion_update(StoreSession *session, const Conversion *conversion)
{
    return sql_exec(session->sql,
                    "UPDATE conversion SET refunded_minor = $1, refunded_us = $2 WHERE account_id = $3 AND id = $4",
                    sql_int(conversion->refunded_minor), sql_int_opt(conversion->refunded_us),
                    sql_int(conversion->account_id), sql_int(conversion->id));
}

static Status one_conversion(Status started, SqlRows *rows, int64_t account_id, Arena *arena,
                             Conversion *out_conversion)
{
    bool found = sql_next(rows);
    if (found)
        read_conversion(rows, account_id, arena, out_conversion);
    return rows_done_one(started, rows, found);
}

Status store_conversion_get(StoreSession *session, int64_t account_id, int64_t id, Arena *arena,
                            Conversion *out_conversion)
{
    SqlRows *rows;
    Status status = sql_query(session->sql, SELECT "id = $2", &rows, sql_int(account_id), sql_int(id));
    return one_conversion(status, rows, account_id, arena, out_conversion);
}

Status store_conversion_by_order(StoreSession *session, int64_t account_id, int64_t campaign_id, Str order_id,
                                 Arena *arena, Conversion *out_conversion)
{
    SqlRows *rows;
    Status status = sql_query(session->sql, SELECT "campaign_id = $2 AND order_id = $3", &rows, sql_int(account_id),
                              sql_int(campaign_id), sql_text(order_id));
    return one_conversion(status, rows, account_id, arena, out_conversion);
}

Status store_conversion_list_of_user(StoreSession *session, int64_t account_id, int64_t user_id, int64_t after_id,
                                     Arena *arena, ConversionList *out_list)
{
    SqlRows *rows;
    Status status = sql_query(session->sql, SELECT "user_id = $2 AND id > $3 ORDER BY id LIMIT $4", &rows,
                              sql_int(account_id), sql_int(user_id), sql_int(after_id), sql_int(LIMIT_BATCH_ROWS));
    return ROWS_READ_ALL(status, rows, account_id, arena, read_conversion, out_list);
}
