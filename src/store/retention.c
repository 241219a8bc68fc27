/* Numbers of events rise with their time, so what is old is a range of numbers at the head of each key:
 * no index by time is needed, and each step reads only what it deletes. */
#include "store/retention.h"

#include "base/json_pick.h"
#include "base/limits.h"
#include "base/failpoint.h"
#include "store/outbox_sql.h"
#include "store/rows.h"

/* Each part takes less than 50 ms, however large the answers are. */
enum { FORGET_AT_ONCE = 200, GIVE_BACK_AT_ONCE = 256 /* pages */, FREE_SHARE = 8 };
/* What is kept for ever begins with that when it is squeezed. */
#define FOR_EVER_US (512 * US_PER_DAY)

static int64_t squeeze(int64_t keep_us, int squeezed, int64_t least_us)
{
    return i64_max((keep_us ? keep_us : FOR_EVER_US) >> squeezed, least_us);
}

Retention retention_squeezed(const Retention *retention, int squeezed)
{
    Retention all = *retention;
    if (squeezed == 0)
        return all;
    all.attempts_us = squeeze(all.attempts_us, squeezed, US_PER_HOUR);
    all.events_us = squeeze(all.events_us, squeezed, RETENTION_LEAST_EVENT_DAYS * US_PER_DAY);
    all.clicks_us = squeeze(all.clicks_us, squeezed, US_PER_DAY);
    return all;
}

/* One call's work. */
typedef struct Forgetting {
    StoreSession *session;
    int64_t account_id;
    int64_t left; /* so many rows may go still */
} Forgetting;

static Status next_account(StoreSession *session, int64_t after, int64_t *out_id)
{
    return sql_query_int(session->sql, "SELECT id FROM account WHERE id > $1 ORDER BY id LIMIT 1", out_id,
                         sql_int(after));
}

/* The webhooks that have left deliveries, those included that are gone themselves. */
static Status next_webhook(StoreSession *session, int64_t account_id, int64_t after, int64_t *out_id)
{
    return sql_query_int(session->sql,
                         "SELECT webhook_id FROM delivery WHERE account_id = $1 AND webhook_id > $2 "
                         "ORDER BY webhook_id LIMIT 1",
                         out_id, sql_int(account_id), sql_int(after));
}

/* Runs a deletion of what is left to delete at most. */
static Status forget(Forgetting *work, const char *sql, int64_t webhook_id, int64_t before_seq)
{
    if (work->left == 0)
        return STATUS_OK;
    Status status = sql_exec(work->session->sql, sql, sql_int(work->account_id), sql_int(webhook_id),
                             sql_int(before_seq), sql_int(work->left));
    failpoint("forget");
    /* Rows of one event go together, so it may be some more. */
    work->left = i64_max(0, work->left - (status ? 0 : sql_changes(work->session->sql)));
    return status;
}

/* Lowers `*before_seq` to the oldest delivery that is left. */
static Status stop_at_oldest(const Forgetting *work, int64_t webhook_id, int64_t *before_seq)
{
    SqlRows *rows;
    Status status = sql_query(work->session->sql,
                              "SELECT event_seq FROM delivery WHERE account_id = $1 AND webhook_id = $2 "
                              "ORDER BY event_seq LIMIT 1",
                              &rows, sql_int(work->account_id), sql_int(webhook_id));
    if (sql_next(rows))
        *before_seq = i64_min(*before_seq, sql_column_int(rows, 0));
    Status end = sql_done(rows);
    return status ? status : end;
}

static Status forget_deliveries(Forgetting *work, int64_t attempts_before, int64_t *events_before)
{
    int64_t webhook_id = 0, before = *events_before;
    Status status = next_webhook(work->session, work->account_id, 0, &webhook_id);
    while (!status && webhook_id && work->left) {
        status = forget(work, RETENTION_SQL_ATTEMPTS, webhook_id, attempts_before);
        if (!status && before > 1)
            status = forget(work, RETENTION_SQL_DELIVERIES, webhook_id, before);
        if (!status)
            status = stop_at_oldest(work, webhook_id, events_before);
        if (!status)
            status = next_webhook(work->session, work->account_id, webhook_id, &webhook_id);
    }
    return status;
}

