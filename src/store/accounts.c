#include "store/rows.h"

Status store_account_insert(StoreSession *session, Str name, int64_t *out_id)
{
    Status status = session_next_number(session, 0, "account", out_id);
    if (status)
        return status;
    return sql_exec(session->sql, "INSERT INTO account (id, name, created_us) VALUES ($1, $2, $3)", sql_int(*out_id),
                    sql_text(name), sql_int(store_now_us(session)));
}

Status store_token_insert(StoreSession *session, Token *token, const uint8_t hash[TOKEN_HASH_LEN])
{
    Status status = session_next_number(session, 0, "token", &token->id);
    if (status)
        return status;
    token->created_us = store_now_us(session);
    return sql_exec(session->sql,
                    "INSERT INTO token (hash, account_id, id, name, scopes, created_us) "
                    "VALUES ($1, $2, $3, $4, $5, $6)",
                    sql_blob((Str){ (const char *)hash, TOKEN_HASH_LEN }), sql_int(token->account_id),
                    sql_int(token->id), sql_text(token->name), sql_int((int64_t)token->scopes),
                    sql_int(token->created_us));
}

Status store_token_find(StoreSession *session, const uint8_t hash[TOKEN_HASH_LEN], Token *out_token)
{
    SqlRows *rows;
    Status status = sql_query(session->sql, "SELECT id, account_id, scopes FROM token WHERE hash = $1", &rows,
                              sql_blob((Str){ (const char *)hash, TOKEN_HASH_LEN }));
    bool found = sql_next(rows);
    if (found)
        *out_token = (Token){ .id = sql_column_int(rows, 0),
                              .account_id = sql_column_int(rows, 1),
                              .scopes = (ScopeSet)sql_column_int(rows, 2) };
    return rows_done_one(status, rows, found);
}

static void read_token(SqlRows *rows, int64_t account_id, Arena *arena, void *out_item)
{
    *(Token *)out_item = (Token){
        .account_id = account_id,
        .id = sql_column_int(rows, 0),
        .name = sql_column_copy(rows, 1, arena),
        .scopes = (ScopeSet)sql_column_int(rows, 2),
        .created_us = sql_column_int(rows, 3),
    };
}

Status store_token_list(StoreSession *session, int64_t account_id, Arena *arena, TokenList *out_list)
{
    SqlRows *rows;
    Status status = sql_query(session->sql,
                              "SELECT id, name, scopes, created_us FROM token WHERE account_id = $1 ORDER BY id",
                              &rows, sql_int(account_id));
    return ROWS_READ_ALL(status, rows, account_id, arena, read_token, out_list);
}
