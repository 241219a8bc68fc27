#include "base/limits.h"
#include "store/rows.h"

#define COLUMNS                                                                                             \
    "id, reward_id, campaign_id, recipient_id, referral_id, per_referral, number, conversion_id, state, closed, " \
    "metric, rate, value_minor, spend_minor, currency, coupon, reason, created_us, issued_us, release_us, approved_us, " \
    "rest_of "

#define SELECT "SELECT " COLUMNS "FROM reward_grant WHERE account_id = $1 AND "

static void read_grant(SqlRows *rows, int64_t account_id, Arena *arena, void *out_item)
{
    *(Grant *)out_item = (Grant){
        .account_id = account_id,
        .id = sql_column_int(rows, 0),
        .reward_id = sql_column_int(rows, 1),
        .campaign_id = sql_column_int(rows, 2),
        .recipient_id = sql_column_int(rows, 3),
        .referral_id = sql_column_int(rows, 4),
        .per_referral = sql_column_int(rows, 5),
        .number = sql_column_int(rows, 6),
        .conversion_id = sql_column_int(rows, 7),
        .state = (GrantState)sql_column_int(rows, 8),
        .closed = sql_column_int(rows, 9) != 0,
        .metric = (RewardMetric)sql_column_int(rows, 10),
        .rate = sql_column_int(rows, 11),
        .value_minor = sql_column_int(rows, 12),
        .spend_minor = sql_column_int(rows, 13),
        .currency = rows_currency(rows, 14),
        .coupon = sql_column_copy(rows, 15, arena),
        .reason = sql_column_copy(rows, 16, arena),
        .created_us = sql_column_int(rows, 17),
        .issued_us = sql_column_int(rows, 18),
        .release_us = sql_column_int(rows, 19),
        .approved_us = sql_column_int(rows, 20),
        .rest_of = sql_column_int(rows, 21),
    };
}

static void read_grant_of_any(SqlRows *rows, int64_t account_id UNUSED, Arena *arena, void *out_item)
{
    read_grant(rows, sql_column_int(rows, 22), arena, out_item);
}

static BlockRow block_row(const Grant *grant)
{
    return (BlockRow){ BLOCKS_OF_GRANTS, grant->account_id, grant->campaign_id, grant->id,
                       grant_kind(grant->state, grant->metric) };
}

static bool is_in_total(const Grant *grant)
{
    return grant->state == GRANT_DUE || grant->state == GRANT_ISSUED;
}

static Status add_to_total(StoreSession *session, const Grant *grant, int64_t grants, int64_t minor)
{
    if (grants == 0 && minor == 0)
        return STATUS_OK;
    return sql_exec(
        session->sql,
        "INSERT INTO reward_total (account_id, reward_id, grants, minor) VALUES ($1, $2, $3, $4) "
        "ON CONFLICT (account_id, reward_id) DO UPDATE SET grants = reward_total.grants + excluded.grants, "
        "minor = reward_total.minor + excluded.minor",
        sql_int(grant->account_id), sql_int(grant->reward_id), sql_int(grants), sql_int(minor));
}

static Status count_new(StoreSession *session, const Grant *grant)
{
    const BlockRow row = block_row(grant);
    Status status = store_block_count(session, &row, 1);
    return status || !is_in_total(grant) ? status : add_to_total(session, grant, 1, grant->value_minor);
}

Status store_grant_insert(StoreSession *session, Grant *grant)
{
    Status status = session_next_number(session, 0, "grant", &grant->id);
    if (!status)
        status = count_new(session, grant);
    if (status)
        return status;
    grant->created_us = store_now_us(session);
    return sql_exec(session->sql,
                    "INSERT INTO reward_grant (account_id, " COLUMNS ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, "
                    "$10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23)",
                    sql_int(grant->account_id), sql_int(grant->id), sql_int(grant->reward_id),
                    sql_int(grant->campaign_id), sql_int(grant->recipient_id), sql_int(grant->referral_id),
                    sql_int(grant->per_referral), sql_int(grant->number), sql_int_opt(grant->conversion_id),
                    sql_int(grant->state), sql_int(grant->closed), sql_int(grant->metric),
                    sql_int(grant->rate), sql_int(grant->value_minor), sql_int(grant->spend_minor),
                    sql_text(str_of(grant->currency.code)), sql_text(grant->coupon), sql_text(grant->reason),
                    sql_int(grant->created_us), sql_int_opt(grant->issued_us), sql_int_opt(grant->release_us),
                    sql_int_opt(grant->approved_us), sql_int(grant->rest_of));
}

