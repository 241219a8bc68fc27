/* What people do to the simulator's webhooks. */
#ifndef WEBHOOK_SIMULATOR_DEEDS_H
#define WEBHOOK_SIMULATOR_DEEDS_H

#include "webhook/simulator_traffic.h"
#include "webhook/simulator_writer.h"

typedef enum DeedKind { DEED_EVENT, DEED_PAUSE, DEED_RESUME, DEED_REGISTER, DEED_REMOVE, DEED_ROTATE, DEED_REPLAY, DEED_REPLAY_MANY, DEED_PACE, DEED_PURGE } DeedKind;

typedef struct Deed {
    Command base;
    DeedKind kind;
    SimHook *hook;
    Event event;
    Webhook webhook;
    Str secret;
    int64_t grace_us;
    int64_t seq;
    DeliveryState replayed;
} Deed;

/* I1: one delivery for each subscription there is. */
static void judge_fan_out(const Event *event)
{
    SqlRows *rows;
    assert_int_equal(sql_query(sim.session.sql,
                               "SELECT (SELECT count(*) FROM move WHERE was = -1 AND account_id = $1 AND event_seq = $2), "
                               "(SELECT count(*) FROM webhook WHERE account_id = $1 AND event = $3 AND left_us IS NULL)",
                               &rows, sql_int(event->account_id), sql_int(event->seq), sql_int(event->type)), STATUS_OK);
    must(sql_next(rows) && sql_column_int(rows, 0) == sql_column_int(rows, 1), "a subscription was forgotten");
    assert_int_equal(sql_done(rows), STATUS_OK);
}

static Status run_event(Deed *deed, StoreSession *session)
{
    char text[128];
    Event *event = &deed->event;
    Status status = store_event_number(session, event);
    if (status)
        return status;
    event->body = event_body(event->account_id, event->seq, text, sizeof text);
    event->occurred_us = store_now_us(session);
    status = store_event_insert(session, event);
    judge_fan_out(event);
    return status;
}

static Status run_deed(Command *base, StoreSession *session)
{
    Deed *deed = (Deed *)base;
    int64_t account_id = deed->hook->account_id, id = deed->hook->id;
    bool created;
    int64_t cancelled;
    switch (deed->kind) {
    case DEED_EVENT:
        return run_event(deed, session);
    case DEED_PAUSE:
        return store_webhook_set_state(session, account_id, id, WEBHOOK_PAUSED, STR_NONE);
    case DEED_RESUME:
        return store_webhook_set_state(session, account_id, id, WEBHOOK_ACTIVE, STR_NONE);
    case DEED_REGISTER:
        deed->webhook = (Webhook){ .account_id = account_id, .url = deed->hook->url, .event = deed->hook->event,
                                   .expects_ack = deed->hook->expects_ack, .secret = deed->secret,
                                   .not_before_us = store_now_us(session) + 2 * US_PER_SECOND };
        return store_webhook_upsert(session, &deed->webhook, &created);
    case DEED_REMOVE:
        return store_webhook_remove(session, account_id, id);
    case DEED_ROTATE:
        return store_webhook_rotate(session, account_id, id, deed->secret, store_now_us(session) + deed->grace_us);
    case DEED_PACE:
        return store_webhook_set_pace(session, &deed->webhook);
    case DEED_PURGE:
        return store_delivery_cancel(session, account_id, id, below(20) + 1, &cancelled);
    case DEED_REPLAY:
        return store_delivery_replay(session, account_id, id, deed->seq, NULL);
    case DEED_REPLAY_MANY:
        return store_replay_insert(session, &(Replay){ .account_id = account_id, .webhook_id = id,
                                                       .state = deed->replayed, .rate = deed->hook->rate });
    }
    return STATUS_INVALID;
}

/* The newest last. */
static Key *add_key(SimHook *hook)
{
    if (hook->key_count == MAX_KEYS) {
        memmove(&hook->keys[0], &hook->keys[1], (MAX_KEYS - 1) * sizeof hook->keys[0]);
        hook->key_count--;
    }
    Key *key = &hook->keys[hook->key_count++];
    random_bytes(key->bytes, sizeof key->bytes);
    key->until_us = INT64_MAX;
    return key;
}

static void expire_keys(SimHook *hook, int64_t newest_until_us)
{
    for (size_t i = 0; i + 1 < hook->key_count; i++)
        hook->keys[i].until_us = i64_min(hook->keys[i].until_us, i + 2 == hook->key_count ? newest_until_us : time_now_us());
}

static void do_kind(DeedKind kind, SimHook *hook)
{
    Deed deed = { .base.run = run_deed, .kind = kind, .hook = hook };
    bool is_new_key = kind == DEED_ROTATE || kind == DEED_REGISTER;
    if (is_new_key) {
        Key *key = add_key(hook);
        deed.secret = (Str){ (const char *)key->bytes, sizeof key->bytes };
        deed.grace_us = one_in(3) ? 0 : about(US_PER_MINUTE);
    } else if (kind == DEED_REPLAY)
        deed.seq = below(1 + (int64_t)sim.deliveries) + 1;
    deed.event = (Event){ .account_id = hook->account_id, .type = hook->event, .user_id = below(MAX_USERS) + 1 };
    static const DeliveryState replayed[] = { DELIVERY_DEAD, DELIVERY_BLOCKED, DELIVERY_DELIVERED };
    deed.replayed = replayed[below(ARRAY_LEN(replayed))];
    sim.is_replaying = kind == DEED_REPLAY;
    Status status = run_command(&deed.base, !sim.is_ending && one_in(8));
    sim.is_replaying = false;
    if (status) {
        hook->key_count -= is_new_key;
        return;
    }
    if (is_new_key)
        expire_keys(hook, time_now_us() + (kind == DEED_ROTATE ? deed.grace_us : 0));
    if (kind == DEED_REMOVE)
        hook->paced_count = 0; /* when it comes back, its rate begins anew */
    if (kind == DEED_REGISTER && hook->id != deed.webhook.id) {
        hook->id = deed.webhook.id;
        hook->rate = (Rate){ 0 };
    }
}

/* Another rate, or none; in order from now on, or not. */
static void set_pace(SimHook *hook)
{
    Deed deed = { .base.run = run_deed, .kind = DEED_PACE, .hook = hook };
    hook->rate = one_in(3) ? (Rate){ 0 }
                           : (Rate){ .count = below(MAX_RATE) + 1,
                                     .per_us = one_in(4) ? US_PER_MINUTE : US_PER_SECOND,
                                     .burst = below(MAX_BURST) + 1 };
    hook->paced_count = 0;
    deed.webhook = (Webhook){ .account_id = hook->account_id, .id = hook->id,
                              .pace = { .rate = hook->rate, .ordered = one_in(2) } };
    (void)run_command(&deed.base, false);
}

static void step_clock(void)
{
    static const int64_t steps[] = { US_PER_HOUR, -US_PER_HOUR, US_PER_SECOND, -US_PER_MINUTE, US_PER_DAY, -US_PER_DAY };
    sim.utc_offset_us += steps[below(ARRAY_LEN(steps))];
    sim.upsets++;
}

#endif
