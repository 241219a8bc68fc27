#include "domain/money.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static Currency currency(const char *code)
{
    Currency out;
    assert_int_equal(currency_parse(str_of(code), &out, NULL), STATUS_OK);
    return out;
}

static void amounts_are_read_to_the_minor_unit(void **state UNUSED)
{
    static const struct {
        const char *text, *currency;
        int64_t minor;
        const char *shown;
    } cases[] = {
        { "25", "USD", 2500, "25.00" },
        { "25.5", "EUR", 2550, "25.50" },
        { "0.01", "USD", 1, "0.01" },
        { "0", "USD", 0, "0.00" },
        { "1200", "JPY", 1200, "1200" },
        { "1.234", "KWD", 1234, "1.234" },
        { "92233720368547758.07", "USD", INT64_MAX, "92233720368547758.07" },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        int64_t minor = -1;
        Currency unit = currency(cases[i].currency);
        assert_int_equal(money_parse(str_of(cases[i].text), unit, &minor, NULL), STATUS_OK);
        assert_int_equal(minor, cases[i].minor);
        assert_string_equal(money_text(minor, unit).text, cases[i].shown);
    }
}

static void what_is_no_amount_of_the_currency_is_refused(void **state UNUSED)
{
    static const char *const bad[] = { "",     "-1",    "+1",  "1.",   ".5",      "1,5",
                                       "1e3",  "1.005", "0x1", "1 0",  "NaN",     "92233720368547758.08",
                                       "12.3.4" };
    int64_t minor;
    Error err;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_int_equal(money_parse(str_of(bad[i]), currency("USD"), &minor, &err), STATUS_INVALID);
    assert_int_equal(money_parse(STR("1.5"), currency("JPY"), &minor, &err), STATUS_INVALID);
    assert_string_equal(err.field, "value");
}

static void currencies_are_three_capital_letters(void **state UNUSED)
{
    Currency out;
    assert_int_equal(currency_parse(STR("usd"), &out, NULL), STATUS_INVALID);
    assert_int_equal(currency_parse(STR("US"), &out, NULL), STATUS_INVALID);
    assert_int_equal(currency_parse(STR("USDT"), &out, NULL), STATUS_INVALID);
}

static void a_sum_that_overflows_is_no_sum(void **state UNUSED)
{
    int64_t sum = 7;
    assert_false(money_add(INT64_MAX, 1, &sum));
    assert_int_equal(sum, 7);
    assert_true(money_add(2500, -2500, &sum));
    assert_int_equal(sum, 0);
    assert_string_equal(money_text(INT64_MIN, currency("USD")).text, "-92233720368547758.08");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(amounts_are_read_to_the_minor_unit),
        cmocka_unit_test(what_is_no_amount_of_the_currency_is_refused),
        cmocka_unit_test(currencies_are_three_capital_letters),
        cmocka_unit_test(a_sum_that_overflows_is_no_sum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
