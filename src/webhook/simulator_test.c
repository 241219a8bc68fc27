/* A simulator of the outbox: the sender and the store's statements as they are, on one thread, with a
 * clock, a network and a source of chance of its own. Receivers fail in every way they know, the process
 * is killed and stopped, clocks step, people pause, resume, remove, rotate, replay and set rates and orders; at every step the
 * invariants of a delivery's life are checked (I1 to I9; I10 is engine/grant_model_test.c's).
 *
 *   world_poll (curl_multi_poll) ── moves the clock on to what happens next:
 *       a transfer's next stage · the writer's turn at a round · somebody does something
 *   triggers on `delivery` ── log every change of a row, which is compared with what may happen
 *
 * A run is a world with its own seed. REFMILL_SEED begins with that seed, and REFMILL_SIM_SECONDS tells how
 * long to go on; a failure prints the seed of its world. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "base/log.h"
#include "base/random.h"
#include "base/time.h"
#include "store/migrate.h"
#include "store/session.h"
#include "webhook/sender_internal.h"
#include "webhook/simulator_receivers.h"
#include "webhook/simulator_watch.h"

#define START_US (INT64_C(1790000000) * US_PER_SECOND)
/* Nothing due waits for longer while nobody is in its way: a probe's hold, a rescan, and every other
 * webhook's turn at a slot for slow ones. */
#define MOST_STARVING_US (10 * US_PER_MINUTE)
#define MOST_DRAINING_US (60 * US_PER_DAY)
/* A world with more than this is winding up, whatever its clock says: the test's time must be bounded. */
#define MOST_BUSY_STEPS UINT64_C(60000)

enum { MAX_HOOKS = 10, MAX_ORIGINS = 5, MAX_KEYS = 8, MAX_IDLE_TURNS = 2000, MAX_RATE = 30, MAX_BURST = 10, MAX_USERS = 6 };

typedef struct Key {
    uint8_t bytes[SIGN_SECRET_LEN];
    int64_t until_us; /* UTC: it may sign until then */
} Key;

typedef struct SimHook {
    int64_t account_id, id;
    size_t origin;
    EventType event;
    bool expects_ack, is_removed;
    Str url;
    Key keys[MAX_KEYS];
    size_t key_count;
    Rate rate;
    int64_t paced_us[MAX_RATE + MAX_BURST]; /* monotonic: its latest claims under this rate, in a ring */
    size_t paced_count;
    int64_t starving_us; /* monotonic: since when something is due and nothing was claimed; 0: it is not */
} SimHook;

/* What is known of a delivery: its row as last seen, and what its receiver saw. */
typedef struct Row {
    RowKey key;
    int state;
    int64_t attempt, due_us, lease, ordering_key;
    bool is_replayed; /* so it may go before or after others of its key */
    uint64_t claims, receipts;
    bool received;      /* by this claim */
    bool accepted;      /* and the sender has its answer */
    uint64_t upsets;    /* of the world, when it was claimed */
    int64_t not_before_us; /* UTC: what the answer asked for; 0: nothing */
    UT_hash_handle hh;
} Row;

static struct {
    uint64_t seed, steps, begun_steps, worlds, deliveries;
    int64_t mono_us, utc_offset_us;
    size_t idle_turns;
    bool is_ending, is_drained; /* all is well from now on; and nothing waits any more */
    int64_t next_deed_us, deadline_us, checked_us;
    uint64_t upsets; /* kills and steps of the clock so far: leases may be lost */
    bool is_replaying, is_changed_elsewhere;
    StoreSession session;
    Arena *arena;
    Signer *signer;
    CodeKey code_key;
    Sender *sender;
    Command *round;
    int64_t round_us;
    StoreListener *listener;
    void *listener_arg;
    jmp_buf killed;
    Mood moods[MAX_ORIGINS];
    SimHook hooks[MAX_HOOKS];
    size_t hook_count, account_count, origin_count;
    int64_t busyness_us; /* between what people do */
    int64_t calmness;    /* how seldom it is more than an event */
    Row *rows;
} sim;

/* ---- judging ---------------------------------------------------------------------- */

#define broken(...)                                                                                          \
    do {                                                                                                     \
        print_error("world %llu, step %llu: ", (unsigned long long)sim.seed, (unsigned long long)sim.steps); \
        fail_msg(__VA_ARGS__);                                                                               \
    } while (0)
#define must(condition, ...)                                                                                 \
    do {                                                                                                     \
        if (!(condition))                                                                                    \
            broken(__VA_ARGS__);                                                                             \
    } while (0)

