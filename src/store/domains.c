#include "base/limits.h"
#include "store/rows.h"

#define COLUMNS "host, account_id, campaign_id, fallback_url, created_us"

enum { AT_ONCE = 500 };

static void read_domain(SqlRows *rows, int64_t account_id UNUSED, Arena *arena, void *out_item)
{
    *(Domain *)out_item = (Domain){ .host = sql_column_copy(rows, 0, arena),
                                    .account_id = sql_column_int(rows, 1),
                                    .campaign_id = sql_column_int(rows, 2),
                                    .fallback_url = sql_column_copy(rows, 3, arena),
                                    .created_us = sql_column_int(rows, 4) };
}

Status store_domain_get(StoreSession *session, Str host, Arena *arena, Domain *out_domain)
{
    SqlRows *rows;
    Status status = sql_query(session->sql, "SELECT " COLUMNS " FROM domain WHERE host = $1", &rows, sql_text(host));
    bool found = sql_next(rows);
    if (found)
        read_domain(rows, 0, arena, out_domain);
    return rows_done_one(status, rows, found);
}

Status store_domain_list(StoreSession *session, int64_t account_id, int64_t campaign_id, Arena *arena,
                         DomainList *out_list)
{
    SqlRows *rows;
    Status status = sql_query(session->sql,
                              "SELECT " COLUMNS " FROM domain WHERE account_id = $1 AND campaign_id = $2 "
                              "ORDER BY created_us, host LIMIT $3",
                              &rows, sql_int(account_id), sql_int(campaign_id), sql_int(LIMIT_DOMAINS));
    return ROWS_READ_ALL(status, rows, account_id, arena, read_domain, out_list);
}

Status store_domain_next(StoreSession *session, Str after, Arena *arena, DomainList *out_list)
{
    SqlRows *rows;
    Status status = sql_query(session->sql, "SELECT " COLUMNS " FROM domain WHERE host > $1 ORDER BY host LIMIT $2", &rows,
                              sql_text(after), sql_int(AT_ONCE));
    return ROWS_READ_ALL(status, rows, 0, arena, read_domain, out_list);
}

Status store_domain_put(StoreSession *session, const Domain *domain)
{
    session->notes.links = true;
    return sql_exec(session->sql,
                    "INSERT INTO domain (" COLUMNS ") VALUES ($1, $2, $3, $4, $5) "
                    "ON CONFLICT (host) DO UPDATE SET fallback_url = excluded.fallback_url",
                    sql_text(domain->host), sql_int(domain->account_id), sql_int(domain->campaign_id),
                    sql_text(domain->fallback_url), sql_int(store_now_us(session)));
}

Status store_domain_remove(StoreSession *session, const Domain *domain)
{
    session->notes.links = true;
    return sql_exec(session->sql, "DELETE FROM domain WHERE host = $1 AND account_id = $2 AND campaign_id = $3",
                    sql_text(domain->host), sql_int(domain->account_id), sql_int(domain->campaign_id));
}
