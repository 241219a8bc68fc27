/* Commands on a real database: joining, qualifying, rewards, subscriptions, clicks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/json_in.h"
#include "base/random.h"
#include "base/sign_secret.h"
#include "base/test_folder.h"
#include "engine/campaign.h"
#include "engine/grant_commands.h"
#include "engine/join.h"
#include "engine/qualify.h"
#include "engine/reward_setup.h"
#include "engine/subscribe.h"
#include "engine/tokens.h"
#include "store/sql.h"

typedef struct Fixture {
    char path[64];
    Engine engine;
    StoreSession *session;
    Arena *arena;
    int64_t campaign_id;
} Fixture;

static int64_t make_campaign(Fixture *fixture, CampaignStatus status)
{
    CampaignCommand *command = campaign_command_new(fixture->arena);
    command->campaign.account_id = STORE_FIRST_ACCOUNT;
    command->campaign.status = status;
    command->campaign.name = STR("Coffee for friends");
    command->campaign.offer = STR("A cup for you");
    assert_int_equal(store_run(fixture->engine.store, &command->base), STATUS_OK);
    return command->campaign.id;
}

static int setup(void **state)
{
    Fixture *fixture = calloc(1, sizeof *fixture);
    Error err = { 0 };
    snprintf(fixture->path, sizeof fixture->path, "engine-test-%d.db", getpid());
    fixture->arena = arena_new(16 << 20);
    if (store_open(str_of(fixture->path), &fixture->engine.store, &err) != STATUS_OK)
        fail_msg("%s", err.text);
    assert_int_equal(store_session_open(fixture->engine.store, &fixture->session, &err), STATUS_OK);
    fixture->engine.base_url = STR("https://refer.example");
    fixture->engine.code_key = store_code_key(fixture->engine.store);
    fixture->campaign_id = make_campaign(fixture, CAMPAIGN_LAUNCHED);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    Fixture *fixture = *state;
    store_session_close(&fixture->session);
    store_close(&fixture->engine.store);
    test_database_remove(fixture->path);
    arena_free(&fixture->arena);
    free(fixture);
    return 0;
}

/* ---- doing things ------------------------------------------------------ */

static JoinCommand *join(Fixture *fixture, const char *email, UserKey referrer)
{
    JoinCommand *command = join_command_new(&fixture->engine, fixture->arena);
    command->account_id = STORE_FIRST_ACCOUNT;
    command->campaign_id = fixture->campaign_id;
    command->first_name = STR("Lee");
    command->email = str_of(email);
    command->source = SOURCE_API;
    command->referrer = referrer;
    command->base.status = store_run(fixture->engine.store, &command->base);
    return command;
}

static UserKey nobody(void)
{
    return (UserKey){ .kind = USER_KEY_NONE };
}

static UserKey by_id(int64_t id)
{
    return (UserKey){ .kind = USER_KEY_ID, .id = id };
}

static User joined(Fixture *fixture, const char *email, UserKey referrer)
{
    JoinCommand *command = join(fixture, email, referrer);
    if (command->base.status != STATUS_OK)
        fail_msg("%s: %s", email, command->base.error.text);
    return command->user;
}

static QualifyCommand *qualify(Fixture *fixture, UserKey key, bool qualified)
{
    QualifyCommand *command = qualify_command_new(&fixture->engine, fixture->arena);
    command->account_id = STORE_FIRST_ACCOUNT;
    command->key = key;
    command->qualified = qualified;
    command->base.status = store_run(fixture->engine.store, &command->base);
    return command;
}

static int64_t make_reward(Fixture *fixture, Reward reward)
{
    RewardCommand *command = reward_command_new(fixture->arena);
    command->reward = reward;
    command->reward.account_id = STORE_FIRST_ACCOUNT;
    command->reward.campaign_id = fixture->campaign_id;
    command->reward.name = STR("Reward");
    if (store_run(fixture->engine.store, &command->base) != STATUS_OK)
        fail_msg("%s", command->base.error.text);
    return command->reward.id;
}

