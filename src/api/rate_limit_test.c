#include "api/rate_limit.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/time.h"

static void a_burst_within_the_minute_is_fine_and_then_it_ends(void **state UNUSED)
{
    RateLimiter *limiter = rate_limiter_new(3);
    int64_t now = 10 * US_PER_MINUTE + 15 * US_PER_SECOND;
    for (int64_t left = 2; left >= 0; left--) {
        RateVerdict verdict = rate_limiter_take(limiter, 7, 1, now);
        assert_true(verdict.allowed);
        assert_int_equal(verdict.left, left);
    }
    RateVerdict over = rate_limiter_take(limiter, 7, 1, now);
    assert_false(over.allowed);
    assert_int_equal(over.retry_after_seconds, 45);
    assert_true(rate_limiter_take(limiter, 8, 1, now).allowed);
    assert_true(rate_limiter_take(limiter, 7, 1, 11 * US_PER_MINUTE).allowed);
    rate_limiter_free(&limiter);
}

static void many_at_once_are_fine_while_one_is_left(void **state UNUSED)
{
    RateLimiter *limiter = rate_limiter_new(3);
    assert_true(rate_limiter_take(limiter, 7, 2, 0).allowed);
    RateVerdict last = rate_limiter_take(limiter, 7, 100, 0);
    assert_true(last.allowed);
    assert_int_equal(last.left, 0);
    assert_false(rate_limiter_take(limiter, 7, 1, 0).allowed);
    rate_limiter_free(&limiter);
}

static void zero_is_no_limit(void **state UNUSED)
{
    RateLimiter *limiter = rate_limiter_new(0);
    for (int i = 0; i < 1000; i++)
        assert_true(rate_limiter_take(limiter, 7, 1, 0).allowed);
    rate_limiter_free(&limiter);
}

static void a_tokens_first_call_of_a_minute_is_told(void **state UNUSED)
{
    for (int64_t limit = 0; limit <= 1; limit++) {
        RateLimiter *limiter = rate_limiter_new(limit);
        assert_true(rate_limiter_take(limiter, 7, 1, US_PER_MINUTE).is_first);
        assert_false(rate_limiter_take(limiter, 7, 1, US_PER_MINUTE).is_first);
        assert_true(rate_limiter_take(limiter, 8, 1, US_PER_MINUTE).is_first);
        assert_true(rate_limiter_take(limiter, 7, 1, 2 * US_PER_MINUTE).is_first);
        rate_limiter_free(&limiter);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_burst_within_the_minute_is_fine_and_then_it_ends),
        cmocka_unit_test(a_tokens_first_call_of_a_minute_is_told),
        cmocka_unit_test(many_at_once_are_fine_while_one_is_left),
        cmocka_unit_test(zero_is_no_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
