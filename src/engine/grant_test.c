/* Granting on a real database: what stands under any order of events, caps, orders, the ledger. */
#include "base/limits.h"
#include "base/time.h"
#include "engine/clock.h"
#include "engine/fraud.h"
#include "engine/grant_test_kit.h"
#include "engine/refer.h"
#include "engine/user.h"
#include "store/sql.h"

static int setup(void **state)
{
    Kit *kit = calloc(1, sizeof *kit);
    kit_open(kit);
    *state = kit;
    return 0;
}

static int teardown(void **state)
{
    Kit *kit = *state;
    assert_int_equal(store_ledger_check(kit->session, ACCOUNT), STATUS_OK);
    kit_close(kit);
    free(kit);
    return 0;
}

/* A referrer with `count` leads, none of them qualified. */
static int64_t referrer_with(Kit *kit, int64_t *leads, int lead_count)
{
    int64_t referrer = join(kit, 0);
    for (int i = 0; i < lead_count; i++)
        leads[i] = join(kit, referrer);
    return referrer;
}

/* Asks the database itself. */
static int64_t issued_events(Kit *kit)
{
    Sql *sql;
    SqlRows *rows;
    assert_int_equal(sql_open(str_of(kit->path), SQL_READER, &sql, NULL), STATUS_OK);
    assert_int_equal(sql_query(sql, "SELECT count(*) FROM event WHERE type = $1", &rows, sql_int(EVENT_REWARD_ISSUED)), STATUS_OK);
    int64_t found = sql_next(rows) ? sql_column_int(rows, 0) : -1;
    assert_int_equal(sql_done(rows), STATUS_OK);
    sql_close(&sql);
    return found;
}

/* ---- counts ------------------------------------------------------------ */

static void every_second_is_paid_once_however_often_qualification_changes(void **state)
{
    Kit *kit = *state;
    Reward second = dollars(1000);
    second.frequency = FREQUENCY_EVERY_N;
    second.every = 2;
    int64_t id = reward(kit, second), leads[3];
    int64_t referrer = referrer_with(kit, leads, 3);
    qualify(kit, leads[0], true);
    qualify(kit, leads[1], true);
    assert_int_equal(count(kit, id, GRANT_DUE), 1);
    for (int i = 0; i < 3; i++) { /* another lead crosses the threshold each time */
        qualify(kit, leads[i], false);
        assert_int_equal(count(kit, id, GRANT_CANCELLED), 1);
        qualify(kit, leads[(i + 2) % 3], true);
    }
    assert_int_equal(grants(kit).count, 1);
    assert_int_equal(count(kit, id, GRANT_DUE), 1);
    assert_int_equal(balance(kit, referrer, "USD").owed_minor, 1000);
}

static void milestones_fall_and_return_with_the_count(void **state)
{
    Kit *kit = *state;
    RewardStep steps[] = { { 1, 100 }, { 3, 900 } };
    Reward milestones = dollars(0);
    milestones.frequency = FREQUENCY_MILESTONES;
    milestones.steps = steps;
    milestones.step_count = ARRAY_LEN(steps);
    int64_t leads[4], referrer;
    reward(kit, milestones);
    referrer = referrer_with(kit, leads, 4);
    for (int i = 0; i < 4; i++)
        qualify(kit, leads[i], true);
    assert_int_equal(balance(kit, referrer, "USD").owed_minor, 1000);
    qualify(kit, leads[0], false); /* three remain */
    assert_int_equal(balance(kit, referrer, "USD").owed_minor, 1000);
    qualify(kit, leads[3], false);
    assert_int_equal(balance(kit, referrer, "USD").owed_minor, 100);
    qualify(kit, leads[0], true);
    assert_int_equal(balance(kit, referrer, "USD").owed_minor, 1000);
    assert_int_equal(grants(kit).count, 2);
}

static void what_was_issued_is_owed_back_and_issued_again_without_an_event(void **state)
{
    Kit *kit = *state;
    Reward once = dollars(1000);
    once.frequency = FREQUENCY_ONCE;
    once.automatic = true;
    int64_t id = reward(kit, once), lead, referrer = referrer_with(kit, &lead, 1);
    qualify(kit, lead, true);
    int64_t issued_us = grants(kit).items[0].issued_us;
    assert_int_equal(balance(kit, referrer, "USD").paid_minor, 1000);
    qualify(kit, lead, false);
    assert_int_equal(count(kit, id, GRANT_REVERSED), 1);
    assert_int_equal(balance(kit, referrer, "USD").owed_minor, -1000);
    qualify(kit, lead, true);
    assert_int_equal(count(kit, id, GRANT_ISSUED), 1);
    assert_int_equal(balance(kit, referrer, "USD").owed_minor, 0);
    assert_int_equal(balance(kit, referrer, "USD").paid_minor, 1000);
    assert_int_equal(grants(kit).items[0].issued_us, issued_us);
    assert_int_equal(issued_events(kit), 1);
}

