/* Deliveries as people see them. */
#include "store/deliveries.h"

#include "base/failpoint.h"
#include "base/limits.h"
#include "store/outbox_sql.h"
#include "store/rows.h"

static void read_entry(SqlRows *rows, int64_t account_id UNUSED, Arena *arena, void *out_item)
{
    *(DeliveryEntry *)out_item = (DeliveryEntry){
        .event_seq = sql_column_int(rows, 0),
        .state = (DeliveryState)sql_column_int(rows, 1),
        .attempt = sql_column_int(rows, 2),
        .due_us = i64_max(sql_column_int(rows, 3), sql_column_int(rows, 6)), /* not DELIVERY_DUE_AT_REST_US */
        .http_status = (int)sql_column_int(rows, 4),
        .outcome = sql_column_copy(rows, 5, arena),
        .created_us = sql_column_int(rows, 6),
        .settled_us = sql_column_int(rows, 7),
        .event = (EventType)sql_column_int(rows, 8),
    };
}

bool delivery_state_find(Str name, int *out_state)
{
    if (!name_find(delivery_state_names, name, out_state))
        return false;
    switch ((DeliveryState)*out_state) {
    case DELIVERY_PENDING:
    case DELIVERY_DEAD:
    case DELIVERY_BLOCKED:
    case DELIVERY_HELD:
    case DELIVERY_PAUSED:
        return true;
    default:
        return false;
    }
}

static const char *search_sql(const DeliveryQuery *query)
{
    switch (query->state) {
    case DELIVERY_PAUSED:
        return OUTBOX_SQL_SEARCH("state IN (0, 1) AND state = 0");
    case DELIVERY_PENDING:
        return query->rests ? OUTBOX_SQL_SEARCH("state IN (0, 1) AND state = 1") : OUTBOX_SQL_SEARCH("state IN (0, 1)");
    case DELIVERY_HELD:
        return OUTBOX_SQL_SEARCH("state IN (3, 4, 6) AND state = 6");
    case DELIVERY_DEAD:
        return OUTBOX_SQL_SEARCH("state IN (3, 4, 6) AND state = 3");
    case DELIVERY_BLOCKED:
        return OUTBOX_SQL_SEARCH("state IN (3, 4, 6) AND state = 4");
    default:
        return OUTBOX_SQL_SEARCH("state >= 0");
    }
}

Status store_delivery_search(StoreSession *session, const DeliveryQuery *query, Arena *arena,
                             DeliveryEntryList *out_list)
{
    SqlRows *rows;
    *out_list = (DeliveryEntryList){ 0 };
    if (query->state == DELIVERY_PAUSED && !query->rests)
        return STATUS_OK;
    Status status = sql_query(session->sql, search_sql(query), &rows, sql_int(query->account_id),
                              sql_int(query->webhook_id), sql_int(query->before_seq ? query->before_seq : INT64_MAX),
                              sql_int((int64_t)query->most));
    status = ROWS_READ_ALL(status, rows, query->account_id, arena, read_entry, out_list);
    for (size_t i = 0; query->rests && i < out_list->count; i++)
        if (out_list->items[i].state == DELIVERY_PENDING)
            out_list->items[i].state = DELIVERY_PAUSED;
    return status;
}

static void read_attempt(SqlRows *rows, int64_t account_id UNUSED, Arena *arena, void *out_item)
{
    *(AttemptEntry *)out_item = (AttemptEntry){
        .started_us = sql_column_int(rows, 0),
        .number = sql_column_int(rows, 1),
        .took_us = sql_column_int(rows, 2),
        .resolve_us = sql_column_int(rows, 3),
        .connect_us = sql_column_int(rows, 4),
        .tls_us = sql_column_int(rows, 5),
        .first_byte_us = sql_column_int(rows, 6),
        .address = sql_column_copy(rows, 7, arena),
        .http_status = (int)sql_column_int(rows, 8),
        .outcome = sql_column_copy(rows, 9, arena),
        .answer = sql_column_copy(rows, 10, arena),
    };
}

Status store_attempt_list(StoreSession *session, int64_t account_id, int64_t webhook_id, int64_t event_seq,
                          Arena *arena, AttemptList *out_list)
{
    SqlRows *rows;
    Status status = sql_query(session->sql,
                              "SELECT * FROM (SELECT started_us, number, took_us, resolve_us, connect_us, tls_us, "
                              "first_byte_us, address, http_status, outcome, answer FROM attempt "
                              "WHERE account_id = $1 AND webhook_id = $2 AND event_seq = $3 "
                              "ORDER BY started_us DESC LIMIT $4) AS latest ORDER BY started_us",
                              &rows, sql_int(account_id), sql_int(webhook_id), sql_int(event_seq),
                              sql_int(LIMIT_ATTEMPT_ROWS));
    return ROWS_READ_ALL(status, rows, account_id, arena, read_attempt, out_list);
}

/* ---- how many ---------------------------------------------------------- */

static Status count_webhooks(StoreSession *session, int64_t by_state[WEBHOOK_STATE_COUNT])
{
    SqlRows *rows;
    Status status = sql_query_values(session->sql,
                                     "SELECT w.state, count(*) FROM webhook AS w WHERE w.removed_us IS NULL GROUP BY w.state",
                                     NULL, 0, &rows);
    while (sql_next(rows)) {
        int64_t state = sql_column_int(rows, 0);
        if (state >= 0 && state < WEBHOOK_STATE_COUNT)
            by_state[state] = sql_column_int(rows, 1);
    }
    Status end = sql_done(rows);
    return status ? status : end;
}