/* Everything before the number that is given is older; 1: nothing is. */
static Status old_before(const Forgetting *work, int64_t keep_us, int64_t *out_seq)
{
    *out_seq = 1;
    return keep_us ? store_event_first_from(work->session, work->account_id, store_now_us(work->session) - keep_us, out_seq)
                   : STATUS_OK;
}

/* Deliveries before their events; events only once all deliveries were looked at. */
static Status forget_events(Forgetting *work, const Retention *retention)
{
    int64_t attempts_before, events_before;
    Status status = old_before(work, retention->attempts_us, &attempts_before);
    if (!status)
        status = old_before(work, retention->events_us, &events_before);
    if (status || attempts_before + events_before <= 2)
        return status;
    status = forget_deliveries(work, i64_max(attempts_before, events_before), &events_before);
    return status || events_before <= 1 ? status : forget(work, RETENTION_SQL_EVENTS, 0, events_before);
}

/* Some free room is kept: it is used again soon. */
static Status give_back(StoreSession *session, const Retention *retention, Forgotten *forgotten)
{
    SqlRoom room;
    Status status = sql_room(session->sql, &room);
    if (status)
        return status;
    forgotten->too_large = retention->most_bytes && room.used_bytes > retention->most_bytes;
    if (room.free_pages < room.pages / FREE_SHARE + GIVE_BACK_AT_ONCE)
        return STATUS_OK;
    forgotten->more = true;
    return sql_give_back(session->sql, GIVE_BACK_AT_ONCE);
}

Status store_forget_old(StoreSession *session, const Retention *retention, Forgotten *forgotten)
{
    Forgetting work = { .session = session, .left = FORGET_AT_ONCE };
    forgotten->more = forgotten->too_large = false;
    Status status = next_account(session, forgotten->account_id, &work.account_id);
    forgotten->account_id = work.account_id;
    if (!status && work.account_id && retention->clicks_us)
        status = store_click_forget(session, work.account_id, store_now_us(session) - retention->clicks_us, &forgotten->more);
    if (!status && work.account_id)
        status = forget_events(&work, retention);
    forgotten->more = forgotten->more || work.left == 0;
    return status ? status : give_back(session, retention, forgotten);
}

/* ---- people who are erased ---------------------------------------------- */

Status store_event_next_of(StoreSession *session, int64_t account_id, int64_t user_id, bool as_other, int64_t after_seq,
                           Arena *arena, Event *out_event)
{
    static const char *const of_user = "SELECT seq, body FROM event WHERE account_id = $1 AND user_id = $2 "
                                       "AND seq > $3 ORDER BY seq LIMIT 1";
    static const char *const of_other = "SELECT seq, body FROM event WHERE account_id = $1 AND other_id = $2 "
                                        "AND seq > $3 ORDER BY seq LIMIT 1";
    SqlRows *rows;
    Status status = sql_query(session->sql, as_other ? of_other : of_user, &rows, sql_int(account_id),
                              sql_int(user_id), sql_int(after_seq));
    bool found = sql_next(rows);
    if (found)
        *out_event = (Event){ .account_id = account_id,
                              .user_id = as_other ? 0 : user_id,
                              .seq = sql_column_int(rows, 0),
                              .body = sql_column_copy(rows, 1, arena) };
    return rows_done_one(status, rows, found);
}

/* The same once more for a delivery with a body of its own, from what is left of the event's; empty when nobody
 * knows any more what its webhook had picked. */
static Status pick_again(StoreSession *session, int64_t webhook_id, const Event *event)
{
    SqlRows *rows;
    JsonDoc doc;
    Buf body = buf_new(LIMIT_EVENT_BODY);
    Status status = sql_query(session->sql,
                              "SELECT w.fields FROM delivery AS d LEFT JOIN webhook AS w "
                              "ON w.account_id = d.account_id AND w.id = d.webhook_id "
                              "WHERE d.account_id = $1 AND d.webhook_id = $2 AND d.event_seq = $3 AND d.body IS NOT NULL",
                              &rows, sql_int(event->account_id), sql_int(webhook_id), sql_int(event->seq));
    bool found = sql_next(rows);
    if (found && json_parse(event->body, &doc, NULL) == STATUS_OK) {
        json_pick(doc.root, sql_column_bytes(rows, 0), &body);
        json_doc_free(&doc);
    }
    Status end = sql_done(rows);
    status = status ? status : end ? end : body.failed ? STATUS_NOMEM : STATUS_OK;
    if (!status && found)
        status = sql_exec(session->sql,
                          "UPDATE delivery SET body = $1 WHERE account_id = $2 AND webhook_id = $3 AND event_seq = $4",
                          sql_text(buf_str(&body)), sql_int(event->account_id), sql_int(webhook_id), sql_int(event->seq));
    buf_free(&body);
    return status;
}

