/* The sender against a real receiver on loopback and a real database. */
#include "webhook/sender_test_kit.h"

#include <sqlite3.h>

#include "webhook/sign.h"

/* ---- answers ----------------------------------------------------------- */

static const char *always_fail(Receiver *receiver UNUSED, size_t index UNUSED, const Hit *hit UNUSED)
{
    return failed;
}

static const char *always_redirect(Receiver *receiver UNUSED, size_t index UNUSED, const Hit *hit UNUSED)
{
    return redirect;
}

static const char *always_later(Receiver *receiver UNUSED, size_t index UNUSED, const Hit *hit UNUSED)
{
    return later;
}

static const char *always_plain(Receiver *receiver UNUSED, size_t index UNUSED, const Hit *hit UNUSED)
{
    return plain_ok;
}

/* Every way in which an n8n doesn't take a delivery, then the way it does. */
static const char *as_n8n_comes_up(Receiver *receiver UNUSED, size_t index, const Hit *hit UNUSED)
{
    static const char *const answers[] = { NULL, failed, starting, not_found, unauthorized, plain_ok, ack };
    return answers[size_min(index, ARRAY_LEN(answers) - 1)];
}

/* ---- tests ------------------------------------------------------------- */

static void check_signature(const Hit *hit)
{
    Signer *signer;
    assert_int_equal(signer_new(&signer), STATUS_OK);
    Str secret = str_of(secret_bytes);
    SignHeaders headers = { str_of(hit->id), str_of(hit->timestamp), str_of(hit->signature) };
    assert_int_equal(
        sign_verify(signer, headers, str_of(hit->body), &secret, 1, time_now_us() / US_PER_SECOND, NULL),
        STATUS_OK);
    signer_free(&signer);
}

static void an_event_is_delivered_once_and_signed(void **state)
{
    Bench *bench = *state;
    open_receiver(&bench->receiver, 0, always_ack);
    start_sender(bench);
    int64_t id = subscribe(bench, "/hook?a=b", true);
    int64_t seq = emit(bench);
    Delivery got = wait_state(bench, id, seq, DELIVERY_DELIVERED);
    assert_int_equal(got.attempt, 1);
    assert_int_equal(got.http_status, 200);
    assert_true(str_is(got.outcome, "ok"));
    const Hit *hit = &bench->receiver.hits[0];
    assert_string_equal(hit->path, "/hook?a=b");
    assert_string_equal(hit->body, "{\"type\":\"user.join\",\"seq\":1}");
    assert_string_equal(hit->event, "user.join");
    assert_string_equal(hit->attempt, "1");
    assert_string_equal(hit->type, "application/json");
    assert_string_equal(hit->agent, "Refmill/" REFMILL_VERSION " (+https://github.com/refmill/refmill)");
    assert_int_equal(strlen(hit->id), 4 + 7 + 7);
    assert_memory_equal(hit->id, "evt_", 4);
    check_signature(hit);

    emit(bench);
    wait_hits(&bench->receiver, 2);
    assert_string_not_equal(bench->receiver.hits[0].id, bench->receiver.hits[1].id);
    wait_state(bench, id, seq + 1, DELIVERY_DELIVERED);
    assert_int_equal(hits_of(&bench->receiver), 2);
    assert_int_equal(sender_stats(bench->sender).attempts[OUTCOME_OK], 2);
}

static void a_receiver_without_acknowledgement_is_content_with_2xx(void **state)
{
    Bench *bench = *state;
    open_receiver(&bench->receiver, 0, always_plain);
    start_sender(bench);
    int64_t id = subscribe(bench, "/", false);
    wait_state(bench, id, emit(bench), DELIVERY_DELIVERED);
}

