/* A campaign's states, its changes and its fraud settings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "domain/campaign.h"
#include "domain/fraud.h"

static Campaign named(CampaignStatus status)
{
    Campaign campaign = campaign_defaults();
    campaign.name = STR("Spring");
    campaign.status = status;
    return campaign;
}

static Status become(CampaignStatus from, CampaignStatus to)
{
    Campaign campaign = named(from);
    CampaignChange change = { .to.status = to, .parts = 1u << CAMPAIGN_PART_STATUS };
    return campaign_check_change(&campaign, &change, NULL);
}

static void states_follow_their_order(void **state UNUSED)
{
    static const struct {
        CampaignStatus from, to;
        bool allowed;
    } cases[] = {
        { CAMPAIGN_DRAFT, CAMPAIGN_DRAFT, true },        { CAMPAIGN_DRAFT, CAMPAIGN_LAUNCHED, true },
        { CAMPAIGN_DRAFT, CAMPAIGN_PAUSED, false },      { CAMPAIGN_DRAFT, CAMPAIGN_ENDED, false },
        { CAMPAIGN_LAUNCHED, CAMPAIGN_DRAFT, false },    { CAMPAIGN_LAUNCHED, CAMPAIGN_LAUNCHED, true },
        { CAMPAIGN_LAUNCHED, CAMPAIGN_PAUSED, true },    { CAMPAIGN_LAUNCHED, CAMPAIGN_ENDED, true },
        { CAMPAIGN_PAUSED, CAMPAIGN_DRAFT, false },      { CAMPAIGN_PAUSED, CAMPAIGN_LAUNCHED, true },
        { CAMPAIGN_PAUSED, CAMPAIGN_PAUSED, true },      { CAMPAIGN_PAUSED, CAMPAIGN_ENDED, true },
        { CAMPAIGN_ENDED, CAMPAIGN_DRAFT, false },       { CAMPAIGN_ENDED, CAMPAIGN_LAUNCHED, true },
        { CAMPAIGN_ENDED, CAMPAIGN_PAUSED, false },      { CAMPAIGN_ENDED, CAMPAIGN_ENDED, true },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_int_equal(become(cases[i].from, cases[i].to), cases[i].allowed ? STATUS_OK : STATUS_INVALID);
}

static void only_what_is_named_changes(void **state UNUSED)
{
    Campaign campaign = named(CAMPAIGN_DRAFT);
    CampaignChange change = { .to = { .name = STR("Autumn"), .live = false, .budget_minor = 5 },
                              .parts = 1u << CAMPAIGN_PART_NAME | 1u << CAMPAIGN_PART_BUDGET };
    campaign_apply(&campaign, &change);
    assert_true(str_is(campaign.name, "Autumn"));
    assert_int_equal(campaign.budget_minor, 5);
    assert_true(campaign.live);
    assert_true(str_is(campaign.lang, "en"));
}

static void test_mode_is_switched_in_drafts_alone(void **state UNUSED)
{
    CampaignChange change = { .to.live = false, .parts = 1u << CAMPAIGN_PART_LIVE };
    Campaign draft = named(CAMPAIGN_DRAFT), launched = named(CAMPAIGN_LAUNCHED);
    assert_int_equal(campaign_check_change(&draft, &change, NULL), STATUS_OK);
    assert_int_equal(campaign_check_change(&launched, &change, NULL), STATUS_INVALID);
    launched.live = false;
    assert_int_equal(campaign_check_change(&launched, &change, NULL), STATUS_OK);
}

static void an_archived_campaign_is_closed_and_fixed(void **state UNUSED)
{
    Campaign campaign = named(CAMPAIGN_LAUNCHED);
    CampaignChange change = { .to.name = STR("Autumn"), .parts = 1u << CAMPAIGN_PART_NAME };
    campaign.archived_us = 1;
    assert_int_equal(campaign_check_change(&campaign, &change, NULL), STATUS_INVALID);
    assert_int_equal(campaign_check_open(&campaign, 5, NULL), STATUS_INVALID);
}

static void assert_wrong(Campaign campaign, const char *field)
{
    Error err = { 0 };
    assert_int_equal(campaign_check(&campaign, &err), STATUS_INVALID);
    assert_string_equal(err.field, field);
}

static void sums_need_a_currency_and_windows_have_an_end(void **state UNUSED)
{
    Campaign good = named(CAMPAIGN_DRAFT), bad = good;
    assert_int_equal(campaign_check(&good, NULL), STATUS_OK);
    bad.budget_minor = 100;
    assert_wrong(bad, "budget_minor");
    strcpy(bad.budget_currency.code, "EUR");
    assert_int_equal(campaign_check(&bad, NULL), STATUS_OK);
    bad.budget_minor = LIMIT_MONEY_MINOR + 1;
    assert_wrong(bad, "budget_minor");
    bad = good;
    bad.min_spend_minor = -1;
    assert_wrong(bad, "min_spend_minor");
    bad = good;
    bad.click_window_s = INT64_C(1) + LIMIT_WINDOW_SECONDS;
    assert_wrong(bad, "click_window_s");
    bad = good;
    bad.credit_window_s = -1;
    assert_wrong(bad, "credit_window_s");
}

static void each_fraud_rule_has_its_own_action(void **state UNUSED)
{
    for (int rule = 0; rule < FRAUD_RULE_COUNT; rule++) {
        assert_int_equal(fraud_action(FRAUD_DEFAULTS, (FraudRule)rule), FRAUD_FLAG);
        int64_t fraud = fraud_with(FRAUD_DEFAULTS, (FraudRule)rule, FRAUD_BLOCK);
        for (int other = 0; other < FRAUD_RULE_COUNT; other++)
            assert_int_equal(fraud_action(fraud, (FraudRule)other), other == rule ? FRAUD_BLOCK : FRAUD_FLAG);
        assert_int_equal(fraud_with(fraud, (FraudRule)rule, FRAUD_FLAG), FRAUD_DEFAULTS);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(states_follow_their_order),
        cmocka_unit_test(only_what_is_named_changes),
        cmocka_unit_test(test_mode_is_switched_in_drafts_alone),
        cmocka_unit_test(an_archived_campaign_is_closed_and_fixed),
        cmocka_unit_test(sums_need_a_currency_and_windows_have_an_end),
        cmocka_unit_test(each_fraud_rule_has_its_own_action),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