static void what_is_ended_by_hand_stays_so(void **state)
{
    Kit *kit = *state;
    int64_t id = reward(kit, dollars(1000)), leads[2], referrer = referrer_with(kit, leads, 2);
    qualify(kit, leads[0], true);
    qualify(kit, leads[1], true);
    GrantList list = grants(kit);
    assert_int_equal(act(kit, list.items[0].id, GRANT_ACTION_CANCEL), STATUS_OK);
    assert_int_equal(act(kit, list.items[0].id, GRANT_ACTION_CANCEL), STATUS_INVALID);
    assert_int_equal(act(kit, list.items[1].id, GRANT_ACTION_REVERSE), STATUS_INVALID);
    assert_int_equal(act(kit, list.items[1].id, GRANT_ACTION_ISSUE), STATUS_OK);
    assert_int_equal(act(kit, list.items[1].id, GRANT_ACTION_CANCEL), STATUS_INVALID);
    assert_int_equal(act(kit, list.items[1].id, GRANT_ACTION_REVERSE), STATUS_OK);
    for (int i = 0; i < 2; i++) {
        qualify(kit, leads[i], false);
        qualify(kit, leads[i], true);
    }
    assert_int_equal(count(kit, id, GRANT_CANCELLED), 1);
    assert_int_equal(count(kit, id, GRANT_REVERSED), 1);
    assert_int_equal(balance(kit, referrer, "USD").owed_minor, -1000);
}

static void a_failed_grant_is_owed_again_and_can_be_retried(void **state)
{
    Kit *kit = *state;
    int64_t lead, referrer = referrer_with(kit, &lead, 1);
    reward(kit, dollars(1000));
    qualify(kit, lead, true);
    int64_t id = grants(kit).items[0].id;
    assert_int_equal(act(kit, id, GRANT_ACTION_ISSUE), STATUS_OK);
    assert_int_equal(act(kit, id, GRANT_ACTION_FAIL), STATUS_OK);
    assert_int_equal(balance(kit, referrer, "USD").owed_minor, 1000);
    assert_int_equal(balance(kit, referrer, "USD").paid_minor, 0);
    assert_int_equal(act(kit, id, GRANT_ACTION_ISSUE), STATUS_INVALID);
    assert_int_equal(act(kit, id, GRANT_ACTION_RETRY), STATUS_OK);
    assert_int_equal(act(kit, id, GRANT_ACTION_RETRY), STATUS_INVALID);
    assert_int_equal(act(kit, id, GRANT_ACTION_ISSUE), STATUS_OK);
    assert_int_equal(balance(kit, referrer, "USD").paid_minor, 1000);
}

static void approval_comes_before_issuing(void **state)
{
    Kit *kit = *state;
    Reward approved = dollars(1000);
    approved.approval = approved.automatic = true;
    int64_t id = reward(kit, approved), lead;
    referrer_with(kit, &lead, 1);
    qualify(kit, lead, true);
    assert_int_equal(count(kit, id, GRANT_PENDING), 1);
    int64_t grant = grants(kit).items[0].id;
    assert_int_equal(act(kit, grant, GRANT_ACTION_ISSUE), STATUS_INVALID);
    assert_int_equal(act(kit, grant, GRANT_ACTION_APPROVE), STATUS_OK);
    assert_int_equal(count(kit, id, GRANT_ISSUED), 1);
    assert_int_equal(act(kit, grant, GRANT_ACTION_APPROVE), STATUS_INVALID);
}

/* ---- people who go, and who are rejected -------------------------------- */

static void erase(Kit *kit, int64_t user_id)
{
    UserEraseCommand *command = user_erase_command_new(&kit->engine, kit->arena);
    command->account_id = ACCOUNT;
    command->user_id = user_id;
    must(kit, &command->base);
}

static void reject(Kit *kit, int64_t user_id)
{
    ReviewCommand *command = review_command_new(&kit->engine, kit->arena);
    command->account_id = ACCOUNT;
    command->user_id = user_id;
    must(kit, &command->base);
}

static Reward milestone(int64_t at_count, RewardStep *out_step)
{
    *out_step = (RewardStep){ at_count, 500 };
    Reward reward = dollars(0);
    reward.frequency = FREQUENCY_MILESTONES;
    reward.steps = out_step;
    reward.step_count = 1;
    return reward;
}

static void an_erased_lead_takes_no_milestone_along(void **state)
{
    Kit *kit = *state;
    RewardStep step;
    int64_t leads[3], referrer;
    reward(kit, milestone(2, &step));
    referrer = referrer_with(kit, leads, 3);
    qualify(kit, leads[0], true);
    qualify(kit, leads[1], true);
    erase(kit, leads[1]);
    assert_int_equal(balance(kit, referrer, "USD").owed_minor, 500);
    qualify(kit, leads[2], true);
    assert_int_equal(balance(kit, referrer, "USD").owed_minor, 500);
}

static void a_rejected_lead_does_not_count(void **state)
{
    Kit *kit = *state;
    RewardStep step;
    int64_t leads[3], referrer;
    reward(kit, milestone(2, &step));
    referrer = referrer_with(kit, leads, 3);
    qualify(kit, leads[0], true);
    qualify(kit, leads[1], true);
    reject(kit, leads[1]);
    assert_int_equal(balance(kit, referrer, "USD").owed_minor, 0);
    QualifyCommand *again = qualify_command_new(&kit->engine, kit->arena);
    again->account_id = ACCOUNT;
    again->key = by_id(leads[1]);
    assert_int_equal(run(kit, &again->base), STATUS_INVALID);
    qualify(kit, leads[2], true);
    assert_int_equal(balance(kit, referrer, "USD").owed_minor, 500);
}

