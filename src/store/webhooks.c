/* Subscriptions. */
#include "base/buf.h"
#include "base/limits.h"
#include "store/outbox_sql.h"
#include "store/rows.h"
#include "store/vault.h"

enum { CANCEL_AT_ONCE = 1000 };

#define WEBHOOK_COLUMNS                                                                                      \
    "id, url, event, reward_id, campaign_id, sources, expects_ack, secret, created_us, not_before_us, "      \
    "removed_us, state, state_reason, failing_since_us, failures, old_secret, "      \
    "old_secret_until_us, oldest_secret, oldest_secret_until_us, method, headers, fields, expires_us, "      \
    "coalesce(missed_after, -1), rate_count, rate_per_us, rate_burst, schedule, ordered, ed25519 FROM webhook "

static void read_webhook(SqlRows *rows, int64_t account_id, Arena *arena, void *out_item)
{
    *(Webhook *)out_item = (Webhook){
        .account_id = account_id,
        .id = sql_column_int(rows, 0),
        .url = sql_column_copy(rows, 1, arena),
        .event = (EventType)sql_column_int(rows, 2),
        .reward_id = sql_column_int(rows, 3),
        .campaign_id = sql_column_int(rows, 4),
        .sources = (uint32_t)sql_column_int(rows, 5),
        .expects_ack = sql_column_int(rows, 6) != 0,
        .secret = sql_column_copy(rows, 7, arena),
        .created_us = sql_column_int(rows, 8),
        .not_before_us = sql_column_int(rows, 9),
        .removed_us = sql_column_int(rows, 10),
        .state = (WebhookState)sql_column_int(rows, 11),
        .state_reason = sql_column_copy(rows, 12, arena),
        .failing_since_us = sql_column_int(rows, 13),
        .failures = sql_column_int(rows, 14),
        .old_secrets = { { sql_column_copy(rows, 15, arena), sql_column_int(rows, 16) },
                         { sql_column_copy(rows, 17, arena), sql_column_int(rows, 18) } },
        .method = (WebhookMethod)sql_column_int(rows, 19),
        .headers = sql_column_copy(rows, 20, arena),
        .fields = sql_column_copy(rows, 21, arena),
        .expires_us = sql_column_int(rows, 22),
        .missed_after = sql_column_int(rows, 23),
        .pace = { .rate = { sql_column_int(rows, 24), sql_column_int(rows, 25), sql_column_int(rows, 26) },
                  .schedule = sql_column_copy(rows, 27, arena),
                  .ordered = sql_column_int(rows, 28) != 0,
                  .ed25519 = sql_column_int(rows, 29) != 0 },
    };
}

/* Without the headers that it shall have nothing is sent either. */
static void open_secrets(const StoreSession *session, Webhook *webhook, Arena *arena)
{
    bool has_headers = webhook->headers.ptr != NULL;
    webhook->headers = vault_open(session, webhook->account_id, webhook->headers, arena);
    bool is_whole = !has_headers || webhook->headers.ptr;
    webhook->secret = is_whole ? vault_open(session, webhook->account_id, webhook->secret, arena) : STR_NONE;
    for (size_t i = 0; i < WEBHOOK_OLD_SECRETS; i++) {
        OldSecret *old = &webhook->old_secrets[i];
        old->secret = vault_open(session, webhook->account_id, old->secret, arena);
    }
}

/* As it is kept: in `buf`, which the caller frees; { NULL, 0 } stays that. */
static Str sealed_in(Buf *buf, const StoreSession *session, int64_t account_id, Str plain)
{
    *buf = buf_new(plain.len + SEAL_EXTRA_LEN);
    if (plain.ptr == NULL || !buf_reserve(buf, buf->max_len))
        return STR_NONE;
    vault_seal(session, account_id, plain, buf->ptr);
    buf->len = buf->max_len;
    return buf_str(buf);
}

/* What was refused under its old registration may pass now. */
static Status unblock(StoreSession *session, int64_t account_id, int64_t id)
{
    session_note_due(session, account_id, id);
    return sql_exec(session->sql,
                    "UPDATE delivery SET state = 0, due_us = $1 "
                    "WHERE account_id = $2 AND webhook_id = $3 AND state IN (3, 4, 6) AND state = 4",
                    sql_int(store_now_us(session)), sql_int(account_id), sql_int(id));
}

