#include "store/outbox_test_kit.h"

#include <sqlite3.h>

#include "base/limits.h"

/* ---- events ------------------------------------------------------------ */

static void an_event_reaches_each_webhook_that_wants_it(void **state)
{
    Bench *bench = *state;
    int64_t any = upsert(bench, hook("http://a.example/", EVENT_USER_JOIN), true);
    Webhook of_campaign = hook("http://b.example/", EVENT_USER_JOIN);
    of_campaign.campaign_id = 7;
    int64_t seven = upsert(bench, of_campaign, true);
    of_campaign = hook("http://c.example/", EVENT_USER_JOIN);
    of_campaign.campaign_id = 8;
    upsert(bench, of_campaign, true);
    upsert(bench, hook("http://a.example/", EVENT_USER_QUALIFIED), true);
    Webhook of_source = hook("http://d.example/", EVENT_USER_JOIN);
    of_source.sources = 1u << 3;
    upsert(bench, of_source, true);
    Webhook foreign = hook("http://a.example/", EVENT_USER_JOIN);
    foreign.account_id = ACCOUNT + 1;
    upsert(bench, foreign, true);

    int64_t seq = emit_join(bench);
    DeliveryList list = deliveries(bench, seq);
    assert_int_equal(list.count, 2);
    assert_int_equal(list.items[0].webhook_id, any);
    assert_int_equal(list.items[1].webhook_id, seven);
    assert_int_equal(list.items[0].state, DELIVERY_PENDING);
    assert_int_equal(list.items[0].attempt, 0);
    assert_int_equal(list.items[0].due_us, START);
    assert_int_equal(bench->due_count, 2);
    assert_int_equal(bench->due[0], ACCOUNT);
    assert_int_equal(bench->due[1], any);
    assert_int_equal(bench->due[3], seven);
}

static void events_are_numbered_per_account(void **state)
{
    Bench *bench = *state;
    assert_int_equal(emit_join(bench), 1);
    assert_int_equal(emit_join(bench), 2);
    assert_int_equal(emit(bench, (Event){ .account_id = 5, .type = EVENT_USER_JOIN }), 1);
}

static Status event_then_fail_step(Bench *bench, StoreSession *session, void *arg)
{
    Status status = event_step(bench, session, arg);
    return status ? status : STATUS_CONFLICT;
}

static void a_failed_command_leaves_neither_event_nor_delivery(void **state)
{
    Bench *bench = *state;
    upsert(bench, hook("http://a.example/", EVENT_USER_JOIN), true);
    Event event = { .account_id = ACCOUNT, .type = EVENT_USER_JOIN, .body = STR("{}") };
    assert_int_equal(try_step(bench, event_then_fail_step, &event), STATUS_CONFLICT);
    assert_int_equal(deliveries(bench, event.seq).count, 0);
    int64_t waiting;
    assert_int_equal(store_delivery_backlog(bench->session, 10, &waiting), STATUS_OK);
    assert_int_equal(waiting, 0);
}

/* ---- webhooks ---------------------------------------------------------- */

static void registering_the_same_again_takes_over_its_row(void **state)
{
    Bench *bench = *state;
    int64_t id = upsert(bench, hook("http://a.example/", EVENT_REWARD_ISSUED), true);
    Webhook again = hook("http://a.example/", EVENT_REWARD_ISSUED);
    again.secret = STR("another secret");
    again.campaign_id = 9;
    again.expects_ack = true;
    again.not_before_us = START + 5;
    bench->now_us += US_PER_SECOND;
    assert_int_equal(upsert(bench, again, false), id);
    Webhook got;
    assert_int_equal(store_webhook_get(bench->session, ACCOUNT, id, bench->arena, &got), STATUS_OK);
    assert_true(str_is(got.secret, "another secret"));
    assert_int_equal(got.campaign_id, 9);
    assert_true(got.expects_ack);
    assert_int_equal(got.not_before_us, START + 5);
    assert_int_equal(got.created_us, START);
    assert_true(bench->webhooks_changed);

    Webhook other_reward = hook("http://a.example/", EVENT_REWARD_ISSUED);
    other_reward.reward_id = 3;
    assert_int_not_equal(upsert(bench, other_reward, true), id);
    WebhookList list;
    assert_int_equal(store_webhook_list(bench->session, ACCOUNT, bench->arena, &list), STATUS_OK);
    assert_int_equal(list.count, 2);
}

static void another_account_sees_none_of_it(void **state)
{
    Bench *bench = *state;
    int64_t id = upsert(bench, hook("http://a.example/", EVENT_USER_JOIN), true);
    Webhook got;
    assert_int_equal(store_webhook_get(bench->session, ACCOUNT + 1, id, bench->arena, &got),
                     STATUS_NOT_FOUND);
    WebhookList list;
    assert_int_equal(store_webhook_list(bench->session, ACCOUNT + 1, bench->arena, &list), STATUS_OK);
    assert_int_equal(list.count, 0);
}

