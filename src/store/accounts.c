#include "store/rows.h"

Status store_account_insert(StoreSession *session, Str name, int64_t *out_id)
{
    Status status = session_next_number(session, 0, "account", out_id);
    if (status)
        return status;
    return sql_exec(session->sql, "INSERT INTO account (id, name, created_us) VALUES ($1, $2, $3)", sql_int(*out_id),
                    sql_text(name), sql_int(store_now_us(session)));
}

Status store_account_get(StoreSession *session, int64_t id, Arena *arena, Account *out_account)
{
    SqlRows *rows;
    Status status =
        sql_query(session->sql, "SELECT name, fallback_url FROM account WHERE id = $1", &rows, sql_int(id));
    bool found = sql_next(rows);
    if (found)
        *out_account = (Account){ .id = id,
                                  .name = sql_column_copy(rows, 0, arena),
                                  .fallback_url = sql_column_copy(rows, 1, arena) };
    return rows_done_one(status, rows, found);
}

Status store_account_update(StoreSession *session, const Account *account)
{
    return sql_exec(session->sql, "UPDATE account SET fallback_url = $1 WHERE id = $2",
                    sql_text(account->fallback_url), sql_int(account->id));
}

static const char *const kinds[] = { "api", "inbound" };
const NameTable token_kind_names = NAME_TABLE(kinds);
_Static_assert(ARRAY_LEN(kinds) == TOKEN_KIND_COUNT, "each kind has a name");

Status store_token_insert(StoreSession *session, Token *token, const uint8_t hash[TOKEN_HASH_LEN])
{
    Status status = session_next_number(session, 0, "token", &token->id);
    if (status)
        return status;
    token->created_us = store_now_us(session);
    return sql_exec(session->sql,
                    "INSERT INTO token (hash, account_id, id, name, kind, scopes, is_main, created_us, expires_us) "
                    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                    sql_blob((Str){ (const char *)hash, TOKEN_HASH_LEN }), sql_int(token->account_id),
                    sql_int(token->id), sql_text(token->name), sql_int(token->kind), sql_int((int64_t)token->scopes),
                    sql_int(token->is_main), sql_int(token->created_us), sql_int_opt(token->expires_us));
}

Status store_token_find(StoreSession *session, const uint8_t hash[TOKEN_HASH_LEN], TokenKind kind, Token *out_token)
{
    SqlRows *rows;
    Status status = sql_query(session->sql, "SELECT id, account_id, scopes, kind, expires_us FROM token WHERE hash = $1",
                              &rows, sql_blob((Str){ (const char *)hash, TOKEN_HASH_LEN }));
    bool found = sql_next(rows) && sql_column_int(rows, 3) == (int64_t)kind;
    if (found)
        *out_token = (Token){ .id = sql_column_int(rows, 0),
                              .account_id = sql_column_int(rows, 1),
                              .scopes = (ScopeSet)sql_column_int(rows, 2),
                              .kind = kind,
                              .expires_us = sql_column_int(rows, 4) };
    if (found && out_token->expires_us && out_token->expires_us <= store_now_us(session))
        found = false;
    return rows_done_one(status, rows, found);
}

Status store_token_remove(StoreSession *session, int64_t account_id, int64_t id)
{
    Status status = sql_exec(session->sql, "DELETE FROM token WHERE account_id = $1 AND id = $2", sql_int(account_id),
                             sql_int(id));
    return status ? status : sql_changes(session->sql) ? STATUS_OK : STATUS_NOT_FOUND;
}

Status store_token_remove_main(StoreSession *session, int64_t account_id)
{
    return sql_exec(session->sql, "DELETE FROM token WHERE account_id = $1 AND is_main = 1", sql_int(account_id));
}

Status store_token_count(StoreSession *session, int64_t account_id, int64_t *out_count)
{
    SqlRows *rows;
    Status status =
        sql_query(session->sql, "SELECT count(*) FROM token WHERE account_id = $1", &rows, sql_int(account_id));
    bool found = sql_next(rows);
    if (found)
        *out_count = sql_column_int(rows, 0);
    return rows_done_one(status, rows, found);
}

Status store_token_set_used(StoreSession *session, int64_t account_id, int64_t id)
{
    return sql_exec(session->sql, "UPDATE token SET used_us = $1 WHERE account_id = $2 AND id = $3",
                    sql_int(store_now_us(session)), sql_int(account_id), sql_int(id));
}

static void read_token(SqlRows *rows, int64_t account_id, Arena *arena, void *out_item)
{
    *(Token *)out_item = (Token){
        .account_id = account_id,
        .id = sql_column_int(rows, 0),
        .name = sql_column_copy(rows, 1, arena),
        .kind = (TokenKind)sql_column_int(rows, 2),
        .scopes = (ScopeSet)sql_column_int(rows, 3),
        .is_main = sql_column_int(rows, 4) != 0,
        .created_us = sql_column_int(rows, 5),
        .expires_us = sql_column_int(rows, 6),
        .used_us = sql_column_int(rows, 7),
    };
}

#define TOKEN_SELECT                                                                                         \
    "SELECT id, name, kind, scopes, is_main, created_us, expires_us, used_us FROM token WHERE account_id = " \
    "$1 "

Status store_token_get(StoreSession *session, int64_t account_id, int64_t id, Arena *arena, Token *out_token)
{
    SqlRows *rows;
    Status status =
        sql_query(session->sql, TOKEN_SELECT "AND id = $2", &rows, sql_int(account_id), sql_int(id));
    bool found = sql_next(rows);
    if (found)
        read_token(rows, account_id, arena, out_token);
    return rows_done_one(status, rows, found);
}

Status store_token_list(StoreSession *session, int64_t account_id, Arena *arena, TokenList *out_list)
{
    SqlRows *rows;
    Status status = sql_query(session->sql, TOKEN_SELECT "ORDER BY id", &rows, sql_int(account_id));
    return ROWS_READ_ALL(status, rows, account_id, arena, read_token, out_list);
}