/* ---- clock (the linker puts these in place of base/time.c's) ------------------------- */

int64_t __wrap_time_now_us(void);
int64_t __wrap_time_monotonic_us(void);
void __wrap_store_listen(Store *store, StoreListener *listener, void *arg);
Status __wrap_store_session_open(Store *store, StoreSession **out_session, Error *err);
void __wrap_store_session_close(StoreSession **session);
bool __wrap_store_changed_elsewhere(StoreSession *session);
Status __wrap_store_submit(Store *store, Command *command);

int64_t __wrap_time_now_us(void)
{
    return sim.mono_us + sim.utc_offset_us;
}

int64_t __wrap_time_monotonic_us(void)
{
    return sim.mono_us;
}

static int64_t world_mono_us(void)
{
    return sim.mono_us;
}

/* ---- rows --------------------------------------------------------------------- */

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
    if (move->state == DELIVERY_CANCELLED)
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
    if (move->state != DELIVERY_PENDING || !is_same)
        return "changed by nobody";
    bool is_over = move->was != DELIVERY_PENDING && move->was != DELIVERY_BLOCKED && move->was != DELIVERY_HELD;
    return is_over && !sim.is_replaying ? "due again by itself" : NULL;
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
    row->is_replayed = row->is_replayed || sim.is_replaying;
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
                      .ordering_key = sql_column_int(rows, 11) };
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
    const Row *row = find_row(settlement->account_id, settlement->webhook_id, settlement->event_seq);
    bool is_held = row && row->state == DELIVERY_LEASED && row->lease == settlement->lease;
    must(item->settled <= is_held, "a result was written down whose lease was lost");
    must(item->settled >= is_held, "a result was dropped though its lease held");
    if (item->settled && row->not_before_us && settlement->http_status && settlement->state == DELIVERY_PENDING)
        must(settlement->due_us >= row->not_before_us || settlement->http_status == 410,
             "to be tried again %lld s before the time its receiver asked for",
             (long long)((row->not_before_us - settlement->due_us) / US_PER_SECOND));
}

/* ---- the writer ------------------------------------------------------------------ */

static void kill_process(void)
{
    sim.upsets++;
    longjmp(sim.killed, 1);
}

static Status run_once(Command *command)
{
    assert_int_equal(sql_begin(sim.session.sql), STATUS_OK);
    sim.session.now_us = time_now_us();
    session_clear_notes(&sim.session);
    Status status = command->run(command, &sim.session);
    return status ? status : session_save_counters(&sim.session);
}

static void roll_back(void)
{
    sql_rollback(sim.session.sql);
    session_forget_counters(&sim.session);
}

/* As the writer does: the second time after another command of the batch has failed. */
static Status run_command(Command *command, bool by_others)
{
    bool is_upset = !sim.is_ending && command == sim.round && one_in(400);
    if (one_in(20)) {
        (void)run_once(command);
        roll_back();
    }
    command->status = run_once(command);
    if (is_upset)
        command->status = STATUS_UNAVAILABLE;
    if (command->status)
        roll_back();
    else
        assert_int_equal(sql_commit(sim.session.sql), STATUS_OK);
    if (!command->status && command == sim.round)
        for (size_t i = 0; i < ((Round *)command)->settlement_count; i++)
            judge_settlement(&((Round *)command)->settlements[i]);
    follow_moves();
    sim.session.now_us = 0;
    if (by_others)
        sim.is_changed_elsewhere = true;
    else if (!command->status && sim.listener)
        sim.listener(sim.listener_arg, &sim.session.notes);
    return command->status;
}

static void run_round(void)
{
    Command *round = sim.round;
    if (!sim.is_ending && one_in(3000))
        kill_process();
    (void)run_command(round, false);
    sim.round = NULL;
    if (!sim.is_ending && one_in(3000))
        kill_process();
    round->next = NULL;
    round->sink->finish(round->sink, round);
}

Status __wrap_store_submit(Store *store UNUSED, Command *command)
{
    must(sim.round == NULL, "two rounds at once");
    if (!sim.is_ending && one_in(500))
        return STATUS_BUSY;
    sim.round = command;
    sim.round_us = sim.mono_us + about(one_in(200) ? 100 * US_PER_MS : 300);
    return STATUS_OK;
}

void __wrap_store_listen(Store *store UNUSED, StoreListener *listener, void *arg)
{
    sim.listener = listener;
    sim.listener_arg = arg;
}