static void whatever_an_n8n_answers_it_is_tried_until_acknowledged(void **state)
{
    Bench *bench = *state;
    open_receiver(&bench->receiver, 0, as_n8n_comes_up);
    start_sender(bench);
    int64_t id = subscribe(bench, "/", true);
    int64_t seq = emit(bench);
    Delivery got = wait_state(bench, id, seq, DELIVERY_DELIVERED);
    assert_int_equal(got.attempt, 7);
    assert_int_equal(hits_of(&bench->receiver), 7);
    for (size_t i = 0; i < 7; i++) {
        const Hit *hit = &bench->receiver.hits[i];
        assert_string_equal(hit->id, bench->receiver.hits[0].id);
        assert_string_equal(hit->body, bench->receiver.hits[0].body);
        assert_int_equal(atoi(hit->attempt), i + 1);
        check_signature(hit);
    }
    SenderStats stats = sender_stats(bench->sender);
    assert_int_equal(stats.attempts[OUTCOME_SERVER_ERROR], 1);
    assert_int_equal(stats.attempts[OUTCOME_BROKEN], 1);
    assert_int_equal(stats.attempts[OUTCOME_STARTING], 1);
    assert_int_equal(stats.attempts[OUTCOME_CLIENT_ERROR], 2);
    assert_int_equal(stats.attempts[OUTCOME_NOT_ACKNOWLEDGED], 1);
}

static void a_refused_connection_is_tried_again(void **state)
{
    Bench *bench = *state;
    open_receiver(&bench->receiver, 0, always_ack);
    uint16_t port = bench->receiver.port;
    Str url = receiver_url(bench, "/");
    close_receiver(&bench->receiver);
    start_sender(bench);
    int64_t id = subscribe_url(bench, url, true);
    int64_t seq = emit(bench);
    wait_outcome(bench, id, seq, "connect");
    open_receiver(&bench->receiver, port, always_ack);
    assert_true(wait_state(bench, id, seq, DELIVERY_DELIVERED).attempt >= 2);
}

static void a_used_up_schedule_ends_in_dead(void **state)
{
    Bench *bench = *state;
    bench->options.schedule = quick_schedule(2);
    open_receiver(&bench->receiver, 0, always_fail);
    start_sender(bench);
    int64_t id = subscribe(bench, "/", true);
    int64_t seq = emit(bench);
    Delivery got = wait_state(bench, id, seq, DELIVERY_DEAD);
    assert_int_equal(got.attempt, 3);
    assert_int_equal(got.http_status, 500);
    assert_int_equal(hits_of(&bench->receiver), 3);
    WAIT_UNTIL(sender_stats(bench->sender).dead == 1);
}

static void a_redirect_is_a_failure_and_not_followed(void **state)
{
    Bench *bench = *state;
    bench->options.schedule = quick_schedule(1);
    open_receiver(&bench->receiver, 0, always_redirect);
    start_sender(bench);
    int64_t id = subscribe(bench, "/", false);
    Delivery got = wait_state(bench, id, emit(bench), DELIVERY_DEAD);
    assert_true(str_is(got.outcome, "redirect"));
    assert_int_equal(got.http_status, 302);
    assert_int_equal(hits_of(&bench->receiver), 2);
}

static void retry_after_is_waited_for(void **state)
{
    Bench *bench = *state;
    open_receiver(&bench->receiver, 0, always_later);
    start_sender(bench);
    int64_t id = subscribe(bench, "/", true), before_us = time_now_us();
    Delivery got = wait_outcome(bench, id, emit(bench), "client_error");
    assert_int_equal(got.state, DELIVERY_PENDING);
    assert_in_range(got.due_us, before_us + US_PER_HOUR,
                    before_us + US_PER_HOUR + WAIT_SECONDS * US_PER_SECOND);
}

/* Fails while the flag in its place is set. */
static atomic_bool is_ill;

static const char *ack_when_well(Receiver *receiver UNUSED, size_t index UNUSED, const Hit *hit UNUSED)
{
    return atomic_load(&is_ill) ? failed : ack;
}

