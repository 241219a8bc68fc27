/* Who is credited: the whole table, and what holds for all of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/time.h"
#include "domain/attribution.h"
#include "domain/attribution_cases.h"

static size_t trace_count(const AttributionCase *each)
{
    size_t count = 0;
    while (count < ARRAY_LEN(each->traces) && (each->traces[count].referrer_campaign_id || each->traces[count].kind || each->reasons[count]))
        count++;
    return count;
}

static AttributionFacts facts_of(const AttributionCase *each)
{
    AttributionFacts facts = each->person;
    facts.campaign_id = CAMPAIGN;
    facts.now_us = NOW;
    facts.policy = each->policy;
    facts.click_window_s = each->click_window_s;
    return facts;
}

static void each_case_credits_the_documented_winner(void **state UNUSED)
{
    assert_true(ARRAY_LEN(cases) >= 60);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const AttributionCase *each = &cases[i];
        AttributionFacts facts = facts_of(each);
        Trace traces[ARRAY_LEN(each->traces)];
        memcpy(traces, each->traces, sizeof traces);
        size_t count = trace_count(each);
        int winner = attribution_decide(&facts, traces, count);
        int64_t credited = winner < 0 ? NOBODY : traces[winner].referrer_id;
        if (credited != each->credited)
            fail_msg("%s: credits %lld, not %lld", each->name, (long long)credited, (long long)each->credited);
        for (size_t t = 0; t < count; t++)
            if (traces[t].reason != each->reasons[t])
                fail_msg("%s: trace %zu is %s, not %s", each->name, t, name_of(trace_reason_names, (int)traces[t].reason),
                         name_of(trace_reason_names, (int)each->reasons[t]));
    }
}

/* The winner depends on what the traces are, and on their order only among equals. */
static void a_trace_that_is_ruled_out_never_changes_who_wins(void **state UNUSED)
{
    static const Trace useless[] = { UNKNOWN(TRACE_CLICK), SELF(TRACE_COUPON, OLGA), ELSEWHERE(TRACE_CODE, OLGA),
                                     REJECTED(TRACE_CLICK, OLGA), BELOW(TRACE_EMAIL, OLGA) };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        AttributionFacts facts = facts_of(&cases[i]);
        size_t count = trace_count(&cases[i]);
        for (size_t u = 0; u < ARRAY_LEN(useless); u++) {
            Trace traces[ARRAY_LEN(cases[i].traces) + 1];
            memcpy(traces + 1, cases[i].traces, sizeof cases[i].traces);
            traces[0] = useless[u];
            int winner = attribution_decide(&facts, traces, count + 1);
            assert_int_equal(winner < 0 ? NOBODY : traces[winner].referrer_id, cases[i].credited);
        }
    }
}

static void credit_counts_within_its_window(void **state UNUSED)
{
    Campaign campaign = { .credit_window_s = 10 };
    assert_true(attribution_counts(&campaign, NOW, NOW));
    assert_true(attribution_counts(&campaign, NOW, NOW + 10 * US_PER_SECOND));
    assert_false(attribution_counts(&campaign, NOW, NOW + 10 * US_PER_SECOND + 1));
    campaign.credit_window_s = 0;
    assert_true(attribution_counts(&campaign, NOW, NOW + DAYS(9999)));
}

static void a_cookie_lives_no_longer_than_its_click_counts(void **state UNUSED)
{
    assert_int_equal(attribution_remembers_s(&(Campaign){ .cookie_days = 2, .click_window_s = 3 * 86400 }), 2 * 86400);
    assert_int_equal(attribution_remembers_s(&(Campaign){ .cookie_days = 2, .click_window_s = 3600 }), 3600);
    assert_int_equal(attribution_remembers_s(&(Campaign){ .cookie_days = 2, .click_window_s = FOREVER }), 2 * 86400);
    assert_int_equal(attribution_remembers_s(&(Campaign){ .cookie_days = 0, .click_window_s = 3600 }), 0);
}

static void the_first_click_is_remembered_while_it_counts_or_the_last(void **state UNUSED)
{
    int64_t two_days_s = 2 * 86400;
    assert_true(attribution_replaces(ATTRIBUTION_FIRST, two_days_s, 0, NOW));
    assert_false(attribution_replaces(ATTRIBUTION_FIRST, two_days_s, NOW - DAYS(2), NOW));
    assert_true(attribution_replaces(ATTRIBUTION_FIRST, two_days_s, NOW - DAYS(2) - 1, NOW));
    assert_true(attribution_replaces(ATTRIBUTION_LAST, two_days_s, NOW - 1, NOW));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_case_credits_the_documented_winner),
        cmocka_unit_test(a_trace_that_is_ruled_out_never_changes_who_wins),
        cmocka_unit_test(credit_counts_within_its_window),
        cmocka_unit_test(a_cookie_lives_no_longer_than_its_click_counts),
        cmocka_unit_test(the_first_click_is_remembered_while_it_counts_or_the_last),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