static Status upsert(StoreSession *session, Webhook *webhook, int64_t new_id, int64_t bound_seq, Str secret,
                     Str headers)
{
    SqlRows *rows;
    Status status = sql_query(
        session->sql,
        "INSERT INTO webhook (account_id, id, url, event, reward_id, campaign_id, sources, expects_ack, "
        "secret, created_us, not_before_us, bound_seq, state, failures, method, headers, fields, expires_us) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0, 0, $13, $14, $15, $16) "
        "ON CONFLICT (account_id, url, event, reward_id) DO UPDATE SET campaign_id = excluded.campaign_id, "
        "sources = excluded.sources, expects_ack = excluded.expects_ack, secret = excluded.secret, "
        "not_before_us = excluded.not_before_us, bound_seq = excluded.bound_seq, removed_us = NULL, left_us = NULL, "
        "state = 0, state_reason = NULL, failing_since_us = NULL, failures = 0, strikes = 0, strike_us = NULL, "
        "old_secret = NULL, old_secret_until_us = NULL, oldest_secret = NULL, oldest_secret_until_us = NULL, "
        "method = excluded.method, headers = excluded.headers, fields = excluded.fields, "
        "expires_us = excluded.expires_us RETURNING id, created_us, coalesce(missed_after, -1)",
        &rows, sql_int(webhook->account_id), sql_int(new_id), sql_text(webhook->url), sql_int(webhook->event),
        sql_int(webhook->reward_id), sql_int(webhook->campaign_id), sql_int(webhook->sources),
        sql_int(webhook->expects_ack), sql_blob(secret), sql_int(store_now_us(session)),
        sql_int(webhook->not_before_us), sql_int(bound_seq), sql_int(webhook->method), sql_blob(headers),
        sql_text(webhook->fields), sql_int_opt(webhook->expires_us));
    bool found = sql_next(rows);
    if (found) {
        webhook->id = sql_column_int(rows, 0);
        webhook->created_us = sql_column_int(rows, 1);
        webhook->removed_us = 0;
        webhook->missed_after = sql_column_int(rows, 2);
    }
    return rows_done_one(status, rows, found);
}

Status store_webhook_upsert(StoreSession *session, Webhook *webhook, bool *out_created)
{
    int64_t new_id, bound_seq, account_id = webhook->account_id;
    Status status = session_next_number(session, 0, "webhook", &new_id);
    if (!status)
        status = session_next_number(session, account_id, "webhook_bound", &bound_seq);
    if (status)
        return status;
    Buf secret_buf, headers_buf;
    Str secret = sealed_in(&secret_buf, session, account_id, webhook->secret);
    Str headers = sealed_in(&headers_buf, session, account_id, webhook->headers);
    status = secret_buf.failed || headers_buf.failed ? STATUS_NOMEM
                                                     : upsert(session, webhook, new_id, bound_seq, secret, headers);
    buf_free(&secret_buf);
    buf_free(&headers_buf);
    if (status)
        return status;
    *out_created = webhook->id == new_id;
    session->notes.webhooks = true;
    return unblock(session, account_id, webhook->id);
}

Status store_webhook_move(StoreSession *session, int64_t id, const Webhook *to)
{
    return sql_exec(session->sql,
                    "UPDATE webhook SET url = $1 WHERE account_id = $2 AND id = $3 AND event = $4 AND reward_id = $5 "
                    "AND removed_us IS NOT NULL AND NOT EXISTS (SELECT 1 FROM webhook AS there "
                    "WHERE there.account_id = $2 AND there.url = $1 AND there.event = $4 AND there.reward_id = $5)",
                    sql_text(to->url), sql_int(to->account_id), sql_int(id), sql_int(to->event), sql_int(to->reward_id));
}

