#include "base/limits.h"
#include "store/rows.h"

/* ---- definitions ------------------------------------------------------- */

#define REWARD_COLUMNS \
    "id, campaign_id, name, metric, value_minor, currency, who, cause, every, issue, automatic, created_us FROM reward "

static Currency read_currency(SqlRows *rows, int column)
{
    Currency currency = { "" };
    Str code = sql_column_bytes(rows, column);
    memcpy(currency.code, code.ptr, size_min(code.len, sizeof currency.code - 1));
    return currency;
}

static void read_reward(SqlRows *rows, int64_t account_id, Arena *arena, void *out_item)
{
    *(Reward *)out_item = (Reward){
        .account_id = account_id,
        .id = sql_column_int(rows, 0),
        .campaign_id = sql_column_int(rows, 1),
        .name = sql_column_copy(rows, 2, arena),
        .metric = (RewardMetric)sql_column_int(rows, 3),
        .value_minor = sql_column_int(rows, 4),
        .currency = read_currency(rows, 5),
        .who = (RewardFor)sql_column_int(rows, 6),
        .when = (RewardWhen)sql_column_int(rows, 7),
        .every = sql_column_int(rows, 8),
        .issue = (IssueMethod)sql_column_int(rows, 9),
        .automatic = sql_column_int(rows, 10) != 0,
        .created_us = sql_column_int(rows, 11),
    };
}

Status store_reward_insert(StoreSession *session, Reward *reward)
{
    Status status = session_next_number(session, 0, "reward", &reward->id);
    if (status)
        return status;
    reward->created_us = store_now_us(session);
    return sql_exec(session->sql,
                    "INSERT INTO reward (account_id, id, campaign_id, name, metric, value_minor, currency, who, cause, "
                    "every, issue, automatic, created_us) "
                    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
                    sql_int(reward->account_id), sql_int(reward->id), sql_int(reward->campaign_id),
                    sql_text(reward->name), sql_int(reward->metric), sql_int(reward->value_minor),
                    sql_text(str_of(reward->currency.code)), sql_int(reward->who), sql_int(reward->when),
                    sql_int(reward->every), sql_int(reward->issue), sql_int(reward->automatic),
                    sql_int(reward->created_us));
}

Status store_reward_get(StoreSession *session, int64_t account_id, int64_t id, Arena *arena, Reward *out_reward)
{
    SqlRows *rows;
    Status status = sql_query(session->sql, "SELECT " REWARD_COLUMNS "WHERE account_id = $1 AND id = $2", &rows,
                              sql_int(account_id), sql_int(id));
    bool found = sql_next(rows);
    if (found)
        read_reward(rows, account_id, arena, out_reward);
    return rows_done_one(status, rows, found);
}

Status store_reward_list(StoreSession *session, int64_t account_id, RewardFilter filter, Arena *arena,
                         RewardList *out_list)
{
    SqlRows *rows;
    Status status =
        filter.campaign_id
            ? sql_query(session->sql,
                        "SELECT " REWARD_COLUMNS "WHERE account_id = $1 AND campaign_id = $2 "
                        "AND ($3 < 0 OR issue = $3) AND ($4 < 0 OR cause = $4) ORDER BY id LIMIT $5",
                        &rows, sql_int(account_id), sql_int(filter.campaign_id), sql_int(filter.issue),
                        sql_int(filter.when), sql_int(LIMIT_LIST_ROWS))
            : sql_query(session->sql,
                        "SELECT " REWARD_COLUMNS "WHERE account_id = $1 "
                        "AND ($2 < 0 OR issue = $2) AND ($3 < 0 OR cause = $3) ORDER BY id LIMIT $4",
                        &rows, sql_int(account_id), sql_int(filter.issue), sql_int(filter.when),
                        sql_int(LIMIT_LIST_ROWS));
    return ROWS_READ_ALL(status, rows, account_id, arena, read_reward, out_list);
}

/* ---- grants ------------------------------------------------------------ */

#define GRANT_COLUMNS                                                                                             \
    "id, reward_id, campaign_id, recipient_id, referral_id, state, metric, value_minor, currency, coupon, "       \
    "created_us, issued_us FROM reward_grant "

static void read_grant(SqlRows *rows, int64_t account_id, Arena *arena, void *out_item)
{
    *(Grant *)out_item = (Grant){
        .account_id = account_id,
        .id = sql_column_int(rows, 0),
        .reward_id = sql_column_int(rows, 1),
        .campaign_id = sql_column_int(rows, 2),
        .recipient_id = sql_column_int(rows, 3),
        .referral_id = sql_column_int(rows, 4),
        .state = (GrantState)sql_column_int(rows, 5),
        .metric = (RewardMetric)sql_column_int(rows, 6),
        .value_minor = sql_column_int(rows, 7),
        .currency = read_currency(rows, 8),
        .coupon = sql_column_copy(rows, 9, arena),
        .created_us = sql_column_int(rows, 10),
        .issued_us = sql_column_int(rows, 11),
    };
}