static void a_rejected_referrer_earns_nothing_more(void **state)
{
    Kit *kit = *state;
    int64_t lead, referrer = referrer_with(kit, &lead, 1);
    reward(kit, dollars(1000));
    reject(kit, referrer);
    qualify(kit, lead, true);
    assert_int_equal(grants(kit).count, 0);
}

static void failing_takes_back_what_was_paid_not_what_is_left_of_it(void **state)
{
    Kit *kit = *state;
    Reward share = { .metric = METRIC_COMMISSION, .value_minor = 1000, .who = REWARD_FOR_REFERRER,
                     .when = REWARD_WHEN_QUALIFIED, .frequency = FREQUENCY_ORDER, .automatic = true };
    int64_t lead, referrer = referrer_with(kit, &lead, 1);
    reward(kit, share);
    refund(kit, order(kit, lead, "1", 10000), "40.00");
    assert_int_equal(balance(kit, referrer, "USD").owed_minor, -400);
    assert_int_equal(act(kit, grants(kit).items[0].id, GRANT_ACTION_FAIL), STATUS_OK);
    assert_int_equal(balance(kit, referrer, "USD").owed_minor, 600);
    assert_int_equal(balance(kit, referrer, "USD").paid_minor, 0);
}

/* ---- caps -------------------------------------------------------------- */

static void a_cap_counts_what_stands(void **state)
{
    Kit *kit = *state;
    RewardCap caps[] = { { CAP_PERSON, PERIOD_EVER, 2, 0 } };
    Reward capped = dollars(1000);
    capped.caps = caps;
    capped.cap_count = 1;
    int64_t id = reward(kit, capped), leads[4], others[1];
    referrer_with(kit, leads, 4);
    referrer_with(kit, others, 1);
    for (int i = 0; i < 3; i++)
        qualify(kit, leads[i], true);
    assert_int_equal(count(kit, id, GRANT_DUE), 2);
    qualify(kit, others[0], true); /* another person's cap */
    assert_int_equal(count(kit, id, GRANT_DUE), 3);
    qualify(kit, leads[0], false);
    qualify(kit, leads[3], true); /* takes the place */
    assert_int_equal(count(kit, id, GRANT_DUE), 3);
    qualify(kit, leads[0], true); /* and the first can't return */
    assert_int_equal(count(kit, id, GRANT_DUE), 3);
    assert_int_equal(count(kit, id, GRANT_CANCELLED), 1);
}

static void what_failed_or_was_cancelled_never_takes_a_place_twice(void **state)
{
    Kit *kit = *state;
    RewardCap caps[] = { { CAP_CAMPAIGN, PERIOD_EVER, 1, 0 } };
    Reward capped = dollars(1000);
    capped.caps = caps;
    capped.cap_count = 1;
    int64_t id = reward(kit, capped), leads[3];
    referrer_with(kit, leads, 3);
    qualify(kit, leads[0], true);
    int64_t first = grants(kit).items[0].id;
    assert_int_equal(act(kit, first, GRANT_ACTION_FAIL), STATUS_OK);
    qualify(kit, leads[1], true); /* a failed one keeps its place: it may be retried */
    assert_int_equal(grants(kit).count, 1);
    assert_int_equal(act(kit, first, GRANT_ACTION_RETRY), STATUS_OK);
    assert_int_equal(act(kit, first, GRANT_ACTION_CANCEL), STATUS_OK);
    qualify(kit, leads[2], true); /* a cancelled one gives it up … */
    assert_int_equal(count(kit, id, GRANT_DUE), 1);
    assert_int_equal(act(kit, first, GRANT_ACTION_RETRY), STATUS_INVALID); /* … for good */
    qualify(kit, leads[0], false);
    qualify(kit, leads[0], true);
    assert_int_equal(count(kit, id, GRANT_DUE), 1);
    assert_int_equal(count(kit, id, GRANT_CANCELLED), 1);
}

static void a_refusal_is_explained(void **state)
{
    Kit *kit = *state;
    RewardCap caps[] = { { CAP_CAMPAIGN, PERIOD_MONTH, 0, 1500 } };
    Reward capped = dollars(1000);
    capped.caps = caps;
    capped.cap_count = 1;
    int64_t id = reward(kit, capped), leads[2], referrer = referrer_with(kit, leads, 2);
    qualify(kit, leads[0], true);
    qualify(kit, leads[1], true); /* no part of a grant either */
    assert_int_equal(count(kit, id, GRANT_DUE), 1);
    DecisionList decisions;
    assert_int_equal(store_decision_list_of_user(kit->session, ACCOUNT, referrer, 0, kit->arena, &decisions), STATUS_OK);
    assert_int_equal(decisions.count, 2);
    assert_true(str_is(decisions.items[0].outcome, "granted"));
    assert_true(str_is(decisions.items[1].outcome, "cap_reached"));
    assert_int_equal(decisions.items[1].grant_id, 0);
}

