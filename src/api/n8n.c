/* /api/n8n: what the n8n nodes call (contract 2.1). Root keys are named, lists are whole. */
#include "api/webhooks.h"
#include "base/limits.h"
#include "base/time.h"
#include "engine/qualify.h"
#include "engine/view.h"
#include "http/route.h"

static void n8n_test(ApiCall *call)
{
    api_reply_message(call, 200, "The token is valid.");
}

/* ---- lists ------------------------------------------------------------- */

static void begin_list(ApiCall *call, const char *name)
{
    json_begin_object(&call->json);
    json_key(&call->json, name);
    json_begin_array(&call->json);
}

static void end_list(ApiCall *call)
{
    json_end_array(&call->json);
    json_end_object(&call->json);
    api_reply(call, 200);
}

static void put_choice(ApiCall *call, int64_t id, Str name)
{
    json_begin_object(&call->json);
    json_put_int(&call->json, "id", id);
    json_put_str(&call->json, "name", name);
    json_end_object(&call->json);
}

static void n8n_campaigns(ApiCall *call)
{
    CampaignList list;
    Status status = store_campaign_list(call->context->session, call->account_id, call->request->arena, &list);
    if (status) {
        api_fail(call, status, NULL);
        return;
    }
    begin_list(call, "campaigns");
    for (size_t i = 0; i < list.count; i++)
        put_choice(call, list.items[i].id, list.items[i].name);
    end_list(call);
}

static void n8n_sources(ApiCall *call)
{
    begin_list(call, "sources");
    for (int i = 0; i < SOURCE_COUNT; i++) {
        Str id = str_of(name_of(user_source_names, i));
        json_begin_object(&call->json);
        json_put_str(&call->json, "id", id);
        json_put_str(&call->json, "name", i == SOURCE_API ? STR("API") : id);
        json_end_object(&call->json);
    }
    end_list(call);
}

/* Only those that n8n issues, and no archived ones (contract, Q4). */
static void n8n_rewards(ApiCall *call)
{
    RewardList list;
    RewardFilter filter = { .issue = ISSUE_N8N, .when = -1, .status = -1 };
    Status status = store_reward_list(call->context->session, call->account_id, filter, call->request->arena, &list);
    if (status) {
        api_fail(call, status, NULL);
        return;
    }
    begin_list(call, "rewards");
    for (size_t i = 0; i < list.count; i++)
        if (list.items[i].status != REWARD_INACTIVE)
            put_choice(call, list.items[i].id, list.items[i].name);
    end_list(call);
}

/* ---- webhooks ---------------------------------------------------------- */

static void put_webhook(ApiCall *call, const Webhook *webhook, bool with_secret, const CatchUp *catch_up)
{
    json_begin_object(&call->json);
    json_key(&call->json, "webhook");
    webhook_put(&call->json, webhook, with_secret, catch_up);
    json_end_object(&call->json);
}

static void subscribed(Command *base)
{
    ApiCall *call = api_succeeded(base);
    if (call == NULL)
        return;
    const SubscribeCommand *command = (const SubscribeCommand *)base;
    put_webhook(call, &command->webhook, true, &command->catch_up);
    api_reply(call, command->created ? 201 : 200);
}

static void n8n_subscribe(ApiCall *call)
{
    webhook_register(call, subscribed);
}

static void n8n_webhook(ApiCall *call)
{
    Webhook webhook;
    Status status =
        store_webhook_get(call->context->session, call->account_id, api_path_id(call, 0), call->request->arena, &webhook);
    if (status) {
        Error err;
        api_fail(call, error_set(&err, status, NULL, "There is no such webhook. Register it again."), &err);
        return;
    }
    put_webhook(call, &webhook, false, NULL);
    api_reply(call, 200);
}

/* Removing what is gone already is no failure: n8n would show it to whoever switches a workflow off. */
static void unsubscribed(Command *base)
{
    ApiCall *call = api_succeeded(base);
    if (call)
        api_reply_message(call, 200,
                          ((const UnsubscribeCommand *)base)->removed ? "The webhook was removed."
                                                                      : "The webhook was removed already.");
}

static void unsubscribe(ApiCall *call, int64_t webhook_id, int64_t reward_id)
{
    UnsubscribeCommand *command = unsubscribe_command_new(call->request->arena);
    if (command) {
        command->account_id = call->account_id;
        command->webhook_id = webhook_id;
        command->reward_id = reward_id;
    }
    api_submit(call, command ? &command->base : NULL, unsubscribed);
}

static void n8n_unsubscribe(ApiCall *call)
{
    int64_t id = api_path_id(call, 0);
    if (id)
        unsubscribe(call, id, 0);
    else
        api_reply_message(call, 200, "The webhook was removed already.");
}

static void n8n_bind_reward(ApiCall *call)
{
    EventType event;
    if (!webhook_read_event(call, field_value(&call->values, "event"), &event))
        return;
    const FieldValue *reward_id = field_value(&call->values, "reward_id");
    int64_t id = api_path_id(call, 0);
    if (event != EVENT_REWARD_ISSUED || (reward_id->given && reward_id->number != id)) {
        Error err;
        api_fail(call,
                 error_set(&err, STATUS_INVALID, "event",
                           "A reward is bound to the event reward_issued, with the reward's own id."),
                 &err);
        return;
    }
    if (id == 0) {
        api_fail(call, STATUS_NOT_FOUND, NULL);
        return;
    }
    CatchUp catch_up;
    if (!webhook_read_since(call, field_value(&call->values, "since"), &catch_up))
        return;
    SubscribeCommand *command = subscribe_command_new(call->context->engine, call->request->arena);
    if (command) {
        command->catch_up = catch_up;
        command->moved_id = field_value(&call->values, "moved_id")->number;
        command->expires_in_us = field_value(&call->values, "expires_in")->number * US_PER_SECOND;
        command->webhook = (Webhook){ .account_id = call->account_id,
                                      .url = field_value(&call->values, "url")->text,
                                      .event = EVENT_REWARD_ISSUED,
                                      .reward_id = id,
                                      .expects_ack = field_value(&call->values, "expects_ack")->number == 1 };
    }
    api_submit(call, command ? &command->base : NULL, subscribed);
}

