/* Rewards, grants, orders, periods and the ledger: the pure rules. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/limits.h"
#include "base/time.h"
#include "domain/ledger.h"

static User referrer = { .id = 5 }, lead = { .id = 6, .referrer_id = 5 };

static RewardCause qualified(int64_t times)
{
    return (RewardCause){ .when = REWARD_WHEN_QUALIFIED, .user = &lead, .referrer = &referrer, .times_for_referrer = times };
}

static Reward dollars(void)
{
    return (Reward){ .id = 1, .name = STR("Box"), .metric = METRIC_AMOUNT, .value_minor = 2500, .currency = { "USD" },
                     .who = REWARD_FOR_REFERRER, .when = REWARD_WHEN_QUALIFIED };
}

/* ---- which key --------------------------------------------------------- */

static void each_reward_goes_to_its_recipient(void **state UNUSED)
{
    const RewardCause joined = { .when = REWARD_WHEN_JOINED, .user = &referrer };
    const RewardCause invited = { .when = REWARD_WHEN_INVITED, .user = &lead, .referrer = &referrer, .times_for_referrer = 1 };
    const RewardCause causes[] = { joined, invited, qualified(1) };
    static const struct {
        RewardFor who;
        RewardWhen when;
        int64_t recipients[3];
    } cases[] = {
        { REWARD_FOR_REFERRER, REWARD_WHEN_JOINED, { 5, 0, 0 } },    { REWARD_FOR_REFERRER, REWARD_WHEN_INVITED, { 0, 5, 0 } },
        { REWARD_FOR_LEAD, REWARD_WHEN_INVITED, { 0, 6, 0 } },       { REWARD_FOR_REFERRER, REWARD_WHEN_QUALIFIED, { 0, 0, 5 } },
        { REWARD_FOR_LEAD, REWARD_WHEN_QUALIFIED, { 0, 0, 6 } },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        for (size_t k = 0; k < ARRAY_LEN(causes); k++) {
            Reward reward = { .id = 1, .who = cases[i].who, .when = cases[i].when };
            GrantKey key;
            bool given = reward_key(&reward, &causes[k], &key);
            assert_int_equal(given, cases[i].recipients[k] != 0);
            if (given)
                assert_int_equal(key.recipient_id, cases[i].recipients[k]);
        }
    }
}

static void a_referrer_who_is_gone_gets_nothing_and_the_lead_does(void **state UNUSED)
{
    RewardCause cause = qualified(0);
    Reward reward = dollars();
    GrantKey key;
    cause.referrer = NULL;
    assert_false(reward_key(&reward, &cause, &key));
    reward.who = REWARD_FOR_LEAD;
    assert_true(reward_key(&reward, &cause, &key));
}

/* The numbers that 1, 2, … 9 referrals make; 0: none. */
static void assert_numbers(const Reward *reward, const int64_t expected[9])
{
    for (int64_t times = 1; times <= 9; times++) {
        RewardCause cause = qualified(times);
        GrantKey key;
        bool given = reward_key(reward, &cause, &key);
        assert_int_equal(given ? key.number : 0, expected[times - 1]);
        if (given)
            assert_int_equal(key.referral_id, 0);
    }
}

static void what_depends_on_a_count_is_keyed_by_it(void **state UNUSED)
{
    RewardStep steps[] = { { 1, 100 }, { 3, 300 }, { 5, 900 } };
    Reward reward = dollars();
    reward.frequency = FREQUENCY_EVERY_N;
    reward.every = 3;
    assert_numbers(&reward, (int64_t[]){ 0, 0, 3, 0, 0, 6, 0, 0, 9 });
    reward.frequency = FREQUENCY_ONCE;
    assert_numbers(&reward, (int64_t[]){ 1, 1, 1, 1, 1, 1, 1, 1, 1 });
    reward.frequency = FREQUENCY_MILESTONES;
    reward.steps = steps;
    reward.step_count = ARRAY_LEN(steps);
    assert_numbers(&reward, (int64_t[]){ 1, 0, 3, 0, 5, 0, 0, 0, 0 });
}

