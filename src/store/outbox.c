/* Events and their deliveries. */
#include "base/failpoint.h"
#include "base/json_pick.h"
#include "base/limits.h"
#include "base/random.h"
#include "store/outbox_sql.h"
#include "store/rows.h"

static const char *const state_names[] = { "pending", "leased", "delivered", "dead", "blocked", "cancelled", "held", "paused" };
const NameTable delivery_state_names = NAME_TABLE(state_names);
_Static_assert(ARRAY_LEN(state_names) == DELIVERY_STATE_COUNT, "a name for each state");

/* ---- events ------------------------------------------------------------ */

Status store_event_number(StoreSession *session, Event *event)
{
    return session_next_number(session, event->account_id, "event", &event->seq);
}

/* Whether another one of the same user is before it (WH-35). */
static Status is_held(StoreSession *session, const Event *event, const Webhook *webhook, bool *out_held)
{
    SqlRows *rows;
    *out_held = false;
    if (!webhook->pace.ordered)
        return STATUS_OK;
    Status status = sql_query(session->sql, "SELECT 1 " OUTBOX_SQL_IN_ORDER("$1", "$2") "AND ordering_key = $3 LIMIT 1", &rows,
                              sql_int(event->account_id), sql_int(webhook->id), sql_int(event->user_id));
    *out_held = sql_next(rows);
    Status end = sql_done(rows);
    return status ? status : end;
}

/* `body` is { NULL, 0 } when it is the event's. A delivery there is stays, but for a cancelled one. */
static Status insert_delivery(StoreSession *session, const Event *event, const Webhook *webhook, Str body)
{
    bool held;
    int64_t now_us = store_now_us(session);
    Status status = is_held(session, event, webhook, &held);
    if (status)
        return status;
    session_note_due(session, event->account_id, webhook->id);
    return sql_exec(
        session->sql,
        "INSERT INTO delivery (account_id, webhook_id, event_seq, state, attempt, due_us, created_us, body, "
        "ordering_key) VALUES ($1, $2, $3, $4, 0, $5, $6, $7, $8) "
        "ON CONFLICT (account_id, webhook_id, event_seq) DO UPDATE SET state = excluded.state, attempt = 0, "
        "due_us = excluded.due_us, settled_us = NULL, body = excluded.body, ordering_key = "
        "excluded.ordering_key, "
        "fixed = NULL, back_state = NULL, extras = 0 "
        "WHERE delivery.state = 5",
        sql_int(event->account_id), sql_int(webhook->id), sql_int(event->seq),
        sql_int(held ? DELIVERY_HELD : DELIVERY_PENDING), sql_int(i64_max(now_us, webhook->not_before_us)),
        sql_int(now_us), sql_text(body), sql_int_opt(webhook->pace.ordered ? event->user_id : 0));
}

/* What its owner picked of the body is rendered once, here: every attempt sends the same bytes (WH-03). */
static Status insert_picked(StoreSession *session, const Event *event, const Webhook *webhook)
{
    JsonDoc doc;
    Status status = json_parse(event->body, &doc, NULL);
    if (status)
        return status;
    Buf body = buf_new(LIMIT_EVENT_BODY);
    json_pick(doc.root, webhook->fields, &body);
    status = body.failed ? STATUS_NOMEM : insert_delivery(session, event, webhook, buf_str(&body));
    buf_free(&body);
    json_doc_free(&doc);
    return status;
}

static Status deliver_to(StoreSession *session, const Event *event, const Webhook *webhook)
{
    return webhook->fields.ptr ? insert_picked(session, event, webhook)
                               : insert_delivery(session, event, webhook, STR_NONE);
}

Status store_delivery_add_missed(StoreSession *session, const Webhook *webhook, const Event *event, bool *out_added)
{
    Status status = deliver_to(session, event, webhook);
    *out_added = !status && sql_changes(session->sql) == 1;
    return status;
}

/* Webhooks removed a moment ago get theirs too: the receiver may only be changing its mind about
 * something else (an edited n8n workflow is a removal and, right after, a registration). */
