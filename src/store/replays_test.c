#include "store/outbox_test_kit.h"

#include "base/limits.h"

static Status seed_step(Bench *bench UNUSED, StoreSession *session, void *arg)
{
    const int64_t *how = arg; /* the webhook, how many, state, attempts */
    Status status = sql_exec(session->sql,
                             "WITH RECURSIVE n(seq) AS (SELECT 1 UNION ALL SELECT seq + 1 FROM n WHERE seq < $1) "
                             "INSERT INTO event (account_id, seq, type, campaign_id, user_id, occurred_us, body) "
                             "SELECT $2, seq, 0, 7, seq, $3 + seq, '{}' FROM n",
                             sql_int(how[1]), sql_int(ACCOUNT), sql_int(START));
    return status ? status
                  : sql_exec(session->sql,
                             "INSERT INTO delivery (account_id, webhook_id, event_seq, state, attempt, due_us, created_us) "
                             "SELECT account_id, $1, seq, $2, $3, 0, 0 FROM event WHERE account_id = $4",
                             sql_int(how[0]), sql_int(how[2]), sql_int(how[3]), sql_int(ACCOUNT));
}

/* A webhook of which so many were given up, or whatever became of them, at the third attempt. */
static int64_t seed(Bench *bench, int64_t count, DeliveryState state)
{
    int64_t id = upsert(bench, hook("http://a.example/", EVENT_USER_JOIN), true);
    do_step(bench, seed_step, (int64_t[]){ id, count, state, 3 });
    return id;
}

static Status start_step(Bench *bench UNUSED, StoreSession *session, void *arg)
{
    Replay *replay = arg;
    Status status = store_replay_count(session, replay);
    return status ? status : store_replay_insert(session, replay);
}

static Replay start(Bench *bench, Replay replay)
{
    replay.account_id = ACCOUNT;
    do_step(bench, start_step, &replay);
    return replay;
}

static Status cancel_step(Bench *bench UNUSED, StoreSession *session, void *arg)
{
    const Replay *replay = arg;
    return store_replay_cancel(session, ACCOUNT, replay->webhook_id, replay->id);
}

static Replay see(Bench *bench, Replay replay)
{
    assert_int_equal(store_replay_get(bench->session, ACCOUNT, replay.webhook_id, replay.id, &replay), STATUS_OK);
    return replay;
}

static Status all_delivered_step(Bench *bench UNUSED, StoreSession *session, void *arg UNUSED)
{
    return sql_exec_values(session->sql, "UPDATE delivery SET state = 2, lease = NULL WHERE state IN (0, 1) AND state = 1", NULL, 0);
}

/* Claims that many in parts, as long as there is more, and delivers them; gives how many it got. */
static size_t work_off(Bench *bench, int64_t webhook_id, size_t most)
{
    size_t count = 0;
    for (int64_t next_us = bench->now_us; count < most && next_us == bench->now_us;) {
        arena_reset(bench->arena);
        ClaimList list = claim(bench, webhook_id, size_min(most - count, 500));
        do_step(bench, all_delivered_step, NULL);
        count += list.count;
        next_us = list.next_due_us;
    }
    return count;
}

static int64_t count_of(Bench *bench, const char *sql)
{
    int64_t count;
    assert_int_equal(sql_query_int_values(bench->session->sql, sql, NULL, 0, &count), STATUS_OK);
    return count;
}

static void reopen(Bench *bench)
{
    Error err;
    store_session_close(&bench->session);
    store_close(&bench->store);
    assert_int_equal(store_open(str_of(bench->path), &bench->store, &err), STATUS_OK);
    assert_int_equal(store_session_open(bench->store, &bench->session, &err), STATUS_OK);
}

