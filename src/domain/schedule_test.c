#include "domain/schedule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* WH-10 */
static void the_default_makes_ten_attempts_in_75_hours_35_minutes_5_seconds(void **state UNUSED)
{
    int64_t at_us = 0, wait_us;
    int64_t attempt = 1;
    while (schedule_wait(&schedule_default, attempt, 0, &wait_us)) {
        at_us += wait_us;
        attempt++;
    }
    assert_int_equal(attempt, 10);
    assert_int_equal(at_us, 75 * US_PER_HOUR + 35 * US_PER_MINUTE + 5 * US_PER_SECOND);
}

static void the_default_waits_as_standard_webhooks_says(void **state UNUSED)
{
    static const int64_t seconds[] = { 5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400 };
    for (size_t i = 0; i < ARRAY_LEN(seconds); i++) {
        int64_t wait_us;
        assert_true(schedule_wait(&schedule_default, (int64_t)i + 1, 0, &wait_us));
        assert_int_equal(wait_us, seconds[i] * US_PER_SECOND);
    }
}

static void the_default_is_what_its_text_says(void **state UNUSED)
{
    Schedule schedule;
    assert_int_equal(schedule_parse(STR(SCHEDULE_DEFAULT), &schedule, NULL), STATUS_OK);
    assert_int_equal(schedule.count, schedule_default.count);
    assert_memory_equal(schedule.waits_us, schedule_default.waits_us, schedule.count * sizeof schedule.waits_us[0]);
}

static void an_attempt_number_out_of_range_has_no_wait(void **state UNUSED)
{
    int64_t wait_us;
    assert_false(schedule_wait(&schedule_default, 10, 0, &wait_us));
    assert_false(schedule_wait(&schedule_default, INT64_MAX, 0, &wait_us));
    assert_false(schedule_wait(&schedule_default, 0, 0, &wait_us));
}

/* WH-11 */
static void jitter_only_adds_and_at_most_a_fifth(void **state UNUSED)
{
    enum { DRAWS = 10000, BINS = 10 };
    int64_t base_us = schedule_default.waits_us[8];
    int bins[BINS] = { 0 };
    uint32_t chance = 1;
    for (int i = 0; i < DRAWS; i++) {
        int64_t wait_us;
        chance = chance * 1664525 + 1013904223;
        assert_true(schedule_wait(&schedule_default, 9, chance, &wait_us));
        assert_in_range(wait_us, base_us, base_us + base_us / 5);
        bins[(wait_us - base_us) * BINS / (base_us / 5)]++;
    }
    for (int i = 0; i < BINS; i++)
        assert_in_range(bins[i], DRAWS / BINS / 2, DRAWS / BINS * 2);
    int64_t least_us, most_us;
    assert_true(schedule_wait(&schedule_default, 9, 0, &least_us));
    assert_true(schedule_wait(&schedule_default, 9, UINT32_MAX, &most_us));
    assert_int_equal(least_us, base_us);
    assert_in_range(most_us, base_us + base_us / 5 - US_PER_SECOND, base_us + base_us / 5);
}

static void a_schedule_is_seconds_with_commas(void **state UNUSED)
{
    Schedule schedule;
    assert_int_equal(schedule_parse(STR("5, 300,604800"), &schedule, NULL), STATUS_OK);
    assert_int_equal(schedule.count, 3);
    assert_int_equal(schedule.waits_us[0], 5 * US_PER_SECOND);
    assert_int_equal(schedule.waits_us[1], 300 * US_PER_SECOND);
    assert_int_equal(schedule.waits_us[2], 7 * US_PER_DAY);
}

static void a_malformed_schedule_is_refused_with_a_reason(void **state UNUSED)
{
    static const char *const bad[] = {
        "", ",", "5,", ",5", "5,,6", "0", "-1", "604801", "1.5", "5s", "5;6", "x", "99999999999999999999"
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        Schedule schedule;
        Error err = { .text = "" };
        assert_int_equal(schedule_parse(str_of(bad[i]), &schedule, &err), STATUS_INVALID);
        assert_true(strlen(err.text) > 20);
    }
    Schedule schedule;
    assert_int_equal(schedule_parse(STR_NONE, &schedule, NULL), STATUS_INVALID);
}

static void a_schedule_has_at_most_thirty_waits(void **state UNUSED)
{
    char text[2 * 31 + 1] = "";
    for (int i = 0; i < 31; i++)
        strcat(text, i ? ",1" : "1");
    Schedule schedule;
    assert_int_equal(schedule_parse(str_of(text), &schedule, NULL), STATUS_INVALID);
    assert_int_equal(schedule_parse((Str){ text, 2 * 30 - 1 }, &schedule, NULL), STATUS_OK);
    assert_int_equal(schedule.count, 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_default_makes_ten_attempts_in_75_hours_35_minutes_5_seconds),
        cmocka_unit_test(the_default_waits_as_standard_webhooks_says),
        cmocka_unit_test(the_default_is_what_its_text_says),
        cmocka_unit_test(an_attempt_number_out_of_range_has_no_wait),
        cmocka_unit_test(jitter_only_adds_and_at_most_a_fifth),
        cmocka_unit_test(a_schedule_is_seconds_with_commas),
        cmocka_unit_test(a_malformed_schedule_is_refused_with_a_reason),
        cmocka_unit_test(a_schedule_has_at_most_thirty_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
