/* A campaign on a real database for tests of granting: people, rewards, orders, and what became of them. */
#ifndef ENGINE_GRANT_TEST_KIT_H
#define ENGINE_GRANT_TEST_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/random.h"
#include "base/test_folder.h"
#include "engine/campaign.h"
#include "engine/convert.h"
#include "engine/grant_commands.h"
#include "engine/join.h"
#include "engine/qualify.h"
#include "engine/reward_setup.h"

#define ACCOUNT STORE_FIRST_ACCOUNT

typedef struct Kit {
    char path[64];
    Engine engine;
    StoreSession *session;
    Arena *arena;
    int64_t campaign_id;
    int people; /* so far: their addresses are numbered */
} Kit;

static UNUSED Status run(Kit *kit, Command *command)
{
    return store_run(kit->engine.store, command);
}

static UNUSED void must(Kit *kit, Command *command)
{
    if (run(kit, command) != STATUS_OK)
        fail_msg("%s %s", status_name(command->status), command->error.text);
}

static UNUSED int64_t kit_campaign(Kit *kit, CampaignCommand *command)
{
    command->campaign.account_id = ACCOUNT;
    command->campaign.name = STR("Coffee for friends");
    must(kit, &command->base);
    return kit->campaign_id = command->campaign.id;
}

static UNUSED void kit_open(Kit *kit)
{
    Error err = { 0 };
    *kit = (Kit){ .arena = arena_new(256 << 20) };
    snprintf(kit->path, sizeof kit->path, "grant-test-%d.db", getpid());
    if (store_open(str_of(kit->path), &kit->engine.store, &err) != STATUS_OK)
        fail_msg("%s", err.text);
    assert_int_equal(store_session_open(kit->engine.store, &kit->session, &err), STATUS_OK);
    kit->engine.base_url = STR("https://refer.example");
    kit->engine.code_key = store_code_key(kit->engine.store);
    kit_campaign(kit, campaign_command_new(kit->arena));
}

static UNUSED void kit_close(Kit *kit)
{
    store_session_close(&kit->session);
    store_close(&kit->engine.store);
    test_database_remove(kit->path);
    arena_free(&kit->arena);
}

/* ---- doing things ------------------------------------------------------ */

static UNUSED UserKey by_id(int64_t id)
{
    return (UserKey){ .kind = USER_KEY_ID, .id = id };
}

/* A new person; referrer_id 0: one who refers. */
static UNUSED JoinCommand *join_command(Kit *kit, int64_t referrer_id)
{
    JoinCommand *command = join_command_new(&kit->engine, kit->arena);
    command->account_id = ACCOUNT;
    command->campaign_id = kit->campaign_id;
    command->first_name = STR("Lee");
    command->email = arena_printf(kit->arena, "person%d@example.org", ++kit->people);
    command->source = SOURCE_API;
    command->referrer = referrer_id ? by_id(referrer_id) : (UserKey){ .kind = USER_KEY_NONE };
    return command;
}

static UNUSED int64_t join(Kit *kit, int64_t referrer_id)
{
    JoinCommand *command = join_command(kit, referrer_id);
    must(kit, &command->base);
    return command->user.id;
}

static UNUSED void qualify(Kit *kit, int64_t lead_id, bool qualified)
{
    QualifyCommand *command = qualify_command_new(&kit->engine, kit->arena);
    command->account_id = ACCOUNT;
    command->key = by_id(lead_id);
    command->qualified = qualified;
    must(kit, &command->base);
}

static UNUSED int64_t reward(Kit *kit, Reward reward)
{
    RewardCommand *command = reward_command_new(kit->arena);
    command->reward = reward;
    command->reward.account_id = ACCOUNT;
    command->reward.campaign_id = kit->campaign_id;
    command->reward.name = STR("Reward");
    must(kit, &command->base);
    return command->reward.id;
}

static UNUSED Reward dollars(int64_t minor)
{
    return (Reward){ .metric = METRIC_AMOUNT, .value_minor = minor, .currency = { "USD" },
                     .who = REWARD_FOR_REFERRER, .when = REWARD_WHEN_QUALIFIED };
}

static UNUSED ConvertCommand *order_command(Kit *kit, int64_t lead_id, const char *order_id, int64_t minor)
{
    ConvertCommand *command = convert_command_new(&kit->engine, kit->arena);
    command->account_id = ACCOUNT;
    command->key = by_id(lead_id);
    command->order.order_id = arena_str(kit->arena, str_of(order_id));
    command->order.amount_minor = minor;
    command->order.currency = (Currency){ "USD" };
    return command;
}

static UNUSED int64_t order(Kit *kit, int64_t lead_id, const char *order_id, int64_t minor)
{
    ConvertCommand *command = order_command(kit, lead_id, order_id, minor);
    must(kit, &command->base);
    return command->conversion.id;
}

/* NULL: all that remains. */
static UNUSED void refund(Kit *kit, int64_t conversion_id, const char *amount)
{
    RefundCommand *command = refund_command_new(&kit->engine, kit->arena);
    command->account_id = ACCOUNT;
    command->conversion_id = conversion_id;
    command->amount = amount ? str_of(amount) : STR_NONE;
    must(kit, &command->base);
}

static UNUSED GrantCommand *grant_command(Kit *kit, int64_t grant_id, GrantAction action)
{
    GrantCommand *command = grant_command_new(&kit->engine, kit->arena, action);
    command->account_id = ACCOUNT;
    command->grant_id = grant_id;
    return command;
}

static UNUSED Status act(Kit *kit, int64_t grant_id, GrantAction action)
{
    return run(kit, &grant_command(kit, grant_id, action)->base);
}

/* ---- looking ----------------------------------------------------------- */

static UNUSED GrantList grants(Kit *kit)
{
    GrantList list;
    assert_int_equal(store_grant_list(kit->session, ACCOUNT, kit->campaign_id, kit->arena, &list), STATUS_OK);
    return list;
}

static UNUSED User user_now(Kit *kit, int64_t id)
{
    User user;
    assert_int_equal(store_user_get(kit->session, ACCOUNT, id, kit->arena, &user), STATUS_OK);
    return user;
}

static UNUSED Balance balance(Kit *kit, int64_t user_id, const char *currency)
{
    BalanceList list;
    assert_int_equal(store_ledger_balances(kit->session, ACCOUNT, user_id, kit->arena, &list), STATUS_OK);
    for (size_t i = 0; i < list.count; i++)
        if (strcmp(list.items[i].currency.code, currency) == 0)
            return list.items[i];
    return (Balance){ 0 };
}

/* How many grants of a reward are in this state. */
static UNUSED int count(Kit *kit, int64_t reward_id, GrantState state)
{
    GrantList list = grants(kit);
    int found = 0;
    for (size_t i = 0; i < list.count; i++)
        found += list.items[i].reward_id == reward_id && list.items[i].state == state;
    return found;
}

#endif