Status __wrap_store_session_open(Store *store UNUSED, StoreSession **out_session, Error *err UNUSED)
{
    *out_session = &sim.session;
    return STATUS_OK;
}

void __wrap_store_session_close(StoreSession **session)
{
    *session = NULL;
}

bool __wrap_store_changed_elsewhere(StoreSession *session UNUSED)
{
    bool is_changed = sim.is_changed_elsewhere;
    sim.is_changed_elsewhere = false;
    return is_changed;
}

/* ---- receivers ----------------------------------------------------------------------- */

static Str header_of(const Transfer *transfer, const char *name)
{
    for (const struct curl_slist *line = transfer->headers; line; line = line->next)
        if (strncmp(line->data, name, strlen(name)) == 0)
            return str_of(line->data + strlen(name));
    return STR_NONE;
}

static SimHook *hook_of(const Transfer *transfer)
{
    for (size_t i = 0; i < sim.hook_count; i++)
        if (str_is(sim.hooks[i].url, transfer->url))
            return &sim.hooks[i];
    broken("a request to %s, where nobody is", transfer->url);
    return NULL;
}

static Row *row_of(const Transfer *transfer)
{
    long long account_id = 0, seq = 0;
    must(sscanf(transfer->body, "{\"account\":%lld,\"seq\":%lld", &account_id, &seq) == 2, "a body of nobody");
    const Attempt *attempt = transfer->owner;
    Row *row = find_row(account_id, attempt->claim.webhook_id, seq);
    must(row != NULL, "event %lld is not in the database", seq); /* I2 */
    return row;
}

/* Else its lease was lost, and the row is another attempt's. */
static bool is_holder(const Transfer *transfer, const Row *row)
{
    return ((const Attempt *)transfer->owner)->claim.lease == row->lease;
}

static bool is_signed(const Transfer *transfer, const SimHook *hook)
{
    SignHeaders headers = { header_of(transfer, "webhook-id: "), header_of(transfer, "webhook-timestamp: "),
                            header_of(transfer, "webhook-signature: ") };
    Str body = { transfer->body, (size_t)transfer->body_len };
    for (size_t i = 0; i < hook->key_count; i++) {
        Str key = { (const char *)hook->keys[i].bytes, SIGN_SECRET_LEN };
        /* What was claimed a moment ago is signed by what held then. */
        if (hook->keys[i].until_us > time_now_us() - US_PER_SECOND &&
            sign_verify(sim.signer, headers, body, &key, 1, time_now_us() / US_PER_SECOND, NULL) == STATUS_OK)
            return true;
    }
    return false;
}

static Str event_body(int64_t account_id, int64_t seq, char *out, size_t len)
{
    snprintf(out, len, "{\"account\":%lld,\"seq\":%lld,\"of\":%llu}", (long long)account_id, (long long)seq,
             (unsigned long long)sim.seed);
    return str_of(out);
}

static void world_receive(Transfer *transfer)
{
    char text[128], id[EVENT_PUBLIC_ID_LEN + 1];
    Row *row = row_of(transfer);
    row->receipts++;
    row->received = row->received || is_holder(transfer, row);
    event_public_id(&sim.code_key, row->key.account_id, row->key.event_seq, id);
    Str body = event_body(row->key.account_id, row->key.event_seq, text, sizeof text);
    must(row->receipts <= row->claims, "received %llu times, claimed %llu times", (unsigned long long)row->receipts,
         (unsigned long long)row->claims); /* I4 */
    must(str_eq(body, (Str){ transfer->body, (size_t)transfer->body_len }), "another body"); /* I5 */
    must(str_is(header_of(transfer, "webhook-id: "), id), "another id");
    must(is_signed(transfer, hook_of(transfer)) || row->upsets != sim.upsets, "signed by no key that holds");
}

/* The sender has the whole answer. */
static void world_answered(Transfer *transfer)
{
    Row *row = row_of(transfer);
    if (!is_holder(transfer, row))
        return;
    bool is_ok = transfer->status >= 200 && transfer->status <= 299 && strcmp(transfer->plan.body, "n8n is starting up");
    if (is_ok && hook_of(transfer)->expects_ack)
        is_ok = strcmp(transfer->plan.body, "{\"received\":true}") == 0;
    row->accepted = is_ok;
    if (transfer->plan.header) {
        long long seconds = 0;
        if (sscanf(transfer->plan.header, "Retry-After: %lld", &seconds) == 1)
            row->not_before_us = time_now_us() + i64_min(seconds, 24 * 3600) * US_PER_SECOND;
    }
}

