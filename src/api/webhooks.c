/* /api/v2/webhooks: subscriptions by hand (an addition to the contract; n8n has its own calls). */
#include "api/webhooks.h"

#include "base/limits.h"
#include "base/time.h"

const Field webhook_fields[WEBHOOK_FIELD_COUNT] = {
    { "url", FIELD_TEXT, true, LIMIT_URL_LEN, "Where events are sent" },
    { "event", FIELD_TEXT, true, 40, "user.join, user.qualified or reward_issued" },
    { "campaign_id", FIELD_ID, false, 0, "Only events of this campaign" },
    { "sources", FIELD_ARRAY, false, 0, "user.join: only users of these sources" },
    { "reward_id", FIELD_ID, false, 0, "reward_issued: only this reward" },
    { "expects_ack", FIELD_BOOL, false, 0, "Only an answer with \"received\": true counts as delivered" },
};

/* ---- shared ------------------------------------------------------------ */

void webhook_put(JsonOut *json, const Webhook *webhook, bool with_secret)
{
    json_begin_object(json);
    json_put_int(json, "id", webhook->id);
    json_put_str(json, "event", str_of(name_of(event_type_names, (int)webhook->event)));
    json_put_str(json, "url", webhook->url);
    json_put_id_opt(json, "campaign_id", webhook->campaign_id);
    json_put_id_opt(json, "reward_id", webhook->reward_id);
    json_key(json, "sources");
    json_begin_array(json);
    for (int i = 0; i < SOURCE_COUNT; i++)
        if (webhook->sources >> i & 1)
            json_str(json, str_of(name_of(user_source_names, i)));
    json_end_array(json);
    json_put_bool(json, "expects_ack", webhook->expects_ack);
    if (with_secret) {
        json_key(json, "secret");
        json_raw(json, STR("\""));
        webhook_secret_text(json->buf, webhook->secret);
        buf_append_char(json->buf, '"');
    }
    json_end_object(json);
}

bool webhook_read_sources(ApiCall *call, const FieldValue *sources, uint32_t *out_set)
{
    *out_set = 0;
    size_t count = json_array_len(sources->given ? sources->json : NULL);
    for (size_t i = 0; i < count; i++) {
        const JsonValue *item = json_array_at(sources->json, i);
        int source;
        if (json_type_of(item) != JSON_TYPE_STRING || !name_find(user_source_names, json_to_str(item), &source)) {
            api_fail_field(call, "sources", "One of the sources is unknown. GET /api/n8n/user-sources lists them.");
            return false;
        }
        *out_set |= 1u << source;
    }
    return true;
}

bool webhook_read_event(ApiCall *call, const FieldValue *event, EventType *out_type)
{
    int type = EVENT_REWARD_ISSUED;
    if (event->given && !name_find(event_type_names, event->text, &type)) {
        api_fail_field(call, "event", "The event is user.join, user.qualified or reward_issued.");
        return false;
    }
    *out_type = (EventType)type;
    return true;
}

SubscribeCommand *webhook_command_of(ApiCall *call)
{
    EventType event;
    uint32_t sources;
    if (!webhook_read_event(call, field_value(&call->values, "event"), &event) ||
        !webhook_read_sources(call, field_value(&call->values, "sources"), &sources))
        return NULL;
    SubscribeCommand *command = subscribe_command_new(call->context->engine, call->request->arena);
    if (command == NULL) {
        api_fail(call, STATUS_NOMEM, NULL);
        return NULL;
    }
    command->webhook = (Webhook){
        .account_id = call->account_id,
        .url = field_value(&call->values, "url")->text,
        .event = event,
        .campaign_id = field_value(&call->values, "campaign_id")->number,
        .sources = event == EVENT_USER_JOIN ? sources : 0,
        .reward_id = event == EVENT_REWARD_ISSUED ? field_value(&call->values, "reward_id")->number : 0,
        .expects_ack = field_value(&call->values, "expects_ack")->number == 1,
    };
    return command;
}

/* ---- v2 ---------------------------------------------------------------- */

static void list_webhooks(ApiCall *call)
{
    WebhookList list;
    Status status = store_webhook_list(call->context->session, call->account_id, call->request->arena, &list);
    if (status) {
        api_fail(call, status, NULL);
        return;
    }
    api_begin_data(call);
    json_begin_array(&call->json);
    for (size_t i = 0; i < list.count; i++)
        webhook_put(&call->json, &list.items[i], false);
    json_end_array(&call->json);
    api_reply_data(call, 200);
}