static void the_budget_bounds_all_rewards_of_its_currency(void **state)
{
    Kit *kit = *state;
    CampaignCommand *command = campaign_command_new(kit->arena);
    command->campaign.budget_minor = 2500;
    command->campaign.budget_currency = (Currency){ "USD" };
    kit_campaign(kit, command);
    Reward euros = dollars(9000);
    euros.currency = (Currency){ "EUR" };
    int64_t first = reward(kit, dollars(1000)), second = reward(kit, dollars(500)), other = reward(kit, euros), leads[3];
    referrer_with(kit, leads, 3);
    for (int i = 0; i < 3; i++)
        qualify(kit, leads[i], true);
    assert_int_equal(count(kit, first, GRANT_DUE), 2); /* 1000 + 500 + 1000 = 2500 */
    assert_int_equal(count(kit, second, GRANT_DUE), 1);
    assert_int_equal(count(kit, other, GRANT_DUE), 3);
}

/* ---- orders ------------------------------------------------------------ */

static Reward commission(int64_t basis_points, RewardFrequency frequency)
{
    return (Reward){ .metric = METRIC_COMMISSION, .value_minor = basis_points, .frequency = frequency,
                     .who = REWARD_FOR_REFERRER, .when = REWARD_WHEN_QUALIFIED };
}

static void an_order_counts_once(void **state)
{
    Kit *kit = *state;
    int64_t lead, referrer = referrer_with(kit, &lead, 1);
    reward(kit, commission(1250, FREQUENCY_ORDER));
    int64_t first = order(kit, lead, "A-1", 9999);
    assert_true(user_now(kit, lead).qualified_us > 0);
    assert_int_equal(order(kit, lead, "A-1", 9999), first);
    ConvertCommand *other = order_command(kit, lead, "A-1", 10000);
    assert_int_equal(run(kit, &other->base), STATUS_CONFLICT);
    assert_int_equal(balance(kit, referrer, "USD").owed_minor, 1249);
    order(kit, lead, "A-2", 10000);
    assert_int_equal(balance(kit, referrer, "USD").owed_minor, 1249 + 1250);
}

static void refunds_shrink_a_commission_and_end_it(void **state)
{
    Kit *kit = *state;
    Reward automatic = commission(1000, FREQUENCY_ORDER);
    automatic.automatic = true;
    int64_t id = reward(kit, automatic), lead, referrer = referrer_with(kit, &lead, 1);
    int64_t first = order(kit, lead, "A-1", 10000);
    refund(kit, first, "25.05");
    assert_int_equal(grants(kit).items[0].value_minor, 749);
    assert_int_equal(balance(kit, referrer, "USD").owed_minor, -251);
    refund(kit, first, NULL);
    assert_int_equal(count(kit, id, GRANT_REVERSED), 1);
    assert_int_equal(balance(kit, referrer, "USD").owed_minor, -1000);
    assert_int_equal(user_now(kit, lead).qualified_us, 0);
    assert_int_equal(user_now(kit, referrer).qualified_referrals, 0);
}

static void a_minimum_spend_is_reached_and_lost(void **state)
{
    Kit *kit = *state;
    CampaignCommand *command = campaign_command_new(kit->arena);
    command->campaign.min_spend_minor = 10000;
    command->campaign.min_spend_currency = (Currency){ "USD" };
    kit_campaign(kit, command);
    int64_t id = reward(kit, commission(1000, FREQUENCY_ORDER)), lead, referrer = referrer_with(kit, &lead, 1);
    order(kit, lead, "A-1", 6000);
    assert_int_equal(user_now(kit, lead).qualified_us, 0);
    assert_int_equal(grants(kit).count, 0);
    int64_t second = order(kit, lead, "A-2", 4000);
    assert_true(user_now(kit, lead).qualified_us > 0);
    assert_int_equal(count(kit, id, GRANT_DUE), 2); /* the earlier order is paid for too */
    assert_int_equal(balance(kit, referrer, "USD").owed_minor, 1000);
    refund(kit, second, "0.01");
    assert_int_equal(user_now(kit, lead).qualified_us, 0);
    assert_int_equal(balance(kit, referrer, "USD").owed_minor, 0);
    order(kit, lead, "A-3", 1);
    assert_int_equal(balance(kit, referrer, "USD").owed_minor, 600 + 399 + 0);
}

static void who_was_qualified_by_hand_stays_so_after_a_refund(void **state)
{
    Kit *kit = *state;
    int64_t lead;
    referrer_with(kit, &lead, 1);
    qualify(kit, lead, true);
    refund(kit, order(kit, lead, "A-1", 6000), NULL);
    assert_true(user_now(kit, lead).qualified_us > 0);
}

static void a_commission_without_spend_waits_for_its_total(void **state)
{
    Kit *kit = *state;
    int64_t lead, referrer = referrer_with(kit, &lead, 1);
    reward(kit, commission(1000, FREQUENCY_EACH));
    qualify(kit, lead, true);
    int64_t id = grants(kit).items[0].id;
    assert_int_equal(act(kit, id, GRANT_ACTION_ISSUE), STATUS_INVALID);
    GrantCommand *total = grant_command(kit, id, GRANT_ACTION_TOTAL);
    total->total = STR("250.00");
    assert_int_equal(run(kit, &total->base), STATUS_INVALID); /* of which currency? */
    assert_string_equal(total->base.error.field, "currency");
    total->currency = STR("USD");
    must(kit, &total->base);
    assert_int_equal(total->grant.value_minor, 2500);
    assert_int_equal(balance(kit, referrer, "USD").owed_minor, 2500);
    assert_int_equal(act(kit, id, GRANT_ACTION_ISSUE), STATUS_OK);
}

