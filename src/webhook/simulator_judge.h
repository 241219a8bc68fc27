/* The invariants of a delivery: each change of a row, each claim and each settlement is judged. */
#ifndef WEBHOOK_SIMULATOR_JUDGE_H
#define WEBHOOK_SIMULATOR_JUDGE_H

#include "webhook/simulator_world.h"

static Row *find_row(int64_t account_id, int64_t webhook_id, int64_t event_seq)
{
    RowKey key = { account_id, webhook_id, event_seq };
    Row *row;
    HASH_FIND(hh, sim.rows, &key, sizeof key, row);
    return row;
}

/* I6: along the table (store/outbox.h), and attempt numbers rise with claims only. */
static const char *judge_move(const Move *move, const Row *row)
{
    bool is_same = move->attempt == move->attempt_was, is_claim = move->attempt == move->attempt_was + 1;
    bool is_uncounted = move->attempt == move->attempt_was - 1;
    int64_t now_us = store_now_us(&sim.session);
    if (move->state == -1)
        return move->was == DELIVERY_DELIVERED || move->was == DELIVERY_DEAD || move->was == DELIVERY_CANCELLED
                   ? NULL : "forgotten while it waits";
    if (move->was == -1)
        return (move->state == DELIVERY_PENDING || (move->state == DELIVERY_HELD && move->ordering_key)) && move->attempt == 0
                   ? NULL : "new, and not pending";
    if (move->state == DELIVERY_LEASED) {
        if (move->was == DELIVERY_LEASED && is_same)
            return row->lease == move->lease ? NULL : "another lease"; /* the clock was set back */
        if (move->was != DELIVERY_PENDING && move->was != DELIVERY_LEASED)
            return "claimed, and not pending";
        if (move->due_was_us > now_us)
            return "claimed before it is due";
        if (move->was == DELIVERY_LEASED && row->upsets == sim.upsets)
            return "its lease ended with no reason: a settlement was lost"; /* I9 */
        if (!is_claim)
            return "claimed without a number";
        return move->hook_is_active || move->due_was_us == DELIVERY_DUE_AT_REST_US ? NULL : "claimed, and its webhook rests";
    }
    bool is_back = move->back_was >= 0 && move->state == move->back_was && (is_same || is_uncounted);
    if (is_back && move->was == DELIVERY_LEASED) {
        if (row->accepted && move->state != DELIVERY_DELIVERED && !sim.sender->is_stopping && row->upsets == sim.upsets)
            return "accepted, and not delivered";
        return is_uncounted && row->received ? "uncounted, and its receiver has seen it" : NULL;
    }
    if (move->state == DELIVERY_CANCELLED || (is_back && move->state != DELIVERY_PENDING))
        return is_same && (move->was == DELIVERY_PENDING || move->was == DELIVERY_BLOCKED || move->was == DELIVERY_HELD ||
                           (move->was == DELIVERY_LEASED && move->due_was_us <= now_us)) ? NULL : "cancelled";
    if (move->was == DELIVERY_LEASED) {
        if (move->state == DELIVERY_DELIVERED)
            return is_same && row->accepted ? NULL : "delivered, and nobody has accepted it";
        if (row->accepted && !sim.sender->is_stopping && row->upsets == sim.upsets)
            return "accepted, and not delivered";
        if (sim.is_replaying)
            return "replayed while it is under way"; /* WH-42 */
        if (is_uncounted)
            return row->received ? "uncounted, and its receiver has seen it" : NULL;
        return is_same ? NULL : "its number has changed";
    }
    bool is_sent_again = sim.is_replaying || move->is_replayed;
    if (!is_same || (move->state != DELIVERY_PENDING && !(is_sent_again && move->state == DELIVERY_HELD && move->ordering_key)))
        return "changed by nobody";
    bool is_over = move->was != DELIVERY_PENDING && move->was != DELIVERY_BLOCKED && move->was != DELIVERY_HELD;
    return is_over && !is_sent_again ? "due again by itself" : NULL;
}

/* I7 (WH-35): it is the first of its key that is not settled. */
static void judge_order(const Row *row)
{
    for (const Row *other = sim.rows; other; other = other->hh.next)
        must(other->ordering_key != row->ordering_key || other->key.webhook_id != row->key.webhook_id ||
                 other->key.event_seq >= row->key.event_seq || other->is_replayed || other->state == DELIVERY_DELIVERED ||
                 other->state == DELIVERY_DEAD || other->state == DELIVERY_CANCELLED,
             "event %lld goes before event %lld of the same user", (long long)row->key.event_seq, (long long)other->key.event_seq);
}

