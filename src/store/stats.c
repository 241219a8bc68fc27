#include "base/limits.h"
#include "base/time.h"
#include "store/rewards.h"
#include "store/rows.h"

Status store_day_add(StoreSession *session, int64_t account_id, int64_t campaign_id, int64_t at_us, DayCounts add)
{
    return sql_exec(session->sql,
                    "INSERT INTO campaign_day (account_id, campaign_id, day, clicks, joins, referrals, qualified, "
                    "issued) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) "
                    "ON CONFLICT (account_id, campaign_id, day) DO UPDATE SET "
                    "clicks = campaign_day.clicks + excluded.clicks, joins = campaign_day.joins + excluded.joins, "
                    "referrals = campaign_day.referrals + excluded.referrals, "
                    "qualified = campaign_day.qualified + excluded.qualified, "
                    "issued = campaign_day.issued + excluded.issued",
                    sql_int(account_id), sql_int(campaign_id), sql_int(at_us / US_PER_DAY), sql_int(add.clicks),
                    sql_int(add.joins), sql_int(add.referrals), sql_int(add.qualified), sql_int(add.issued));
}

static void read_day(SqlRows *rows, int64_t account_id UNUSED, Arena *arena UNUSED, void *out_item)
{
    *(CampaignDay *)out_item = (CampaignDay){
        .day_us = sql_column_int(rows, 0) * US_PER_DAY,
        .counts = { .clicks = sql_column_int(rows, 1),
                    .joins = sql_column_int(rows, 2),
                    .referrals = sql_column_int(rows, 3),
                    .qualified = sql_column_int(rows, 4),
                    .issued = sql_column_int(rows, 5) },
    };
}

Status store_day_list(StoreSession *session, int64_t account_id, int64_t campaign_id, int64_t from_us, int64_t to_us,
                      Arena *arena, CampaignDayList *out_list)
{
    SqlRows *rows;
    Status status = sql_query(session->sql,
                              "SELECT day, clicks, joins, referrals, qualified, issued FROM campaign_day "
                              "WHERE account_id = $1 AND campaign_id = $2 AND day BETWEEN $3 AND $4 ORDER BY day "
                              "LIMIT $5",
                              &rows, sql_int(account_id), sql_int(campaign_id), sql_int(from_us / US_PER_DAY),
                              sql_int(to_us / US_PER_DAY), sql_int(LIMIT_LIST_ROWS));
    return ROWS_READ_ALL(status, rows, account_id, arena, read_day, out_list);
}

Status store_campaign_totals(StoreSession *session, const Campaign *campaign, CampaignTotals *out_totals)
{
    SqlRows *rows;
    Status status = sql_query(
        session->sql,
        "SELECT coalesce(sum(row_count), 0), coalesce(sum(CASE WHEN kind & 2 = 2 THEN row_count END), 0), "
        "coalesce(sum(CASE WHEN kind & 1 = 1 THEN row_count END), 0) "
        "FROM row_block WHERE account_id = $1 AND list = $2 AND campaign_id = $3",
        &rows, sql_int(campaign->account_id), sql_int(BLOCKS_OF_USERS), sql_int(campaign->id));
    bool found = sql_next(rows);
    if (found)
        *out_totals = (CampaignTotals){ .reach = campaign->reach,
                                        .users = sql_column_int(rows, 0),
                                        .referrals = sql_column_int(rows, 1),
                                        .qualified_referrals = sql_column_int(rows, 2) };
    return rows_done_one(status, rows, found);
}

/* The conditions are the partial index's, word for word. */
static Status find_last_coupon(StoreSession *session, int64_t account_id, int64_t reward_id, Arena *arena, Str *out_coupon)
{
    SqlRows *rows;
    Status status = sql_query(session->sql,
                              "SELECT coupon FROM reward_grant WHERE account_id = $1 AND reward_id = $2 "
                              "AND coupon IS NOT NULL AND state IN (0, 1) ORDER BY id DESC LIMIT 1",
                              &rows, sql_int(account_id), sql_int(reward_id));
    if (sql_next(rows))
        *out_coupon = sql_column_copy(rows, 0, arena);
    return rows_done_one(status, rows, true);
}

Status store_reward_totals(StoreSession *session, int64_t account_id, int64_t reward_id, Arena *arena,
                           RewardTotals *out_totals)
{
    SqlRows *rows;
    Status status = sql_query(session->sql,
                              "SELECT grants, minor FROM reward_total WHERE account_id = $1 AND reward_id = $2", &rows,
                              sql_int(account_id), sql_int(reward_id));
    *out_totals = (RewardTotals){ 0 };
    if (sql_next(rows))
        *out_totals = (RewardTotals){ .count = sql_column_int(rows, 0), .total_minor = sql_column_int(rows, 1) };
    status = rows_done_one(status, rows, true);
    return status ? status : find_last_coupon(session, account_id, reward_id, arena, &out_totals->last_coupon);
}