static void what_returns_worth_more_than_was_paid_leaves_a_rest_to_pay(void **state)
{
    Kit *kit = *state;
    int64_t id = reward(kit, commission(1000, FREQUENCY_EACH)), lead, referrer = referrer_with(kit, &lead, 1);
    int64_t first = order(kit, lead, "A-1", 10001);
    assert_int_equal(act(kit, grants(kit).items[0].id, GRANT_ACTION_ISSUE), STATUS_OK);
    refund(kit, first, NULL);
    assert_int_equal(balance(kit, referrer, "USD").owed_minor, -1000);
    int64_t second = order(kit, lead, "A-2", 15559);
    GrantList list = grants(kit);
    assert_int_equal(list.count, 2);
    assert_int_equal(list.items[0].state, GRANT_ISSUED);
    assert_int_equal(list.items[0].value_minor, 1000);
    assert_int_equal(list.items[1].state, GRANT_DUE);
    assert_int_equal(list.items[1].value_minor, 555);
    assert_int_equal(list.items[1].rest_of, list.items[0].id);
    assert_int_equal(balance(kit, referrer, "USD").owed_minor, 555);
    assert_int_equal(act(kit, list.items[1].id, GRANT_ACTION_TOTAL), STATUS_INVALID);
    assert_int_equal(act(kit, list.items[1].id, GRANT_ACTION_ISSUE), STATUS_OK);
    refund(kit, second, "6.00"); /* of both: 1,495 remain */
    assert_int_equal(balance(kit, referrer, "USD").owed_minor, -60);
    refund(kit, second, NULL);
    assert_int_equal(count(kit, id, GRANT_REVERSED), 2);
    assert_int_equal(balance(kit, referrer, "USD").owed_minor, -1555);
    order(kit, lead, "A-3", 12000); /* less than both were paid, and no third one */
    assert_int_equal(count(kit, id, GRANT_ISSUED), 2);
    assert_int_equal(balance(kit, referrer, "USD").owed_minor, -355);
}

static void what_returns_by_an_order_in_another_currency_is_owed_in_that(void **state)
{
    Kit *kit = *state;
    int64_t id = reward(kit, commission(1000, FREQUENCY_EACH)), lead, referrer = referrer_with(kit, &lead, 1);
    int64_t first = order(kit, lead, "A-1", 10000);
    assert_int_equal(act(kit, grants(kit).items[0].id, GRANT_ACTION_ISSUE), STATUS_OK);
    refund(kit, first, NULL);
    ConvertCommand *euros = order_command(kit, lead, "A-2", 7000);
    euros->order.currency = (Currency){ "EUR" };
    must(kit, &euros->base);
    assert_int_equal(balance(kit, referrer, "USD").owed_minor, -1000);
    assert_int_equal(balance(kit, referrer, "EUR").owed_minor, 700);
    assert_int_equal(count(kit, id, GRANT_DUE), 1);
}

static void a_person_referring_orders_nothing(void **state)
{
    Kit *kit = *state;
    ConvertCommand *command = order_command(kit, join(kit, 0), "A-1", 100);
    assert_int_equal(run(kit, &command->base), STATUS_INVALID);
}

/* ---- many -------------------------------------------------------------- */

enum { MANY = 9000 };

typedef struct ManyOrders {
    Command base;
    Kit *kit;
    int64_t lead;
} ManyOrders;

/* In one transaction: the disk would take longer than the orders. */
static Status run_orders(Command *base, StoreSession *session)
{
    ManyOrders *many = (ManyOrders *)base;
    Status status = STATUS_OK;
    ArenaMark mark = arena_mark(many->kit->arena);
    for (int i = 0; !status && i < MANY; i++) {
        char name[32];
        snprintf(name, sizeof name, "order-%d", i);
        ConvertCommand *command = order_command(many->kit, many->lead, name, 1000);
        status = command->base.run(&command->base, session);
        arena_rewind(many->kit->arena, mark);
    }
    return status;
}

/* Runs it with an eighth of what a request has. */
static void must_in_little_memory(Kit *kit, Command *command)
{
    command->arena = arena_new(LIMIT_REQUEST_ARENA / 8);
    must(kit, command);
    arena_free(&command->arena);
}

static void a_lead_with_thousands_of_orders_needs_no_more_memory_than_others(void **state)
{
    Kit *kit = *state;
    int64_t lead, referrer = referrer_with(kit, &lead, 1);
    reward(kit, commission(1000, FREQUENCY_ORDER));
    ManyOrders many = { .base = { .run = run_orders, .arena = kit->arena }, .kit = kit, .lead = lead };
    must(kit, &many.base);
    assert_int_equal(balance(kit, referrer, "USD").owed_minor, MANY * 100);
    QualifyCommand *command = qualify_command_new(&kit->engine, kit->arena);
    command->account_id = ACCOUNT;
    command->key = by_id(lead);
    command->qualified = false;
    must_in_little_memory(kit, &command->base);
    assert_int_equal(balance(kit, referrer, "USD").owed_minor, 0);
    command->qualified = true;
    must_in_little_memory(kit, &command->base);
    assert_int_equal(balance(kit, referrer, "USD").owed_minor, MANY * 100);
    UserEraseCommand *erasure = user_erase_command_new(&kit->engine, kit->arena);
    erasure->account_id = ACCOUNT;
    erasure->user_id = lead;
    must_in_little_memory(kit, &erasure->base);
    assert_int_equal(balance(kit, referrer, "USD").owed_minor, 0);
}

