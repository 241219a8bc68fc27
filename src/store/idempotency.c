#include "store/idempotency.h"

#include "store/rows.h"

enum { PURGED_AT_ONCE = 4 };

static SqlValue hash_value(const uint8_t hash[IDEMPOTENCY_HASH_LEN])
{
    return sql_blob((Str){ (const char *)hash, IDEMPOTENCY_HASH_LEN });
}

Status store_answer_find(StoreSession *session, Arena *arena, KeptAnswer *answer)
{
    SqlRows *rows;
    Status status = sql_query(session->sql,
                              "SELECT request_hash, http_status, body FROM idempotency "
                              "WHERE account_id = $1 AND key_hash = $2 AND created_us > $3",
                              &rows, sql_int(answer->account_id), hash_value(answer->key_hash),
                              sql_int(store_now_us(session) - IDEMPOTENCY_KEPT_US));
    bool found = sql_next(rows);
    if (found) {
        Str hash = sql_column_bytes(rows, 0);
        memcpy(answer->request_hash, hash.ptr, size_min(hash.len, IDEMPOTENCY_HASH_LEN));
        answer->http_status = (int)sql_column_int(rows, 1);
        answer->body = sql_column_copy(rows, 2, arena);
    }
    return rows_done_one(status, rows, found);
}

static Status purge(StoreSession *session, int64_t before_us)
{
    return sql_exec(session->sql,
                    "DELETE FROM idempotency WHERE created_us <= (SELECT max(created_us) FROM "
                    "(SELECT created_us FROM idempotency WHERE created_us <= $1 ORDER BY created_us LIMIT $2) AS oldest)",
                    sql_int(before_us), sql_int(PURGED_AT_ONCE));
}

Status store_answer_keep(StoreSession *session, const KeptAnswer *answer)
{
    int64_t now_us = store_now_us(session);
    Status status = sql_exec(session->sql,
                             "INSERT INTO idempotency (account_id, key_hash, request_hash, http_status, body, created_us) "
                             "VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (account_id, key_hash) DO UPDATE SET "
                             "request_hash = excluded.request_hash, http_status = excluded.http_status, "
                             "body = excluded.body, created_us = excluded.created_us",
                             sql_int(answer->account_id), hash_value(answer->key_hash),
                             hash_value(answer->request_hash), sql_int(answer->http_status), sql_blob(answer->body),
                             sql_int(now_us));
    return status ? status : purge(session, now_us - IDEMPOTENCY_KEPT_US);
}