/* WH-41 */
static void fifty_thousand_go_again_once_each_over_a_cancellation_and_a_restart(void **state)
{
    enum { ALL = 50000, BEFORE_CANCEL = 20000, BEFORE_RESTART = 10000 };
    Bench *bench = *state;
    int64_t id = seed(bench, ALL, DELIVERY_DEAD);
    Replay first = start(bench, (Replay){ .webhook_id = id, .state = DELIVERY_DEAD });
    assert_int_equal(first.found, ALL);
    assert_int_equal(work_off(bench, id, BEFORE_CANCEL), BEFORE_CANCEL);
    do_step(bench, cancel_step, &first);
    assert_int_equal(work_off(bench, id, 1), 0);
    first = see(bench, first);
    assert_int_equal(first.status, REPLAY_CANCELLED);
    assert_int_equal(first.replayed, BEFORE_CANCEL);
    assert_true(first.ended_us);

    Replay second = start(bench, (Replay){ .webhook_id = id, .state = DELIVERY_DEAD });
    assert_int_equal(second.found, ALL - BEFORE_CANCEL);
    assert_int_equal(work_off(bench, id, BEFORE_RESTART), BEFORE_RESTART);
    reopen(bench);
    WebhookDueList due;
    assert_int_equal(store_webhook_due(bench->session, bench->arena, &due), STATUS_OK);
    assert_int_equal(due.count, 1); /* nothing is due but the replay, and the sender learns of it */
    assert_int_equal(due.items[0].webhook_id, id);
    assert_int_equal(work_off(bench, id, ALL), ALL - BEFORE_CANCEL - BEFORE_RESTART);
    second = see(bench, second);
    do_step(bench, cancel_step, &second); /* too late */
    second = see(bench, second);
    assert_int_equal(second.status, REPLAY_DONE);
    assert_int_equal(second.replayed, ALL - BEFORE_CANCEL);
    assert_int_equal(count_of(bench, "SELECT count(*) FROM delivery WHERE attempt = 4 AND state = 2"), ALL);
    assert_int_equal(store_webhook_due(bench->session, bench->arena, &due), STATUS_OK);
    assert_int_equal(due.count, 0);
}

static void what_fails_again_is_not_replayed_again(void **state)
{
    Bench *bench = *state;
    int64_t id = seed(bench, 3, DELIVERY_DEAD);
    Replay replay = start(bench, (Replay){ .webhook_id = id, .state = DELIVERY_DEAD });
    for (int i = 0; i < 3; i++)
        settle(bench, settlement_of(&claim(bench, id, 1).items[0], DELIVERY_DEAD, 0));
    assert_int_equal(claim(bench, id, 1).count, 0);
    assert_int_equal(see(bench, replay).status, REPLAY_DONE);
    assert_int_equal(count_of(bench, "SELECT count(*) FROM delivery WHERE attempt = 4 AND state = 3"), 3);
}

static void what_happens_now_overtakes_a_replay(void **state)
{
    Bench *bench = *state;
    int64_t id = upsert(bench, hook("http://a.example/", EVENT_USER_JOIN), true), old = emit_join(bench);
    settle(bench, settlement_of(&claim(bench, id, 1).items[0], DELIVERY_DELIVERED, 0));
    start(bench, (Replay){ .webhook_id = id, .state = DELIVERY_DELIVERED });
    assert_int_equal(bench->due[1], id); /* the sender is told */
    int64_t fresh = emit_join(bench);
    ClaimList list = claim(bench, id, 1);
    assert_int_equal(list.items[0].event_seq, fresh);
    assert_int_equal(list.next_due_us, bench->now_us); /* the replay has more */
    list = claim(bench, id, 10);
    assert_int_equal(list.count, 1);
    assert_int_equal(list.items[0].event_seq, old);
    assert_int_equal(list.items[0].attempt, 2);
    assert_int_equal(list.next_due_us, bench->now_us + LEASE_US); /* and now it has not; what came later isn't its */
}

static void a_replay_keeps_its_rate(void **state)
{
    Bench *bench = *state;
    int64_t id = seed(bench, 100, DELIVERY_DEAD);
    start(bench, (Replay){ .webhook_id = id, .state = DELIVERY_DEAD, .rate = { .count = 10, .per_us = US_PER_SECOND } });
    assert_int_equal(claim(bench, id, 50).count, 10);
    ClaimList list = claim(bench, id, 50);
    assert_int_equal(list.count, 0);
    assert_int_equal(list.next_due_us, bench->now_us + US_PER_SECOND / 10);
    bench->now_us += US_PER_SECOND / 2;
    assert_int_equal(claim(bench, id, 50).count, 5);
    bench->now_us -= US_PER_HOUR; /* the clock is set back: it does not wait that long */
    assert_in_range(claim(bench, id, 50).next_due_us, bench->now_us, bench->now_us + US_PER_SECOND);
    bench->now_us += US_PER_SECOND;
    assert_int_equal(claim(bench, id, 50).count, 10);
}