static Status fan_out(StoreSession *session, const Event *event)
{
    SqlRows *rows;
    Status status = sql_query(session->sql,
                              "SELECT id, campaign_id, reward_id, sources, not_before_us, fields, ordered FROM webhook "
                              "WHERE account_id = $1 AND event = $2 AND left_us IS NULL ORDER BY id",
                              &rows, sql_int(event->account_id), sql_int(event->type));
    while (!status && sql_next(rows)) {
        Webhook webhook = { .id = sql_column_int(rows, 0),
                            .event = event->type,
                            .campaign_id = sql_column_int(rows, 1),
                            .reward_id = sql_column_int(rows, 2),
                            .sources = (uint32_t)sql_column_int(rows, 3),
                            .not_before_us = sql_column_int(rows, 4),
                            .fields = sql_column_bytes(rows, 5),
                            .pace.ordered = sql_column_int(rows, 6) != 0 };
        if (webhook_wants(&webhook, event))
            status = deliver_to(session, event, &webhook);
        failpoint("event.delivery");
    }
    Status end = sql_done(rows);
    return status ? status : end;
}

Status store_event_insert(StoreSession *session, const Event *event)
{
    Status status = sql_exec(
        session->sql,
        "INSERT INTO event (account_id, seq, type, campaign_id, user_id, other_id, occurred_us, body) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        sql_int(event->account_id), sql_int(event->seq), sql_int(event->type), sql_int(event->campaign_id),
        sql_int(event->user_id), sql_int_opt(event->other_id), sql_int(event->occurred_us), sql_text(event->body));
    failpoint("event.inserted");
    return status ? status : fan_out(session, event);
}

/* ---- claiming ---------------------------------------------------------- */

/* What a webhook lets go. */
typedef struct Gate {
    int64_t not_before_us;
    int64_t due_until_us; /* only what is due until then */
    int64_t replay_id;    /* of the replay that adds to it; 0: none does */
} Gate;

/* STATUS_NOT_FOUND when it was removed. */
static Status read_gate(StoreSession *session, int64_t account_id, int64_t webhook_id, Gate *out_gate)
{
    SqlRows *rows;
    Status status = sql_query(session->sql,
                              "SELECT w.not_before_us, w.state, (SELECT r.id FROM replay AS r "
                              "WHERE r.account_id = w.account_id AND r.webhook_id = w.id AND r.status = 0) "
                              "FROM webhook AS w WHERE w.account_id = $1 AND w.id = $2 AND w.removed_us IS NULL",
                              &rows, sql_int(account_id), sql_int(webhook_id));
    bool found = sql_next(rows);
    if (found) {
        bool rests = sql_column_int(rows, 1) != WEBHOOK_ACTIVE;
        *out_gate = (Gate){ .not_before_us = sql_column_int(rows, 0),
                            .due_until_us = rests ? DELIVERY_DUE_AT_REST_US : INT64_MAX,
                            .replay_id = rests ? 0 : sql_column_int(rows, 2) };
    }
    return rows_done_one(status, rows, found);
}

/* Adds to the list. */
static Status take_heads(StoreSession *session, const Claim *like, size_t most, int64_t due_until_us,
                         int64_t lease_until_us, Arena *arena, ClaimList *out_list)
{
    SqlRows *rows;
    Status status = sql_query(session->sql, OUTBOX_SQL_CLAIM, &rows, sql_int(like->lease),
                              sql_int(lease_until_us), sql_int(like->account_id), sql_int(like->webhook_id),
                              sql_int(due_until_us), sql_int((int64_t)most));
    while (sql_next(rows)) {
        Claim *claim = rows_next_slot(arena, (void **)&out_list->items, out_list->count, sizeof *claim);
        if (claim == NULL) {
            status = STATUS_NOMEM;
            break;
        }
        *claim = *like;
        claim->event_seq = sql_column_int(rows, 0);
        claim->attempt = sql_column_int(rows, 1);
        claim->body = sql_column_copy(rows, 2, arena);
        claim->ordering_key = sql_column_int(rows, 3);
        claim->created_us = sql_column_int(rows, 4);
        if (sql_column_int(rows, 5) >= 0)
            claim->extra =
                (ExtraAttempt){ true, (DeliveryState)sql_column_int(rows, 5), sql_column_int(rows, 6) };
        claim->extras = sql_column_int(rows, 7);
        out_list->count++;
    }
    Status end = sql_done(rows);
    return status ? status : end;
}

/* What a replay adds to a claim that has room for it. `*out_next_us`: when it has more, 0: it has ended. */
static Status take_replayed(StoreSession *session, const Claim *like, size_t most, int64_t replay_id,
                            int64_t lease_until_us, Arena *arena, ClaimList *list, int64_t *out_next_us)
{
    ReplayTurn turn = { .account_id = like->account_id, .webhook_id = like->webhook_id, .replay_id = replay_id,
                        .most = (int64_t)(most - list->count) };
    Status status = outbox_replay(session, &turn);
    *out_next_us = turn.next_us;
    return status || turn.count == 0 ? status
                                     : take_heads(session, like, (size_t)turn.count, store_now_us(session),
                                                  lease_until_us, arena, list);
}