static void world_plan(Transfer *transfer)
{
    bool is_odd = one_in(200) && !sim.is_ending;
    plan_mood(&transfer->plan, is_odd ? (Mood)below(MOOD_GONE) : sim.moods[hook_of(transfer)->origin]);
}

/* ---- what people do ------------------------------------------------------------------- */

typedef enum DeedKind { DEED_EVENT, DEED_PAUSE, DEED_RESUME, DEED_REGISTER, DEED_REMOVE, DEED_ROTATE, DEED_REPLAY, DEED_REPLAY_MANY, DEED_PACE } DeedKind;

typedef struct Deed {
    Command base;
    DeedKind kind;
    SimHook *hook;
    Event event;
    Webhook webhook;
    Str secret;
    int64_t grace_us;
    int64_t seq;
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
    int64_t account_id = deed->hook->account_id, id = deed->hook->id, count;
    bool created;
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
    case DEED_REPLAY:
        return store_delivery_replay(session, account_id, id, deed->seq);
    case DEED_REPLAY_MANY:
        return store_delivery_replay_range(session, &(ReplayRange){ .account_id = account_id, .webhook_id = id,
                                                                    .state = one_in(2) ? DELIVERY_DEAD : DELIVERY_BLOCKED,
                                                                    .most = (size_t)below(20) + 1 }, &count);
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
    sim.is_replaying = kind == DEED_REPLAY || kind == DEED_REPLAY_MANY;
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

/* ---- the world ------------------------------------------------------------------------- */

/* I8, I9: what is due is claimed in time. */
static void judge_waiting(void)
{
    WebhookDueList list;
    int64_t now_us = time_now_us();
    arena_reset(sim.arena);
    assert_int_equal(store_webhook_due(&sim.session, sim.arena, &list), STATUS_OK);
    for (size_t i = 0; i < sim.hook_count; i++) {
        SimHook *hook = &sim.hooks[i];
        bool is_due = false;
        for (size_t j = 0; j < list.count; j++)
            is_due = is_due || (list.items[j].webhook_id == hook->id && list.items[j].due_us <= now_us);
        if (!is_due || hook->starving_us == 0)
            hook->starving_us = is_due ? sim.mono_us : 0;
        must(sim.mono_us - hook->starving_us < MOST_STARVING_US || !is_due, "webhook %lld starves for %lld s",
             (long long)hook->id, (long long)((sim.mono_us - hook->starving_us) / US_PER_SECOND));
    }
    sim.is_drained = sim.is_ending && list.count == 0;
    if (sim.is_drained)
        mailbox_stop(&sim.sender->mailbox, US_PER_SECOND);
}

static void do_deed(void)
{
    SimHook *hook = &sim.hooks[below((int64_t)sim.hook_count)];
    int64_t which = below(1000);
    if (which < 560 || !one_in(sim.calmness))
        for (int64_t left = one_in(40) ? below(100) : 1; left > 0; left--)
            do_kind(DEED_EVENT, hook);
    else if (which < 720)
        sim.moods[hook->origin] = one_in(2) ? MOOD_WELL : (Mood)below(one_in(4) ? MOOD_COUNT : MOOD_GONE);
    else if (which < 900) {
        static const DeedKind kinds[] = { DEED_PAUSE, DEED_RESUME, DEED_RESUME, DEED_RESUME, DEED_REMOVE, DEED_REGISTER, DEED_REGISTER,
                                          DEED_REGISTER, DEED_ROTATE, DEED_REPLAY, DEED_REPLAY, DEED_REPLAY_MANY };
        do_kind(kinds[below(ARRAY_LEN(kinds))], hook);
    } else if (which < 950)
        step_clock();
    else if (which < 970)
        set_pace(hook);
    else if (which < 980)
        kill_process();
    else if (!sim.sender->is_stopping)
        mailbox_stop(&sim.sender->mailbox, below(20) * US_PER_SECOND);
}

/* All is well from here on, and everything must arrive (I3). */
static void begin_end(void)
{
    sim.is_ending = true;
    for (size_t i = 0; i < sim.origin_count; i++)
        sim.moods[i] = MOOD_WELL;
    for (size_t i = 0; i < sim.hook_count; i++) {
        do_kind(DEED_RESUME, &sim.hooks[i]);
        do_kind(DEED_EVENT, &sim.hooks[i]);
    }
}

static void do_something(void)
{
    if (sim.mono_us - sim.checked_us > 10 * US_PER_SECOND) {
        sim.checked_us = sim.mono_us;
        judge_waiting();
    }
    if (!sim.is_ending && (sim.mono_us >= sim.deadline_us || sim.steps - sim.begun_steps > MOST_BUSY_STEPS))
        begin_end();
    must(sim.mono_us < sim.deadline_us + MOST_DRAINING_US, "something waits for ever");
    sim.next_deed_us = sim.mono_us + (sim.is_ending ? 10 * US_PER_SECOND + 1 : about(sim.busyness_us));
    if (!sim.is_ending)
        do_deed();
}

static void world_turn(void)
{
    sim.steps++;
    sim.mono_us++;
    must(++sim.idle_turns < MAX_IDLE_TURNS, "the loop spins");
}

static void world_poll(int64_t wait_us)
{
    int64_t until_us = sim.mono_us + wait_us;
    sim.idle_turns = 0;
    while (!net.is_woken && net.ended == NULL) {
        Transfer *transfer = next_transfer();
        int64_t next_us = i64_min(until_us, sim.next_deed_us);
        next_us = transfer ? i64_min(next_us, transfer->next_us) : next_us;
        next_us = sim.round ? i64_min(next_us, sim.round_us) : next_us;
        sim.mono_us = i64_max(sim.mono_us, next_us);
        sim.steps++;
        if (transfer && transfer->next_us <= sim.mono_us)
            step_transfer(transfer);
        else if (sim.round && sim.round_us <= sim.mono_us)
            run_round();
        else if (sim.next_deed_us <= sim.mono_us)
            do_something();
        else
            break;
    }
    net.is_woken = false;
}

/* ---- processes and worlds ---------------------------------------------------------------- */

static void free_list(Attempt *list)
{
    Attempt *attempt, *next;
    DL_FOREACH_SAFE(list, attempt, next) attempt_free(&attempt);
}

/* What a killed process leaves to its kernel. */
static void clean_up(Sender *sender)
{
    free_list(sender->resolving);
    free_list(sender->sending);
    for (size_t i = 0; sender->round_is_busy && i < sender->round->settlement_count; i++)
        if (sender->round->settlements[i].attempt)
            attempt_free(&sender->round->settlements[i].attempt);
}

static void run_process(const SenderOptions *options)
{
    Error err;
    assert_int_equal(sender_new(options, &sim.sender, &err), STATUS_OK);
    if (setjmp(sim.killed) == 0)
        sender_run(sim.sender);
    else
        clean_up(sim.sender);
    sim.round = NULL;
    sim.listener = NULL;
    sender_stop(&sim.sender, 0);
    must(net.active == NULL && net.ended == NULL, "a transfer is left");
    for (size_t i = 0; i < sim.hook_count; i++)
        sim.hooks[i].starving_us = 0, sim.hooks[i].paced_count = 0; /* only the process knew */
}

static Schedule some_schedule(void)
{
    if (one_in(8))
        return schedule_default;
    Schedule schedule = { .count = (size_t)below(8) + 1 };
    for (size_t i = 0; i < schedule.count; i++)
        schedule.waits_us[i] = about(US_PER_SECOND) << i;
    return schedule;
}

static Status run_accounts(Command *base UNUSED, StoreSession *session)
{
    Status status = STATUS_OK;
    for (size_t i = 0; !status && i < sim.account_count; i++) {
        int64_t id;
        status = store_account_insert(session, STR("Somebody"), &id);
    }
    return status;
}

static void open_database(void)
{
    Error err = { 0 };
    sim.session = (StoreSession){ .is_writer = true };
    assert_int_equal(sql_open(STR(":memory:"), SQL_WRITER, &sim.session.sql, &err), STATUS_OK);
    assert_int_equal(migrate(sim.session.sql, &err), STATUS_OK);
    if (sql_script(sim.session.sql, WATCH, &err) != STATUS_OK)
        fail_msg("%s", err.text);
    Command command = { .run = run_accounts };
    assert_int_equal(run_command(&command, false), STATUS_OK);
}

/* One in a few leads where nothing may be sent. */
static void add_hooks(void)
{
    static char urls[MAX_HOOKS][64];
    for (size_t i = 0; i < sim.hook_count; i++) {
        SimHook *hook = &sim.hooks[i];
        size_t origin = (size_t)below((int64_t)sim.origin_count);
        snprintf(urls[i], sizeof urls[i], "http://%s.%zu/h%zu", one_in(8) ? "192.168.0" : "10.0.0", origin + 1, i);
        *hook = (SimHook){ .account_id = 1 + below((int64_t)sim.account_count),
                           .origin = origin,
                           .event = (EventType)below(2),
                           .expects_ack = one_in(2),
                           .url = str_of(urls[i]) };
        do_kind(DEED_REGISTER, hook);
    }
}

static void close_database(void)
{
    Row *row, *next;
    SqlRows *rows;
    assert_int_equal(sql_query_values(sim.session.sql, LEFT_BEHIND, NULL, 0, &rows), STATUS_OK);
    must(!sql_next(rows), "held for ever"); /* I3 */
    assert_int_equal(sql_done(rows), STATUS_OK);
    assert_int_equal(sql_query_values(sim.session.sql, "SELECT count(*) FROM delivery", NULL, 0, &rows), STATUS_OK);
    must(sql_next(rows) && sql_column_int(rows, 0) == (int64_t)HASH_COUNT(sim.rows), "rows have come or gone unseen"); /* I1 */
    assert_int_equal(sql_done(rows), STATUS_OK);
    HASH_ITER(hh, sim.rows, row, next)
    {
        HASH_DEL(sim.rows, row);
        mem_free(row);
    }
    sql_close(&sim.session.sql);
    mem_free(sim.session.counters);
    mem_free(sim.session.due_pairs);
}

static void run_world(uint64_t seed)
{
    IpRange allowed[1];
    sim.seed = chance = seed;
    sim.begun_steps = sim.steps;
    sim.mono_us = US_PER_HOUR;
    sim.utc_offset_us = START_US;
    sim.is_ending = sim.is_drained = sim.is_changed_elsewhere = false;
    sim.next_deed_us = sim.checked_us = sim.mono_us;
    sim.account_count = (size_t)below(3) + 1;
    sim.hook_count = (size_t)below(MAX_HOOKS - 1) + 2;
    sim.origin_count = (size_t)below(MAX_ORIGINS) + 1;
    sim.busyness_us = about(US_PER_SECOND);
    sim.calmness = INT64_C(1) << below(7);
    sim.deadline_us = sim.mono_us + about(one_in(10) ? 4 * US_PER_HOUR : 10 * US_PER_MINUTE);
    for (size_t i = 0; i < sim.origin_count; i++)
        sim.moods[i] = MOOD_WELL;
    open_database();
    add_hooks();
    assert_true(ip_range_parse(STR("10.0.0.0/8"), &allowed[0]));
    EgressRules rules = { .allowed = allowed, .allowed_count = 1 };
    SenderOptions options = { .store = (Store *)&sim, .code_key = sim.code_key, .rules = &rules, .schedule = some_schedule(),
                              .max_in_flight = (size_t)below(12) + 2,
                              .retention = { .events_us = one_in(2) ? 0 : US_PER_HOUR, .attempts_us = US_PER_MINUTE } };
    while (!sim.is_drained)
        run_process(&options);
    close_database();
    sim.worlds++;
}

/* ---- running ---------------------------------------------------------------------------- */

static int64_t from_environment(const char *name, int64_t otherwise)
{
    const char *text = getenv(name);
    return text ? strtoll(text, NULL, 10) : otherwise;
}

/* Threads are not its matter, and looking for their races is slow. */
#ifdef __SANITIZE_THREAD__
enum { USUAL_SECONDS = 5 };
#else
enum { USUAL_SECONDS = 50 };
#endif

/* WH-12, WH-20 to WH-27, WH-31, WH-33, WH-35, WH-40 to WH-42. */
static void the_invariants_hold_whatever_happens(void **state UNUSED)
{
    int64_t first = from_environment("REFMILL_SEED", time(NULL) * 1000), seed = first;
    int64_t seconds = from_environment("REFMILL_SIM_SECONDS", USUAL_SECONDS);
    log_set_sink(NULL, LOG_ERROR);
    sim.arena = arena_new(1024 * 1024);
    assert_int_equal(signer_new(&sim.signer), STATUS_OK);
    for (time_t end = time(NULL) + seconds; time(NULL) < end || seed == first; seed++)
        run_world((uint64_t)seed);
    print_message("seeds %lld to %lld: %llu steps, %llu deliveries\n", (long long)first, (long long)seed - 1,
                  (unsigned long long)sim.steps, (unsigned long long)sim.deliveries);
    signer_free(&sim.signer);
    arena_free(&sim.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(the_invariants_hold_whatever_happens) };
    if (randombytes_set_implementation(&chance_source) != 0 || !random_init())
        return EXIT_FAILURE;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