Status store_grant_insert(StoreSession *session, Grant *grant)
{
    Status status = session_next_number(session, 0, "grant", &grant->id);
    if (status)
        return status;
    grant->created_us = store_now_us(session);
    return sql_exec(session->sql,
                    "INSERT INTO reward_grant (account_id, id, reward_id, campaign_id, recipient_id, referral_id, "
                    "state, metric, value_minor, currency, coupon, created_us, issued_us) "
                    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
                    sql_int(grant->account_id), sql_int(grant->id), sql_int(grant->reward_id),
                    sql_int(grant->campaign_id), sql_int(grant->recipient_id), sql_int(grant->referral_id),
                    sql_int(grant->state), sql_int(grant->metric), sql_int(grant->value_minor),
                    sql_text(str_of(grant->currency.code)), sql_text(grant->coupon), sql_int(grant->created_us),
                    sql_int_opt(grant->issued_us));
}

Status store_grant_find(StoreSession *session, int64_t account_id, int64_t reward_id, int64_t recipient_id,
                        int64_t referral_id, Arena *arena, Grant *out_grant)
{
    SqlRows *rows;
    Status status =
        referral_id ? sql_query(session->sql,
                                "SELECT " GRANT_COLUMNS
                                "WHERE account_id = $1 AND reward_id = $2 AND recipient_id = $3 AND referral_id = $4",
                                &rows, sql_int(account_id), sql_int(reward_id), sql_int(recipient_id),
                                sql_int(referral_id))
                    : sql_query(session->sql,
                                "SELECT " GRANT_COLUMNS
                                "WHERE account_id = $1 AND reward_id = $2 AND recipient_id = $3 AND state <> $4 "
                                "LIMIT 1",
                                &rows, sql_int(account_id), sql_int(reward_id), sql_int(recipient_id),
                                sql_int(GRANT_CANCELLED));
    bool found = sql_next(rows);
    if (found)
        read_grant(rows, account_id, arena, out_grant);
    return rows_done_one(status, rows, found);
}

Status store_grant_get(StoreSession *session, int64_t account_id, int64_t id, Arena *arena, Grant *out_grant)
{
    SqlRows *rows;
    Status status = sql_query(session->sql, "SELECT " GRANT_COLUMNS "WHERE account_id = $1 AND id = $2", &rows,
                              sql_int(account_id), sql_int(id));
    bool found = sql_next(rows);
    if (found)
        read_grant(rows, account_id, arena, out_grant);
    return rows_done_one(status, rows, found);
}

Status store_grant_update(StoreSession *session, const Grant *grant)
{
    return sql_exec(session->sql,
                    "UPDATE reward_grant SET state = $1, coupon = $2, issued_us = $3 WHERE account_id = $4 AND id = $5",
                    sql_int(grant->state), sql_text(grant->coupon), sql_int_opt(grant->issued_us),
                    sql_int(grant->account_id), sql_int(grant->id));
}

Status store_grant_list_due_of(StoreSession *session, int64_t account_id, int64_t referral_id, Arena *arena,
                               GrantList *out_list)
{
    SqlRows *rows;
    Status status = sql_query(session->sql,
                              "SELECT " GRANT_COLUMNS
                              "WHERE account_id = $1 AND referral_id = $2 AND state = $3 ORDER BY id",
                              &rows, sql_int(account_id), sql_int(referral_id), sql_int(GRANT_DUE));
    return ROWS_READ_ALL(status, rows, account_id, arena, read_grant, out_list);
}

Status store_grant_list(StoreSession *session, int64_t account_id, int64_t campaign_id, Arena *arena,
                        GrantList *out_list)
{
    SqlRows *rows;
    Status status = sql_query(session->sql,
                              "SELECT " GRANT_COLUMNS
                              "WHERE account_id = $1 AND campaign_id = $2 ORDER BY id LIMIT $3",
                              &rows, sql_int(account_id), sql_int(campaign_id), sql_int(LIMIT_LIST_ROWS));
    return ROWS_READ_ALL(status, rows, account_id, arena, read_grant, out_list);
}

/* ---- coupons ----------------------------------------------------------- */

#define COUPON_COLUMNS "id, campaign_id, code, user_id FROM coupon "

static void read_coupon(SqlRows *rows, int64_t account_id, Arena *arena, void *out_item)
{
    *(Coupon *)out_item = (Coupon){
        .account_id = account_id,
        .id = sql_column_int(rows, 0),
        .campaign_id = sql_column_int(rows, 1),
        .code = sql_column_copy(rows, 2, arena),
        .user_id = sql_column_int(rows, 3),
    };
}

Status store_coupon_insert(StoreSession *session, Coupon *coupon)
{
    Status status = session_next_number(session, 0, "coupon", &coupon->id);
    if (status)
        return status;
    return sql_exec(session->sql,
                    "INSERT INTO coupon (account_id, id, campaign_id, code, created_us) VALUES ($1, $2, $3, $4, $5)",
                    sql_int(coupon->account_id), sql_int(coupon->id), sql_int(coupon->campaign_id),
                    sql_text(coupon->code), sql_int(store_now_us(session)));
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
                              "WHERE account_id = $1 AND campaign_id = $2 AND user_id IS NULL ORDER BY id LIMIT 1",
                              &rows, sql_int(account_id), sql_int(campaign_id));
    bool found = sql_next(rows);
    if (found)
        read_coupon(rows, account_id, arena, out_coupon);
    status = rows_done_one(status, rows, found);
    if (status)
        return status;
    out_coupon->user_id = user_id;
    return sql_exec(session->sql, "UPDATE coupon SET user_id = $1, taken_us = $2 WHERE account_id = $3 AND id = $4",
                    sql_int(user_id), sql_int(store_now_us(session)), sql_int(account_id), sql_int(out_coupon->id));
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
