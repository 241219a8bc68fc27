#include "store/rows.h"

#define BASE_URL "base_url"

Status store_base_url_get(StoreSession *session, Arena *arena, Str *out_url)
{
    SqlRows *rows;
    Status status =
        sql_query(session->sql, "SELECT value FROM setting WHERE name = $1", &rows, sql_text(STR(BASE_URL)));
    bool found = sql_next(rows);
    if (found)
        *out_url = sql_column_copy(rows, 0, arena);
    return rows_done_one(status, rows, found);
}

Status store_base_url_put(StoreSession *session, Str url)
{
    return sql_exec(session->sql,
                    "INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                    sql_text(STR(BASE_URL)), sql_blob(url));
}