static Reward dollars(RewardFor who, RewardWhen when)
{
    return (Reward){ .metric = METRIC_AMOUNT, .value_minor = 2500, .currency = { "USD" }, .who = who, .when = when };
}

static Status import_coupons(Fixture *fixture, const Str *codes, size_t count)
{
    CouponCommand *command = coupon_command_new(&fixture->engine, fixture->arena);
    command->account_id = STORE_FIRST_ACCOUNT;
    command->campaign_id = fixture->campaign_id;
    command->codes = codes;
    command->count = count;
    return store_run(fixture->engine.store, &command->base);
}

static GrantList grants(Fixture *fixture)
{
    GrantList list;
    assert_int_equal(
        store_grant_list(fixture->session, STORE_FIRST_ACCOUNT, fixture->campaign_id, fixture->arena, &list), STATUS_OK);
    return list;
}

static User user_now(Fixture *fixture, int64_t id)
{
    User user;
    assert_int_equal(store_user_get(fixture->session, STORE_FIRST_ACCOUNT, id, fixture->arena, &user), STATUS_OK);
    return user;
}

/* Counts events of a type by asking the database itself. */
static int64_t events(Fixture *fixture, EventType type)
{
    Sql *sql;
    SqlRows *rows;
    assert_int_equal(sql_open(str_of(fixture->path), SQL_READER, &sql, NULL), STATUS_OK);
    assert_int_equal(sql_query(sql, "SELECT count(*) FROM event WHERE type = $1", &rows, sql_int(type)), STATUS_OK);
    assert_true(sql_next(rows));
    int64_t count = sql_column_int(rows, 0);
    assert_int_equal(sql_done(rows), STATUS_OK);
    sql_close(&sql);
    return count;
}

/* ---- joining ----------------------------------------------------------- */

static void the_same_email_is_the_same_user_and_announced_once(void **state)
{
    Fixture *fixture = *state;
    JoinCommand *first = join(fixture, "lee@example.org", nobody());
    JoinCommand *again = join(fixture, "LEE@example.org", nobody());
    assert_true(first->created);
    assert_false(again->created);
    assert_int_equal(again->user.id, first->user.id);
    assert_int_equal(events(fixture, EVENT_USER_JOIN), 1);
}

static void the_first_referrer_stays(void **state)
{
    Fixture *fixture = *state;
    User mara = joined(fixture, "mara@example.org", nobody()), noa = joined(fixture, "noa@example.org", nobody());
    User lead = joined(fixture, "lee@example.org", by_id(mara.id));
    User again = joined(fixture, "lee@example.org", by_id(noa.id));
    assert_int_equal(lead.source, SOURCE_REFERRED);
    assert_int_equal(again.referrer_id, mara.id);
    assert_int_equal(user_now(fixture, mara.id).referrals, 1);
    assert_int_equal(user_now(fixture, noa.id).referrals, 0);
}

static void nobody_joins_as_their_own_lead(void **state)
{
    Fixture *fixture = *state;
    User mara = joined(fixture, "mara@example.org", nobody());
    JoinCommand *command = join(fixture, "MARA@example.org", by_id(mara.id));
    assert_int_equal(command->base.status, STATUS_INVALID);
    assert_string_equal(command->base.error.field, "email");
    assert_int_equal(user_now(fixture, mara.id).referrals, 0);
}

static void referrers_are_found_by_code_and_email_of_the_campaign(void **state)
{
    Fixture *fixture = *state;
    User mara = joined(fixture, "mara@example.org", nobody());
    Code code = code_of(&fixture->engine.code_key, CODE_USER, mara.id);
    User by_code = joined(fixture, "a@example.org", (UserKey){ .kind = USER_KEY_CODE, .text = str_of(code.text) });
    User by_email = joined(fixture, "b@example.org", (UserKey){ .kind = USER_KEY_EMAIL, .text = STR("Mara@example.org") });
    assert_int_equal(by_code.referrer_id, mara.id);
    assert_int_equal(by_email.referrer_id, mara.id);
    JoinCommand *unknown = join(fixture, "c@example.org", by_id(999));
    assert_int_equal(unknown->base.status, STATUS_INVALID);
    assert_string_equal(unknown->base.error.field, "referrer");
}

