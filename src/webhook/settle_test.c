#include "webhook/settle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define NOW (1000000 * US_PER_SECOND)

static const Schedule schedule = { .waits_us = { 5 * US_PER_SECOND, US_PER_MINUTE }, .count = 2 };

static Settlement settle(AttemptResult result, int64_t attempt)
{
    Settlement settlement = { .lease = 1 };
    settle_result(&result, &schedule, attempt, NOW, 0, &settlement);
    return settlement;
}

static void each_outcome_leads_to_its_state(void **state UNUSED)
{
    static const struct {
        Outcome outcome;
        DeliveryState expected;
        bool uncounted;
    } cases[] = {
        { OUTCOME_OK, DELIVERY_DELIVERED, false },
        { OUTCOME_NOT_ACKNOWLEDGED, DELIVERY_PENDING, false },
        { OUTCOME_STARTING, DELIVERY_PENDING, false },
        { OUTCOME_REDIRECT, DELIVERY_PENDING, false },
        { OUTCOME_CLIENT_ERROR, DELIVERY_PENDING, false },
        { OUTCOME_SERVER_ERROR, DELIVERY_PENDING, false },
        { OUTCOME_TIMEOUT, DELIVERY_PENDING, false },
        { OUTCOME_DNS, DELIVERY_PENDING, false },
        { OUTCOME_CONNECT, DELIVERY_PENDING, false },
        { OUTCOME_TLS, DELIVERY_PENDING, false },
        { OUTCOME_BROKEN, DELIVERY_PENDING, false },
        { OUTCOME_BLOCKED, DELIVERY_BLOCKED, true },
        { OUTCOME_BAD_URL, DELIVERY_BLOCKED, true },
        { OUTCOME_NO_EVENT, DELIVERY_DEAD, false },
        { OUTCOME_NO_SECRET, DELIVERY_BLOCKED, true },
        { OUTCOME_OURS, DELIVERY_PENDING, true },
        { OUTCOME_INTERRUPTED, DELIVERY_PENDING, false },
        { OUTCOME_RELEASED, DELIVERY_PENDING, true },
    };
    _Static_assert(ARRAY_LEN(cases) == OUTCOME_COUNT, "every outcome");
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        Settlement got = settle(
            (AttemptResult){ .outcome = cases[i].outcome, .refused = EGRESS_PRIVATE, .http_status = 7 }, 1);
        assert_int_equal(got.state, cases[i].expected);
        assert_int_equal(got.uncounted, cases[i].uncounted);
        assert_int_equal(got.http_status, 7);
        assert_string_equal(got.outcome.ptr, cases[i].outcome == OUTCOME_BLOCKED
                                                 ? "address_private"
                                                 : name_of(outcome_names, (int)cases[i].outcome));
    }
}

static void a_failure_waits_as_the_schedule_says_until_it_is_used_up(void **state UNUSED)
{
    AttemptResult result = { .outcome = OUTCOME_TIMEOUT };
    assert_int_equal(settle(result, 1).due_us, NOW + 5 * US_PER_SECOND);
    assert_int_equal(settle(result, 2).due_us, NOW + US_PER_MINUTE);
    assert_int_equal(settle(result, 3).state, DELIVERY_DEAD);
    assert_int_equal(settle((AttemptResult){ .outcome = OUTCOME_INTERRUPTED }, 3).state, DELIVERY_PENDING);
    assert_int_equal(settle((AttemptResult){ .outcome = OUTCOME_RELEASED }, 3).due_us, NOW);
}

static void retry_after_counts_when_it_is_later(void **state UNUSED)
{
    AttemptResult result = { .outcome = OUTCOME_CLIENT_ERROR, .retry_after_us = 30 * US_PER_SECOND };
    assert_int_equal(settle(result, 1).due_us, NOW + 30 * US_PER_SECOND);
    assert_int_equal(settle(result, 2).due_us, NOW + US_PER_MINUTE);
}

static void a_success_after_failures_hurries(void **state UNUSED)
{
    QueueHealth health = { .failures = 0 };
    assert_false(settle_health(&health, OUTCOME_OK, 1, NOW));
    assert_false(settle_health(&health, OUTCOME_CONNECT, 1, NOW));
    assert_true(settle_health(&health, OUTCOME_OK, 1, NOW));
    assert_false(settle_health(&health, OUTCOME_OK, 1, NOW));
    assert_false(settle_health(&health, OUTCOME_OK, 1, NOW + US_PER_HOUR));
    health = (QueueHealth){ .failures = 0 }; /* after a restart only the attempt number tells */
    assert_true(settle_health(&health, OUTCOME_OK, 2, NOW));
}