static void a_replay_goes_by_state_and_time_and_stops_at_what_is_new(void **state)
{
    Bench *bench = *state;
    int64_t id = seed(bench, 2000, DELIVERY_DELIVERED);
    Replay some = { .account_id = ACCOUNT, .webhook_id = id, .state = DELIVERY_DELIVERED, .from_us = START + 1001, .to_us = START + 1004 };
    assert_int_equal(store_replay_count(bench->session, &some), STATUS_OK);
    assert_int_equal(some.found, 3);
    some = start(bench, some);
    assert_int_equal(try_step(bench, start_step, &(Replay){ .account_id = ACCOUNT, .webhook_id = id }), STATUS_CONFLICT);
    ClaimList list = claim(bench, id, 500);
    assert_int_equal(list.count, 3);
    assert_int_equal(list.items[0].event_seq, 1001);
    assert_int_equal(see(bench, some).status, REPLAY_DONE);
    /* None of this state: it looks through all of them, a stretch with each claim. */
    some = start(bench, (Replay){ .webhook_id = id, .state = DELIVERY_BLOCKED });
    assert_int_equal(some.found, 0);
    for (int i = 0; i < 2000 / LIMIT_REPLAY_STRETCH; i++)
        assert_int_equal(claim(bench, id, 500).count, 0);
    assert_int_equal(see(bench, some).status, REPLAY_DONE);
}

static Status pause_step(Bench *bench UNUSED, StoreSession *session, void *arg)
{
    const int64_t *how = arg;
    return store_webhook_set_state(session, ACCOUNT, how[0], (WebhookState)how[1], STR_NONE);
}

static void a_replay_rests_and_goes_with_its_webhook(void **state)
{
    Bench *bench = *state;
    WebhookDueList due;
    int64_t id = seed(bench, 10, DELIVERY_DEAD);
    start(bench, (Replay){ .webhook_id = id, .state = DELIVERY_DEAD });
    do_step(bench, pause_step, (int64_t[]){ id, WEBHOOK_PAUSED });
    assert_int_equal(claim(bench, id, 5).count, 0);
    assert_int_equal(store_webhook_due(bench->session, bench->arena, &due), STATUS_OK);
    assert_int_equal(due.count, 0);
    do_step(bench, pause_step, (int64_t[]){ id, WEBHOOK_ACTIVE });
    assert_int_equal(bench->due[1], id);
    assert_int_equal(claim(bench, id, 5).count, 5);
    do_step(bench, remove_step, &id);
    bench->now_us += US_PER_DAY;
    while (purge(bench, bench->now_us))
        do_step(bench, all_delivered_step, NULL);
    assert_int_equal(count_of(bench, "SELECT count(*) FROM replay"), 0);
}

static void the_last_hundred_replays_are_remembered(void **state)
{
    Bench *bench = *state;
    ReplayList list;
    int64_t id = seed(bench, 1, DELIVERY_DEAD);
    for (int i = 0; i < LIMIT_REPLAYS + 5; i++) {
        Replay replay = start(bench, (Replay){ .webhook_id = id, .state = DELIVERY_BLOCKED });
        do_step(bench, cancel_step, &replay);
    }
    assert_int_equal(store_replay_list(bench->session, ACCOUNT, id, bench->arena, &list), STATUS_OK);
    assert_int_equal(list.count, LIMIT_REPLAYS);
    assert_int_equal(list.items[0].id, LIMIT_REPLAYS + 5);
    assert_int_equal(count_of(bench, "SELECT count(*) FROM replay"), LIMIT_REPLAYS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BENCHED(fifty_thousand_go_again_once_each_over_a_cancellation_and_a_restart),
        BENCHED(what_fails_again_is_not_replayed_again),
        BENCHED(what_happens_now_overtakes_a_replay),
        BENCHED(a_replay_keeps_its_rate),
        BENCHED(a_replay_goes_by_state_and_time_and_stops_at_what_is_new),
        BENCHED(a_replay_rests_and_goes_with_its_webhook),
        BENCHED(the_last_hundred_replays_are_remembered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