static void what_waits_goes_at_once_when_the_receiver_is_well_again(void **state)
{
    Bench *bench = *state;
    bench->options.schedule = (Schedule){ .waits_us = { US_PER_HOUR, US_PER_HOUR }, .count = 2 };
    atomic_store(&is_ill, true);
    open_receiver(&bench->receiver, 0, ack_when_well);
    start_sender(bench);
    int64_t id = subscribe(bench, "/", true), seqs[5];
    for (size_t i = 0; i < ARRAY_LEN(seqs); i++)
        seqs[i] = emit(bench);
    for (size_t i = 0; i < ARRAY_LEN(seqs); i++)
        wait_outcome(bench, id, seqs[i], "server_error");
    atomic_store(&is_ill, false);
    int64_t next = emit(bench);
    wait_state(bench, id, next, DELIVERY_DELIVERED);
    for (size_t i = 0; i < ARRAY_LEN(seqs); i++)
        assert_int_equal(wait_state(bench, id, seqs[i], DELIVERY_DELIVERED).attempt, 2);
}

/* WH-14 */
static void a_private_address_is_blocked_until_it_is_allowed(void **state)
{
    Bench *bench = *state;
    bench->rules.allowed_count = 0;
    open_receiver(&bench->receiver, 0, always_ack);
    start_sender(bench);
    int64_t id = subscribe(bench, "/", true);
    int64_t seq = emit(bench);
    Delivery got = wait_state(bench, id, seq, DELIVERY_BLOCKED);
    assert_int_equal(got.attempt, 0);
    assert_true(str_is(got.outcome, "address_loopback"));
    assert_int_equal(hits_of(&bench->receiver), 0);
    close_store(bench);

    bench->rules.allowed_count = 1;
    open_store(bench);
    start_sender(bench);
    got = wait_state(bench, id, seq, DELIVERY_DELIVERED);
    assert_int_equal(got.attempt, 1);
}

static void the_own_listener_is_blocked_though_loopback_is_allowed(void **state)
{
    Bench *bench = *state;
    open_receiver(&bench->receiver, 0, always_ack);
    bench->rules.own_port = bench->receiver.port;
    start_sender(bench);
    int64_t id = subscribe(bench, "/", true);
    assert_true(str_is(wait_state(bench, id, emit(bench), DELIVERY_BLOCKED).outcome, "address_own"));
    assert_int_equal(hits_of(&bench->receiver), 0);
}

static void what_was_pending_goes_out_after_a_restart(void **state)
{
    Bench *bench = *state;
    open_receiver(&bench->receiver, 0, always_ack);
    int64_t id = subscribe(bench, "/", true), first = emit(bench), last = first;
    for (int i = 0; i < 9; i++)
        last = emit(bench);
    close_store(bench);
    open_store(bench);
    start_sender(bench);
    for (int64_t seq = first; seq <= last; seq++)
        wait_state(bench, id, seq, DELIVERY_DELIVERED);
    assert_int_equal(hits_of(&bench->receiver), 10);
}

/* WH-26 */
static void stopping_waits_for_what_is_under_way(void **state)
{
    Bench *bench = *state;
    open_receiver(&bench->receiver, 0, always_ack);
    start_sender(bench);
    int64_t id = subscribe(bench, "/", true), seq = emit(bench);
    wait_hits(&bench->receiver, 1);
    sender_stop(&bench->sender, 20000);
    assert_int_equal(delivery(bench, id, seq).state, DELIVERY_DELIVERED);
}

/* WH-26 */
static void stopping_gives_back_what_the_grace_did_not_suffice_for(void **state)
{
    Bench *bench = *state;
    open_receiver(&bench->receiver, 0, always_ack);
    hold(&bench->receiver, true);
    start_sender(bench);
    int64_t id = subscribe(bench, "/", true), seqs[6];
    for (size_t i = 0; i < ARRAY_LEN(seqs); i++)
        seqs[i] = emit(bench);
    wait_hits(&bench->receiver, SENDER_PER_NEW_ORIGIN);
    sender_stop(&bench->sender, 0);
    size_t counted = 0;
    for (size_t i = 0; i < ARRAY_LEN(seqs); i++) {
        Delivery got = delivery(bench, id, seqs[i]);
        assert_int_equal(got.state, DELIVERY_PENDING);
        counted += (size_t)got.attempt;
    }
    assert_int_equal(counted, SENDER_PER_NEW_ORIGIN); /* these had been sent */
    close_store(bench);

    hold(&bench->receiver, false);
    open_store(bench);
    start_sender(bench);
    for (size_t i = 0; i < ARRAY_LEN(seqs); i++)
        wait_state(bench, id, seqs[i], DELIVERY_DELIVERED);
}