static void a_code_is_found_without_regard_to_case(void **state)
{
    Fixture *fixture = *state;
    User mara = joined(fixture, "mara@example.org", nobody()), found;
    Code code = code_of(&fixture->engine.code_key, CODE_USER, mara.id);
    for (char *c = code.text; *c; c++)
        *c = (char)(*c >= 'a' && *c <= 'z' ? *c - 32 : *c);
    UserKey key = { .kind = USER_KEY_CODE, .text = str_of(code.text) };
    assert_int_equal(find_user(fixture->session, &fixture->engine, STORE_FIRST_ACCOUNT, key, fixture->arena, &found, NULL),
                     STATUS_OK);
    assert_int_equal(found.id, mara.id);
}

static void nobody_joins_a_draft(void **state)
{
    Fixture *fixture = *state;
    fixture->campaign_id = make_campaign(fixture, CAMPAIGN_DRAFT);
    assert_int_equal(join(fixture, "lee@example.org", nobody())->base.status, STATUS_INVALID);
    assert_int_equal(events(fixture, EVENT_USER_JOIN), 0);
}

/* ---- qualifying and rewards -------------------------------------------- */

static void qualifying_counts_announces_and_grants_once(void **state)
{
    Fixture *fixture = *state;
    make_reward(fixture, dollars(REWARD_FOR_REFERRER, REWARD_WHEN_QUALIFIED));
    User mara = joined(fixture, "mara@example.org", nobody());
    User lead = joined(fixture, "lee@example.org", by_id(mara.id));
    for (int i = 0; i < 3; i++)
        assert_int_equal(qualify(fixture, by_id(lead.id), true)->base.status, STATUS_OK);
    assert_int_equal(events(fixture, EVENT_USER_QUALIFIED), 1);
    assert_int_equal(user_now(fixture, mara.id).qualified_referrals, 1);
    GrantList list = grants(fixture);
    assert_int_equal(list.count, 1);
    assert_int_equal(list.items[0].recipient_id, mara.id);
    assert_int_equal(list.items[0].value_minor, 2500);
    assert_int_equal(list.items[0].state, GRANT_DUE);
    assert_int_equal(events(fixture, EVENT_REWARD_ISSUED), 0);
}

static void un_qualifying_cancels_what_is_due_and_qualifying_again_revives_it(void **state)
{
    Fixture *fixture = *state;
    make_reward(fixture, dollars(REWARD_FOR_REFERRER, REWARD_WHEN_QUALIFIED));
    make_reward(fixture, dollars(REWARD_FOR_LEAD, REWARD_WHEN_INVITED));
    User mara = joined(fixture, "mara@example.org", nobody());
    User lead = joined(fixture, "lee@example.org", by_id(mara.id));
    assert_int_equal(qualify(fixture, by_id(lead.id), true)->base.status, STATUS_OK);
    assert_int_equal(qualify(fixture, by_id(lead.id), false)->base.status, STATUS_OK);
    GrantList list = grants(fixture);
    assert_int_equal(list.count, 2);
    assert_int_equal(list.items[0].state, GRANT_DUE); /* for having been invited */
    assert_int_equal(list.items[1].state, GRANT_CANCELLED);
    assert_int_equal(user_now(fixture, mara.id).qualified_referrals, 0);
    assert_int_equal(qualify(fixture, by_id(lead.id), true)->base.status, STATUS_OK);
    list = grants(fixture);
    assert_int_equal(list.count, 2);
    assert_int_equal(list.items[1].state, GRANT_DUE);
}