static void our_own_faults_are_no_failures_of_the_receiver(void **state UNUSED)
{
    static const Outcome ours[] = { OUTCOME_BLOCKED, OUTCOME_BAD_URL,     OUTCOME_NO_EVENT,  OUTCOME_NO_SECRET,
                                    OUTCOME_OURS,    OUTCOME_INTERRUPTED, OUTCOME_RELEASED };
    QueueHealth health = { .failures = 0 };
    for (size_t i = 0; i < ARRAY_LEN(ours); i++)
        assert_false(settle_health(&health, ours[i], 1, NOW));
    assert_int_equal(health.failures, 0);
}

static void a_hurry_that_left_some_goes_on_with_the_next_success(void **state UNUSED)
{
    QueueHealth health = { .failures = 1 };
    assert_true(settle_health(&health, OUTCOME_OK, 1, NOW));
    health.hurry_more = true;
    assert_true(settle_health(&health, OUTCOME_OK, 1, NOW));
    assert_false(settle_health(&health, OUTCOME_OK, 1, NOW));
}

/* One event that is never taken, amid others that are, once a second for three days. */
static void an_event_that_is_never_taken_does_not_burn_its_attempts(void **state UNUSED)
{
    QueueHealth health = { .failures = 0 };
    int hurries = 0, in_first_hour = 0;
    for (int64_t second = 0; second < 3 * 24 * 3600; second++) {
        settle_health(&health, OUTCOME_SERVER_ERROR, 1, NOW + second * US_PER_SECOND);
        hurries += settle_health(&health, OUTCOME_OK, 1, NOW + second * US_PER_SECOND);
        if (second == 3600)
            in_first_hour = hurries;
    }
    assert_in_range(in_first_hour, 2, 7);
    assert_in_range(hurries, 8, 16);
}

static void after_a_long_quiet_time_hurrying_is_prompt_again(void **state UNUSED)
{
    QueueHealth health = { .failures = 0 };
    for (int i = 0; i < 10000; i++) {
        settle_health(&health, OUTCOME_SERVER_ERROR, 1, NOW + i * US_PER_SECOND);
        (void)settle_health(&health, OUTCOME_OK, 1, NOW + i * US_PER_SECOND);
    }
    int64_t later_us = NOW + 7 * US_PER_DAY;
    settle_health(&health, OUTCOME_SERVER_ERROR, 1, later_us);
    assert_true(settle_health(&health, OUTCOME_OK, 1, later_us));
    assert_int_equal(health.hurry_after_us, later_us + US_PER_MINUTE);
}

/* WH-33 */
static void a_receiver_that_fails_again_and_again_is_probed(void **state UNUSED)
{
    QueueHealth health = { .failures = 0 };
    for (int i = 1; i < SETTLE_FAILURES_TO_PROBE; i++) {
        settle_health(&health, OUTCOME_TIMEOUT, 1, NOW);
        assert_int_equal(settle_probe_wait(&health, &schedule, NOW), 0);
    }
    settle_health(&health, OUTCOME_TIMEOUT, 1, NOW + US_PER_SECOND);
    assert_int_equal(settle_probe_wait(&health, &schedule, NOW + US_PER_SECOND), schedule.waits_us[0]);
    assert_int_equal(settle_probe_wait(&health, &schedule, NOW + 2 * US_PER_MINUTE), 15 * US_PER_SECOND);
    assert_int_equal(settle_probe_wait(&health, &schedule, NOW + US_PER_DAY), US_PER_MINUTE);
    settle_health(&health, OUTCOME_OURS, 1, NOW);
    assert_int_not_equal(settle_probe_wait(&health, &schedule, NOW), 0);
    settle_health(&health, OUTCOME_OK, 1, NOW);
    assert_int_equal(settle_probe_wait(&health, &schedule, NOW), 0);
}

/* WH-13 */
static void a_receiver_that_asks_for_less_gets_less_until_it_takes_it(void **state UNUSED)
{
    static const int asking[] = { 429, 502, 504 };
    AttemptResult taken = { .outcome = OUTCOME_OK, .http_status = 200 }, refused = { .outcome = OUTCOME_SERVER_ERROR, .http_status = 500 };
    for (size_t i = 0; i < ARRAY_LEN(asking); i++) {
        AttemptResult asks = { .outcome = asking[i] == 429 ? OUTCOME_CLIENT_ERROR : OUTCOME_SERVER_ERROR,
                               .http_status = asking[i] };
        QueueHealth health = { .failures = 0 };
        for (int together = 0; together < 10; together++)
            settle_brake(&health, &asks, NOW + together);
        assert_int_equal(health.brake_us, US_PER_SECOND / 10);
        for (int again = 1; again < 10; again++)
            settle_brake(&health, &asks, NOW + again * US_PER_SECOND);
        assert_int_equal(health.brake_us, 32 * (US_PER_SECOND / 10));
        settle_brake(&health, &refused, NOW);
        assert_int_equal(health.brake_us, 32 * (US_PER_SECOND / 10));
        int64_t passed_us = 0;
        for (; health.brake_us; passed_us += health.brake_us)
            settle_brake(&health, &taken, NOW);
        assert_in_range(passed_us, 5 * US_PER_SECOND, 20 * US_PER_SECOND);
    }
    QueueHealth health = { .failures = 0 };
    settle_brake(&health, &refused, NOW);
    assert_int_equal(health.brake_us, 0);
}