Status store_webhook_change(StoreSession *session, const Webhook *webhook)
{
    Buf buf;
    Str headers = sealed_in(&buf, session, webhook->account_id, webhook->headers);
    session->notes.webhooks = true;
    Status status = buf.failed ? STATUS_NOMEM
                               : sql_exec(session->sql,
                                          "UPDATE webhook SET campaign_id = $1, sources = $2, expects_ack = $3, "
                                          "method = $4, headers = $5, fields = $6 WHERE account_id = $7 AND id = $8",
                                          sql_int(webhook->campaign_id), sql_int(webhook->sources),
                                          sql_int(webhook->expects_ack), sql_int(webhook->method), sql_blob(headers),
                                          sql_text(webhook->fields), sql_int(webhook->account_id), sql_int(webhook->id));
    buf_free(&buf);
    return status ? status : unblock(session, webhook->account_id, webhook->id);
}

Status store_webhook_set_pace(StoreSession *session, const Webhook *webhook)
{
    const WebhookPace *pace = &webhook->pace;
    session_note_due(session, webhook->account_id, webhook->id);
    return sql_exec(session->sql,
                    "UPDATE webhook SET rate_count = $1, rate_per_us = $2, rate_burst = $3, schedule = $4, ordered = $5, "
                    "ed25519 = $6 WHERE account_id = $7 AND id = $8",
                    sql_int_opt(pace->rate.count), sql_int_opt(pace->rate.per_us), sql_int_opt(pace->rate.burst),
                    sql_text(pace->schedule), sql_int_opt(pace->ordered), sql_int_opt(pace->ed25519),
                    sql_int(webhook->account_id), sql_int(webhook->id));
}

Status store_webhook_get(StoreSession *session, int64_t account_id, int64_t id, Arena *arena,
                         Webhook *out_webhook)
{
    SqlRows *rows;
    Status status = sql_query(
        session->sql, "SELECT " WEBHOOK_COLUMNS "WHERE account_id = $1 AND id = $2 AND removed_us IS NULL",
        &rows, sql_int(account_id), sql_int(id));
    bool found = sql_next(rows);
    if (found)
        read_webhook(rows, account_id, arena, out_webhook);
    status = rows_done_one(status, rows, found);
    if (!status)
        open_secrets(session, out_webhook, arena);
    return status;
}

Status store_webhook_count(StoreSession *session, int64_t account_id, int64_t *out_count)
{
    SqlRows *rows;
    Status status = sql_query(session->sql, "SELECT count(*) FROM webhook WHERE account_id = $1 AND left_us IS NULL", &rows,
                              sql_int(account_id));
    bool found = sql_next(rows);
    if (found)
        *out_count = sql_column_int(rows, 0);
    return rows_done_one(status, rows, found);
}

Status store_webhook_list(StoreSession *session, int64_t account_id, Arena *arena, WebhookList *out_list)
{
    SqlRows *rows;
    Status status = sql_query(session->sql,
                              "SELECT " WEBHOOK_COLUMNS
                              "WHERE account_id = $1 AND removed_us IS NULL ORDER BY id LIMIT $2",
                              &rows, sql_int(account_id), sql_int(LIMIT_LIST_ROWS));
    status = ROWS_READ_ALL(status, rows, account_id, arena, read_webhook, out_list);
    for (size_t i = 0; i < out_list->count; i++)
        open_secrets(session, &out_list->items[i], arena);
    return status;
}

Status store_webhook_newest_of_reward(StoreSession *session, int64_t account_id, int64_t reward_id,
                                      int64_t *out_id)
{
    SqlRows *rows;
    Status status =
        sql_query(session->sql,
                  "SELECT id FROM webhook WHERE account_id = $1 AND event = $2 AND reward_id = $3 "
                  "AND removed_us IS NULL ORDER BY bound_seq DESC LIMIT 1",
                  &rows, sql_int(account_id), sql_int(EVENT_REWARD_ISSUED), sql_int(reward_id));
    bool found = sql_next(rows);
    if (found)
        *out_id = sql_column_int(rows, 0);
    return rows_done_one(status, rows, found);
}