Status store_delivery_depths(StoreSession *session, int64_t most, DeliveryDepths *out_depths)
{
    *out_depths = (DeliveryDepths){ 0 };
    Status status = store_delivery_backlog(session, most, &out_depths->waiting);
    if (!status)
        status = sql_query_int(session->sql, OUTBOX_SQL_PAUSED, &out_depths->paused, sql_int(most));
    if (!status)
        status = sql_query_int(session->sql, OUTBOX_SQL_STUCK("6"), &out_depths->held, sql_int(most));
    if (!status)
        status = sql_query_int(session->sql, OUTBOX_SQL_STUCK("4"), &out_depths->blocked, sql_int(most));
    if (!status)
        status = sql_query_int(session->sql, OUTBOX_SQL_STUCK("3"), &out_depths->dead, sql_int(most));
    if (!status)
        status = sql_query_int_values(
            session->sql, "SELECT min(due_us) FROM (" OUTBOX_SQL_DUE ") AS heads WHERE due_us > 1", NULL, 0,
            &out_depths->oldest_due_us);
    return status ? status : count_webhooks(session, out_depths->webhooks);
}

/* ---- sending again ----------------------------------------------------- */

typedef struct Sendable {
    DeliveryState state;
    bool rests; /* its webhook does */
    bool erased;
    int64_t ordering_key; /* 0: in no order */
} Sendable;

static Status read_sendable(StoreSession *session, int64_t account_id, int64_t webhook_id, int64_t event_seq,
                            Sendable *out_sendable)
{
    SqlRows *rows;
    Status status = sql_query(
        session->sql,
        "SELECT d.state, w.state, d.ordering_key, (SELECT e.erased FROM event AS e "
        "WHERE e.account_id = d.account_id AND e.seq = d.event_seq) "
        "FROM delivery AS d JOIN webhook AS w ON w.account_id = d.account_id AND w.id = d.webhook_id "
        "WHERE d.account_id = $1 AND d.webhook_id = $2 AND d.event_seq = $3",
        &rows, sql_int(account_id), sql_int(webhook_id), sql_int(event_seq));
    bool found = sql_next(rows);
    if (found)
        *out_sendable = (Sendable){ .state = (DeliveryState)sql_column_int(rows, 0),
                                    .rests = sql_column_int(rows, 1) != WEBHOOK_ACTIVE,
                                    .ordering_key = sql_column_int(rows, 2),
                                    .erased = sql_column_int(rows, 3) == 1 };
    return rows_done_one(status, rows, found);
}

#define SENT_AGAIN_WHERE "WHERE account_id = $2 AND webhook_id = $3 AND event_seq = $4"

Status store_delivery_replay(StoreSession *session, int64_t account_id, int64_t webhook_id, int64_t event_seq,
                             Error *err)
{
    Sendable sendable = { 0 };
    Status status = read_sendable(session, account_id, webhook_id, event_seq, &sendable);
    if (status)
        return status;
    if (sendable.erased)
        return error_set(err, STATUS_CONFLICT, NULL,
                         "Somebody was erased from this event. It is not sent again.");
    if (sendable.state == DELIVERY_LEASED)
        return error_set(err, STATUS_CONFLICT, NULL, "It is being sent right now.");
    if (sendable.state == DELIVERY_HELD)
        return error_set(err, STATUS_CONFLICT, NULL,
                         "It is held until the one before it, about the same user, is done.");
    bool in_order = sendable.ordering_key && !sendable.rests;
    status = sql_exec(session->sql,
                      in_order ? OUTBOX_SQL_SENT_AGAIN("6", "$1") SENT_AGAIN_WHERE
                               : OUTBOX_SQL_SENT_AGAIN("0", "$1") SENT_AGAIN_WHERE,
                      sql_int(sendable.rests ? DELIVERY_DUE_AT_REST_US : store_now_us(session)),
                      sql_int(account_id), sql_int(webhook_id), sql_int(event_seq));
    failpoint("replay");
    if (!status && in_order)
        status = outbox_let_next_go(session, account_id, webhook_id, sendable.ordering_key);
    if (!status)
        session_note_due(session, account_id, webhook_id);
    session->notes.replays += !status;
    return status;
}

Status store_event_first_from(StoreSession *session, int64_t account_id, int64_t time_us, int64_t *out_seq)
{
    int64_t low = 1, high = 1;
    SqlRows *rows;
    Status status = sql_query(session->sql, "SELECT coalesce(max(seq), 0) + 1 FROM event WHERE account_id = $1", &rows,
                              sql_int(account_id));
    if (sql_next(rows))
        high = sql_column_int(rows, 0);
    Status end = sql_done(rows);
    status = status ? status : end;
    while (!status && low < high) {
        int64_t middle = low + (high - low) / 2, seq = high, at_us = time_us;
        /* Numbers have gaps: the next that there is speaks for them. */
        status = sql_query(session->sql,
                           "SELECT seq, occurred_us FROM event WHERE account_id = $1 AND seq >= $2 ORDER BY seq LIMIT 1",
                           &rows, sql_int(account_id), sql_int(middle));
        if (sql_next(rows)) {
            seq = sql_column_int(rows, 0);
            at_us = sql_column_int(rows, 1);
        }
        end = sql_done(rows);
        status = status ? status : end;
        if (at_us < time_us)
            low = seq + 1;
        else
            high = middle;
    }
    *out_seq = low;
    return status;
}