/* A delivery whose event is missing is claimed without a body: the sender parks it. */
static Status read_event(StoreSession *session, Arena *arena, Claim *claim)
{
    SqlRows *rows;
    Status status = sql_query(session->sql, "SELECT type, body FROM event WHERE account_id = $1 AND seq = $2",
                              &rows, sql_int(claim->account_id), sql_int(claim->event_seq));
    bool found = sql_next(rows);
    if (found) {
        claim->event = (EventType)sql_column_int(rows, 0);
        if (claim->body.ptr == NULL)
            claim->body = sql_column_copy(rows, 1, arena);
    }
    status = rows_done_one(status, rows, found);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static Status read_head(StoreSession *session, int64_t account_id, int64_t webhook_id, int64_t *out_due_us)
{
    return sql_query_int(session->sql, OUTBOX_SQL_HEAD, out_due_us, sql_int(account_id), sql_int(webhook_id));
}

static int64_t new_lease(void)
{
    int64_t lease;
    random_bytes(&lease, sizeof lease);
    return lease ? lease : 1;
}

Status store_delivery_claim(StoreSession *session, int64_t account_id, int64_t webhook_id, size_t most,
                            int64_t lease_until_us, Arena *arena, ClaimList *out_list)
{
    *out_list = (ClaimList){ 0 };
    Gate gate = { 0 };
    int64_t head_us = 0, now_us = store_now_us(session);
    Status status = read_gate(session, account_id, webhook_id, &gate);
    if (status)
        return status;
    Claim like = { .account_id = account_id, .webhook_id = webhook_id, .lease = new_lease() };
    int64_t due_until_us = i64_min(gate.due_until_us, now_us), more_us = gate.replay_id ? now_us : 0;
    if (gate.not_before_us <= now_us)
        status = take_heads(session, &like, most, due_until_us, lease_until_us, arena, out_list);
    if (!status && gate.replay_id && gate.not_before_us <= now_us)
        status = take_replayed(session, &like, most, gate.replay_id, lease_until_us, arena, out_list, &more_us);
    for (size_t i = 0; !status && i < out_list->count; i++)
        status = read_event(session, arena, &out_list->items[i]);
    if (!status)
        status = read_head(session, account_id, webhook_id, &head_us);
    if (head_us == 0 || head_us > gate.due_until_us || (more_us && more_us < head_us))
        head_us = more_us;
    if (!status && head_us)
        out_list->next_due_us = i64_max(head_us, gate.not_before_us);
    return status;
}

/* Nothing waits for longer, except when the clock was wrong. */
#define LONGEST_WAIT_US (10 * US_PER_DAY)

/* ---- settling ---------------------------------------------------------- */

/* A receiver may echo what it got. If somebody was erased from the event while it was sent, that must not come back. */
static Status insert_attempt(StoreSession *session, const Settlement *settlement)
{
    const AttemptEntry *log = &settlement->log;
    return sql_exec(session->sql,
                    "INSERT INTO attempt (account_id, webhook_id, event_seq, started_us, number, took_us, resolve_us, "
                    "connect_us, tls_us, first_byte_us, address, http_status, outcome, answer) "
                    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, CASE WHEN EXISTS "
                    "(SELECT 1 FROM event WHERE account_id = $1 AND seq = $3 AND erased = 1) THEN NULL ELSE $14 END) "
                    "ON CONFLICT (account_id, webhook_id, event_seq, started_us) DO NOTHING",
                    sql_int(settlement->account_id), sql_int(settlement->webhook_id), sql_int(settlement->event_seq),
                    sql_int(log->started_us), sql_int(log->number), sql_int(log->took_us), sql_int(log->resolve_us),
                    sql_int(log->connect_us), sql_int(log->tls_us), sql_int(log->first_byte_us), sql_text(log->address),
                    sql_int_opt(settlement->http_status), sql_text(settlement->outcome), sql_text(log->answer));
}

Status outbox_let_next_go(StoreSession *session, int64_t account_id, int64_t webhook_id, int64_t ordering_key)
{
    session_note_due(session, account_id, webhook_id);
    return sql_exec(session->sql, OUTBOX_SQL_LET_NEXT_GO, sql_int(store_now_us(session)), sql_int(account_id),
                    sql_int(webhook_id), sql_int(ordering_key));
}

Status store_delivery_settle(StoreSession *session, const Settlement *settlement, bool *out_settled)
{
    Status status = sql_exec(
        session->sql,
        "UPDATE delivery SET state = $1, due_us = $2, attempt = attempt - $3, lease = NULL, "
        "http_status = CASE WHEN $4 THEN http_status ELSE $5 END, "
        "outcome = CASE WHEN $4 THEN outcome ELSE $6 END, "
        "settled_us = CASE WHEN $4 THEN settled_us ELSE $7 END, "
        "fixed = $8, back_state = CASE WHEN $9 THEN back_state END, extras = extras + $10 "
        "WHERE account_id = $11 AND webhook_id = $12 AND event_seq = $13 AND lease = $14 "
        "AND state = 1",
        sql_int(settlement->state), sql_int(settlement->due_us), sql_int(settlement->uncounted),
        sql_int(settlement->extra_failed && settlement->state != DELIVERY_PENDING),
        sql_int_opt(settlement->http_status), sql_text(settlement->outcome), sql_int(store_now_us(session)),
        sql_int_opt(settlement->fixed), sql_int(settlement->extra_again),
        sql_int(settlement->extra_failed && !settlement->uncounted), sql_int(settlement->account_id),
        sql_int(settlement->webhook_id), sql_int(settlement->event_seq), sql_int(settlement->lease));
    *out_settled = !status && sql_changes(session->sql) == 1;
    if (*out_settled && settlement->log.started_us)
        status = insert_attempt(session, settlement);
    bool is_over = settlement->state == DELIVERY_DELIVERED || settlement->state == DELIVERY_DEAD;
    return status || !*out_settled || !is_over || settlement->ordering_key == 0
               ? status
               : outbox_let_next_go(session, settlement->account_id, settlement->webhook_id, settlement->ordering_key);
}

Status store_delivery_hurry(StoreSession *session, int64_t account_id, int64_t webhook_id, size_t most,
                            bool *out_more)
{
    Status status = sql_exec(session->sql, OUTBOX_SQL_HURRY, sql_int(store_now_us(session)),
                             sql_int(account_id), sql_int(webhook_id), sql_int((int64_t)most));
    *out_more = !status && sql_changes(session->sql) == (int64_t)most;
    return status;
}

/* What was under way when the server was killed. Whatever kills it again and again is given up: nobody gets an answer to
 * it (WH-22). */
static Status take_leases_back(StoreSession *session, size_t *out_lost)
{
    SqlRows *rows;
    *out_lost = 0;
    Status status = sql_query(session->sql, OUTBOX_SQL_TAKE_BACK, &rows, sql_int(LIMIT_LOST_ATTEMPTS),
                              sql_int(store_now_us(session)));
    for (; !status && sql_next(rows); ++*out_lost) {
        int64_t account_id = sql_column_int(rows, 0), webhook_id = sql_column_int(rows, 1);
        session_note_due(session, account_id, webhook_id);
        if (sql_column_int(rows, 2) == DELIVERY_DEAD && sql_column_int(rows, 3))
            status = outbox_let_next_go(session, account_id, webhook_id, sql_column_int(rows, 3));
    }
    Status end = sql_done(rows);
    return status ? status : end;
}

/* By a clock that was ahead: else they would wait for it to get there. */
static Status removed_in_future(StoreSession *session)
{
    return sql_exec(session->sql,
                    "UPDATE webhook SET removed_us = $1 WHERE removed_us > $1 AND left_us IS NULL",
                    sql_int(store_now_us(session)));
}

Status store_delivery_recover(StoreSession *session, size_t *out_lost)
{
    SqlRows *rows;
    int64_t now_us = store_now_us(session);
    Status status = take_leases_back(session, out_lost);
    if (status)
        return status;
    status = sql_query(session->sql,
                       "UPDATE delivery SET state = 0, due_us = $1 "
                       "WHERE state IN (0, 4) AND (state = 4 OR due_us > $2) RETURNING account_id, webhook_id",
                       &rows, sql_int(now_us), sql_int(now_us + LONGEST_WAIT_US));
    while (sql_next(rows))
        session_note_due(session, sql_column_int(rows, 0), sql_column_int(rows, 1));
    failpoint("recover");
    Status end = sql_done(rows);
    if (!status && !end)
        status = sql_exec(session->sql, "UPDATE webhook SET not_before_us = $1 WHERE not_before_us > $2 AND not_before_us > 0",
                          sql_int(now_us), sql_int(now_us + LONGEST_WAIT_US));
    if (!status && !end)
        status = removed_in_future(session);
    if (!status && !end)
        status = sql_exec(session->sql,
                          "UPDATE webhook SET expires_us = $1 WHERE expires_us > $2 AND removed_us IS NULL",
                          sql_int(now_us), sql_int(now_us + LIMIT_WEBHOOK_EXPIRY_SECONDS * US_PER_SECOND));
    return status ? status : end;
}

Status store_delivery_extend_leases(StoreSession *session, int64_t ahead_us)
{
    return sql_exec(session->sql,
                    "UPDATE delivery SET due_us = due_us + $1 WHERE state IN (0, 1) AND state = 1",
                    sql_int(ahead_us));
}

/* A lease that ends as soon as one of now may be of the new clock already: a claim was under way when it was set. */
Status store_delivery_follow_clock(StoreSession *session, int64_t back_us, int64_t lease_us)
{
    int64_t now_us = store_now_us(session);
    Status status = sql_exec(session->sql, "UPDATE delivery SET due_us = due_us - $1 WHERE state IN (0, 1) AND due_us > $2 "
                             "AND (state = 0 OR due_us > $3)",
                             sql_int(back_us), sql_int(now_us), sql_int(now_us + lease_us));
    if (!status)
        status = sql_exec(session->sql,
                          "UPDATE webhook SET not_before_us = not_before_us - $1 "
                          "WHERE not_before_us > $2 AND not_before_us > 0",
                          sql_int(back_us), sql_int(now_us));
    if (!status)
        status = sql_exec(
            session->sql,
            "UPDATE webhook SET expires_us = expires_us - $1 WHERE expires_us > $2 AND removed_us IS NULL",
            sql_int(back_us), sql_int(now_us));
    return status ? status : removed_in_future(session);
}

/* ---- looking ----------------------------------------------------------- */

Status store_webhook_due(StoreSession *session, Arena *arena, WebhookDueList *out_list)
{
    *out_list = (WebhookDueList){ 0 };
    SqlRows *rows;
    SqlValue now = sql_int(store_now_us(session));
    Status status =
        sql_query_values(session->sql, OUTBOX_SQL_DUE " UNION ALL " OUTBOX_SQL_DUE_AGAIN, &now, 1, &rows);
    while (sql_next(rows)) {
        int64_t due_us = sql_column_int(rows, 3);
        if (due_us == 0)
            continue;
        WebhookDue *due = rows_next_slot(arena, (void **)&out_list->items, out_list->count, sizeof *due);
        if (due == NULL) {
            status = STATUS_NOMEM;
            break;
        }
        *due = (WebhookDue){ .account_id = sql_column_int(rows, 0),
                             .webhook_id = sql_column_int(rows, 1),
                             .due_us = i64_max(due_us, sql_column_int(rows, 2)) };
        out_list->count++;
    }
    Status end = sql_done(rows);
    return status ? status : end;
}

Status store_delivery_backlog(StoreSession *session, int64_t most, int64_t *out_waiting)
{
    SqlRows *rows;
    Status status = sql_query(session->sql, OUTBOX_SQL_BACKLOG, &rows, sql_int(most));
    bool found = sql_next(rows);
    if (found)
        *out_waiting = sql_column_int(rows, 0);
    return rows_done_one(status, rows, found);
}

Status store_delivery_list(StoreSession *session, int64_t account_id, int64_t event_seq, Arena *arena,
                           DeliveryList *out_list)
{
    *out_list = (DeliveryList){ 0 };
    SqlRows *rows;
    Status status =
        sql_query(session->sql, OUTBOX_SQL_OF_EVENT, &rows, sql_int(account_id), sql_int(event_seq));
    while (sql_next(rows)) {
        Delivery *delivery =
            rows_next_slot(arena, (void **)&out_list->items, out_list->count, sizeof *delivery);
        if (delivery == NULL) {
            status = STATUS_NOMEM;
            break;
        }
        *delivery = (Delivery){ .event_seq = event_seq,
                                .webhook_id = sql_column_int(rows, 0),
                                .state = (DeliveryState)sql_column_int(rows, 1),
                                .attempt = sql_column_int(rows, 2),
                                .due_us = sql_column_int(rows, 3),
                                .http_status = (int)sql_column_int(rows, 4),
                                .outcome = sql_column_copy(rows, 5, arena) };
        out_list->count++;
    }
    Status end = sql_done(rows);
    return status ? status : end;
}
