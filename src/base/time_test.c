#include "base/time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
/* cmocka wants those first */
#include <cmocka.h>

static void times_are_written_in_utc(void **state)
{
    (void)state;
    setenv("TZ", "Pacific/Auckland", 1);
    assert_string_equal(time_iso8601(0).text, "1970-01-01T00:00:00.000Z");
    int64_t at = 1768383005 * US_PER_SECOND + 123456; /* 14 January 2026 */
    assert_string_equal(time_iso8601(at).text, "2026-01-14T09:30:05.123Z");
    assert_string_equal(time_date(at).text, "2026-01-14");
    assert_string_equal(time_date(1709164800 * US_PER_SECOND).text, "2024-02-29");
}

static void times_before_1970_keep_their_day(void **state)
{
    (void)state;
    assert_string_equal(time_iso8601(-1).text, "1969-12-31T23:59:59.999Z");
    assert_string_equal(time_date(-1).text, "1969-12-31");
    assert_string_equal(time_iso8601(-US_PER_DAY).text, "1969-12-31T00:00:00.000Z");
}

static void the_last_moments_are_written_too(void **state)
{
    (void)state;
    assert_string_equal(time_date(253402300799 * US_PER_SECOND).text, "9999-12-31");
    assert_true(strlen(time_iso8601(INT64_MAX).text) < sizeof(TimeText));
    assert_true(strlen(time_iso8601(INT64_MIN).text) < sizeof(TimeText));
}

static void clocks_run_forward(void **state)
{
    (void)state;
    assert_true(time_now_us() > 1700000000 * US_PER_SECOND);
    int64_t before = time_monotonic_us();
    assert_true(time_monotonic_us() >= before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_written_in_utc),
        cmocka_unit_test(times_before_1970_keep_their_day),
        cmocka_unit_test(the_last_moments_are_written_too),
        cmocka_unit_test(clocks_run_forward),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