static void orders_pay_only_what_is_for_orders(void **state UNUSED)
{
    Conversion order = { .id = 77 };
    Reward each = dollars(), for_orders = dollars();
    for_orders.frequency = FREQUENCY_ORDER;
    RewardCause qualification = qualified(1), ordered = qualified(1);
    ordered.order = qualification.order = &order;
    ordered.is_order = true;
    GrantKey key;
    assert_true(reward_key(&each, &qualification, &key));
    assert_int_equal(key.referral_id, lead.id);
    assert_int_equal(key.number, 0);
    assert_false(reward_key(&each, &ordered, &key));
    assert_false(reward_key(&for_orders, &qualification, &key));
    assert_true(reward_key(&for_orders, &ordered, &key));
    assert_int_equal(key.number, 77);
}

/* ---- how much ---------------------------------------------------------- */

static void tiers_and_milestones_have_values_of_their_own(void **state UNUSED)
{
    RewardStep steps[] = { { 3, 3000 }, { 5, 9000 } };
    Reward reward = dollars();
    reward.steps = steps;
    reward.step_count = ARRAY_LEN(steps);
    static const int64_t tiers[] = { 2500, 2500, 3000, 3000, 9000, 9000 };
    for (int64_t times = 1; times <= 6; times++)
        assert_int_equal(reward_rate(&reward, &(GrantKey){ 0 }, times), tiers[times - 1]);
    reward.frequency = FREQUENCY_MILESTONES;
    assert_int_equal(reward_rate(&reward, &(GrantKey){ .number = 3 }, 8), 3000);
}

static void a_commission_drops_the_fraction_and_ends_at_its_cap(void **state UNUSED)
{
    Reward reward = dollars();
    reward.metric = METRIC_COMMISSION;
    assert_int_equal(reward_value(&reward, 1250, 10000), 1250);
    assert_int_equal(reward_value(&reward, 1250, 999), 124); /* 124.875 */
    assert_int_equal(reward_value(&reward, 1, 9999), 0);
    assert_int_equal(reward_value(&reward, 1250, SPEND_UNKNOWN), 0);
    assert_int_equal(reward_value(&reward, COMMISSION_WHOLE, LIMIT_MONEY_MINOR), LIMIT_MONEY_MINOR);
    assert_int_equal(reward_value(&reward, COMMISSION_WHOLE - 1, INT64_MAX), INT64_MAX - INT64_MAX / 10000 - 1);
    reward.cap_minor = 500;
    assert_int_equal(reward_value(&reward, 1250, 10000), 500);
}

/* ---- definitions ------------------------------------------------------- */

typedef void Spoil(Reward *reward);

#define SPOIL(name, statement)           \
    static void name(Reward *r)          \
    {                                    \
        statement;                       \
    }
static RewardCap twice[] = { { CAP_PERSON, PERIOD_DAY, 1, 0 }, { CAP_PERSON, PERIOD_DAY, 2, 0 } };
static RewardCap empty[] = { { CAP_PERSON, PERIOD_DAY, 0, 0 } };
static RewardCap yearly[] = { { CAP_PERSON, PERIOD_YEAR, 1, 0 } };
static RewardStep falling[] = { { 3, 1 }, { 2, 1 } };
SPOIL(no_value, r->value_minor = 0)
SPOIL(no_currency, r->currency = (Currency){ "" })
SPOIL(no_name, r->name = STR(" "))
SPOIL(lead_joins, (r->who = REWARD_FOR_LEAD, r->when = REWARD_WHEN_JOINED))
SPOIL(third_joining, (r->when = REWARD_WHEN_JOINED, r->frequency = FREQUENCY_EVERY_N, r->every = 3))
SPOIL(third_of_a_lead, (r->who = REWARD_FOR_LEAD, r->frequency = FREQUENCY_EVERY_N, r->every = 2))
SPOIL(every_zeroth, r->frequency = FREQUENCY_EVERY_N)
SPOIL(commission_for_invited, (r->metric = METRIC_COMMISSION, r->when = REWARD_WHEN_INVITED))
SPOIL(commission_of_more, (r->metric = METRIC_COMMISSION, r->value_minor = 10001))
SPOIL(cap_of_amount, r->cap_minor = 5)
SPOIL(no_milestones, r->frequency = FREQUENCY_MILESTONES)
SPOIL(falling_steps, (r->frequency = FREQUENCY_MILESTONES, r->steps = falling, r->step_count = 2))
SPOIL(steps_of_once, (r->frequency = FREQUENCY_ONCE, r->steps = falling, r->step_count = 1))
SPOIL(same_caps_twice, (r->caps = twice, r->cap_count = 2))
SPOIL(cap_of_nothing, (r->caps = empty, r->cap_count = 1))
SPOIL(cap_per_year, (r->caps = yearly, r->cap_count = 1))
SPOIL(recurring_never, r->frequency = FREQUENCY_RECURRING)
SPOIL(recurring_daily, (r->frequency = FREQUENCY_RECURRING, r->period = PERIOD_DAY))
SPOIL(period_of_each, r->period = PERIOD_MONTH)
SPOIL(orders_of_invited, (r->frequency = FREQUENCY_ORDER, r->when = REWARD_WHEN_INVITED))
SPOIL(recurring_coupon, (r->metric = METRIC_COUPON, r->frequency = FREQUENCY_RECURRING, r->period = PERIOD_WEEK))
SPOIL(long_hold, r->hold_s = LIMIT_HOLD_SECONDS + 1)