/* ---- time -------------------------------------------------------------- */

/* Behind the store's back: what waits has waited long enough. */
static void let_time_pass(Kit *kit, const char *statement)
{
    Sql *sql;
    Error err;
    assert_int_equal(sql_open(str_of(kit->path), SQL_WRITER, &sql, &err), STATUS_OK);
    assert_int_equal(sql_script(sql, statement, &err), STATUS_OK);
    sql_close(&sql);
}

static void run_the_clock(Kit *kit)
{
    must(kit, &clock_command_new(&kit->engine, kit->arena)->base);
}

static void a_hold_ends_by_itself_and_the_grant_is_issued(void **state)
{
    Kit *kit = *state;
    Reward held = dollars(1000);
    held.hold_s = 24 * 3600;
    held.automatic = true;
    int64_t id = reward(kit, held), leads[2];
    referrer_with(kit, leads, 2);
    qualify(kit, leads[0], true);
    qualify(kit, leads[1], true);
    run_the_clock(kit);
    assert_int_equal(count(kit, id, GRANT_PENDING), 2);
    qualify(kit, leads[1], false);
    let_time_pass(kit, "UPDATE reward_grant SET release_us = 1 WHERE release_us IS NOT NULL");
    bool due;
    assert_int_equal(store_clock_is_due(kit->session, time_now_us(), &due), STATUS_OK);
    assert_true(due);
    run_the_clock(kit);
    run_the_clock(kit);
    assert_int_equal(count(kit, id, GRANT_ISSUED), 1);
    assert_int_equal(count(kit, id, GRANT_CANCELLED), 1);
    assert_int_equal(store_clock_is_due(kit->session, time_now_us(), &due), STATUS_OK);
    assert_false(due);
}

static void a_cap_makes_room_in_its_next_day_week_or_month(void **state)
{
    Kit *kit = *state;
    for (int period = PERIOD_DAY; period <= PERIOD_MONTH; period++) {
        RewardCap caps[] = { { CAP_PERSON, (Period)period, 1, 0 } };
        Reward capped = dollars(1000);
        capped.caps = caps;
        capped.cap_count = 1;
        int64_t id = reward(kit, capped), leads[3];
        referrer_with(kit, leads, 3);
        qualify(kit, leads[0], true);
        qualify(kit, leads[1], true);
        assert_int_equal(count(kit, id, GRANT_DUE), 1);
        let_time_pass(kit, "UPDATE reward_usage SET start_us = start_us - 40 * 86400000000");
        qualify(kit, leads[2], true);
        assert_int_equal(count(kit, id, GRANT_DUE), 2);
    }
}

static void what_returns_waits_anew_for_its_hold_and_an_approval(void **state)
{
    Kit *kit = *state;
    Reward approved = dollars(1000);
    approved.approval = true;
    approved.hold_s = 24 * 3600;
    int64_t id = reward(kit, approved), lead;
    referrer_with(kit, &lead, 1);
    qualify(kit, lead, true);
    int64_t grant = grants(kit).items[0].id;
    assert_int_equal(act(kit, grant, GRANT_ACTION_APPROVE), STATUS_OK);
    let_time_pass(kit, "UPDATE reward_grant SET release_us = 1, created_us = 1");
    run_the_clock(kit);
    assert_int_equal(count(kit, id, GRANT_DUE), 1);
    qualify(kit, lead, false);
    qualify(kit, lead, true);
    assert_int_equal(count(kit, id, GRANT_PENDING), 1);
    assert_int_equal(act(kit, grant, GRANT_ACTION_APPROVE), STATUS_OK);
    assert_int_equal(count(kit, id, GRANT_PENDING), 1);
    let_time_pass(kit, "UPDATE reward_grant SET release_us = 1");
    run_the_clock(kit);
    assert_int_equal(count(kit, id, GRANT_DUE), 1);
}

static void what_recurs_comes_again_until_it_is_over_or_stopped(void **state)
{
    Kit *kit = *state;
    Reward monthly = dollars(1000);
    monthly.frequency = FREQUENCY_RECURRING;
    monthly.period = PERIOD_MONTH;
    monthly.periods = 3;
    int64_t id = reward(kit, monthly), lead, referrer = referrer_with(kit, &lead, 1);
    static const char *const a_month = "UPDATE reward_recurrence SET next_us = 1 WHERE next_us IS NOT NULL";
    qualify(kit, lead, true);
    run_the_clock(kit);
    assert_int_equal(count(kit, id, GRANT_DUE), 1);
    let_time_pass(kit, a_month);
    run_the_clock(kit);
    run_the_clock(kit);
    assert_int_equal(count(kit, id, GRANT_DUE), 2);
    qualify(kit, lead, false);
    let_time_pass(kit, a_month);
    run_the_clock(kit);
    assert_int_equal(count(kit, id, GRANT_CANCELLED), 2);
    qualify(kit, lead, true);
    assert_int_equal(count(kit, id, GRANT_DUE), 2);
    for (int i = 0; i < 3; i++) {
        let_time_pass(kit, a_month);
        run_the_clock(kit);
    }
    assert_int_equal(count(kit, id, GRANT_DUE), 3);
    assert_int_equal(balance(kit, referrer, "USD").owed_minor, 3000);
}