static void a_removed_webhooks_events_wait_for_its_return(void **state)
{
    Bench *bench = *state;
    open_receiver(&bench->receiver, 0, always_ack);
    start_sender(bench);
    int64_t id = subscribe(bench, "/a", true), witness = subscribe(bench, "/b", true);
    unsubscribe(bench, id);
    int64_t seq = emit(bench);
    wait_state(bench, witness, seq, DELIVERY_DELIVERED);
    assert_int_equal(delivery(bench, id, seq).state, DELIVERY_PENDING);
    assert_int_equal(delivery(bench, id, seq).attempt, 0);
    assert_int_equal(subscribe(bench, "/a", true), id);
    wait_state(bench, id, seq, DELIVERY_DELIVERED);
}

static void a_removed_webhook_is_purged_after_its_grace(void **state)
{
    Bench *bench = *state;
    bench->options.removal_grace_us = 100 * US_PER_MS;
    open_receiver(&bench->receiver, 0, always_ack);
    start_sender(bench);
    int64_t id = subscribe(bench, "/", true);
    unsubscribe(bench, id);
    int64_t seq = emit(bench);
    wait_state(bench, id, seq, DELIVERY_CANCELLED);
    assert_int_equal(hits_of(&bench->receiver), 0);
    assert_int_equal(subscribe(bench, "/", false), id); /* its events were cancelled all the same */
    assert_int_equal(delivery(bench, id, seq).state, DELIVERY_CANCELLED);
}

/* WH-30 */
static void an_origins_cap_holds_over_all_its_webhooks(void **state)
{
    Bench *bench = *state;
    bench->options.max_per_origin = 3;
    open_receiver(&bench->receiver, 0, always_ack);
    hold(&bench->receiver, true);
    enum { HOOKS = 6, EVENTS = 10 };
    int64_t ids[HOOKS], seqs[EVENTS];
    for (size_t i = 0; i < HOOKS; i++)
        ids[i] = subscribe(bench, arena_printf(bench->arena, "/%zu", i).ptr, true);
    for (size_t i = 0; i < EVENTS; i++)
        seqs[i] = emit(bench);
    close_store(bench);
    open_store(bench);
    start_sender(bench);
    wait_hits(&bench->receiver, 3);
    hold(&bench->receiver, false);
    wait_hits(&bench->receiver, HOOKS * EVENTS);
    for (size_t i = 0; i < HOOKS; i++)
        for (size_t j = 0; j < EVENTS; j++)
            wait_state(bench, ids[i], seqs[j], DELIVERY_DELIVERED);
    assert_int_equal(bench->receiver.most_busy, 3);
    assert_int_equal(hits_of(&bench->receiver), HOOKS * EVENTS);
}

/* WH-30 */
static void a_slow_receiver_does_not_hold_up_the_others(void **state)
{
    Bench *bench = *state;
    bench->options.max_in_flight = 16;
    Receiver slow;
    open_receiver(&slow, 0, always_ack);
    hold(&slow, true);
    open_receiver(&bench->receiver, 0, always_ack);
    start_sender(bench);
    int64_t id = subscribe(bench, "/", true);
    subscribe_url(bench, arena_printf(bench->arena, "http://127.0.0.1:%u/", slow.port), true);
    for (int i = 0; i < 50; i++)
        wait_state(bench, id, emit(bench), DELIVERY_DELIVERED);
    assert_int_equal(hits_of(&slow), SENDER_PER_NEW_ORIGIN);
    hold(&slow, false);
    wait_hits(&slow, 50);
    close_receiver(&slow);
}

