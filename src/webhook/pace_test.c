#include "webhook/pace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/macros.h"
#include "base/time.h"

enum { MOST = 64 };

/* A receiver that works on `lanes` requests at once, each for `work_us`, and always gets as many as the
 * pace allows. Gives the greatest limit of the second half. */
static size_t flood(Pace *pace, size_t lanes, int64_t way_us, int64_t work_us, int64_t for_us)
{
    size_t greatest = 0;
    int64_t now_us = US_PER_SECOND, end_us = now_us + for_us;
    while (now_us < end_us) {
        int64_t rounds = (int64_t)((pace->limit + lanes - 1) / lanes);
        now_us += i64_max(work_us / (int64_t)lanes, 1);
        pace_answered(pace, way_us + rounds * work_us, true, now_us);
        if (now_us > end_us - for_us / 2)
            greatest = size_max(greatest, pace->limit);
    }
    return greatest;
}

static void a_receiver_that_answers_at_once_gets_all_there_is(void **state UNUSED)
{
    Pace pace = { .limit = 4, .least = 2, .most = MOST };
    assert_int_equal(flood(&pace, 1000, 100, 500, US_PER_SECOND), MOST);
}

static void a_far_receiver_with_room_gets_more_and_more(void **state UNUSED)
{
    Pace pace = { .limit = 4, .least = 2, .most = MOST };
    assert_true(flood(&pace, 1000, 100 * US_PER_MS, 1000, 8 * US_PER_SECOND) > 20);
}

/* WH-30: an n8n that takes one execution after the other is not flooded, for however long it lasts. */
static void a_receiver_that_takes_one_after_the_other_keeps_a_handful(void **state UNUSED)
{
    Pace pace = { .limit = 4, .least = 2, .most = MOST };
    assert_in_range(flood(&pace, 1, 2 * US_PER_MS, 50 * US_PER_MS, 600 * US_PER_SECOND), 2, 10);
}

static void what_is_never_full_does_not_grow(void **state UNUSED)
{
    Pace pace = { .limit = 4, .least = 2, .most = MOST };
    for (int i = 0; i < 1000; i++)
        pace_answered(&pace, 300, false, US_PER_SECOND + i);
    assert_int_equal(pace.limit, 4);
}

/* WH-13 */
static void failures_that_come_together_halve_it_once(void **state UNUSED)
{
    Pace pace = { .limit = 40, .least = 2, .most = MOST };
    for (int i = 0; i < 40; i++)
        pace_failed(&pace, US_PER_SECOND + i);
    assert_int_equal(pace.limit, 20);
    for (int i = 1; i < 20; i++)
        pace_failed(&pace, (1 + 2 * i) * US_PER_SECOND);
    assert_int_equal(pace.limit, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_receiver_that_answers_at_once_gets_all_there_is),
        cmocka_unit_test(a_far_receiver_with_room_gets_more_and_more),
        cmocka_unit_test(a_receiver_that_takes_one_after_the_other_keeps_a_handful),
        cmocka_unit_test(what_is_never_full_does_not_grow),
        cmocka_unit_test(failures_that_come_together_halve_it_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