static void automatic_rewards_are_issued_in_the_same_transaction(void **state)
{
    Fixture *fixture = *state;
    Reward reward = dollars(REWARD_FOR_LEAD, REWARD_WHEN_QUALIFIED);
    reward.automatic = true;
    make_reward(fixture, reward);
    User mara = joined(fixture, "mara@example.org", nobody());
    User lead = joined(fixture, "lee@example.org", by_id(mara.id));
    assert_int_equal(qualify(fixture, by_id(lead.id), true)->base.status, STATUS_OK);
    assert_int_equal(grants(fixture).items[0].state, GRANT_ISSUED);
    assert_int_equal(grants(fixture).items[0].recipient_id, lead.id);
    assert_int_equal(events(fixture, EVENT_REWARD_ISSUED), 1);
}

static void every_second_and_once_count_per_referrer(void **state)
{
    Fixture *fixture = *state;
    Reward second = dollars(REWARD_FOR_REFERRER, REWARD_WHEN_QUALIFIED), once = second;
    second.frequency = FREQUENCY_EVERY_N;
    second.every = 2;
    once.frequency = FREQUENCY_ONCE;
    int64_t second_id = make_reward(fixture, second), once_id = make_reward(fixture, once);
    User mara = joined(fixture, "mara@example.org", nobody());
    for (int i = 0; i < 5; i++) {
        char email[32];
        snprintf(email, sizeof email, "lead%d@example.org", i);
        assert_int_equal(qualify(fixture, by_id(joined(fixture, email, by_id(mara.id)).id), true)->base.status, STATUS_OK);
    }
    int seconds = 0, onces = 0;
    GrantList list = grants(fixture);
    for (size_t i = 0; i < list.count; i++) {
        seconds += list.items[i].reward_id == second_id;
        onces += list.items[i].reward_id == once_id;
    }
    assert_int_equal(seconds, 2);
    assert_int_equal(onces, 1);
}

static void coupons_are_handed_out_once_each_and_waited_for_when_gone(void **state)
{
    Fixture *fixture = *state;
    const Str two[] = { STR("ONE"), STR("TWO") }, third[] = { STR("THREE") }, known[] = { STR("FOUR"), STR("ONE") };
    assert_int_equal(import_coupons(fixture, two, 2), STATUS_OK);
    assert_int_equal(import_coupons(fixture, known, 2), STATUS_CONFLICT);
    make_reward(fixture, (Reward){ .metric = METRIC_COUPON, .who = REWARD_FOR_LEAD, .when = REWARD_WHEN_INVITED });
    User mara = joined(fixture, "mara@example.org", nobody());
    joined(fixture, "a@example.org", by_id(mara.id));
    joined(fixture, "b@example.org", by_id(mara.id));
    User last = joined(fixture, "c@example.org", by_id(mara.id));
    GrantList list = grants(fixture);
    assert_int_equal(list.count, 3);
    assert_true(str_is(list.items[0].coupon, "ONE"));
    assert_true(str_is(list.items[1].coupon, "TWO"));
    assert_null(list.items[2].coupon.ptr);

    GrantCommand *issue = grant_command_new(&fixture->engine, fixture->arena, GRANT_ACTION_ISSUE);
    issue->account_id = STORE_FIRST_ACCOUNT;
    issue->grant_id = list.items[2].id;
    assert_int_equal(store_run(fixture->engine.store, &issue->base), STATUS_INVALID);
    assert_int_equal(import_coupons(fixture, third, 1), STATUS_OK);
    assert_int_equal(store_run(fixture->engine.store, &issue->base), STATUS_OK);
    assert_true(str_is(issue->grant.coupon, "THREE"));
    assert_int_equal(store_run(fixture->engine.store, &issue->base), STATUS_INVALID);
    assert_int_equal(events(fixture, EVENT_REWARD_ISSUED), 1);

    UserKey redeemed = { .kind = USER_KEY_COUPON, .text = STR("THREE") };
    assert_int_equal(qualify(fixture, redeemed, true)->base.status, STATUS_OK);
    assert_true(user_now(fixture, last.id).qualified_us > 0);
}