static Status count_change(StoreSession *session, const Grant *grant)
{
    SqlRows *rows;
    Grant before = *grant;
    Status status = sql_query(session->sql,
                              "SELECT state, value_minor FROM reward_grant WHERE account_id = $1 AND id = $2", &rows,
                              sql_int(grant->account_id), sql_int(grant->id));
    bool found = sql_next(rows);
    if (found) {
        before.state = (GrantState)sql_column_int(rows, 0);
        before.value_minor = sql_column_int(rows, 1);
    }
    status = rows_done_one(status, rows, found);
    const BlockRow row = block_row(grant);
    if (!status)
        status = store_block_move(session, &row, grant_kind(before.state, before.metric));
    int was = is_in_total(&before), is = is_in_total(grant);
    return status
               ? status
               : add_to_total(session, grant, is - was, is * grant->value_minor - was * before.value_minor);
}

Status store_grant_update(StoreSession *session, const Grant *grant)
{
    Status status = count_change(session, grant);
    return status
               ? status
               : sql_exec(
                     session->sql,
                     "UPDATE reward_grant SET conversion_id = $1, state = $2, closed = $3, value_minor = $4, "
                     "spend_minor = $5, currency = $6, coupon = $7, reason = $8, issued_us = $9, release_us "
                     "= $10, "
                     "approved_us = $11 WHERE account_id = $12 AND id = $13",
                     sql_int_opt(grant->conversion_id), sql_int(grant->state), sql_int(grant->closed),
                     sql_int(grant->value_minor), sql_int(grant->spend_minor),
                     sql_text(str_of(grant->currency.code)), sql_text(grant->coupon), sql_text(grant->reason),
                     sql_int_opt(grant->issued_us), sql_int_opt(grant->release_us),
                     sql_int_opt(grant->approved_us), sql_int(grant->account_id), sql_int(grant->id));
}

#define OF_KEY "reward_id = $2 AND recipient_id = $3 AND per_referral = $4 AND number = $5 "

/* ---- one --------------------------------------------------------------- */

static Status one_grant(Status started, SqlRows *rows, int64_t account_id, Arena *arena, Grant *out_grant)
{
    bool found = sql_next(rows);
    if (found)
        read_grant(rows, account_id, arena, out_grant);
    return rows_done_one(started, rows, found);
}

Status store_grant_get(StoreSession *session, int64_t account_id, int64_t id, Arena *arena, Grant *out_grant)
{
    SqlRows *rows;
    Status status = sql_query(session->sql, SELECT "id = $2", &rows, sql_int(account_id), sql_int(id));
    return one_grant(status, rows, account_id, arena, out_grant);
}

Status store_grant_find(StoreSession *session, int64_t account_id, const GrantKey *key, Arena *arena, Grant *out_grant)
{
    SqlRows *rows;
    Status status =
        sql_query(session->sql, SELECT OF_KEY "AND rest_of = 0", &rows, sql_int(account_id), sql_int(key->reward_id),
                  sql_int(key->recipient_id), sql_int(key->referral_id), sql_int(key->number));
    return one_grant(status, rows, account_id, arena, out_grant);
}

Status store_grant_any_of_reward(StoreSession *session, int64_t account_id, int64_t reward_id)
{
    SqlRows *rows;
    Status status = sql_query(session->sql,
                              "SELECT 1 FROM reward_grant WHERE account_id = $1 AND reward_id = $2 LIMIT 1", &rows,
                              sql_int(account_id), sql_int(reward_id));
    bool found = sql_next(rows);
    return rows_done_one(status, rows, found);
}

/* ---- lists ------------------------------------------------------------- */

Status store_grant_list_of_key(StoreSession *session, int64_t account_id, const GrantKey *key, Arena *arena,
                               GrantList *out_list)
{
    SqlRows *rows;
    Status status = sql_query(session->sql, SELECT OF_KEY "ORDER BY rest_of LIMIT $6", &rows, sql_int(account_id),
                              sql_int(key->reward_id), sql_int(key->recipient_id), sql_int(key->referral_id),
                              sql_int(key->number), sql_int(LIMIT_LIST_ROWS));
    return ROWS_READ_ALL(status, rows, account_id, arena, read_grant, out_list);
}

