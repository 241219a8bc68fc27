/* The sender against names that mislead and answers that never end. */
#include "webhook/sender_test_kit.h"

/* ---- names ------------------------------------------------------------- */

typedef struct FakeDns {
    ResolverAnswer answers[2];
    atomic_size_t asked;
} FakeDns;

static void fake_lookup(void *arg, const char *name UNUSED, ResolverAnswer *out_answer)
{
    FakeDns *dns = arg;
    *out_answer = dns->answers[size_min(atomic_fetch_add(&dns->asked, 1), 1)];
}

static IpAddress address_of(const char *text)
{
    IpAddress address;
    assert_true(ip_parse(str_of(text), &address));
    return address;
}

static Delivery deliver_to_name(Bench *bench, FakeDns *dns, DeliveryState expected)
{
    bench->options.lookup = fake_lookup;
    bench->options.lookup_arg = dns;
    bench->options.schedule = quick_schedule(1);
    open_receiver(&bench->receiver, 0, always_ack);
    start_sender(bench);
    Str url = arena_printf(bench->arena, "http://hook.example:%u/", bench->receiver.port);
    int64_t id = subscribe_url(bench, url, true);
    return wait_state(bench, id, emit(bench), expected);
}

static void a_name_is_dialled_as_it_was_judged(void **state)
{
    Bench *bench = *state;
    FakeDns dns = { .answers = { { .addresses = { address_of("127.0.0.1") }, .count = 1 },
                                 { .addresses = { address_of("10.0.0.1") }, .count = 1 } } };
    deliver_to_name(bench, &dns, DELIVERY_DELIVERED);
    assert_int_equal(hits_of(&bench->receiver), 1);
    assert_int_equal(atomic_load(&dns.asked), 1);
}

static void a_name_with_any_refused_address_is_blocked(void **state)
{
    Bench *bench = *state;
    FakeDns dns = { .answers = {
                        { .addresses = { address_of("127.0.0.1"), address_of("10.0.0.1") }, .count = 2 } } };
    Delivery got = deliver_to_name(bench, &dns, DELIVERY_BLOCKED);
    assert_true(str_is(got.outcome, "address_private"));
    assert_int_equal(hits_of(&bench->receiver), 0);
}

static void a_name_without_addresses_is_a_failure_of_dns(void **state)
{
    Bench *bench = *state;
    FakeDns dns = { .asked = 0 };
    assert_true(str_is(deliver_to_name(bench, &dns, DELIVERY_DEAD).outcome, "dns"));
}

/* WH-15: an outage of our own resolver uses up no attempts and is charged to nobody. */
static void with_our_own_resolver_out_nothing_is_counted(void **state)
{
    Bench *bench = *state;
    FakeDns dns = { .answers = { { .failed = true }, { .failed = true } } };
    bench->options.lookup = fake_lookup;
    bench->options.lookup_arg = &dns;
    bench->options.schedule = quick_schedule(1);
    start_sender(bench);
    int64_t id = subscribe_url(bench, STR("http://hook.example/"), true);
    Delivery got = wait_outcome(bench, id, emit(bench), "ours");
    assert_int_equal(got.state, DELIVERY_PENDING);
    assert_int_equal(got.attempt, 0);
    Webhook webhook;
    assert_int_equal(store_webhook_get(bench->session, ACCOUNT, id, bench->arena, &webhook), STATUS_OK);
    assert_int_equal(webhook.failures, 0);
}

static void localhost_is_reached_when_loopback_is_allowed(void **state)
{
    Bench *bench = *state;
    open_receiver(&bench->receiver, 0, always_ack);
    start_sender(bench);
    int64_t id =
        subscribe_url(bench, arena_printf(bench->arena, "http://localhost:%u/", bench->receiver.port), true);
    wait_state(bench, id, emit(bench), DELIVERY_DELIVERED);
}

/* ---- hostile answers --------------------------------------------------- */

static char *filled;

static const char *answer_filled(Receiver *receiver UNUSED, size_t index UNUSED, const Hit *hit UNUSED)
{
    return filled;
}

/* Answers `start`, then `part` again and again up to `len` bytes, then `end`. */
static void deliver_to_filled(Bench *bench, size_t len, const char *start, const char *part, const char *end,
                              DeliveryState expected, const char *outcome)
{
    bench->options.schedule = quick_schedule(1);
    filled = malloc(len + 1024);
    strcpy(filled, start);
    char *at = filled + strlen(start);
    for (; at < filled + len; at += strlen(part))
        strcpy(at, part);
    strcpy(at, end);
    open_receiver(&bench->receiver, 0, answer_filled);
    start_sender(bench);
    int64_t id = subscribe(bench, "/", false);
    Delivery got = wait_state(bench, id, emit(bench), expected);
    assert_true(str_is(got.outcome, outcome));
    close_receiver(&bench->receiver);
    free(filled);
}

static void a_body_beyond_the_limit_is_cut_and_its_status_counts(void **state)
{
    deliver_to_filled(*state, 1024 * 1024, "HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n", "x", "",
                      DELIVERY_DELIVERED, "ok");
}

#define FILLER "X-Filler: abcdefghijklmnopqrstuvwxyz\r\n"
#define HEAD_END "Content-Length: 0\r\n\r\n"

static void a_head_within_the_limit_will_do(void **state)
{
    deliver_to_filled(*state, 15 * 1024, "HTTP/1.1 200 OK\r\n", FILLER, HEAD_END, DELIVERY_DELIVERED, "ok");
}

static void a_head_beyond_the_limit_is_a_failure(void **state)
{
    deliver_to_filled(*state, 17 * 1024, "HTTP/1.1 200 OK\r\n", FILLER, HEAD_END, DELIVERY_DEAD, "broken");
}

static const char *answer_half(Receiver *receiver UNUSED, size_t index UNUSED, const Hit *hit UNUSED)
{
    return "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf of it";
}

static const char *answer_nothing(Receiver *receiver UNUSED, size_t index UNUSED, const Hit *hit UNUSED)
{
    return "";
}

static void deliver_to_slow(Bench *bench, Answerer *answer)
{
    bench->options.schedule = quick_schedule(1);
    bench->options.attempt_limit_us = 300 * US_PER_MS;
    open_receiver(&bench->receiver, 0, answer);
    start_sender(bench);
    int64_t id = subscribe(bench, "/", false);
    assert_true(str_is(wait_state(bench, id, emit(bench), DELIVERY_DEAD).outcome, "timeout"));
}

static void a_body_that_stops_halfway_is_a_timeout(void **state)
{
    deliver_to_slow(*state, answer_half);
}

static void no_answer_at_all_is_a_timeout(void **state)
{
    deliver_to_slow(*state, answer_nothing);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BENCHED(a_name_is_dialled_as_it_was_judged),
        BENCHED(a_name_with_any_refused_address_is_blocked),
        BENCHED(a_name_without_addresses_is_a_failure_of_dns),
        BENCHED(with_our_own_resolver_out_nothing_is_counted),
        BENCHED(localhost_is_reached_when_loopback_is_allowed),
        BENCHED(a_body_beyond_the_limit_is_cut_and_its_status_counts),
        BENCHED(a_head_within_the_limit_will_do),
        BENCHED(a_head_beyond_the_limit_is_a_failure),
        BENCHED(a_body_that_stops_halfway_is_a_timeout),
        BENCHED(no_answer_at_all_is_a_timeout),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