static void a_referrers_or_free_coupon_qualifies_nobody(void **state)
{
    Fixture *fixture = *state;
    const Str codes[] = { STR("ONE"), STR("TWO") };
    assert_int_equal(import_coupons(fixture, codes, 2), STATUS_OK);
    make_reward(fixture, (Reward){ .metric = METRIC_COUPON, .who = REWARD_FOR_REFERRER, .when = REWARD_WHEN_JOINED });
    joined(fixture, "mara@example.org", nobody());
    assert_int_equal(qualify(fixture, (UserKey){ .kind = USER_KEY_COUPON, .text = STR("ONE") }, true)->base.status,
                     STATUS_NOT_FOUND);
    assert_int_equal(qualify(fixture, (UserKey){ .kind = USER_KEY_COUPON, .text = STR("TWO") }, true)->base.status,
                     STATUS_NOT_FOUND);
}

/* ---- subscriptions ----------------------------------------------------- */

static SubscribeCommand *subscribe(Fixture *fixture, const char *url)
{
    SubscribeCommand *command = subscribe_command_new(&fixture->engine, fixture->arena);
    command->webhook = (Webhook){ .account_id = STORE_FIRST_ACCOUNT, .url = str_of(url), .event = EVENT_USER_JOIN };
    command->base.status = store_run(fixture->engine.store, &command->base);
    return command;
}

static void an_event_gets_a_delivery_for_each_webhook_that_wants_it(void **state)
{
    Fixture *fixture = *state;
    SubscribeCommand *any = subscribe(fixture, "https://a.example/hook");
    assert_int_equal(any->base.status, STATUS_OK);
    assert_int_equal(any->webhook.secret.len, SIGN_SECRET_LEN);
    joined(fixture, "mara@example.org", nobody());
    DeliveryList list;
    assert_int_equal(store_delivery_list(fixture->session, STORE_FIRST_ACCOUNT, 1, fixture->arena, &list), STATUS_OK);
    assert_int_equal(list.count, 1);
    assert_int_equal(list.items[0].webhook_id, any->webhook.id);
    assert_int_equal(list.items[0].state, DELIVERY_PENDING);
}

static void registering_the_same_url_again_gives_the_same_id_and_a_new_secret(void **state)
{
    Fixture *fixture = *state;
    SubscribeCommand *first = subscribe(fixture, "https://a.example/hook"), *again = subscribe(fixture, "https://a.example/hook");
    assert_true(first->created);
    assert_false(again->created);
    assert_int_equal(first->webhook.id, again->webhook.id);
    assert_false(str_eq(first->webhook.secret, again->webhook.secret));
}

int main(void)
{
    if (!random_init())
        return 1;
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(the_same_email_is_the_same_user_and_announced_once),
        TEST(the_first_referrer_stays),
        TEST(nobody_joins_as_their_own_lead),
        TEST(referrers_are_found_by_code_and_email_of_the_campaign),
        TEST(a_code_is_found_without_regard_to_case),
        TEST(nobody_joins_a_draft),
        TEST(qualifying_counts_announces_and_grants_once),
        TEST(un_qualifying_cancels_what_is_due_and_qualifying_again_revives_it),
        TEST(automatic_rewards_are_issued_in_the_same_transaction),
        TEST(every_second_and_once_count_per_referrer),
        TEST(coupons_are_handed_out_once_each_and_waited_for_when_gone),
        TEST(a_referrers_or_free_coupon_qualifies_nobody),
        TEST(an_event_gets_a_delivery_for_each_webhook_that_wants_it),
        TEST(registering_the_same_url_again_gives_the_same_id_and_a_new_secret),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