static void a_reward_that_makes_no_sense_is_refused_with_the_field(void **state UNUSED)
{
    static const struct {
        Spoil *spoil;
        const char *field;
    } cases[] = {
        { no_value, "value_minor" },           { no_currency, "currency" },   { no_name, "name" },
        { lead_joins, "reward_for" },           { third_joining, "every" },    { third_of_a_lead, "every" },
        { every_zeroth, "every" },       { commission_for_invited, "when_referral" }, { commission_of_more, "value_minor" },
        { cap_of_amount, "cap_minor" },        { no_milestones, "steps" },    { falling_steps, "steps" },
        { steps_of_once, "steps" },      { same_caps_twice, "caps" },   { cap_of_nothing, "caps" },
        { cap_per_year, "caps" },        { recurring_never, "period" }, { recurring_daily, "period" },
        { period_of_each, "period" },    { orders_of_invited, "frequency" }, { recurring_coupon, "frequency" },
        { long_hold, "hold_s" },
    };
    Reward good = dollars();
    assert_int_equal(reward_check(&good, NULL), STATUS_OK);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        Reward reward = dollars();
        Error err = { 0 };
        cases[i].spoil(&reward);
        assert_int_equal(reward_check(&reward, &err), STATUS_INVALID);
        assert_string_equal(err.field, cases[i].field);
    }
}

static void what_grants_are_counted_by_stays_once_there_are_some(void **state UNUSED)
{
    Reward before = dollars(), after = dollars();
    after.name = STR("Other");
    after.value_minor = 1;
    after.status = REWARD_INACTIVE;
    after.hold_s = 60;
    assert_int_equal(reward_check_change(&before, &after, NULL), STATUS_OK);
    after.frequency = FREQUENCY_ONCE;
    assert_int_equal(reward_check_change(&before, &after, NULL), STATUS_INVALID);
    after = dollars();
    after.caps = twice;
    after.cap_count = 1;
    assert_int_equal(reward_check_change(&before, &after, NULL), STATUS_INVALID);
}

/* ---- grants ------------------------------------------------------------ */

static void only_due_grants_with_what_they_give_can_be_issued(void **state UNUSED)
{
    Grant grant = { .state = GRANT_DUE, .metric = METRIC_COUPON };
    assert_false(grant_can_be_issued(&grant));
    assert_int_equal(grant_check_issue(&grant, NULL), STATUS_INVALID);
    grant.coupon = STR("SPRING-1");
    assert_int_equal(grant_check_issue(&grant, NULL), STATUS_OK);
    static const GrantState others[] = { GRANT_ISSUED, GRANT_CANCELLED, GRANT_PENDING, GRANT_FAILED, GRANT_REVERSED };
    for (size_t i = 0; i < ARRAY_LEN(others); i++) {
        grant.state = others[i];
        assert_int_equal(grant_check_issue(&grant, NULL), STATUS_INVALID);
    }
    grant = (Grant){ .state = GRANT_DUE, .metric = METRIC_COMMISSION, .spend_minor = SPEND_UNKNOWN };
    assert_int_equal(grant_check_issue(&grant, NULL), STATUS_INVALID);
    grant.spend_minor = 0;
    assert_int_equal(grant_check_issue(&grant, NULL), STATUS_OK);
}

static void a_grant_waits_for_time_approval_and_review(void **state UNUSED)
{
    Reward reward = { .approval = true };
    Grant grant = { .release_us = 100 };
    assert_int_equal(grant_waiting_state(&grant, &reward, false, 99), GRANT_PENDING);
    grant.approved_us = 50;
    assert_int_equal(grant_waiting_state(&grant, &reward, false, 99), GRANT_PENDING);
    assert_int_equal(grant_waiting_state(&grant, &reward, false, 100), GRANT_DUE);
    assert_int_equal(grant_waiting_state(&grant, &reward, true, 100), GRANT_PENDING);
}

