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

static void times_are_read_with_how_much_of_it_they_name(void **state)
{
    (void)state;
    static const struct {
        const char *text, *utc;
        int64_t span_us;
    } cases[] = {
        { "2026-01-14", "2026-01-14T00:00:00.000Z", US_PER_DAY },
        { " 1970-01-01 ", "1970-01-01T00:00:00.000Z", US_PER_DAY },
        { "2024-02-29", "2024-02-29T00:00:00.000Z", US_PER_DAY },
        { "2026-01-14T09:30", "2026-01-14T09:30:00.000Z", US_PER_MINUTE },
        { "2026-01-14 09:30:05", "2026-01-14T09:30:05.000Z", US_PER_SECOND },
        { "2026-01-14T09:30:05Z", "2026-01-14T09:30:05.000Z", US_PER_SECOND },
        { "2026-01-14T09:30:05.1Z", "2026-01-14T09:30:05.100Z", US_PER_MS },
        { "2026-01-14T09:30:05.123456Z", "2026-01-14T09:30:05.123Z", US_PER_MS },
        { "2026-01-14T00:30:00+02:00", "2026-01-13T22:30:00.000Z", US_PER_SECOND },
        { "2026-01-14T23:30-0130", "2026-01-15T01:00:00.000Z", US_PER_MINUTE },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        int64_t utc_us, span_us;
        assert_true(time_parse(str_of(cases[i].text), &utc_us, &span_us));
        assert_string_equal(time_iso8601(utc_us).text, cases[i].utc);
        assert_int_equal(span_us, cases[i].span_us);
    }
}

static void what_is_no_time_is_not_read(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",           "2026",           "2026-1-4",           "2026-13-01",          "2026-02-29", "2026-00-01",
        "1969-12-31", "20260114",       "2026-01-14x",        "2026-01-14T",         "tomorrow",   "2026-01-14T24:00",
        "26-01-14",   "2026-01-14T9:30", "2026-01-14T09:60",  "2026-01-14T09:30:05.", "-1",        "2026-01-14T09:30+2",
        "1970-01-01T00:30+02:00",
    };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        int64_t utc_us;
        assert_false(time_parse(str_of(texts[i]), &utc_us, NULL));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_written_in_utc),
        cmocka_unit_test(times_before_1970_keep_their_day),
        cmocka_unit_test(the_last_moments_are_written_too),
        cmocka_unit_test(times_are_read_with_how_much_of_it_they_name),
        cmocka_unit_test(what_is_no_time_is_not_read),
        cmocka_unit_test(clocks_run_forward),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