static void get_webhook(ApiCall *call)
{
    Webhook webhook;
    Status status = store_webhook_get(call->context->session, call->account_id, api_path_id(call, 0),
                                      call->request->arena, &webhook);
    if (status) {
        api_fail(call, status, NULL);
        return;
    }
    api_begin_data(call);
    webhook_put(&call->json, &webhook, false);
    api_reply_data(call, 200);
}

static void created(Command *base)
{
    ApiCall *call = api_succeeded(base);
    if (call == NULL)
        return;
    const SubscribeCommand *command = (const SubscribeCommand *)base;
    api_begin_data(call);
    webhook_put(&call->json, &command->webhook, true);
    api_reply_data(call, command->created ? 201 : 200);
}

static void create_webhook(ApiCall *call)
{
    SubscribeCommand *command = webhook_command_of(call);
    if (command)
        api_submit(call, &command->base, created);
}

static void changed(Command *base)
{
    ApiCall *call = api_succeeded(base);
    if (call == NULL)
        return;
    api_begin_data(call);
    webhook_put(&call->json, &((const ResubscribeCommand *)base)->webhook, false);
    api_reply_data(call, 200);
}

/* What the body names is set, null among it: then the filter goes. */
static void change_webhook(ApiCall *call)
{
    const FieldValue *campaign = field_value(&call->values, "campaign_id");
    const FieldValue *sources = field_value(&call->values, "sources");
    const FieldValue *expects_ack = field_value(&call->values, "expects_ack");
    uint32_t set;
    if (!webhook_read_sources(call, sources, &set))
        return;
    ResubscribeCommand *command = resubscribe_command_new(call->request->arena);
    if (command) {
        command->webhook = (Webhook){ .account_id = call->account_id, .id = api_path_id(call, 0) };
        command->sets_campaign = campaign->json != NULL;
        command->campaign_id = campaign->number;
        command->sets_sources = sources->json != NULL;
        command->sources = set;
        command->sets_expects_ack = expects_ack->given;
        command->expects_ack = expects_ack->number == 1;
    }
    api_submit(call, command ? &command->base : NULL, changed);
}

static void removed(Command *base)
{
    ApiCall *call = api_succeeded(base);
    if (call == NULL)
        return;
    if (((const UnsubscribeCommand *)base)->removed)
        api_reply_message(call, 200, "The webhook was removed.");
    else
        api_fail(call, STATUS_NOT_FOUND, NULL);
}

static void remove_webhook(ApiCall *call)
{
    int64_t id = api_path_id(call, 0);
    if (id == 0) {
        api_fail(call, STATUS_NOT_FOUND, NULL);
        return;
    }
    UnsubscribeCommand *command = unsubscribe_command_new(call->request->arena);
    if (command) {
        command->account_id = call->account_id;
        command->webhook_id = id;
    }
    api_submit(call, command ? &command->base : NULL, removed);
}

/* ---- routes ------------------------------------------------------------ */

static const Field change_fields[] = {
    { "campaign_id", FIELD_ID, false, 0, "Only events of this campaign; null: of any" },
    { "sources", FIELD_ARRAY, false, 0, "user.join: only users of these sources; []: of any" },
    { "expects_ack", FIELD_BOOL, false, 0, "Only an answer with \"received\": true counts as delivered" },
};

static const ApiRoute routes[] = {
    { HTTP_GET, "/api/v2/webhooks", API_V2, SCOPE_WEBHOOKS_READ, list_webhooks, API_NO_FIELDS, API_NO_FIELDS, "Webhooks", "List webhooks" },
    { HTTP_POST, "/api/v2/webhooks", API_V2, SCOPE_WEBHOOKS_WRITE, create_webhook, API_FIELDS(webhook_fields), API_NO_FIELDS, "NewWebhook", "Register a webhook; its secret is shown this once" },
    { HTTP_GET, "/api/v2/webhooks/{id}", API_V2, SCOPE_WEBHOOKS_READ, get_webhook, API_NO_FIELDS, API_NO_FIELDS, "Webhook", "Get a webhook" },
    { HTTP_PUT, "/api/v2/webhooks/{id}", API_V2, SCOPE_WEBHOOKS_WRITE, change_webhook, API_FIELDS(change_fields), API_NO_FIELDS, "Webhook", "Change what a webhook is sent" },
    { HTTP_DELETE, "/api/v2/webhooks/{id}", API_V2, SCOPE_WEBHOOKS_WRITE, remove_webhook, API_NO_FIELDS, API_NO_FIELDS, "Message", "Remove a webhook" },
};

const ApiRoutes webhook_routes = { routes, ARRAY_LEN(routes) };
