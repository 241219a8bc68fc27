#include "base/limits.h"
#include "store/rows.h"

#define COLUMNS                                                                                                       \
    "c.id, c.name, c.status, c.lang, c.offer, c.landing_url, c.thank_you_url, c.starts_us, c.ends_us, c.created_us, " \
    "coalesce(n.reach, 0) FROM campaign c LEFT JOIN campaign_count n "                                                \
    "ON n.account_id = c.account_id AND n.campaign_id = c.id "

static void read_campaign(SqlRows *rows, int64_t account_id, Arena *arena, void *out_item)
{
    *(Campaign *)out_item = (Campaign){
        .account_id = account_id,
        .id = sql_column_int(rows, 0),
        .name = sql_column_copy(rows, 1, arena),
        .status = (CampaignStatus)sql_column_int(rows, 2),
        .lang = sql_column_copy(rows, 3, arena),
        .offer = sql_column_copy(rows, 4, arena),
        .landing_url = sql_column_copy(rows, 5, arena),
        .thank_you_url = sql_column_copy(rows, 6, arena),
        .starts_us = sql_column_int(rows, 7),
        .ends_us = sql_column_int(rows, 8),
        .created_us = sql_column_int(rows, 9),
        .reach = sql_column_int(rows, 10),
    };
}

Status store_campaign_insert(StoreSession *session, Campaign *campaign)
{
    Status status = session_next_number(session, 0, "campaign", &campaign->id);
    if (status)
        return status;
    campaign->created_us = store_now_us(session);
    status = sql_exec(session->sql,
                      "INSERT INTO campaign (account_id, id, name, status, lang, offer, landing_url, thank_you_url, "
                      "starts_us, ends_us, created_us) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
                      sql_int(campaign->account_id), sql_int(campaign->id), sql_text(campaign->name),
                      sql_int(campaign->status), sql_text(campaign->lang), sql_text(campaign->offer),
                      sql_text(campaign->landing_url), sql_text(campaign->thank_you_url),
                      sql_int_opt(campaign->starts_us), sql_int_opt(campaign->ends_us),
                      sql_int(campaign->created_us));
    if (status)
        return status;
    return sql_exec(session->sql, "INSERT INTO campaign_home (id, account_id) VALUES ($1, $2)", sql_int(campaign->id),
                    sql_int(campaign->account_id));
}

Status store_campaign_get(StoreSession *session, int64_t account_id, int64_t id, Arena *arena, Campaign *out_campaign)
{
    SqlRows *rows;
    Status status = sql_query(session->sql, "SELECT " COLUMNS "WHERE c.account_id = $1 AND c.id = $2", &rows,
                              sql_int(account_id), sql_int(id));
    bool found = sql_next(rows);
    if (found)
        read_campaign(rows, account_id, arena, out_campaign);
    return rows_done_one(status, rows, found);
}

Status store_campaign_account(StoreSession *session, int64_t id, int64_t *out_account_id)
{
    SqlRows *rows;
    Status status =
        sql_query(session->sql, "SELECT account_id FROM campaign_home WHERE id = $1", &rows, sql_int(id));
    bool found = sql_next(rows);
    if (found)
        *out_account_id = sql_column_int(rows, 0);
    return rows_done_one(status, rows, found);
}

Status store_campaign_list(StoreSession *session, int64_t account_id, Arena *arena, CampaignList *out_list)
{
    SqlRows *rows;
    Status status = sql_query(session->sql, "SELECT " COLUMNS "WHERE c.account_id = $1 ORDER BY c.id LIMIT $2", &rows,
                              sql_int(account_id), sql_int(LIMIT_LIST_ROWS));
    return ROWS_READ_ALL(status, rows, account_id, arena, read_campaign, out_list);
}

Status store_campaign_count(StoreSession *session, int64_t account_id, int64_t id, int64_t add_reach)
{
    return sql_exec(session->sql,
                    "INSERT INTO campaign_count (account_id, campaign_id, reach) VALUES ($1, $2, $3) "
                    "ON CONFLICT (account_id, campaign_id) DO UPDATE SET reach = campaign_count.reach + excluded.reach",
                    sql_int(account_id), sql_int(id), sql_int(add_reach));
}