static void the_newest_of_a_reward_is_the_one_bound_last(void **state)
{
    Bench *bench = *state;
    Webhook webhook = hook("http://a.example/", EVENT_REWARD_ISSUED);
    webhook.reward_id = 3;
    int64_t first = upsert(bench, webhook, true), newest;
    webhook.url = STR("http://b.example/");
    int64_t second = upsert(bench, webhook, true);
    assert_int_equal(store_webhook_newest_of_reward(bench->session, ACCOUNT, 3, &newest), STATUS_OK);
    assert_int_equal(newest, second);
    webhook.url = STR("http://a.example/");
    upsert(bench, webhook, false);
    assert_int_equal(store_webhook_newest_of_reward(bench->session, ACCOUNT, 3, &newest), STATUS_OK);
    assert_int_equal(newest, first);
    do_step(bench, remove_step, &first);
    assert_int_equal(store_webhook_newest_of_reward(bench->session, ACCOUNT, 3, &newest), STATUS_OK);
    assert_int_equal(newest, second);
    assert_int_equal(store_webhook_newest_of_reward(bench->session, ACCOUNT, 4, &newest), STATUS_NOT_FOUND);
}

static void a_removed_webhooks_place_is_kept_until_it_returns(void **state)
{
    Bench *bench = *state;
    int64_t id = upsert(bench, hook("http://a.example/", EVENT_USER_JOIN), true);
    int64_t before = emit_join(bench);
    do_step(bench, remove_step, &id);
    assert_int_equal(try_step(bench, remove_step, &id), STATUS_NOT_FOUND);
    int64_t meanwhile = emit_join(bench);

    Webhook got;
    assert_int_equal(store_webhook_get(bench->session, ACCOUNT, id, bench->arena, &got), STATUS_NOT_FOUND);
    ClaimAsk ask = { .webhook_id = id, .most = 10 };
    assert_int_equal(try_step(bench, claim_step, &ask), STATUS_NOT_FOUND);
    WebhookDueList due;
    assert_int_equal(store_webhook_due(bench->session, bench->arena, &due), STATUS_OK);
    assert_int_equal(due.count, 0);

    assert_int_equal(upsert(bench, hook("http://a.example/", EVENT_USER_JOIN), false), id);
    assert_int_equal(bench->due_count, 1);
    ClaimList list = claim(bench, id, 10);
    assert_int_equal(list.count, 2);
    assert_int_equal(list.items[0].event_seq + list.items[1].event_seq, before + meanwhile);
}

static void purging_cancels_what_waits_but_not_what_is_under_way(void **state)
{
    Bench *bench = *state;
    int64_t id = upsert(bench, hook("http://a.example/", EVENT_USER_JOIN), true);
    int64_t under_way = emit_join(bench);
    ClaimList list = claim(bench, id, 1);
    int64_t waiting = emit_join(bench);
    int64_t removed_us = bench->now_us;
    do_step(bench, remove_step, &id);

    assert_int_equal(purge(bench, removed_us), removed_us);
    assert_int_equal(delivery(bench, id, waiting).state, DELIVERY_PENDING);

    bench->now_us += 10 * US_PER_SECOND;
    assert_int_equal(purge(bench, bench->now_us), removed_us);
    assert_int_equal(delivery(bench, id, waiting).state, DELIVERY_CANCELLED);
    assert_true(settle(bench, settlement_of(&list.items[0], DELIVERY_DELIVERED, 0)));
    assert_int_equal(purge(bench, bench->now_us), 0);
    assert_int_equal(delivery(bench, id, under_way).state, DELIVERY_DELIVERED);
    assert_int_equal(upsert(bench, hook("http://a.example/", EVENT_USER_JOIN), false), id);
    assert_int_equal(delivery(bench, id, waiting).state, DELIVERY_CANCELLED);
}

static Status expire_step(Bench *bench UNUSED, StoreSession *session, void *arg)
{
    return store_webhook_expire(session, arg);
}