Status store_webhook_remove(StoreSession *session, int64_t account_id, int64_t id)
{
    Status status = sql_exec(
        session->sql,
        "UPDATE webhook SET removed_us = $1, missed_after = coalesce(missed_after, "
        "(SELECT coalesce(max(seq), 0) FROM event WHERE account_id = $2)) "
        "WHERE account_id = $2 AND id = $3 AND removed_us IS NULL",
        sql_int(store_now_us(session)), sql_int(account_id), sql_int(id));
    if (status)
        return status;
    if (sql_changes(session->sql) == 0)
        return STATUS_NOT_FOUND;
    session->notes.webhooks = true;
    return STATUS_OK;
}

Status store_webhook_rotate(StoreSession *session, int64_t account_id, int64_t id, Str secret, int64_t old_until_us)
{
    Buf buf;
    Str sealed = sealed_in(&buf, session, account_id, secret);
    Status status = sql_exec(session->sql,
                             "UPDATE webhook SET oldest_secret = old_secret, "
                             "oldest_secret_until_us = old_secret_until_us, "
                             "old_secret = secret, old_secret_until_us = $1, secret = $2 "
                             "WHERE account_id = $3 AND id = $4 AND removed_us IS NULL",
                             sql_int(old_until_us), sql_blob(sealed), sql_int(account_id), sql_int(id));
    buf_free(&buf);
    if (status)
        return status;
    return sql_changes(session->sql) ? unblock(session, account_id, id) : STATUS_NOT_FOUND;
}

Status store_webhook_revoke_old(StoreSession *session, int64_t account_id, int64_t id)
{
    Status status = sql_exec(session->sql,
                             "UPDATE webhook SET old_secret = NULL, old_secret_until_us = NULL, "
                             "oldest_secret = NULL, oldest_secret_until_us = NULL "
                             "WHERE account_id = $1 AND id = $2 AND removed_us IS NULL",
                             sql_int(account_id), sql_int(id));
    return status ? status : sql_changes(session->sql) ? STATUS_OK : STATUS_NOT_FOUND;
}

/* ---- health ------------------------------------------------------------ */

Status store_webhook_set_state(StoreSession *session, int64_t account_id, int64_t id, WebhookState state, Str reason)
{
    Status status =
        sql_exec(session->sql,
                 "UPDATE webhook SET state = $1, state_reason = $2, "
                 "failing_since_us = CASE $1 WHEN 0 THEN NULL ELSE failing_since_us END, "
                 "failures = CASE $1 WHEN 0 THEN 0 ELSE failures END, "
                 "strikes = CASE $1 WHEN 0 THEN 0 ELSE strikes END, "
                 "strike_us = CASE $1 WHEN 0 THEN NULL ELSE strike_us END "
                 "WHERE account_id = $3 AND id = $4 AND removed_us IS NULL AND NOT ($1 = 1 AND state = 2)",
                 sql_int(state), sql_text(reason), sql_int(account_id), sql_int(id));
    if (status)
        return status;
    if (sql_changes(session->sql) == 0)
        return STATUS_NOT_FOUND;
    session->notes.webhooks = true;
    session_note_due(session, account_id, id);
    return state == WEBHOOK_ACTIVE ? unblock(session, account_id, id) : STATUS_OK;
}

/* One in the future was by a clock that was wrong. */
Status store_webhook_failed(StoreSession *session, int64_t account_id, int64_t id, int64_t apart_us,
                            int64_t *out_strikes, int64_t *out_since_us)
{
    SqlRows *rows;
    int64_t now_us = store_now_us(session);
    *out_strikes = *out_since_us = 0;
    Status status = sql_query(session->sql,
                              "UPDATE webhook SET failures = failures + 1, "
                              "failing_since_us = coalesce(failing_since_us, $1), "
                              "strikes = strikes + CASE WHEN strike_us > $2 AND strike_us <= $1 THEN 0 ELSE 1 END, "
                              "strike_us = CASE WHEN strike_us > $2 AND strike_us <= $1 THEN strike_us ELSE $1 END "
                              "WHERE account_id = $3 AND id = $4 RETURNING strikes, failing_since_us",
                              &rows, sql_int(now_us), sql_int(now_us - apart_us), sql_int(account_id), sql_int(id));
    if (sql_next(rows)) {
        *out_strikes = sql_column_int(rows, 0);
        *out_since_us = sql_column_int(rows, 1);
    }
    Status end = sql_done(rows);
    return status ? status : end;
}