Status store_grant_list_of_referral(StoreSession *session, int64_t account_id, int64_t user_id, int64_t after_id,
                                    Arena *arena, GrantList *out_list)
{
    SqlRows *rows;
    Status status = sql_query(session->sql, SELECT "referral_id = $2 AND id > $3 ORDER BY id LIMIT $4", &rows,
                              sql_int(account_id), sql_int(user_id), sql_int(after_id), sql_int(LIMIT_BATCH_ROWS));
    return ROWS_READ_ALL(status, rows, account_id, arena, read_grant, out_list);
}

Status store_grant_list_newest(StoreSession *session, int64_t account_id, int64_t user_id, int64_t limit, Arena *arena,
                               GrantList *out_list)
{
    SqlRows *rows;
    Status status = sql_query(session->sql, SELECT "recipient_id = $2 ORDER BY id DESC LIMIT $3", &rows,
                              sql_int(account_id), sql_int(user_id), sql_int(limit));
    return ROWS_READ_ALL(status, rows, account_id, arena, read_grant, out_list);
}

Status store_grant_list_of_recipient(StoreSession *session, int64_t account_id, int64_t user_id, int64_t after_id,
                                     Arena *arena, GrantList *out_list)
{
    SqlRows *rows;
    Status status = sql_query(session->sql, SELECT "recipient_id = $2 AND id > $3 ORDER BY id LIMIT $4", &rows,
                              sql_int(account_id), sql_int(user_id), sql_int(after_id), sql_int(LIMIT_BATCH_ROWS));
    return ROWS_READ_ALL(status, rows, account_id, arena, read_grant, out_list);
}

Status store_grant_list(StoreSession *session, int64_t account_id, int64_t campaign_id, Arena *arena,
                        GrantList *out_list)
{
    SqlRows *rows;
    Status status = sql_query(session->sql, SELECT "campaign_id = $2 ORDER BY id LIMIT $3", &rows, sql_int(account_id),
                              sql_int(campaign_id), sql_int(LIMIT_LIST_ROWS));
    return ROWS_READ_ALL(status, rows, account_id, arena, read_grant, out_list);
}

Status store_grant_list_of_conversion(StoreSession *session, int64_t account_id, int64_t conversion_id, Arena *arena,
                                      GrantList *out_list)
{
    SqlRows *rows;
    Status status = sql_query(session->sql, SELECT "conversion_id = $2 ORDER BY id LIMIT $3", &rows,
                              sql_int(account_id), sql_int(conversion_id), sql_int(LIMIT_LIST_ROWS));
    return ROWS_READ_ALL(status, rows, account_id, arena, read_grant, out_list);
}

Status store_grant_list_above(StoreSession *session, int64_t account_id, int64_t reward_id, int64_t recipient_id,
                              int64_t count, Arena *arena, GrantList *out_list)
{
    SqlRows *rows;
    Status status = sql_query(session->sql,
                              SELECT "reward_id = $2 AND recipient_id = $3 AND per_referral = 0 AND number > $4 "
                              "ORDER BY number LIMIT $5",
                              &rows, sql_int(account_id), sql_int(reward_id), sql_int(recipient_id), sql_int(count),
                              sql_int(LIMIT_LIST_ROWS));
    return ROWS_READ_ALL(status, rows, account_id, arena, read_grant, out_list);
}

/* The conditions are the partial index's, word for word. */
Status store_grant_list_couponless(StoreSession *session, int64_t account_id, int64_t campaign_id, int64_t limit,
                                   Arena *arena, GrantList *out_list)
{
    SqlRows *rows;
    Status status = sql_query(session->sql,
                              SELECT "campaign_id = $2 AND metric = 2 AND coupon IS NULL AND state = 0 "
                              "ORDER BY id LIMIT $3",
                              &rows, sql_int(account_id), sql_int(campaign_id), sql_int(limit));
    return ROWS_READ_ALL(status, rows, account_id, arena, read_grant, out_list);
}