static void what_expires_is_removed_and_leaves_nothing(void **state)
{
    Bench *bench = *state;
    Webhook webhook = hook("http://a.example/", EVENT_USER_JOIN), got;
    webhook.expires_us = bench->now_us + US_PER_SECOND;
    int64_t next_us, id = upsert(bench, webhook, true), stays = upsert(bench, hook("http://b.example/", EVENT_USER_JOIN), true);
    do_step(bench, expire_step, &next_us);
    assert_int_equal(next_us, webhook.expires_us);
    bench->now_us = webhook.expires_us;
    do_step(bench, expire_step, &next_us);
    assert_int_equal(next_us, 0);
    assert_int_equal(store_webhook_get(bench->session, ACCOUNT, id, bench->arena, &got), STATUS_NOT_FOUND);
    assert_int_equal(store_webhook_get(bench->session, ACCOUNT, stays, bench->arena, &got), STATUS_OK);
    assert_int_equal(purge(bench, bench->now_us + 1), 0);
    assert_int_not_equal(upsert(bench, hook("http://a.example/", EVENT_USER_JOIN), true), id);
}

typedef struct Missed {
    Webhook webhook;
    Event event;
    bool added;
} Missed;

static Status add_missed_step(Bench *bench UNUSED, StoreSession *session, void *arg)
{
    Missed *missed = arg;
    return store_delivery_add_missed(session, &missed->webhook, &missed->event, &missed->added);
}

/* Does the event become one that waits for the webhook? */
static bool add_missed(Bench *bench, int64_t webhook_id, int64_t seq)
{
    Missed missed = { .webhook = { .id = webhook_id }, .event = { .account_id = ACCOUNT, .seq = seq } };
    do_step(bench, add_missed_step, &missed);
    return missed.added;
}

static void what_was_missed_is_added_once(void **state)
{
    Bench *bench = *state;
    int64_t before = emit_join(bench), id = upsert(bench, hook("http://a.example/", EVENT_USER_JOIN), true);
    int64_t delivered = emit_join(bench);
    ClaimList list = claim(bench, id, 1);
    assert_true(settle(bench, settlement_of(&list.items[0], DELIVERY_DELIVERED, 0)));
    int64_t cancelled = emit_join(bench);
    do_step(bench, remove_step, &id);
    assert_int_equal(purge(bench, bench->now_us + 1), 0);
    Webhook again = hook("http://a.example/", EVENT_USER_JOIN);
    Upsert ask = { .webhook = again };
    do_step(bench, upsert_step, &ask);
    assert_int_equal(ask.webhook.missed_after, cancelled - 1);
    assert_true(add_missed(bench, id, before));
    assert_false(add_missed(bench, id, before));
    assert_false(add_missed(bench, id, delivered));
    assert_true(add_missed(bench, id, cancelled));
    assert_false(add_missed(bench, id, cancelled));
    assert_int_equal(claim(bench, id, 10).count, 2);
}

static void a_large_backlog_is_cancelled_in_parts(void **state)
{
    Bench *bench = *state;
    int64_t id = upsert(bench, hook("http://a.example/", EVENT_USER_JOIN), true);
    for (int i = 0; i < 1001; i++)
        emit_join(bench);
    do_step(bench, remove_step, &id);
    assert_int_not_equal(purge(bench, bench->now_us + 1), 0);
    int64_t waiting;
    assert_int_equal(store_delivery_backlog(bench->session, 5000, &waiting), STATUS_OK);
    assert_int_equal(waiting, 1);
    assert_int_equal(purge(bench, bench->now_us + 1), 0);
    assert_int_equal(store_delivery_backlog(bench->session, 5000, &waiting), STATUS_OK);
    assert_int_equal(waiting, 0);
}

/* ---- claims ------------------------------------------------------------ */

/* WH-20, WH-22 */
static void a_claim_takes_the_soonest_due_and_raises_the_attempt(void **state)
{
    Bench *bench = *state;
    int64_t id = upsert(bench, hook("http://a.example/", EVENT_USER_JOIN), true);
    int64_t first = emit_join(bench);
    bench->now_us += US_PER_SECOND;
    int64_t second = emit_join(bench);
    ClaimList list = claim(bench, id, 1);
    assert_int_equal(list.count, 1);
    assert_int_equal(list.items[0].event_seq, first);
    assert_int_equal(list.items[0].attempt, 1);
    assert_int_equal(list.items[0].event, EVENT_USER_JOIN);
    assert_true(str_is(list.items[0].body, "{\"type\":\"test\"}"));
    assert_int_equal(list.next_due_us, bench->now_us);
    assert_int_equal(delivery(bench, id, first).state, DELIVERY_LEASED);
    assert_int_equal(delivery(bench, id, second).state, DELIVERY_PENDING);
    list = claim(bench, id, 10);
    assert_int_equal(list.count, 1);
    assert_int_equal(list.items[0].event_seq, second);
    assert_int_equal(claim(bench, id, 10).count, 0);
    assert_int_equal(claim(bench, id, 10).next_due_us, bench->now_us + LEASE_US);
}