/* WH-22, WH-23 */
static void a_lost_lease_is_counted_and_not_settled(void **state)
{
    Bench *bench = *state;
    open_receiver(&bench->receiver, 0, always_ack);
    hold(&bench->receiver, true);
    start_sender(bench);
    int64_t id = subscribe(bench, "/", true), seq = emit(bench);
    wait_hits(&bench->receiver, 1);
    sqlite3 *db; /* another worker took it over */
    assert_int_equal(sqlite3_open(bench->path, &db), SQLITE_OK);
    sqlite3_busy_timeout(db, 10000);
    assert_int_equal(sqlite3_exec(db, "UPDATE delivery SET lease = 1, attempt = 2", NULL, NULL, NULL),
                     SQLITE_OK);
    sqlite3_close(db);
    hold(&bench->receiver, false);
    WAIT_UNTIL(sender_stats(bench->sender).lease_lost == 1);
    Delivery got = delivery(bench, id, seq);
    assert_int_equal(got.state, DELIVERY_LEASED);
    assert_int_equal(got.attempt, 2);
}

static void what_another_process_writes_is_found(void **state)
{
    Bench *bench = *state;
    open_receiver(&bench->receiver, 0, always_ack);
    start_sender(bench);
    int64_t id = subscribe(bench, "/", true);
    wait_state(bench, id, emit(bench), DELIVERY_DELIVERED); /* so that it looks by itself only much later */
    sqlite3 *db;
    assert_int_equal(sqlite3_open(bench->path, &db), SQLITE_OK);
    sqlite3_busy_timeout(db, 10000);
    char *sql =
        sqlite3_mprintf("INSERT INTO event (account_id, seq, type, campaign_id, user_id, occurred_us, body) "
                        "VALUES (1, 900, 0, 0, 0, 0, '{}');"
                        "INSERT INTO delivery (account_id, webhook_id, event_seq, state, attempt, due_us, "
                        "created_us) VALUES (1, %lld, 900, 0, 0, 1, 1)",
                        (long long)id);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_free(sql);
    sqlite3_close(db);
    wait_state(bench, id, 900, DELIVERY_DELIVERED);
}

/* WH-24 */
static void a_row_that_cannot_be_sent_is_parked_and_the_rest_goes_on(void **state)
{
    Bench *bench = *state;
    open_receiver(&bench->receiver, 0, always_ack);
    int64_t id = subscribe(bench, "/", true), broken = emit(bench);
    sqlite3 *db;
    assert_int_equal(sqlite3_open(bench->path, &db), SQLITE_OK);
    sqlite3_busy_timeout(db, 10000);
    assert_int_equal(sqlite3_exec(db, "DELETE FROM event", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    int64_t good = emit(bench);
    close_store(bench);
    open_store(bench);
    start_sender(bench);
    wait_state(bench, id, good, DELIVERY_DELIVERED);
    assert_true(str_is(wait_state(bench, id, broken, DELIVERY_DEAD).outcome, "no_event"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BENCHED(an_event_is_delivered_once_and_signed),
        BENCHED(a_receiver_without_acknowledgement_is_content_with_2xx),
        BENCHED(whatever_an_n8n_answers_it_is_tried_until_acknowledged),
        BENCHED(a_refused_connection_is_tried_again),
        BENCHED(a_used_up_schedule_ends_in_dead),
        BENCHED(a_redirect_is_a_failure_and_not_followed),
        BENCHED(retry_after_is_waited_for),
        BENCHED(what_waits_goes_at_once_when_the_receiver_is_well_again),
        BENCHED(a_private_address_is_blocked_until_it_is_allowed),
        BENCHED(the_own_listener_is_blocked_though_loopback_is_allowed),
        BENCHED(what_was_pending_goes_out_after_a_restart),
        BENCHED(stopping_waits_for_what_is_under_way),
        BENCHED(stopping_gives_back_what_the_grace_did_not_suffice_for),
        BENCHED(a_removed_webhooks_events_wait_for_its_return),
        BENCHED(a_removed_webhook_is_purged_after_its_grace),
        BENCHED(an_origins_cap_holds_over_all_its_webhooks),
        BENCHED(a_slow_receiver_does_not_hold_up_the_others),
        BENCHED(a_lost_lease_is_counted_and_not_settled),
        BENCHED(what_another_process_writes_is_found),
        BENCHED(a_row_that_cannot_be_sent_is_parked_and_the_rest_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
