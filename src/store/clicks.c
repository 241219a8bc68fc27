#include "base/limits.h"
#include "base/time.h"
#include "store/rows.h"

enum { FORGET_AT_ONCE = 500 };

Status store_click_insert(StoreSession *session, int64_t account_id, Click *click)
{
    Status status = session_next_number_from(session, account_id, "click", click->at_us, &click->at_us);
    return status ? status
                  : sql_exec(session->sql,
                             "INSERT INTO click (account_id, campaign_id, at_us, user_id, clicks, device, "
                             "country, host) "
                             "VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
                             sql_int(account_id), sql_int(click->campaign_id), sql_int(click->at_us),
                             sql_int(click->user_id), sql_int(click->count), sql_int(click->device),
                             sql_text(click->country), sql_text(click->host));
}

static void read_click(SqlRows *rows, int64_t account_id UNUSED, Arena *arena, void *out_item)
{
    *(Click *)out_item = (Click){ .campaign_id = sql_column_int(rows, 0),
                                  .at_us = sql_column_int(rows, 1),
                                  .user_id = sql_column_int(rows, 2),
                                  .count = sql_column_int(rows, 3),
                                  .device = (Device)sql_column_int(rows, 4),
                                  .country = sql_column_copy(rows, 5, arena),
                                  .host = sql_column_copy(rows, 6, arena) };
}

Status store_click_page(StoreSession *session, int64_t account_id, int64_t campaign_id, int64_t after, int64_t limit,
                        Arena *arena, ClickPage *out_page)
{
    SqlRows *rows;
    Status status =
        sql_query(session->sql,
                  "SELECT campaign_id, at_us, user_id, clicks, device, country, host FROM click "
                  "WHERE account_id = $1 AND campaign_id = $2 AND at_us > $3 ORDER BY at_us LIMIT $4",
                  &rows, sql_int(account_id), sql_int(campaign_id), sql_int(after), sql_int(limit + 1));
    status = ROWS_READ_ALL(status, rows, account_id, arena, read_click, out_page);
    out_page->has_more = (int64_t)out_page->count > limit;
    out_page->count -= out_page->has_more;
    return status;
}

/* ---- where they came from ------------------------------------------------ */

Status store_click_origin_add(StoreSession *session, int64_t account_id, int64_t campaign_id, int64_t at_us,
                              const ClickOrigin *origin)
{
    return sql_exec(session->sql,
                    "INSERT INTO click_origin (account_id, campaign_id, day, device, country, host, clicks) "
                    "VALUES ($1, $2, $3, $4, $5, $6, $7) "
                    "ON CONFLICT (account_id, campaign_id, day, device, country, host) "
                    "DO UPDATE SET clicks = click_origin.clicks + excluded.clicks",
                    sql_int(account_id), sql_int(campaign_id), sql_int(at_us / US_PER_DAY),
                    sql_int(origin->device), sql_text(origin->country), sql_text(origin->host),
                    sql_int(origin->clicks));
}

static void read_origin(SqlRows *rows, int64_t account_id UNUSED, Arena *arena, void *out_item)
{
    *(ClickOrigin *)out_item = (ClickOrigin){ .device = (Device)sql_column_int(rows, 0),
                                              .country = sql_column_copy(rows, 1, arena),
                                              .host = sql_column_copy(rows, 2, arena),
                                              .clicks = sql_column_int(rows, 3) };
}

Status store_click_devices(StoreSession *session, int64_t account_id, int64_t campaign_id, int64_t from_us, int64_t to_us,
                           Arena *arena, ClickOriginList *out_list)
{
    SqlRows *rows;
    Status status =
        sql_query(session->sql,
                  "SELECT device, '', '', sum(clicks) FROM click_origin WHERE account_id = $1 "
                  "AND campaign_id = $2 AND day BETWEEN $3 AND $4 GROUP BY device ORDER BY device",
                  &rows, sql_int(account_id), sql_int(campaign_id), sql_int(from_us / US_PER_DAY),
                  sql_int(to_us / US_PER_DAY));
    return ROWS_READ_ALL(status, rows, account_id, arena, read_origin, out_list);
}

Status store_click_countries(StoreSession *session, int64_t account_id, int64_t campaign_id, int64_t from_us,
                             int64_t to_us, int64_t limit, Arena *arena, ClickOriginList *out_list)
{
    SqlRows *rows;
    Status status =
        sql_query(session->sql,
                  "SELECT 0, country, '', sum(clicks) AS sum FROM click_origin WHERE account_id = $1 "
                  "AND campaign_id = $2 AND day BETWEEN $3 AND $4 AND device <> $5 GROUP BY country "
                  "ORDER BY sum DESC, country LIMIT $6",
                  &rows, sql_int(account_id), sql_int(campaign_id), sql_int(from_us / US_PER_DAY),
                  sql_int(to_us / US_PER_DAY), sql_int(DEVICE_BOT), sql_int(limit));
    return ROWS_READ_ALL(status, rows, account_id, arena, read_origin, out_list);
}

Status store_click_hosts(StoreSession *session, int64_t account_id, int64_t campaign_id, int64_t from_us, int64_t to_us,
                         int64_t limit, Arena *arena, ClickOriginList *out_list)
{
    SqlRows *rows;
    Status status =
        sql_query(session->sql,
                  "SELECT 0, '', host, sum(clicks) AS sum FROM click_origin WHERE account_id = $1 "
                  "AND campaign_id = $2 AND day BETWEEN $3 AND $4 AND device <> $5 GROUP BY host "
                  "ORDER BY sum DESC, host LIMIT $6",
                  &rows, sql_int(account_id), sql_int(campaign_id), sql_int(from_us / US_PER_DAY),
                  sql_int(to_us / US_PER_DAY), sql_int(DEVICE_BOT), sql_int(limit));
    return ROWS_READ_ALL(status, rows, account_id, arena, read_origin, out_list);
}

/* ---- forgetting ---------------------------------------------------------- */

/* The campaign after `after` that has clicks; 0: none. */
static Status next_campaign(StoreSession *session, int64_t account_id, int64_t after, int64_t *out_id)
{
    return sql_query_int(session->sql,
                         "SELECT campaign_id FROM click WHERE account_id = $1 AND campaign_id > $2 "
                         "ORDER BY campaign_id LIMIT 1",
                         out_id, sql_int(account_id), sql_int(after));
}

Status store_click_forget(StoreSession *session, int64_t account_id, int64_t before_us, bool *out_more)
{
    int64_t campaign_id = 0;
    Status status = next_campaign(session, account_id, 0, &campaign_id);
    while (!status && campaign_id) {
        status = sql_exec(session->sql,
                          "DELETE FROM click WHERE account_id = $1 AND campaign_id = $2 AND at_us IN "
                          "(SELECT at_us FROM click WHERE account_id = $1 AND campaign_id = $2 AND at_us < $3 "
                          "ORDER BY at_us LIMIT $4)",
                          sql_int(account_id), sql_int(campaign_id), sql_int(before_us), sql_int(FORGET_AT_ONCE));
        *out_more = *out_more || (!status && sql_changes(session->sql) >= FORGET_AT_ONCE);
        if (!status)
            status = next_campaign(session, account_id, campaign_id, &campaign_id);
    }
    return status;
}