static void nothing_is_claimed_before_its_time(void **state)
{
    Bench *bench = *state;
    Webhook webhook = hook("http://a.example/", EVENT_USER_JOIN);
    webhook.not_before_us = START + 2 * US_PER_SECOND;
    int64_t id = upsert(bench, webhook, true);
    int64_t seq = emit_join(bench);
    assert_int_equal(delivery(bench, id, seq).due_us, webhook.not_before_us);
    assert_int_equal(claim(bench, id, 1).count, 0);
    assert_int_equal(claim(bench, id, 1).next_due_us, webhook.not_before_us);
    bench->now_us = webhook.not_before_us;
    assert_int_equal(claim(bench, id, 1).count, 1);

    /* taking over holds back what waited already */
    emit_join(bench);
    webhook.not_before_us = bench->now_us + 2 * US_PER_SECOND;
    upsert(bench, webhook, false);
    ClaimList list = claim(bench, id, 1);
    assert_int_equal(list.count, 0);
    assert_int_equal(list.next_due_us, webhook.not_before_us);
    WebhookDueList due;
    assert_int_equal(store_webhook_due(bench->session, bench->arena, &due), STATUS_OK);
    assert_int_equal(due.count, 1);
    assert_int_equal(due.items[0].due_us, webhook.not_before_us);
}

/* WH-22, WH-23 */
static void an_expired_lease_is_claimed_again_and_the_old_one_settles_nothing(void **state)
{
    Bench *bench = *state;
    int64_t id = upsert(bench, hook("http://a.example/", EVENT_USER_JOIN), true);
    int64_t seq = emit_join(bench);
    Claim lost = claim(bench, id, 1).items[0];
    bench->now_us += LEASE_US - 1;
    assert_int_equal(claim(bench, id, 1).count, 0);
    bench->now_us += 1;
    Claim second = claim(bench, id, 1).items[0];
    assert_int_equal(second.attempt, 2);
    assert_int_not_equal(second.lease, lost.lease);

    assert_false(settle(bench, settlement_of(&lost, DELIVERY_DELIVERED, 0)));
    assert_int_equal(delivery(bench, id, seq).state, DELIVERY_LEASED);
    assert_true(settle(bench, settlement_of(&second, DELIVERY_PENDING, START + US_PER_DAY)));
    assert_false(settle(bench, settlement_of(&second, DELIVERY_DEAD, 0)));
    Delivery got = delivery(bench, id, seq);
    assert_int_equal(got.state, DELIVERY_PENDING);
    assert_int_equal(got.due_us, START + US_PER_DAY);
    assert_int_equal(got.http_status, 500);
    assert_true(str_is(got.outcome, "server_error"));
}

static void settling_needs_each_part_of_the_key(void **state)
{
    Bench *bench = *state;
    int64_t id = upsert(bench, hook("http://a.example/", EVENT_USER_JOIN), true);
    emit_join(bench);
    Claim claimed = claim(bench, id, 1).items[0];
    Settlement good = settlement_of(&claimed, DELIVERY_DELIVERED, 0);
    Settlement bad[] = { good, good, good, good };
    bad[0].account_id++;
    bad[1].webhook_id++;
    bad[2].event_seq++;
    bad[3].lease++;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(settle(bench, bad[i]));
    assert_true(settle(bench, good));
}

static void an_uncounted_attempt_is_taken_back(void **state)
{
    Bench *bench = *state;
    int64_t id = upsert(bench, hook("http://a.example/", EVENT_USER_JOIN), true);
    int64_t seq = emit_join(bench);
    Claim claimed = claim(bench, id, 1).items[0];
    Settlement settlement = settlement_of(&claimed, DELIVERY_BLOCKED, 0);
    settlement.uncounted = true;
    settlement.outcome = STR("address_private");
    assert_true(settle(bench, settlement));
    assert_int_equal(delivery(bench, id, seq).attempt, 0);
    assert_int_equal(delivery(bench, id, seq).state, DELIVERY_BLOCKED);
    assert_int_equal(claim(bench, id, 1).count, 0);
    assert_int_equal(claim(bench, id, 1).next_due_us, 0);

    do_step(bench, unblock_step, NULL);
    assert_int_equal(bench->due_count, 1);
    assert_int_equal(claim(bench, id, 1).items[0].attempt, 1);
}

static void registering_again_unblocks(void **state)
{
    Bench *bench = *state;
    int64_t id = upsert(bench, hook("http://a.example/", EVENT_USER_JOIN), true);
    emit_join(bench);
    Claim claimed = claim(bench, id, 1).items[0];
    assert_true(settle(bench, settlement_of(&claimed, DELIVERY_BLOCKED, 0)));
    upsert(bench, hook("http://a.example/", EVENT_USER_JOIN), false);
    assert_int_equal(claim(bench, id, 1).count, 1);
}