/* WH-34 */
static void five_days_and_twenty_strikes_disable_and_half_of_both_warns(void **state UNUSED)
{
    int64_t days = US_PER_DAY;
    assert_false(settle_gives_up(19, NOW, NOW + 30 * days));
    assert_false(settle_gives_up(1000, NOW, NOW + 5 * days - 1));
    assert_true(settle_gives_up(20, NOW, NOW + 5 * days));
    assert_false(settle_warns(9, NOW, NOW + 30 * days));
    assert_true(settle_warns(10, NOW, NOW + 5 * days / 2));
}

/* WH-13, WH-15: what is our own fault is not charged to the receiver. */
static void only_the_receivers_doing_is_written_down(void **state UNUSED)
{
    Webhook well = { .failing_since_us = 0 }, ill = { .failing_since_us = NOW };
    Webhook rests = { .failing_since_us = NOW, .state = WEBHOOK_DISABLED }; /* WH-40 */
    const ExtraAttempt none = { 0 }, hurried = { .is_extra = true, .state = DELIVERY_PENDING },
                       again = { .is_extra = true, .state = DELIVERY_DELIVERED };
    static const struct {
        Outcome outcome;
        int http_status;
        SettleVerdict on_well, on_ill;
    } cases[] = {
        { OUTCOME_OK, 200, SETTLE_NOTHING, SETTLE_WELL },
        { OUTCOME_CLIENT_ERROR, 410, SETTLE_GONE, SETTLE_GONE },
        { OUTCOME_CLIENT_ERROR, 404, SETTLE_FAILED, SETTLE_FAILED },
        { OUTCOME_TIMEOUT, 0, SETTLE_FAILED, SETTLE_FAILED },
        { OUTCOME_OURS, 0, SETTLE_NOTHING, SETTLE_NOTHING },
        { OUTCOME_BLOCKED, 0, SETTLE_NOTHING, SETTLE_NOTHING },
        { OUTCOME_RELEASED, 0, SETTLE_NOTHING, SETTLE_NOTHING },
        { OUTCOME_INTERRUPTED, 0, SETTLE_NOTHING, SETTLE_NOTHING },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        AttemptResult result = { .outcome = cases[i].outcome, .http_status = cases[i].http_status };
        assert_int_equal(settle_verdict(&result, &well, &none), cases[i].on_well);
        assert_int_equal(settle_verdict(&result, &ill, &none), cases[i].on_ill);
        assert_int_equal(settle_verdict(&result, &rests, &none), SETTLE_NOTHING);
        assert_int_equal(settle_verdict(&result, &well, &hurried), cases[i].on_well);
        assert_int_equal(settle_verdict(&result, &well, &again), SETTLE_NOTHING);
        assert_int_equal(settle_verdict(&result, &ill, &again),
                         cases[i].outcome == OUTCOME_OK ? SETTLE_WELL : SETTLE_NOTHING);
    }
}

/* WH-13: what waits for a receiver that is gone is kept for its return. */
static void gone_is_not_the_end_of_a_delivery(void **state UNUSED)
{
    AttemptResult result = { .outcome = OUTCOME_CLIENT_ERROR, .http_status = 410 };
    assert_int_equal(settle(result, 1).state, DELIVERY_PENDING);
    assert_int_equal(settle(result, 9).state, DELIVERY_PENDING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_outcome_leads_to_its_state),
        cmocka_unit_test(a_failure_waits_as_the_schedule_says_until_it_is_used_up),
        cmocka_unit_test(retry_after_counts_when_it_is_later),
        cmocka_unit_test(a_success_after_failures_hurries),
        cmocka_unit_test(our_own_faults_are_no_failures_of_the_receiver),
        cmocka_unit_test(a_hurry_that_left_some_goes_on_with_the_next_success),
        cmocka_unit_test(an_event_that_is_never_taken_does_not_burn_its_attempts),
        cmocka_unit_test(after_a_long_quiet_time_hurrying_is_prompt_again),
        cmocka_unit_test(a_receiver_that_fails_again_and_again_is_probed),
        cmocka_unit_test(a_receiver_that_asks_for_less_gets_less_until_it_takes_it),
        cmocka_unit_test(five_days_and_twenty_strikes_disable_and_half_of_both_warns),
        cmocka_unit_test(only_the_receivers_doing_is_written_down),
        cmocka_unit_test(gone_is_not_the_end_of_a_delivery),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