Status store_grant_list_released(StoreSession *session, int64_t now_us, int64_t limit, Arena *arena,
                                 GrantList *out_list)
{
    SqlRows *rows;
    Status status = sql_query(session->sql,
                              "SELECT " COLUMNS ", account_id FROM reward_grant WHERE release_us <= $1 "
                              "ORDER BY release_us LIMIT $2",
                              &rows, sql_int(now_us), sql_int(limit));
    return ROWS_READ_ALL(status, rows, 0, arena, read_grant_of_any, out_list);
}

/* ---- what recurs ------------------------------------------------------- */

#define RECURRENCE_SELECT                                                                                   \
    "SELECT account_id, reward_id, recipient_id, referral_id, start_us, first_number, next_number, next_us " \
    "FROM reward_recurrence "

static void read_recurrence(SqlRows *rows, int64_t account_id UNUSED, Arena *arena UNUSED, void *out_item)
{
    *(Recurrence *)out_item = (Recurrence){
        .account_id = sql_column_int(rows, 0),
        .reward_id = sql_column_int(rows, 1),
        .recipient_id = sql_column_int(rows, 2),
        .referral_id = sql_column_int(rows, 3),
        .start_us = sql_column_int(rows, 4),
        .first_number = sql_column_int(rows, 5),
        .next_number = sql_column_int(rows, 6),
        .next_us = sql_column_int(rows, 7),
    };
}

Status store_recurrence_put(StoreSession *session, const Recurrence *recurrence)
{
    return sql_exec(session->sql,
                    "INSERT INTO reward_recurrence (account_id, reward_id, recipient_id, referral_id, start_us, "
                    "first_number, next_number, next_us) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) "
                    "ON CONFLICT (account_id, reward_id, recipient_id, referral_id) DO UPDATE SET "
                    "start_us = excluded.start_us, first_number = excluded.first_number, "
                    "next_number = excluded.next_number, next_us = excluded.next_us",
                    sql_int(recurrence->account_id), sql_int(recurrence->reward_id), sql_int(recurrence->recipient_id),
                    sql_int(recurrence->referral_id), sql_int(recurrence->start_us),
                    sql_int(recurrence->first_number), sql_int(recurrence->next_number),
                    sql_int_opt(recurrence->next_us));
}

Status store_recurrence_get(StoreSession *session, int64_t account_id, const GrantKey *key, Recurrence *out_recurrence)
{
    SqlRows *rows;
    Status status = sql_query(session->sql,
                              RECURRENCE_SELECT "WHERE account_id = $1 AND reward_id = $2 AND recipient_id = $3 "
                              "AND referral_id = $4",
                              &rows, sql_int(account_id), sql_int(key->reward_id), sql_int(key->recipient_id),
                              sql_int(key->referral_id));
    bool found = sql_next(rows);
    if (found)
        read_recurrence(rows, account_id, NULL, out_recurrence);
    return rows_done_one(status, rows, found);
}

Status store_recurrence_stop(StoreSession *session, int64_t account_id, int64_t referral_id)
{
    return sql_exec(session->sql,
                    "UPDATE reward_recurrence SET next_us = NULL WHERE account_id = $1 AND referral_id = $2",
                    sql_int(account_id), sql_int(referral_id));
}

Status store_recurrence_list_due(StoreSession *session, int64_t now_us, int64_t limit, Arena *arena,
                                 RecurrenceList *out_list)
{
    SqlRows *rows;
    Status status = sql_query(session->sql, RECURRENCE_SELECT "WHERE next_us <= $1 ORDER BY next_us LIMIT $2", &rows,
                              sql_int(now_us), sql_int(limit));
    return ROWS_READ_ALL(status, rows, 0, arena, read_recurrence, out_list);
}

Status store_clock_is_due(StoreSession *session, int64_t now_us, bool *out_due)
{
    SqlRows *rows;
    Status status = sql_query(session->sql,
                              "SELECT EXISTS (SELECT 1 FROM reward_grant WHERE release_us <= $1) "
                              "OR EXISTS (SELECT 1 FROM reward_recurrence WHERE next_us <= $1)",
                              &rows, sql_int(now_us));
    *out_due = sql_next(rows) && sql_column_int(rows, 0) != 0;
    return rows_done_one(status, rows, true);
}