static void move(Kit *kit, int64_t lead, int64_t referrer)
{
    ReferCommand *command = refer_command_new(&kit->engine, kit->arena);
    command->account_id = ACCOUNT;
    command->user_id = lead;
    command->referrer = by_id(referrer);
    must(kit, &command->base);
}

static void a_month_passes(Kit *kit)
{
    let_time_pass(kit, "UPDATE reward_recurrence SET next_us = 1 WHERE next_us IS NOT NULL");
    run_the_clock(kit);
}

static void set_status(Kit *kit, int64_t reward_id, RewardStatus status)
{
    RewardChangeCommand *command = reward_change_command_new(kit->arena);
    command->account_id = ACCOUNT;
    command->reward_id = reward_id;
    command->change = (RewardChange){ .to = { .status = status }, .parts = 1u << REWARD_PART_STATUS };
    must(kit, &command->base);
}

static void a_lead_who_moves_away_and_back_brings_only_their_own_periods_back(void **state)
{
    Kit *kit = *state;
    Reward monthly = dollars(1000);
    monthly.frequency = FREQUENCY_RECURRING;
    monthly.period = PERIOD_MONTH;
    int64_t lead, mara = referrer_with(kit, &lead, 1), noah = join(kit, 0);
    reward(kit, monthly);
    qualify(kit, lead, true);
    a_month_passes(kit);
    assert_int_equal(balance(kit, mara, "USD").owed_minor, 2000);
    qualify(kit, lead, false);
    move(kit, lead, noah);
    qualify(kit, lead, true);
    a_month_passes(kit);
    a_month_passes(kit);
    assert_int_equal(balance(kit, mara, "USD").owed_minor, 0);
    assert_int_equal(balance(kit, noah, "USD").owed_minor, 3000);
    qualify(kit, lead, false);
    move(kit, lead, mara);
    qualify(kit, lead, true);
    assert_int_equal(balance(kit, mara, "USD").owed_minor, 2000);
    assert_int_equal(balance(kit, noah, "USD").owed_minor, 0);
    a_month_passes(kit);
    assert_int_equal(balance(kit, mara, "USD").owed_minor, 3000);
    assert_int_equal(balance(kit, noah, "USD").owed_minor, 0);
}

static void a_coupon_that_was_taken_during_a_hold_stays_with_its_grant(void **state)
{
    Kit *kit = *state;
    Reward held = { .metric = METRIC_COUPON, .who = REWARD_FOR_LEAD, .when = REWARD_WHEN_QUALIFIED, .automatic = true };
    held.hold_s = 24 * 3600;
    int64_t id = reward(kit, held), leads[2];
    referrer_with(kit, leads, 2);
    CouponCommand *command = coupon_command_new(&kit->engine, kit->arena);
    command->account_id = ACCOUNT;
    command->campaign_id = kit->campaign_id;
    command->codes = (Str[]){ STR("ONLY") };
    command->count = 1;
    must(kit, &command->base);
    qualify(kit, leads[0], true);
    qualify(kit, leads[0], false);
    qualify(kit, leads[1], true); /* no other code is left: it is not handed on */
    qualify(kit, leads[0], true);
    let_time_pass(kit, "UPDATE reward_grant SET release_us = 1 WHERE release_us IS NOT NULL");
    run_the_clock(kit);
    GrantList list = grants(kit);
    assert_int_equal(count(kit, id, GRANT_ISSUED), 1);
    assert_int_equal(count(kit, id, GRANT_DUE), 1);
    for (size_t i = 0; i < list.count; i++)
        assert_true((list.items[i].coupon.ptr != NULL) == (list.items[i].recipient_id == leads[0]));
}

static void what_recurs_waits_while_its_reward_is_inactive(void **state)
{
    Kit *kit = *state;
    Reward monthly = dollars(1000);
    monthly.frequency = FREQUENCY_RECURRING;
    monthly.period = PERIOD_MONTH;
    monthly.periods = 3;
    int64_t id = reward(kit, monthly), lead;
    referrer_with(kit, &lead, 1);
    qualify(kit, lead, true);
    set_status(kit, id, REWARD_INACTIVE);
    for (int i = 0; i < 5; i++)
        a_month_passes(kit);
    assert_int_equal(count(kit, id, GRANT_DUE), 1);
    set_status(kit, id, REWARD_ACTIVE);
    for (int i = 0; i < 5; i++)
        a_month_passes(kit);
    assert_int_equal(count(kit, id, GRANT_DUE), 3);
}

static void coupons_for_hundreds_who_wait_need_no_more_memory_than_for_one(void **state)
{
    Kit *kit = *state;
    enum { WAITING = 600 };
    Reward coupon = { .metric = METRIC_COUPON, .who = REWARD_FOR_LEAD, .when = REWARD_WHEN_INVITED, .automatic = true };
    int64_t id = reward(kit, coupon), leads[WAITING];
    Str codes[WAITING];
    referrer_with(kit, leads, WAITING);
    assert_int_equal(count(kit, id, GRANT_DUE), WAITING);
    for (int i = 0; i < WAITING; i++)
        codes[i] = arena_printf(kit->arena, "CODE-%d", i);
    CouponCommand *command = coupon_command_new(&kit->engine, kit->arena);
    command->account_id = ACCOUNT;
    command->campaign_id = kit->campaign_id;
    command->codes = codes;
    command->count = WAITING;
    must_in_little_memory(kit, &command->base);
    assert_int_equal(count(kit, id, GRANT_ISSUED), WAITING);
}

