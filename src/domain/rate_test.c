#include "domain/rate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/limits.h"
#include "base/time.h"

#define NOW (1000 * US_PER_SECOND)

static void a_rate_is_a_number_a_second_or_a_minute(void **state UNUSED)
{
    Rate rate;
    assert_int_equal(rate_parse(STR("10/second"), &rate, NULL), STATUS_OK);
    assert_int_equal(rate.count, 10);
    assert_int_equal(rate.per_us, US_PER_SECOND);
    assert_string_equal(rate_text(rate).text, "10/second");
    assert_int_equal(rate_parse(STR("10000/minute"), &rate, NULL), STATUS_OK);
    assert_string_equal(rate_text(rate).text, "10000/minute");
    assert_string_equal(rate_text((Rate){ 0 }).text, "");
    static const char *const bad[] = { "", "/", "10", "10/", "/second", "0/second", "-1/second", "10001/second", "1.5/second",
                                       "10/hour", "10/second/second", "10 / second", "x/minute" };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        Error err = { .text = "" };
        assert_int_equal(rate_parse(str_of(bad[i]), &rate, &err), STATUS_INVALID);
        assert_non_null(strstr(err.text, "10/second"));
    }
    assert_int_equal(rate_parse(STR_NONE, &rate, NULL), STATUS_INVALID);
}

/* Takes all that may go, at uneven times, until `total` have gone; checks each stretch of a second. Gives how long
 * it took. */
static int64_t drain(Rate rate, size_t total, int64_t most_in_a_second)
{
    int64_t *gone_us = calloc(total, sizeof *gone_us), even_us = 0, now_us = NOW;
    uint32_t chance = 1;
    for (size_t count = 0; count < total;) {
        int64_t room = i64_min(rate_room(rate, even_us, now_us), (int64_t)(total - count));
        even_us = rate_spend(rate, even_us, now_us, room);
        for (int64_t i = 0; i < room; i++, count++) {
            gone_us[count] = now_us;
            if (count >= (size_t)most_in_a_second)
                assert_true(now_us - gone_us[count - (size_t)most_in_a_second] >= US_PER_SECOND);
        }
        chance = chance * 1664525 + 1013904223;
        now_us += rate_wait_us(rate, even_us, now_us) + (int64_t)(chance % 2000);
    }
    free(gone_us);
    return now_us - NOW;
}

/* WH-31 */
static void no_second_has_more_than_the_rate_and_the_burst(void **state UNUSED)
{
    Rate ten = { 10, US_PER_SECOND, 5 }, usual = { 10, US_PER_SECOND, 0 }, odd = { 7, US_PER_SECOND, 1 };
    assert_in_range(drain(ten, 1000, 15), 99 * US_PER_SECOND, 101 * US_PER_SECOND);
    assert_in_range(drain(usual, 1000, 20), 98 * US_PER_SECOND, 101 * US_PER_SECOND);
    assert_in_range(drain(odd, 700, 8), 99 * US_PER_SECOND, 101 * US_PER_SECOND);
}

static void a_rate_by_the_minute_goes_evenly(void **state UNUSED)
{
    Rate rate = { 30, US_PER_MINUTE, 0 };
    assert_in_range(drain(rate, 31, 2), 60 * US_PER_SECOND, 63 * US_PER_SECOND);
}

static void without_a_limit_there_is_always_room(void **state UNUSED)
{
    Rate none = { 0 };
    assert_int_equal(rate_room(none, NOW + US_PER_DAY, NOW), INT64_MAX);
    assert_int_equal(rate_wait_us(none, NOW + US_PER_DAY, NOW), 0);
    assert_int_equal(rate_spend(none, NOW, NOW, 1000), 0);
}

static void after_a_rest_there_is_the_burst_and_no_more(void **state UNUSED)
{
    Rate rate = { 10, US_PER_SECOND, 5 };
    int64_t even_us = rate_spend(rate, 0, NOW, 5);
    assert_int_equal(rate_room(rate, even_us, NOW), 0);
    assert_int_equal(rate_wait_us(rate, even_us, NOW), US_PER_SECOND / 10);
    assert_int_equal(rate_room(rate, even_us, NOW + US_PER_SECOND / 10), 1);
    assert_int_equal(rate_room(rate, even_us, NOW + US_PER_DAY), 5);
}

/* What was spent at one a minute is not paid for at ten a second. */
static void a_faster_rate_forgets_what_a_slower_one_has_spent(void **state UNUSED)
{
    int64_t even_us = rate_spend((Rate){ 1, US_PER_MINUTE, 10 }, 0, NOW, 10);
    assert_in_range(rate_wait_us((Rate){ 10, US_PER_SECOND, 1 }, even_us, NOW), 1, US_PER_SECOND / 10);
}

static void one_each_interval_is_a_rate_without_a_burst(void **state UNUSED)
{
    Rate each = rate_each(3 * US_PER_SECOND);
    assert_int_equal(rate_room(each, 0, NOW), 1);
    int64_t even_us = rate_spend(each, 0, NOW, 1);
    assert_int_equal(rate_room(each, even_us, NOW), 0);
    assert_int_equal(rate_wait_us(each, even_us, NOW), 3 * US_PER_SECOND);
    assert_int_equal(rate_room(rate_each(0), even_us, NOW), INT64_MAX);
}

static void the_greatest_numbers_fit(void **state UNUSED)
{
    Rate rate = { 1, US_PER_MINUTE, LIMIT_RATE };
    int64_t now_us = INT64_C(4000000000) * US_PER_SECOND, even_us = rate_spend(rate, 0, now_us, LIMIT_RATE);
    assert_int_equal(rate_room(rate, even_us, now_us), 0);
    assert_int_equal(rate_wait_us(rate, even_us, now_us), US_PER_MINUTE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rate_is_a_number_a_second_or_a_minute),
        cmocka_unit_test(no_second_has_more_than_the_rate_and_the_burst),
        cmocka_unit_test(a_rate_by_the_minute_goes_evenly),
        cmocka_unit_test(without_a_limit_there_is_always_room),
        cmocka_unit_test(after_a_rest_there_is_the_burst_and_no_more),
        cmocka_unit_test(a_faster_rate_forgets_what_a_slower_one_has_spent),
        cmocka_unit_test(one_each_interval_is_a_rate_without_a_burst),
        cmocka_unit_test(the_greatest_numbers_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
