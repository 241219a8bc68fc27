#include "webhook/retry_after.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/macros.h"

/* WH-12 */
static void retry_after_is_seconds_or_a_date(void **state UNUSED)
{
    enum { NOW_S = 784111777 }; /* Sun, 06 Nov 1994 08:49:37 GMT */
    static const struct {
        const char *value;
        int status;
        int64_t seconds;
    } cases[] = {
        { "120", 429, 120 },
        { " 120 ", 503, 120 },
        { "0", 429, 0 },
        { "1", 301, 1 },
        { "1", 500, 1 },
        { "1", 599, 1 },
        { "86400", 429, 86400 },
        { "86401", 429, 86400 },
        { "999999999999999999999999", 429, 86400 },
        { "Sun, 06 Nov 1994 08:50:37 GMT", 503, 60 },
        { "Sunday, 06-Nov-94 08:50:37 GMT", 503, 60 },
        { "Sun Nov  6 08:50:37 1994", 503, 60 },
        { "Sun, 06 Nov 1994 08:49:36 GMT", 503, 0 },
        { "Sun, 06 Nov 2094 08:49:37 GMT", 503, 86400 },
        { "120", 200, 0 },
        { "120", 204, 0 },
        { "120", 0, 0 },
        { "", 429, 0 },
        { "-5", 429, 0 },
        { "1.5", 429, 0 },
        { "soon", 429, 0 },
        { "tomorrow at 08:49", 429, 0 },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_int_equal(retry_after_us(str_of(cases[i].value), cases[i].status, NOW_S * US_PER_SECOND),
                         cases[i].seconds * US_PER_SECOND);
    assert_int_equal(retry_after_us(STR_NONE, 429, NOW_S * US_PER_SECOND), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(retry_after_is_seconds_or_a_date),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
