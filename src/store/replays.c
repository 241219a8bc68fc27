/* Replays of many deliveries. */
#include "store/replays.h"

#include "base/failpoint.h"
#include "base/limits.h"
#include "store/outbox_sql.h"
#include "store/rows.h"

static const char *const status_names[] = { "running", "done", "cancelled" };
const NameTable replay_status_names = NAME_TABLE(status_names);
_Static_assert(ARRAY_LEN(status_names) == REPLAY_STATUS_COUNT, "a name for each status");

bool replay_state_find(Str name, DeliveryState *out_state)
{
    int state;
    if (!name_find(delivery_state_names, name, &state))
        return false;
    *out_state = (DeliveryState)state;
    return state == DELIVERY_DEAD || state == DELIVERY_BLOCKED || state == DELIVERY_DELIVERED;
}

/* The events between its times: from the first, before the second. */
static Status seqs_of(StoreSession *session, const Replay *replay, int64_t *out_from, int64_t *out_to)
{
    *out_from = 0;
    Status status = STATUS_OK;
    if (replay->from_us)
        status = store_event_first_from(session, replay->account_id, replay->from_us, out_from);
    return status ? status
                  : store_event_first_from(session, replay->account_id, replay->to_us ? replay->to_us : INT64_MAX, out_to);
}

static const char *count_sql(DeliveryState state)
{
    switch (state) {
    case DELIVERY_DEAD:
        return OUTBOX_SQL_REPLAY_COUNT("state IN (3, 4, 6) AND state = 3");
    case DELIVERY_BLOCKED:
        return OUTBOX_SQL_REPLAY_COUNT("state IN (3, 4, 6) AND state = 4");
    default:
        return OUTBOX_SQL_REPLAY_COUNT("state = 2");
    }
}

Status store_replay_count(StoreSession *session, Replay *replay)
{
    int64_t from, to;
    replay->found = 0;
    Status status = seqs_of(session, replay, &from, &to);
    return status ? status
                  : sql_query_int(session->sql, count_sql(replay->state), &replay->found, sql_int(replay->account_id),
                                  sql_int(replay->webhook_id), sql_int(from), sql_int(to), sql_int(LIMIT_REPLAY_COUNT));
}

/* ---- jobs -------------------------------------------------------------- */

#define COLUMNS                                                                                              \
    "id, status, state, from_us, to_us, rate_count, rate_per_us, found, replayed, created_us, ended_us, "    \
    "webhook_id FROM replay "

static void read_replay(SqlRows *rows, int64_t account_id, Arena *arena UNUSED, void *out_item)
{
    *(Replay *)out_item = (Replay){
        .account_id = account_id,
        .id = sql_column_int(rows, 0),
        .status = (ReplayStatus)sql_column_int(rows, 1),
        .state = (DeliveryState)sql_column_int(rows, 2),
        .from_us = sql_column_int(rows, 3),
        .to_us = sql_column_int(rows, 4),
        .rate = { .count = sql_column_int(rows, 5), .per_us = sql_column_int(rows, 6) },
        .found = sql_column_int(rows, 7),
        .replayed = sql_column_int(rows, 8),
        .created_us = sql_column_int(rows, 9),
        .ended_us = sql_column_int(rows, 10),
        .webhook_id = sql_column_int(rows, 11),
    };
}

Status store_replay_get(StoreSession *session, int64_t account_id, int64_t webhook_id, int64_t id, Replay *out_replay)
{
    SqlRows *rows;
    Status status = sql_query(session->sql, "SELECT " COLUMNS "WHERE account_id = $1 AND webhook_id = $2 AND id = $3", &rows,
                              sql_int(account_id), sql_int(webhook_id), sql_int(id));
    bool found = sql_next(rows);
    if (found)
        read_replay(rows, account_id, NULL, out_replay);
    return rows_done_one(status, rows, found);
}

Status store_replay_list(StoreSession *session, int64_t account_id, int64_t webhook_id, Arena *arena,
                         ReplayList *out_list)
{
    SqlRows *rows;
    Status status = sql_query(session->sql,
                              "SELECT " COLUMNS "WHERE account_id = $1 AND webhook_id = $2 ORDER BY id DESC LIMIT $3", &rows,
                              sql_int(account_id), sql_int(webhook_id), sql_int(LIMIT_REPLAYS));
    return ROWS_READ_ALL(status, rows, account_id, arena, read_replay, out_list);
}

static Status forget_oldest(StoreSession *session, const Replay *replay)
{
    return sql_exec(session->sql,
                    "DELETE FROM replay WHERE account_id = $1 AND webhook_id = $2 AND id IN (SELECT id FROM replay "
                    "WHERE account_id = $1 AND webhook_id = $2 ORDER BY id DESC LIMIT $3 OFFSET $3)",
                    sql_int(replay->account_id), sql_int(replay->webhook_id), sql_int(LIMIT_REPLAYS));
}