static void one_row_that_fails_keeps_no_other_waiting(void **state)
{
    Kit *kit = *state;
    Reward held = dollars(1000), monthly = dollars(500), other = dollars(700);
    held.hold_s = 3600;
    monthly.frequency = other.frequency = FREQUENCY_RECURRING;
    monthly.period = other.period = PERIOD_MONTH;
    other.currency = (Currency){ "EUR" };
    int64_t first = reward(kit, held), again = reward(kit, monthly), euros = reward(kit, other), leads[2];
    referrer_with(kit, leads, 2);
    qualify(kit, leads[0], true);
    qualify(kit, leads[1], true);
    int64_t poisoned = grants(kit).items[0].id;
    char statement[600];
    snprintf(statement, sizeof statement,
             "UPDATE reward_grant SET release_us = 1 WHERE release_us IS NOT NULL;"
             "UPDATE reward_grant SET release_us = 0, reward_id = 999999 WHERE id = %lld;"
             "UPDATE reward_recurrence SET next_us = 1;" /* what these write before they fail is undone: */
             "UPDATE campaign_spend SET minor = 9223372036854775807 WHERE currency = 'USD'",
             (long long)poisoned);
    let_time_pass(kit, statement);
    ClockCommand *clock = clock_command_new(&kit->engine, kit->arena);
    must(kit, &clock->base);
    assert_int_equal(clock->failed, 3);
    assert_int_equal(count(kit, first, GRANT_DUE), 1);
    assert_int_equal(count(kit, 999999, GRANT_PENDING), 1);
    assert_int_equal(count(kit, again, GRANT_DUE), 2); /* the first periods only */
    assert_int_equal(count(kit, euros, GRANT_DUE), 4);
    bool due;
    assert_int_equal(store_clock_is_due(kit->session, time_now_us(), &due), STATUS_OK);
    assert_false(due);
    let_time_pass(kit, "UPDATE campaign_spend SET minor = 0; UPDATE reward_recurrence SET next_us = 1");
    must(kit, &clock->base);
    assert_int_equal(clock->failed, 0);
    assert_int_equal(count(kit, again, GRANT_DUE), 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_second_is_paid_once_however_often_qualification_changes, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(milestones_fall_and_return_with_the_count, setup, teardown),
        cmocka_unit_test_setup_teardown(what_was_issued_is_owed_back_and_issued_again_without_an_event, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(what_is_ended_by_hand_stays_so, setup, teardown),
        cmocka_unit_test_setup_teardown(a_failed_grant_is_owed_again_and_can_be_retried, setup, teardown),
        cmocka_unit_test_setup_teardown(approval_comes_before_issuing, setup, teardown),
        cmocka_unit_test_setup_teardown(what_returns_waits_anew_for_its_hold_and_an_approval, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_cap_counts_what_stands, setup, teardown),
        cmocka_unit_test_setup_teardown(what_failed_or_was_cancelled_never_takes_a_place_twice, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_refusal_is_explained, setup, teardown),
        cmocka_unit_test_setup_teardown(a_cap_makes_room_in_its_next_day_week_or_month, setup, teardown),
        cmocka_unit_test_setup_teardown(the_budget_bounds_all_rewards_of_its_currency, setup, teardown),
        cmocka_unit_test_setup_teardown(an_erased_lead_takes_no_milestone_along, setup, teardown),
        cmocka_unit_test_setup_teardown(a_rejected_lead_does_not_count, setup, teardown),
        cmocka_unit_test_setup_teardown(a_rejected_referrer_earns_nothing_more, setup, teardown),
        cmocka_unit_test_setup_teardown(failing_takes_back_what_was_paid_not_what_is_left_of_it, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(an_order_counts_once, setup, teardown),
        cmocka_unit_test_setup_teardown(refunds_shrink_a_commission_and_end_it, setup, teardown),
        cmocka_unit_test_setup_teardown(a_minimum_spend_is_reached_and_lost, setup, teardown),
        cmocka_unit_test_setup_teardown(who_was_qualified_by_hand_stays_so_after_a_refund, setup, teardown),
        cmocka_unit_test_setup_teardown(a_commission_without_spend_waits_for_its_total, setup, teardown),
        cmocka_unit_test_setup_teardown(what_returns_worth_more_than_was_paid_leaves_a_rest_to_pay, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(what_returns_by_an_order_in_another_currency_is_owed_in_that, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_person_referring_orders_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(a_lead_with_thousands_of_orders_needs_no_more_memory_than_others,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(a_hold_ends_by_itself_and_the_grant_is_issued, setup, teardown),
        cmocka_unit_test_setup_teardown(what_recurs_comes_again_until_it_is_over_or_stopped, setup, teardown),
        cmocka_unit_test_setup_teardown(a_lead_who_moves_away_and_back_brings_only_their_own_periods_back,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(a_coupon_that_was_taken_during_a_hold_stays_with_its_grant, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(what_recurs_waits_while_its_reward_is_inactive, setup, teardown),
        cmocka_unit_test_setup_teardown(coupons_for_hundreds_who_wait_need_no_more_memory_than_for_one, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(one_row_that_fails_keeps_no_other_waiting, setup, teardown),
    };
    return random_init() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