/* Never the reward itself: the URL bound last, or (our node says which) the one of ?webhook_id=. */
static void n8n_unbind_reward(ApiCall *call)
{
    int64_t webhook_id = 0, reward_id = api_path_id(call, 0);
    Str wanted = http_form_value(call->request->arena, call->request->query, "webhook_id");
    bool names_one = wanted.ptr != NULL;
    if (reward_id == 0 || (names_one && (!str_to_i64(wanted, &webhook_id) || webhook_id <= 0)))
        api_reply_message(call, 200, "The webhook was removed already.");
    else
        unsubscribe(call, webhook_id, reward_id);
}

/* ---- users ------------------------------------------------------------- */

static void put_user(ApiCall *call, const User *user)
{
    json_begin_object(&call->json);
    json_key(&call->json, "user");
    view_user(&call->json, call->context->engine, user);
    json_end_object(&call->json);
}

static void joined(Command *base)
{
    ApiCall *call = api_succeeded(base);
    if (call == NULL)
        return;
    const JoinCommand *command = (const JoinCommand *)base;
    put_user(call, &command->user);
    api_reply(call, command->created ? 201 : 200);
}

static void n8n_add_user(ApiCall *call)
{
    JoinCommand *command = join_command_of(call, SOURCE_N8N);
    if (command == NULL)
        return;
    command->may_lack_fields = true; /* the official node sends a name and an address, nothing else (N9) */
    api_submit(call, &command->base, joined);
}

static void qualified(Command *base)
{
    ApiCall *call = api_succeeded(base);
    if (call == NULL)
        return;
    put_user(call, &((const QualifyCommand *)base)->user);
    api_reply(call, 200);
}

static void n8n_qualify_user(ApiCall *call)
{
    QualifyCommand *command = qualify_command_of(call);
    if (command)
        api_submit(call, &command->base, qualified);
}

/* ---- routes ------------------------------------------------------------ */

static const Field bind_fields[] = {
    { "url", FIELD_TEXT, true, LIMIT_URL_LEN, "Where events are sent" },
    { "event", FIELD_TEXT, false, 40, "reward_issued" },
    { "reward_id", FIELD_ID, false, 0, "The same as in the path" },
    { "expects_ack", FIELD_BOOL, false, 0, "Only an answer with \"received\": true counts as delivered" },
    WEBHOOK_SINCE_FIELD,
    WEBHOOK_MOVED_FIELD,
    WEBHOOK_EXPIRES_FIELD,
};

static const ApiRoute routes[] = {
    { HTTP_GET, "/api/n8n/test", API_N8N, SCOPE_ANY, n8n_test, API_NO_FIELDS, API_NO_FIELDS, "Message", "Test the token" },
    { HTTP_GET, "/api/n8n/campaigns", API_N8N, SCOPE_CAMPAIGNS_READ, n8n_campaigns, API_NO_FIELDS, API_NO_FIELDS, "CampaignsAnswer", "List campaigns" },
    { HTTP_GET, "/api/n8n/user-sources", API_N8N, SCOPE_ANY, n8n_sources, API_NO_FIELDS, API_NO_FIELDS, "SourcesAnswer", "List user sources" },
    { HTTP_GET, "/api/n8n/rewards", API_N8N, SCOPE_REWARDS_READ, n8n_rewards, API_NO_FIELDS, API_NO_FIELDS, "RewardsAnswer", "List rewards issued by n8n" },
    { HTTP_POST, "/api/n8n/webhooks", API_N8N, SCOPE_WEBHOOKS_WRITE, n8n_subscribe, webhook_fields, WEBHOOK_FIELD_COUNT, API_NO_FIELDS, "WebhookAnswer", "Register a webhook" },
    { HTTP_GET, "/api/n8n/webhooks/{id}", API_N8N, SCOPE_WEBHOOKS_READ, n8n_webhook, API_NO_FIELDS, API_NO_FIELDS, "WebhookAnswer", "Get a webhook" },
    { HTTP_DELETE, "/api/n8n/webhooks/{id}", API_N8N, SCOPE_WEBHOOKS_WRITE, n8n_unsubscribe, API_NO_FIELDS, API_NO_FIELDS, "Message", "Remove a webhook" },
    { HTTP_PUT, "/api/n8n/rewards/{id}", API_N8N, SCOPE_WEBHOOKS_WRITE, n8n_bind_reward, API_FIELDS(bind_fields), API_NO_FIELDS, "WebhookAnswer", "Bind a URL to a reward" },
    { HTTP_DELETE, "/api/n8n/rewards/{id}", API_N8N, SCOPE_WEBHOOKS_WRITE, n8n_unbind_reward, API_NO_FIELDS, API_NO_FIELDS, "Message", "Unbind a URL from a reward" },
    { HTTP_POST, "/api/n8n/users", API_N8N, SCOPE_USERS_WRITE, n8n_add_user, API_FIELDS(user_fields), API_NO_FIELDS, "UserAnswer", "Add a user" },
    { HTTP_POST, "/api/n8n/users/qualify", API_N8N, SCOPE_USERS_WRITE, n8n_qualify_user, qualify_fields, QUALIFY_FIELD_COUNT, API_NO_FIELDS, "UserAnswer", "Qualify a user" },
};

const ApiRoutes n8n_routes = { routes, ARRAY_LEN(routes) };