Status store_webhook_tell(StoreSession *session, int64_t account_id, int64_t id, WebhookTrouble trouble,
                          int64_t apart_us, bool *out_now)
{
    int64_t now_us = store_now_us(session);
    Status status = sql_exec(
        session->sql,
        "INSERT INTO webhook_trouble (account_id, webhook_id, trouble, told_us) VALUES ($1, $2, $3, $4) "
        "ON CONFLICT (account_id, webhook_id, trouble) DO UPDATE SET told_us = excluded.told_us "
        "WHERE webhook_trouble.told_us <= $5 OR webhook_trouble.told_us > $4",
        sql_int(account_id), sql_int(id), sql_int(trouble), sql_int(now_us), sql_int(now_us - apart_us));
    *out_now = !status && sql_changes(session->sql) > 0;
    return status;
}

Status store_webhook_recovered(StoreSession *session, int64_t account_id, int64_t id)
{
    return sql_exec(session->sql,
                    "UPDATE webhook SET failures = 0, failing_since_us = NULL, strikes = 0, strike_us = NULL "
                    "WHERE account_id = $1 AND id = $2 AND failing_since_us IS NOT NULL",
                    sql_int(account_id), sql_int(id));
}

/* ---- catching up -------------------------------------------------------- */

Status store_webhook_set_missed(StoreSession *session, int64_t account_id, int64_t id, int64_t after_seq)
{
    return sql_exec(session->sql,
                    "UPDATE webhook SET missed_after = CASE WHEN $1 >= 0 THEN $1 END WHERE account_id = $2 AND id = $3",
                    sql_int(after_seq), sql_int(account_id), sql_int(id));
}

/* ---- purging ----------------------------------------------------------- */

typedef struct Removed {
    int64_t account_id, id, removed_us, expires_us;
    int64_t missed_after; /* out: lowered by what is cancelled */
    int64_t cancelled;    /* out: how many were */
} Removed;

static Status oldest_removed(StoreSession *session, Removed *out_removed)
{
    SqlRows *rows;
    Status status = sql_query_values(session->sql,
                                     "SELECT account_id, id, removed_us, expires_us, missed_after FROM webhook "
                                     "WHERE removed_us IS NOT NULL AND left_us IS NULL ORDER BY removed_us LIMIT 1",
                                     NULL, 0, &rows);
    bool found = sql_next(rows);
    if (found)
        *out_removed = (Removed){ sql_column_int(rows, 0), sql_column_int(rows, 1), sql_column_int(rows, 2),
                                  sql_column_int(rows, 3), sql_column_int(rows, 4), 0 };
    return rows_done_one(status, rows, found);
}

static bool has_waiting(StoreSession *session, const Removed *removed)
{
    SqlRows *rows;
    Status status =
        sql_query(session->sql, OUTBOX_SQL_HEAD, &rows, sql_int(removed->account_id), sql_int(removed->id));
    bool found = sql_next(rows);
    return sql_done(rows) != STATUS_OK || status || found;
}

/* Runs one of the statements that cancel, which give the events. */
static Status cancel(StoreSession *session, const char *sql, int64_t most, Removed *removed)
{
    SqlRows *rows;
    Status status = sql_query(session->sql, sql, &rows, sql_int(store_now_us(session)), sql_int(removed->account_id),
                              sql_int(removed->id), sql_int(most));
    for (; sql_next(rows); removed->cancelled++)
        removed->missed_after = i64_min(removed->missed_after, sql_column_int(rows, 0) - 1);
    Status end = sql_done(rows);
    return status ? status : end;
}

Status store_delivery_cancel(StoreSession *session, int64_t account_id, int64_t webhook_id, int64_t most,
                             int64_t *out_count)
{
    Removed stays = { .account_id = account_id, .id = webhook_id };
    /* What is held goes before what would let it go. */
    static const char *const parts[] = { OUTBOX_SQL_CANCEL_HELD, OUTBOX_SQL_CANCEL,
                                         OUTBOX_SQL_CANCEL_BLOCKED };
    Status status = STATUS_OK;
    for (size_t i = 0; !status && i < ARRAY_LEN(parts) && stays.cancelled < most; i++)
        status = cancel(session, parts[i], most - stays.cancelled, &stays);
    *out_count = stays.cancelled;
    return status;
}

