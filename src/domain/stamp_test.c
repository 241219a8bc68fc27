#include "domain/stamp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/limits.h"
#include "base/time.h"

static const CodeKey key = { { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 } };
static const int64_t made_us = INT64_C(1767225600) * US_PER_SECOND, two_s = 2 * US_PER_SECOND;

static StampVerdict judged(CodeKind shown, CodeKind sent, int64_t age_us)
{
    Code page = code_of(&key, shown, 5), form = code_of(&key, sent, 5);
    ClickId stamp = click_id_of(&key, (Str){ page.text, CODE_LEN }, made_us);
    return stamp_judge(&key, (Str){ form.text, CODE_LEN }, str_of(stamp.text), two_s, made_us + age_us);
}

static void a_form_is_taken_from_two_seconds_on_for_a_week(void **state UNUSED)
{
    const int64_t week_us = LIMIT_FORM_AGE_SECONDS * US_PER_SECOND;
    for (int kind = CODE_USER; kind <= CODE_CAMPAIGN; kind++) {
        assert_int_equal(judged((CodeKind)kind, (CodeKind)kind, -1), STAMP_WORTHLESS);
        assert_int_equal(judged((CodeKind)kind, (CodeKind)kind, 0), STAMP_TOO_SOON);
        assert_int_equal(judged((CodeKind)kind, (CodeKind)kind, two_s - 1), STAMP_TOO_SOON);
        assert_int_equal(judged((CodeKind)kind, (CodeKind)kind, two_s), STAMP_GOOD);
        assert_int_equal(judged((CodeKind)kind, (CodeKind)kind, week_us), STAMP_GOOD);
        assert_int_equal(judged((CodeKind)kind, (CodeKind)kind, week_us + 1), STAMP_WORTHLESS);
    }
}

static void a_stamp_of_another_form_or_made_up_is_worthless(void **state UNUSED)
{
    Code code = code_of(&key, CODE_USER, 5);
    ClickId stamp = click_id_of(&key, (Str){ code.text, CODE_LEN }, made_us);
    assert_int_equal(judged(CODE_CAMPAIGN, CODE_USER, two_s), STAMP_WORTHLESS);
    for (size_t len = 0; len < CLICK_ID_LEN; len++)
        assert_int_equal(stamp_judge(&key, (Str){ code.text, CODE_LEN }, (Str){ stamp.text, len }, two_s, made_us + two_s),
                         STAMP_WORTHLESS);
    stamp.text[CLICK_ID_LEN - 1] ^= 1;
    assert_int_equal(stamp_judge(&key, (Str){ code.text, CODE_LEN }, str_of(stamp.text), two_s, made_us + two_s),
                     STAMP_WORTHLESS);
    assert_int_equal(stamp_judge(&key, (Str){ code.text, CODE_LEN }, STR_NONE, two_s, made_us), STAMP_WORTHLESS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_form_is_taken_from_two_seconds_on_for_a_week),
        cmocka_unit_test(a_stamp_of_another_form_or_made_up_is_worthless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