/* WH-31: in no stretch of a second (or a minute) more than its rate and its burst. */
static void judge_rate(SimHook *hook)
{
    size_t most = (size_t)(hook->rate.count + hook->rate.burst);
    if (hook->rate.count == 0)
        return;
    int64_t *at_us = &hook->paced_us[hook->paced_count % most];
    must(hook->paced_count < most || sim.mono_us - *at_us >= hook->rate.per_us, "webhook %lld gets more than its rate",
         (long long)hook->id);
    *at_us = sim.mono_us;
    hook->paced_count++;
}

static void note_claim(Row *row)
{
    must(row->not_before_us <= time_now_us() || row->is_replayed || row->upsets != sim.upsets,
         "sent before the time its receiver asked for");
    row->claims++;
    row->received = row->accepted = false;
    row->not_before_us = 0;
    row->upsets = sim.upsets;
    if (row->ordering_key && !row->is_replayed)
        judge_order(row);
    for (size_t i = 0; i < sim.hook_count; i++)
        if (sim.hooks[i].id == row->key.webhook_id) {
            sim.hooks[i].starving_us = 0;
            judge_rate(&sim.hooks[i]);
        }
}

static void follow_move(const Move *move)
{
    Row *row = find_row(move->key.account_id, move->key.webhook_id, move->key.event_seq);
    must((row != NULL) == (move->was != -1) && (row == NULL || row->state == move->was), "a row that is not as it was left");
    const char *wrong = judge_move(move, row);
    must(wrong == NULL, "delivery %lld of webhook %lld, %s to %s: %s", (long long)move->key.event_seq,
         (long long)move->key.webhook_id, name_of(delivery_state_names, move->was),
         name_of(delivery_state_names, move->state), wrong);
    if (row == NULL) {
        row = mem_alloc(sizeof *row);
        *row = (Row){ .key = move->key, .ordering_key = move->ordering_key };
        HASH_ADD(hh, sim.rows, key, sizeof row->key, row);
        sim.deliveries++;
    }
    row->is_replayed = row->is_replayed || sim.is_replaying || move->is_replayed;
    if (move->state == DELIVERY_LEASED && move->attempt != move->attempt_was)
        note_claim(row);
    row->state = move->state;
    row->attempt = move->attempt;
    row->due_us = move->due_us;
    row->lease = move->lease;
    if (move->state == -1) {
        HASH_DEL(sim.rows, row);
        mem_free(row);
    }
}

/* Of what was just committed. */
static void follow_moves(void)
{
    SqlRows *rows;
    assert_int_equal(sql_query_values(sim.session.sql, "SELECT * FROM move ORDER BY rowid", NULL, 0, &rows), STATUS_OK);
    while (sql_next(rows)) {
        Move move = { .key = { sql_column_int(rows, 0), sql_column_int(rows, 1), sql_column_int(rows, 2) },
                      .was = (int)sql_column_int(rows, 3),
                      .state = (int)sql_column_int(rows, 4),
                      .attempt_was = sql_column_int(rows, 5),
                      .attempt = sql_column_int(rows, 6),
                      .due_was_us = sql_column_int(rows, 7),
                      .due_us = sql_column_int(rows, 8),
                      .lease = sql_column_int(rows, 9),
                      .hook_is_active = sql_column_int(rows, 10),
                      .ordering_key = sql_column_int(rows, 11),
                      .is_replayed = sql_column_int(rows, 12),
                      .back_was = (int)sql_column_int(rows, 13) };
        follow_move(&move);
        sim.steps++;
    }
    assert_int_equal(sql_done(rows), STATUS_OK);
    assert_int_equal(sql_exec_values(sim.session.sql, "DELETE FROM move", NULL, 0), STATUS_OK);
}

/* The fence (WH-23), and what an answer asked for (WH-12). Before the moves of its round. */
static void judge_settlement(const RoundSettlement *item)
{
    const Settlement *settlement = &item->attempt->settlement;
    Row *row = find_row(settlement->account_id, settlement->webhook_id, settlement->event_seq);
    bool is_held = row && row->state == DELIVERY_LEASED && row->lease == settlement->lease;
    must(item->settled <= is_held, "a result was written down whose lease was lost");
    must(item->settled >= is_held, "a result was dropped though its lease held");
    if (item->settled && row->not_before_us && settlement->http_status && settlement->state == DELIVERY_PENDING)
        must(settlement->due_us >= row->not_before_us || settlement->http_status == 410,
             "to be tried again %lld s before the time its receiver asked for",
             (long long)((row->not_before_us - settlement->due_us) / US_PER_SECOND));
    if (item->settled && (settlement->http_status == 0 || settlement->http_status == 410))
        row->not_before_us = 0;
}

#endif