/* A URL that was there for a while only leaves nothing. */
static Status leave(StoreSession *session, const Removed *removed)
{
    SqlValue account = sql_int(removed->account_id), id = sql_int(removed->id);
    Status status = sql_exec(session->sql, "DELETE FROM replay WHERE account_id = $1 AND webhook_id = $2", account, id);
    if (!status)
        status =
            sql_exec(session->sql, "DELETE FROM webhook_trouble WHERE account_id = $1 AND webhook_id = $2",
                     account, id);
    if (status)
        return status;
    if (removed->expires_us)
        return sql_exec(session->sql, "DELETE FROM webhook WHERE account_id = $1 AND id = $2", account, id);
    status = sql_exec(session->sql,
                             "UPDATE webhook SET left_us = $1, secret = $2, headers = NULL, old_secret = NULL, "
                             "oldest_secret = NULL WHERE account_id = $3 AND id = $4",
                             sql_int(store_now_us(session)), sql_blob(STR("")), account, id);
    return status ? status
                  : sql_exec(session->sql,
                             "DELETE FROM webhook WHERE account_id = $1 AND id IN (SELECT id FROM webhook "
                             "WHERE account_id = $1 AND left_us IS NOT NULL ORDER BY left_us DESC LIMIT $2 OFFSET $3)",
                             account, sql_int(LIMIT_WEBHOOKS), sql_int(LIMIT_WEBHOOKS));
}

/* Cancels some of what waits for it; `*out_gone` when nothing was left and it is dropped. */
static Status drop_webhook(StoreSession *session, Removed *removed, bool *out_gone)
{
    /* What is held goes before what would let it go: the webhook may come back in between. */
    Status status = cancel(session, OUTBOX_SQL_CANCEL_HELD, CANCEL_AT_ONCE, removed);
    bool all_held = !status && sql_changes(session->sql) < CANCEL_AT_ONCE;
    if (all_held)
        status = cancel(session, OUTBOX_SQL_CANCEL, CANCEL_AT_ONCE, removed);
    *out_gone = all_held && !status && !has_waiting(session, removed);
    if (*out_gone)
        status = cancel(session, OUTBOX_SQL_CANCEL_BLOCKED, INT64_MAX, removed);
    if (!status)
        status = store_webhook_set_missed(session, removed->account_id, removed->id, removed->missed_after);
    return status || !*out_gone ? status : leave(session, removed);
}

Status store_webhook_expire(StoreSession *session, int64_t *out_next_us)
{
    int64_t now_us = store_now_us(session);
    Status status = sql_exec(session->sql,
                             "UPDATE webhook SET removed_us = expires_us, "
                             "missed_after = (SELECT coalesce(max(e.seq), 0) FROM event AS e "
                             "WHERE e.account_id = webhook.account_id) "
                             "WHERE expires_us IS NOT NULL AND removed_us IS NULL AND expires_us <= $1",
                             sql_int(now_us));
    if (status)
        return status;
    session->notes.webhooks = session->notes.webhooks || sql_changes(session->sql);
    return sql_query_int_values(
        session->sql,
        "SELECT expires_us FROM webhook WHERE expires_us IS NOT NULL AND removed_us IS NULL "
        "ORDER BY expires_us LIMIT 1",
        NULL, 0, out_next_us);
}

Status store_webhook_purge(StoreSession *session, int64_t before_us, int64_t *out_next_us)
{
    *out_next_us = 0;
    for (;;) {
        Removed removed;
        Status status = oldest_removed(session, &removed);
        if (status)
            return status == STATUS_NOT_FOUND ? STATUS_OK : status;
        bool gone = false;
        if (removed.removed_us < before_us)
            status = drop_webhook(session, &removed, &gone);
        if (status || !gone) {
            *out_next_us = removed.removed_us;
            return status;
        }
    }
}