static Status take_back_step(Bench *bench UNUSED, StoreSession *session, void *arg)
{
    return store_delivery_recover(session, arg);
}

/* WH-22 */
static void what_kills_the_server_again_and_again_is_given_up(void **state)
{
    Bench *bench = *state;
    size_t lost;
    int64_t id = upsert(bench, hook("http://a.example/", EVENT_USER_JOIN), true), seq = emit_join(bench);
    for (int i = 1; i <= LIMIT_LOST_ATTEMPTS; i++) {
        assert_int_equal(delivery(bench, id, seq).state, DELIVERY_PENDING);
        ClaimList list = claim(bench, id, 1);
        assert_int_equal(list.items[0].attempt, i);
        do_step(bench, take_back_step, &lost);
        assert_int_equal(lost, 1);
    }
    assert_int_equal(delivery(bench, id, seq).state, DELIVERY_DEAD);
    do_step(bench, take_back_step, &lost);
    assert_int_equal(lost, 0);
}

/* WH-24 */
static void a_claim_whose_event_is_lost_has_no_body(void **state)
{
    Bench *bench = *state;
    int64_t id = upsert(bench, hook("http://a.example/", EVENT_USER_JOIN), true);
    int64_t seq = emit_join(bench);
    sqlite3 *db;
    assert_int_equal(sqlite3_open(bench->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "DELETE FROM event", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    ClaimList list = claim(bench, id, 1);
    assert_int_equal(list.count, 1);
    assert_int_equal(list.items[0].event_seq, seq);
    assert_null(list.items[0].body.ptr);
}

static void hurrying_makes_what_waits_due_in_order_and_in_parts(void **state)
{
    Bench *bench = *state;
    int64_t id = upsert(bench, hook("http://a.example/", EVENT_USER_JOIN), true);
    int64_t seqs[3];
    for (size_t i = 0; i < 3; i++) {
        seqs[i] = emit_join(bench);
        Claim claimed = claim(bench, id, 1).items[0];
        int64_t due_us = START + (int64_t)(3 - i) * US_PER_HOUR; /* the last one is due first */
        assert_true(settle(bench, settlement_of(&claimed, DELIVERY_PENDING, due_us)));
    }
    emit_join(bench);
    Claim under_way = claim(bench, id, 1).items[0];

    Hurry hurry = { .webhook_id = id, .most = 2 };
    do_step(bench, hurry_step, &hurry);
    assert_true(hurry.more);
    assert_int_equal(delivery(bench, id, seqs[0]).due_us, START + 3 * US_PER_HOUR);
    assert_int_equal(delivery(bench, id, seqs[1]).due_us, START);
    assert_int_equal(delivery(bench, id, seqs[2]).due_us, START);
    do_step(bench, hurry_step, &hurry);
    assert_false(hurry.more);
    assert_int_equal(claim(bench, id, 10).count, 3);
    assert_true(settle(bench, settlement_of(&under_way, DELIVERY_DELIVERED, 0)));
}

static void what_is_due_is_told_per_webhook(void **state)
{
    Bench *bench = *state;
    int64_t one = upsert(bench, hook("http://a.example/", EVENT_USER_JOIN), true);
    int64_t two = upsert(bench, hook("http://b.example/", EVENT_USER_JOIN), true);
    upsert(bench, hook("http://c.example/", EVENT_USER_QUALIFIED), true);
    emit_join(bench);
    Claim claimed = claim(bench, two, 1).items[0];
    WebhookDueList due;
    assert_int_equal(store_webhook_due(bench->session, bench->arena, &due), STATUS_OK);
    assert_int_equal(due.count, 2);
    size_t at = due.items[0].webhook_id == one ? 0 : 1;
    assert_int_equal(due.items[at].due_us, START);
    assert_int_equal(due.items[!at].webhook_id, two);
    assert_int_equal(due.items[!at].due_us, START + LEASE_US);
    assert_true(settle(bench, settlement_of(&claimed, DELIVERY_DELIVERED, 0)));
    assert_int_equal(store_webhook_due(bench->session, bench->arena, &due), STATUS_OK);
    assert_int_equal(due.count, 1);
    int64_t waiting;
    assert_int_equal(store_delivery_backlog(bench->session, 10, &waiting), STATUS_OK);
    assert_int_equal(waiting, 1);
}

/* ---- health ------------------------------------------------------------ */

typedef struct Failing {
    int64_t webhook_id, strikes, since_us;
} Failing;

static Status fail_step(Bench *bench UNUSED, StoreSession *session, void *arg)
{
    Failing *failing = arg;
    return store_webhook_failed(session, ACCOUNT, failing->webhook_id, US_PER_HOUR, &failing->strikes, &failing->since_us);
}

static Status recover_step(Bench *bench UNUSED, StoreSession *session, void *arg)
{
    return store_webhook_recovered(session, ACCOUNT, ((Failing *)arg)->webhook_id);
}

/* WH-34 */
static void failures_that_come_together_are_one_strike(void **state)
{
    Bench *bench = *state;
    Failing failing = { .webhook_id = upsert(bench, hook("https://a.example/", EVENT_USER_JOIN), true) };
    for (int i = 0; i < 10; i++) {
        do_step(bench, fail_step, &failing);
        assert_int_equal(failing.strikes, 1);
        bench->now_us += US_PER_MINUTE;
    }
    bench->now_us = START + US_PER_HOUR;
    do_step(bench, fail_step, &failing);
    assert_int_equal(failing.strikes, 2);
    assert_int_equal(failing.since_us, START);
    bench->now_us -= US_PER_HOUR; /* a clock that was wrong */
    do_step(bench, fail_step, &failing);
    assert_int_equal(failing.strikes, 3);
    do_step(bench, recover_step, &failing);
    do_step(bench, fail_step, &failing);
    assert_int_equal(failing.strikes, 1);
}

/* ---- retention --------------------------------------------------------- */

typedef struct Forget {
    Retention retention;
    Forgotten forgotten;
} Forget;

static Status forget_step(Bench *bench UNUSED, StoreSession *session, void *arg)
{
    Forget *forget = arg;
    return store_forget_old(session, &forget->retention, &forget->forgotten);
}

/* Forgets all that is old; gives how many steps it took. */
static size_t forget_old(Bench *bench, Retention retention)
{
    Forget forget = { .retention = retention };
    for (size_t steps = 1;; steps++) {
        forget.forgotten.account_id = 0;
        do_step(bench, forget_step, &forget);
        if (!forget.forgotten.more)
            return steps;
    }
}

static size_t count_rows(Bench *bench, const char *table)
{
    sqlite3 *db;
    sqlite3_stmt *statement;
    char sql[64];
    snprintf(sql, sizeof sql, "SELECT count(*) FROM %s", table);
    assert_int_equal(sqlite3_open(bench->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    size_t count = (size_t)sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return count;
}

/* Claims and settles everything that is due, each with a line in the log. */
static void deliver_all(Bench *bench, int64_t webhook_id)
{
    ClaimList list = claim(bench, webhook_id, 10000);
    for (size_t i = 0; i < list.count; i++) {
        Settlement settlement = settlement_of(&list.items[i], DELIVERY_DELIVERED, bench->now_us);
        settlement.log = (AttemptEntry){ .started_us = bench->now_us, .number = list.items[i].attempt };
        assert_true(settle(bench, settlement));
    }
}

/* WH-51: what is old goes in small parts, and nothing that waits goes. */
static void what_is_old_is_forgotten_but_nothing_that_waits(void **state)
{
    Bench *bench = *state;
    enum { OLD = 1200, FRESH = 3 };
    Retention retention = { .attempts_us = 30 * US_PER_DAY, .events_us = 90 * US_PER_DAY };
    int64_t done = upsert(bench, hook("https://a.example/", EVENT_USER_JOIN), true);
    for (int i = 0; i < OLD; i++)
        emit_join(bench);
    deliver_all(bench, done);
    int64_t late = upsert(bench, hook("https://b.example/", EVENT_USER_JOIN), true), waits = emit_join(bench);
    deliver_all(bench, done);

    bench->now_us += 31 * US_PER_DAY;
    for (int i = 0; i < FRESH; i++)
        emit_join(bench);
    deliver_all(bench, done);
    assert_in_range(forget_old(bench, retention), OLD / 200, OLD / 200 + 2);
    assert_int_equal(count_rows(bench, "attempt"), FRESH);
    assert_int_equal(count_rows(bench, "event"), OLD + 1 + FRESH);

    bench->now_us += 60 * US_PER_DAY;
    forget_old(bench, (Retention){ 0 });
    assert_int_equal(count_rows(bench, "event"), OLD + 1 + FRESH);
    assert_in_range(forget_old(bench, retention), 2 * OLD / 200, 2 * OLD / 200 + 3);
    assert_int_equal(count_rows(bench, "event"), 1 + FRESH);
    assert_int_equal(count_rows(bench, "delivery"), 2 * FRESH + 1);

    ClaimList list = claim(bench, late, 1);
    assert_int_equal(list.items[0].event_seq, waits);
    assert_true(list.items[0].body.len > 0);
    assert_true(settle(bench, settlement_of(&list.items[0], DELIVERY_DEAD, bench->now_us)));
    forget_old(bench, retention);
    assert_int_equal(count_rows(bench, "event"), FRESH);
}

static SqlRoom room(Bench *bench)
{
    SqlRoom found;
    assert_int_equal(sql_room(bench->session->sql, &found), STATUS_OK);
    return found;
}

/* WH-51: not only the rows, the file too. */
static void forgetting_makes_the_database_smaller(void **state)
{
    Bench *bench = *state;
    static char page[16 * 1024];
    int64_t webhook_id = upsert(bench, hook("https://a.example/", EVENT_USER_JOIN), true);
    for (int i = 0; i < 200; i++)
        emit_join(bench);
    ClaimList list = claim(bench, webhook_id, 200);
    memset(page, 'x', sizeof page);
    for (size_t i = 0; i < list.count; i++) {
        Settlement settlement = settlement_of(&list.items[i], DELIVERY_DELIVERED, bench->now_us);
        settlement.log = (AttemptEntry){ .started_us = bench->now_us, .number = 1, .answer = { page, sizeof page } };
        assert_true(settle(bench, settlement));
    }
    int64_t pages = room(bench).pages;
    Forget forget = { .retention = { .most_bytes = 2 * 1000 * 1000 } };
    do_step(bench, forget_step, &forget);
    assert_true(forget.forgotten.too_large);
    assert_int_equal(count_rows(bench, "attempt"), 200);

    bench->now_us += US_PER_HOUR;
    forget_old(bench, (Retention){ .attempts_us = US_PER_HOUR / 2 });
    assert_int_equal(count_rows(bench, "attempt"), 0);
    assert_in_range(room(bench).pages, 1, pages / 2);
    do_step(bench, forget_step, &forget);
    assert_false(forget.forgotten.too_large);
}

static void a_database_that_is_too_large_keeps_all_for_shorter(void **state UNUSED)
{
    Retention usual = { .attempts_us = 30 * US_PER_DAY, .events_us = 90 * US_PER_DAY, .most_bytes = 1 };
    Retention none = retention_squeezed(&usual, 0), once = retention_squeezed(&usual, 1),
              all = retention_squeezed(&usual, RETENTION_MOST_SQUEEZED);
    assert_memory_equal(&none, &usual, sizeof usual);
    assert_int_equal(once.attempts_us, 15 * US_PER_DAY);
    assert_int_equal(once.events_us, 45 * US_PER_DAY);
    assert_true(once.clicks_us > 90 * US_PER_DAY);
    assert_int_equal(all.attempts_us, US_PER_HOUR);
    assert_int_equal(all.events_us, RETENTION_LEAST_EVENT_DAYS * US_PER_DAY);
}

/* ---- plans ------------------------------------------------------------- */

static char *plan_of(const char *path, const char *text)
{
    sqlite3 *db;
    sqlite3_stmt *stmt;
    char *plan = sqlite3_mprintf("");
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    char *explain = sqlite3_mprintf("EXPLAIN QUERY PLAN %s", text);
    assert_int_equal(sqlite3_prepare_v2(db, explain, -1, &stmt, NULL), SQLITE_OK);
    while (sqlite3_step(stmt) == SQLITE_ROW) {
        char *longer = sqlite3_mprintf("%s%s; ", plan, sqlite3_column_text(stmt, 3));
        sqlite3_free(plan);
        plan = longer;
    }
    sqlite3_finalize(stmt);
    sqlite3_free(explain);
    sqlite3_close(db);
    return plan;
}

static void each_plan_reads_the_head_of_an_index(void **state)
{
    Bench *bench = *state;
    static const struct {
        const char *text, *expected;
        bool may_sort; /* a handful of rows, not what waits */
    } cases[] = {
        { OUTBOX_SQL_CLAIM, "INDEX delivery_waiting (account_id=? AND webhook_id=? AND due_us<?)", false },
        { OUTBOX_SQL_HEAD, "INDEX delivery_waiting (account_id=? AND webhook_id=?)", false },
        { OUTBOX_SQL_TAKE_BACK, "SCAN delivery USING INDEX delivery_waiting", false },
        { OUTBOX_SQL_HURRY, "INDEX delivery_waiting (account_id=? AND webhook_id=? AND due_us>?)", false },
        { OUTBOX_SQL_CANCEL, "INDEX delivery_waiting (account_id=? AND webhook_id=?)", false },
        { OUTBOX_SQL_CANCEL_BLOCKED, "INDEX delivery_stuck (account_id=? AND webhook_id=? AND state=?)", false },
        { OUTBOX_SQL_LET_NEXT_GO, "INDEX delivery_in_order (account_id=? AND webhook_id=? AND ordering_key=?)", false },
        { OUTBOX_SQL_CANCEL_HELD, "INDEX delivery_in_order (account_id=? AND webhook_id=?", false },
        { OUTBOX_SQL_DUE, "INDEX delivery_waiting (account_id=? AND webhook_id=?)", false },
        { OUTBOX_SQL_BACKLOG, "INDEX delivery_waiting", false },
        { OUTBOX_SQL_STUCK("3"), "d USING COVERING INDEX delivery_stuck (account_id=? AND webhook_id=? AND state=?)", false },
        { OUTBOX_SQL_PAUSED, "d USING INDEX delivery_waiting (account_id=? AND webhook_id=? AND due_us>?)", false },
        { OUTBOX_SQL_SEARCH("state >= 0"), "PRIMARY KEY (account_id=? AND webhook_id=? AND event_seq<?)", true },
        { OUTBOX_SQL_SEARCH("state IN (3, 4, 6) AND state = 3"), "INDEX delivery_stuck (account_id=? AND webhook_id=? AND state=? AND event_seq<?)", true },
        { OUTBOX_SQL_SEARCH("state IN (3, 4, 6) AND state = 6"), "INDEX delivery_stuck (account_id=? AND webhook_id=? AND state=? AND event_seq<?)", true },
        { OUTBOX_SQL_SEARCH("state IN (0, 1)"), "(account_id=? AND webhook_id=?", true },
        { OUTBOX_SQL_DUE_AGAIN, "SCAN r USING INDEX replay_running", false },
        { OUTBOX_SQL_REPLAY, "PRIMARY KEY (account_id=? AND webhook_id=? AND event_seq>? AND event_seq<?)", true },
        { OUTBOX_SQL_REPLAY_STRETCH, "PRIMARY KEY (account_id=? AND webhook_id=? AND event_seq>?)", false },
        { OUTBOX_SQL_REPLAY_COUNT("state = 2"), "PRIMARY KEY (account_id=? AND webhook_id=? AND event_seq>? AND event_seq<?)", false },
        { OUTBOX_SQL_REPLAY_COUNT("state IN (3, 4, 6) AND state = 4"), "INDEX delivery_stuck (account_id=? AND webhook_id=? AND state=? AND event_seq>? AND event_seq<?)", false },
        { RETENTION_SQL_ATTEMPTS, "PRIMARY KEY (account_id=? AND webhook_id=? AND event_seq<?)", false },
        { RETENTION_SQL_DELIVERIES, "PRIMARY KEY (account_id=? AND webhook_id=? AND event_seq<?)", false },
        { RETENTION_SQL_EVENTS, "(account_id=? AND seq<?)", false },
        { OUTBOX_SQL_OF_EVENT, "(account_id=? AND webhook_id=? AND event_seq=?)", true },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char *plan = plan_of(bench->path, cases[i].text);
        bool sorts = strstr(plan, "B-TREE") && !cases[i].may_sort;
        if (!strstr(plan, cases[i].expected) || strstr(plan, "SCAN delivery;") || sorts)
            fail_msg("%s\n%s", cases[i].text, plan);
        sqlite3_free(plan);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BENCHED(an_event_reaches_each_webhook_that_wants_it),
        BENCHED(events_are_numbered_per_account),
        BENCHED(a_failed_command_leaves_neither_event_nor_delivery),
        BENCHED(registering_the_same_again_takes_over_its_row),
        BENCHED(another_account_sees_none_of_it),
        BENCHED(the_newest_of_a_reward_is_the_one_bound_last),
        BENCHED(a_removed_webhooks_place_is_kept_until_it_returns),
        BENCHED(purging_cancels_what_waits_but_not_what_is_under_way),
        BENCHED(what_expires_is_removed_and_leaves_nothing),
        BENCHED(what_was_missed_is_added_once),
        BENCHED(a_large_backlog_is_cancelled_in_parts),
        BENCHED(a_claim_takes_the_soonest_due_and_raises_the_attempt),
        BENCHED(nothing_is_claimed_before_its_time),
        BENCHED(an_expired_lease_is_claimed_again_and_the_old_one_settles_nothing),
        BENCHED(settling_needs_each_part_of_the_key),
        BENCHED(an_uncounted_attempt_is_taken_back),
        BENCHED(registering_again_unblocks),
        BENCHED(what_kills_the_server_again_and_again_is_given_up),
        BENCHED(a_claim_whose_event_is_lost_has_no_body),
        BENCHED(hurrying_makes_what_waits_due_in_order_and_in_parts),
        BENCHED(what_is_due_is_told_per_webhook),
        BENCHED(what_is_old_is_forgotten_but_nothing_that_waits),
        BENCHED(failures_that_come_together_are_one_strike),
        BENCHED(forgetting_makes_the_database_smaller),
        cmocka_unit_test(a_database_that_is_too_large_keeps_all_for_shorter),
        BENCHED(each_plan_reads_the_head_of_an_index),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