static Status forget_deliveries_of(StoreSession *session, int64_t webhook_id, const Event *event, bool cancels)
{
    SqlValue account = sql_int(event->account_id), webhook = sql_int(webhook_id), seq = sql_int(event->seq);
    Status status = sql_exec(session->sql,
                             "UPDATE attempt SET answer = NULL "
                             "WHERE account_id = $1 AND webhook_id = $2 AND event_seq = $3",
                             account, webhook, seq);
    if (!status)
        status = pick_again(session, webhook_id, event);
    if (status || !cancels)
        return status;
    status = sql_exec(session->sql,
                      "UPDATE delivery SET state = 5, settled_us = $1 WHERE account_id = $2 "
                      "AND webhook_id = $3 AND event_seq = $4 AND state IN (0, 3, 4, 6)",
                      sql_int(store_now_us(session)), account, webhook, seq);
    return status ? status : outbox_let_next_go(session, event->account_id, webhook_id, event->user_id);
}

Status store_event_redact(StoreSession *session, int64_t account_id, const Event *event, bool cancels)
{
    int64_t webhook_id = 0;
    Status status = sql_exec(session->sql, "UPDATE event SET body = $1, erased = 1 WHERE account_id = $2 AND seq = $3",
                             sql_text(event->body), sql_int(account_id), sql_int(event->seq));
    if (!status)
        status = next_webhook(session, account_id, 0, &webhook_id);
    while (!status && webhook_id) {
        status = forget_deliveries_of(session, webhook_id, event, cancels);
        if (!status)
            status = next_webhook(session, account_id, webhook_id, &webhook_id);
    }
    return status;
}

Status store_forget_reasons(StoreSession *session, int64_t account_id, int64_t user_id)
{
    SqlValue account = sql_int(account_id), user = sql_int(user_id);
    Status status = sql_exec(session->sql,
                             "UPDATE decision SET inputs = '{}' WHERE account_id = $1 AND user_id = $2", account, user);
    if (!status)
        status = sql_exec(session->sql,
                          "UPDATE reward_grant SET reason = NULL WHERE account_id = $1 AND recipient_id = $2", account,
                          user);
    return status ? status
                  : sql_exec(session->sql,
                             "UPDATE reward_grant SET reason = NULL WHERE account_id = $1 AND referral_id = $2",
                             account, user);
}

Status store_erased_lead_put(StoreSession *session, int64_t account_id, int64_t campaign_id,
                             const uint8_t email_hash[EMAIL_HASH_LEN])
{
    return sql_exec(session->sql,
                    "INSERT INTO erased_lead (account_id, campaign_id, email_hash) VALUES ($1, $2, $3) "
                    "ON CONFLICT (account_id, campaign_id, email_hash) DO NOTHING",
                    sql_int(account_id), sql_int(campaign_id), sql_blob((Str){ (const char *)email_hash, EMAIL_HASH_LEN }));
}

Status store_erased_lead_find(StoreSession *session, int64_t account_id, int64_t campaign_id,
                              const uint8_t email_hash[EMAIL_HASH_LEN])
{
    SqlRows *rows;
    Status status = sql_query(session->sql,
                              "SELECT 1 FROM erased_lead "
                              "WHERE account_id = $1 AND campaign_id = $2 AND email_hash = $3",
                              &rows, sql_int(account_id), sql_int(campaign_id),
                              sql_blob((Str){ (const char *)email_hash, EMAIL_HASH_LEN }));
    bool found = sql_next(rows);
    return rows_done_one(status, rows, found);
}
