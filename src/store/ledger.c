#include "base/limits.h"
#include "store/rows.h"

#define COLUMNS \
    "id, posting_id, kind, book, grant_id, user_id, campaign_id, currency, amount_minor, occurred_us "

static void read_entry(SqlRows *rows, int64_t account_id, Arena *arena UNUSED, void *out_item)
{
    *(LedgerEntry *)out_item = (LedgerEntry){
        .account_id = account_id,
        .id = sql_column_int(rows, 0),
        .posting_id = sql_column_int(rows, 1),
        .kind = (LedgerKind)sql_column_int(rows, 2),
        .book = (LedgerBook)sql_column_int(rows, 3),
        .grant_id = sql_column_int(rows, 4),
        .user_id = sql_column_int(rows, 5),
        .campaign_id = sql_column_int(rows, 6),
        .currency = rows_currency(rows, 7),
        .amount_minor = sql_column_int(rows, 8),
        .occurred_us = sql_column_int(rows, 9),
    };
}

static Status insert(StoreSession *session, LedgerEntry *entry)
{
    Status status = session_next_number(session, entry->account_id, "ledger", &entry->id);
    if (status)
        return status;
    entry->occurred_us = store_now_us(session);
    if (!entry->posting_id)
        entry->posting_id = entry->id;
    return sql_exec(session->sql,
                    "INSERT INTO ledger_entry (account_id, " COLUMNS ") "
                    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
                    sql_int(entry->account_id), sql_int(entry->id), sql_int(entry->posting_id), sql_int(entry->kind),
                    sql_int(entry->book), sql_int(entry->grant_id), sql_int(entry->user_id),
                    sql_int(entry->campaign_id), sql_text(str_of(entry->currency.code)), sql_int(entry->amount_minor),
                    sql_int(entry->occurred_us));
}

Status store_ledger_insert(StoreSession *session, LedgerEntry entries[2])
{
    Status status = insert(session, &entries[0]);
    entries[1].posting_id = entries[0].id;
    return status ? status : insert(session, &entries[1]);
}

Status store_ledger_list_of_grant(StoreSession *session, int64_t account_id, int64_t grant_id, Arena *arena,
                                  LedgerList *out_list)
{
    SqlRows *rows;
    Status status = sql_query(session->sql,
                              "SELECT " COLUMNS "FROM ledger_entry WHERE account_id = $1 AND grant_id = $2 "
                              "ORDER BY id LIMIT $3",
                              &rows, sql_int(account_id), sql_int(grant_id), sql_int(LIMIT_LIST_ROWS));
    return ROWS_READ_ALL(status, rows, account_id, arena, read_entry, out_list);
}

static void read_balance(SqlRows *rows, int64_t account_id UNUSED, Arena *arena UNUSED, void *out_item)
{
    *(Balance *)out_item = (Balance){ .currency = rows_currency(rows, 0),
                                      .owed_minor = sql_column_int(rows, 1),
                                      .paid_minor = sql_column_int(rows, 2) };
}

/* sum() gives an error on overflow, and never wraps. */
Status store_ledger_balances(StoreSession *session, int64_t account_id, int64_t user_id, Arena *arena,
                             BalanceList *out_list)
{
    SqlRows *rows;
    Status status = sql_query(session->sql,
                              "SELECT currency, sum(CASE WHEN book = $1 THEN amount_minor ELSE 0 END), "
                              "sum(CASE WHEN book = $2 THEN amount_minor ELSE 0 END) FROM ledger_entry "
                              "WHERE account_id = $3 AND user_id = $4 GROUP BY currency ORDER BY currency",
                              &rows, sql_int(BOOK_OWED), sql_int(BOOK_PAID), sql_int(account_id), sql_int(user_id));
    return ROWS_READ_ALL(status, rows, account_id, arena, read_balance, out_list);
}

Status store_ledger_check(StoreSession *session, int64_t account_id)
{
    SqlRows *rows;
    Status status = sql_query(session->sql,
                              "SELECT currency FROM ledger_entry WHERE account_id = $1 GROUP BY currency "
                              "HAVING sum(amount_minor) <> 0 LIMIT 1",
                              &rows, sql_int(account_id));
    bool unequal = sql_next(rows);
    Status end = sql_done(rows);
    return status ? status : end ? end : unequal ? STATUS_INTERNAL : STATUS_OK;
}