/* ---- orders ------------------------------------------------------------ */

static void refunds_end_when_nothing_is_left(void **state UNUSED)
{
    Conversion order = { .amount_minor = 1000, .currency = { "USD" }, .counts = true };
    assert_int_equal(conversion_refund(&order, 1001, 5, NULL), STATUS_INVALID);
    assert_int_equal(conversion_refund(&order, 0, 5, NULL), STATUS_INVALID);
    assert_int_equal(conversion_refund(&order, 400, 5, NULL), STATUS_OK);
    assert_int_equal(conversion_net(&order), 600);
    assert_true(conversion_stands(&order));
    assert_int_equal(conversion_refund(&order, -1, 6, NULL), STATUS_OK);
    assert_false(conversion_stands(&order));
    assert_int_equal(order.refunded_us, 6);
    assert_int_equal(conversion_refund(&order, -1, 7, NULL), STATUS_INVALID);
    Conversion free = { .amount_minor = 0, .counts = true };
    assert_int_equal(conversion_refund(&free, -1, 7, NULL), STATUS_OK);
    assert_false(conversion_stands(&free));
}

static void the_same_order_is_the_same_user_amount_and_currency(void **state UNUSED)
{
    Conversion known = { .user_id = 6, .amount_minor = 1000, .currency = { "USD" }, .refunded_minor = 300 }, again = known;
    assert_int_equal(conversion_check_same(&known, &again, NULL), STATUS_OK);
    again.amount_minor = 1001;
    assert_int_equal(conversion_check_same(&known, &again, NULL), STATUS_CONFLICT);
    again = known, again.currency = (Currency){ "EUR" };
    assert_int_equal(conversion_check_same(&known, &again, NULL), STATUS_CONFLICT);
    again = known, again.user_id = 7;
    assert_int_equal(conversion_check_same(&known, &again, NULL), STATUS_CONFLICT);
}

static void spending_counts_in_its_currency_and_window(void **state UNUSED)
{
    Campaign campaign = { .min_spend_minor = 1000, .min_spend_currency = { "USD" }, .min_spend_window_s = 10 };
    User buyer = { .id = 6, .referrer_id = 5, .signed_up_us = 100 * US_PER_SECOND };
    const Conversion orders[] = {
        { .amount_minor = 600, .currency = { "USD" }, .counts = true, .occurred_us = 105 * US_PER_SECOND },
        { .amount_minor = 600, .currency = { "EUR" }, .counts = true, .occurred_us = 105 * US_PER_SECOND },
        { .amount_minor = 600, .currency = { "USD" }, .counts = false, .occurred_us = 105 * US_PER_SECOND },
        { .amount_minor = 600, .currency = { "USD" }, .counts = true, .occurred_us = 111 * US_PER_SECOND },
        { .amount_minor = 600, .refunded_minor = 600, .refunded_us = 1, .currency = { "USD" }, .counts = true, .occurred_us = 105 * US_PER_SECOND },
    };
    Spend spend = { 0 };
    for (size_t i = 0; i < ARRAY_LEN(orders); i++)
        assert_int_equal(spend_add(&spend, &campaign, &buyer, &orders[i], NULL), STATUS_OK);
    assert_int_equal(spend.total_minor, 600);
    assert_false(spend_qualifies(&spend, &campaign));
    Conversion last = { .amount_minor = 400, .currency = { "USD" }, .counts = true, .occurred_us = 110 * US_PER_SECOND };
    assert_int_equal(spend_add(&spend, &campaign, &buyer, &last, NULL), STATUS_OK);
    assert_true(spend_qualifies(&spend, &campaign));
}

static void without_a_minimum_any_order_qualifies(void **state UNUSED)
{
    Campaign campaign = { 0 };
    Conversion order = { .amount_minor = 0, .currency = { "USD" }, .counts = true, .occurred_us = 1 };
    Spend spend = { 0 };
    assert_false(spend_qualifies(&spend, &campaign));
    assert_int_equal(spend_add(&spend, &campaign, &lead, &order, NULL), STATUS_OK);
    assert_true(spend_qualifies(&spend, &campaign));
}

/* ---- periods ----------------------------------------------------------- */

static int64_t at(const char *text)
{
    int64_t us;
    assert_true(time_parse(str_of(text), &us, NULL));
    return us;
}