Status store_replay_insert(StoreSession *session, Replay *replay)
{
    int64_t from, to;
    Status status = seqs_of(session, replay, &from, &to);
    if (!status)
        status = session_next_number(session, replay->account_id, "replay", &replay->id);
    if (status)
        return status;
    replay->created_us = store_now_us(session);
    status = sql_exec(session->sql,
                      "INSERT INTO replay (account_id, webhook_id, id, status, state, from_us, to_us, rate_count, "
                      "rate_per_us, next_seq, end_seq, even_us, found, replayed, created_us) "
                      "VALUES ($1, $2, $3, 0, $4, $5, $6, $7, $8, $9, $10, 0, $11, 0, $12) ON CONFLICT DO NOTHING",
                      sql_int(replay->account_id), sql_int(replay->webhook_id), sql_int(replay->id),
                      sql_int(replay->state), sql_int_opt(replay->from_us), sql_int_opt(replay->to_us),
                      sql_int_opt(replay->rate.count), sql_int_opt(replay->rate.per_us), sql_int(from), sql_int(to),
                      sql_int(replay->found), sql_int(replay->created_us));
    if (!status && sql_changes(session->sql) == 0)
        return STATUS_CONFLICT;
    session_note_due(session, replay->account_id, replay->webhook_id);
    return status ? status : forget_oldest(session, replay);
}

Status store_replay_cancel(StoreSession *session, int64_t account_id, int64_t webhook_id, int64_t id)
{
    return sql_exec(session->sql,
                    "UPDATE replay SET status = 2, ended_us = $1 "
                    "WHERE account_id = $2 AND webhook_id = $3 AND id = $4 AND status = 0",
                    sql_int(store_now_us(session)), sql_int(account_id), sql_int(webhook_id), sql_int(id));
}

/* ---- its work ---------------------------------------------------------- */

/* Where a replay is. */
typedef struct Place {
    int64_t next_seq, end_seq, even_us;
    Rate rate;
    DeliveryState state;
} Place;

static Status read_place(StoreSession *session, const ReplayTurn *turn, Place *out_place)
{
    SqlRows *rows;
    Status status = sql_query(session->sql,
                              "SELECT next_seq, end_seq, even_us, rate_count, rate_per_us, state FROM replay "
                              "WHERE account_id = $1 AND webhook_id = $2 AND id = $3",
                              &rows, sql_int(turn->account_id), sql_int(turn->webhook_id), sql_int(turn->replay_id));
    bool found = sql_next(rows);
    if (found)
        *out_place = (Place){ .next_seq = sql_column_int(rows, 0),
                              .end_seq = sql_column_int(rows, 1),
                              .even_us = sql_column_int(rows, 2),
                              .rate = { .count = sql_column_int(rows, 3), .per_us = sql_column_int(rows, 4) },
                              .state = (DeliveryState)sql_column_int(rows, 5) };
    return rows_done_one(status, rows, found);
}

/* Makes up to `most` due, and moves on behind them: or, when there are fewer, behind all that was looked at. */
static Status make_due(StoreSession *session, const ReplayTurn *turn, int64_t most, Place *place, int64_t *out_count)
{
    SqlRows *rows;
    SqlValue account = sql_int(turn->account_id), webhook = sql_int(turn->webhook_id);
    int64_t last_seq = 0, next_seq = 0, keys[LIMIT_REPLAY_STRETCH];
    size_t key_count = 0; /* of those in an order */
    *out_count = 0;
    Status status = sql_query(session->sql, OUTBOX_SQL_REPLAY, &rows, sql_int(store_now_us(session)), account, webhook,
                              sql_int(place->next_seq), sql_int(place->end_seq), sql_int(LIMIT_REPLAY_STRETCH),
                              sql_int(place->state), sql_int(most));
    for (; sql_next(rows); ++*out_count) {
        last_seq = i64_max(last_seq, sql_column_int(rows, 0));
        if (sql_column_int(rows, 1))
            keys[key_count++] = sql_column_int(rows, 1);
    }
    Status end = sql_done(rows);
    status = status ? status : end;
    for (size_t i = 0; !status && i < key_count; i++)
        status = outbox_let_next_go(session, turn->account_id, turn->webhook_id, keys[i]);
    if (!status && *out_count < most)
        status = sql_query_int(session->sql, OUTBOX_SQL_REPLAY_STRETCH, &next_seq, account, webhook,
                               sql_int(place->next_seq), sql_int(LIMIT_REPLAY_STRETCH));
    place->next_seq = *out_count == most ? last_seq + 1 : next_seq ? next_seq : place->end_seq;
    return status;
}

Status outbox_replay(StoreSession *session, ReplayTurn *turn)
{
    Place place = { 0 };
    int64_t count = 0, now_us = store_now_us(session);
    Status status = read_place(session, turn, &place);
    if (status)
        return status;
    int64_t most = i64_min(turn->most, rate_room(place.rate, place.even_us, now_us)), before_us = place.even_us;
    if (most > 0)
        status = make_due(session, turn, most, &place, &count);
    place.even_us = rate_spend(place.rate, place.even_us, now_us, count);
    bool is_over = place.next_seq >= place.end_seq;
    if (!status && (most > 0 || place.even_us < before_us)) /* earlier: the clock was set back */
        status = sql_exec(session->sql,
                          "UPDATE replay SET next_seq = $1, even_us = $2, replayed = replayed + $3, status = $4, ended_us = $5 "
                          "WHERE account_id = $6 AND webhook_id = $7 AND id = $8",
                          sql_int(place.next_seq), sql_int(place.even_us), sql_int(count),
                          sql_int(is_over ? REPLAY_DONE : REPLAY_RUNNING), sql_int_opt(is_over ? now_us : 0),
                          sql_int(turn->account_id), sql_int(turn->webhook_id), sql_int(turn->replay_id));
    failpoint("replay.turn");
    turn->count = count;
    turn->next_us = is_over ? 0 : now_us + rate_wait_us(place.rate, place.even_us, now_us);
    session->notes.replays += (size_t)count;
    return status;
}