static void periods_begin_where_the_calendar_says(void **state UNUSED)
{
    static const struct {
        const char *time;
        Period period;
        const char *start;
    } cases[] = {
        { "2026-11-22T15:30:00Z", PERIOD_DAY, "2026-11-22" },   { "2026-11-22T15:30:00Z", PERIOD_WEEK, "2026-11-16" },
        { "2026-11-23T00:00:00Z", PERIOD_WEEK, "2026-11-23" },  { "2026-11-22T15:30:00Z", PERIOD_MONTH, "2026-11-01" },
        { "2026-11-22T15:30:00Z", PERIOD_QUARTER, "2026-10-01" }, { "2026-11-22T15:30:00Z", PERIOD_YEAR, "2026-01-01" },
        { "2024-02-29T23:59:59Z", PERIOD_DAY, "2024-02-29" },   { "2024-03-01T00:00:00Z", PERIOD_MONTH, "2024-03-01" },
        { "2000-02-29T12:00:00Z", PERIOD_YEAR, "2000-01-01" },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_int_equal(period_start(cases[i].period, at(cases[i].time)), at(cases[i].start));
    assert_int_equal(period_start(PERIOD_EVER, at("2026-11-22")), 0);
}

static void a_month_later_is_the_same_day_or_the_last(void **state UNUSED)
{
    static const struct {
        const char *from;
        Period period;
        int64_t count;
        const char *to;
    } cases[] = {
        { "2026-01-31T10:00:00Z", PERIOD_MONTH, 1, "2026-02-28T10:00:00Z" },
        { "2026-01-31T10:00:00Z", PERIOD_MONTH, 2, "2026-03-31T10:00:00Z" },
        { "2023-12-31T10:00:00Z", PERIOD_MONTH, 2, "2024-02-29T10:00:00Z" },
        { "2026-11-22T10:00:00Z", PERIOD_QUARTER, 1, "2027-02-22T10:00:00Z" },
        { "2024-02-29T10:00:00Z", PERIOD_YEAR, 1, "2025-02-28T10:00:00Z" },
        { "2026-11-22T10:00:00Z", PERIOD_WEEK, 2, "2026-12-06T10:00:00Z" },
        { "2026-12-31T10:00:00Z", PERIOD_DAY, 1, "2027-01-01T10:00:00Z" },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_int_equal(period_after(cases[i].period, at(cases[i].from), cases[i].count), at(cases[i].to));
}

/* ---- the ledger -------------------------------------------------------- */

static void every_posting_adds_up_to_zero(void **state UNUSED)
{
    Grant grant = { .id = 3, .recipient_id = 5, .currency = { "USD" } };
    for (int kind = 0; kind < LEDGER_KIND_COUNT; kind++) {
        LedgerEntry entries[2];
        ledger_post(&grant, (LedgerKind)kind, 700, entries);
        assert_int_equal(entries[0].amount_minor + entries[1].amount_minor, 0);
        assert_int_not_equal(entries[0].book, entries[1].book);
        assert_string_equal(entries[1].currency.code, "USD");
        assert_int_equal(entries[1].user_id, 5);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_reward_goes_to_its_recipient),
        cmocka_unit_test(a_referrer_who_is_gone_gets_nothing_and_the_lead_does),
        cmocka_unit_test(what_depends_on_a_count_is_keyed_by_it),
        cmocka_unit_test(orders_pay_only_what_is_for_orders),
        cmocka_unit_test(tiers_and_milestones_have_values_of_their_own),
        cmocka_unit_test(a_commission_drops_the_fraction_and_ends_at_its_cap),
        cmocka_unit_test(a_reward_that_makes_no_sense_is_refused_with_the_field),
        cmocka_unit_test(what_grants_are_counted_by_stays_once_there_are_some),
        cmocka_unit_test(only_due_grants_with_what_they_give_can_be_issued),
        cmocka_unit_test(a_grant_waits_for_time_approval_and_review),
        cmocka_unit_test(refunds_end_when_nothing_is_left),
        cmocka_unit_test(the_same_order_is_the_same_user_amount_and_currency),
        cmocka_unit_test(spending_counts_in_its_currency_and_window),
        cmocka_unit_test(without_a_minimum_any_order_qualifies),
        cmocka_unit_test(periods_begin_where_the_calendar_says),
        cmocka_unit_test(a_month_later_is_the_same_day_or_the_last),
        cmocka_unit_test(every_posting_adds_up_to_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
