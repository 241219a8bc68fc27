/* /api/v2/webhooks: subscriptions by hand (an addition to the contract; n8n has its own calls). */
#include "api/webhooks.h"

#include "api/list.h"
#include "base/limits.h"
#include "base/sign_secret.h"
#include "base/time.h"

#define METHOD_FIELD { "method", FIELD_TEXT, false, 10, "POST, PUT, PATCH or GET (a query string of the body's plain members); POST if not given" }
#define HEADERS_FIELD { "headers", FIELD_ARRAY, false, 0, "[{name, value}]: headers that go along; their values are not shown again" }
#define FIELDS_FIELD { "fields", FIELD_ARRAY, false, 0, "[{field, as}]: only these members of the body, such as referrer.email, under these names; []: all" }
#define PACE_FIELDS                                                                                                              \
    { "rate_limit", FIELD_TEXT, false, 40, "How many deliveries at most, as in 10/second or 100/minute; null: no limit" },      \
    { "rate_burst", FIELD_INT, false, LIMIT_RATE, "So many of them may go at once; null: as many as in a second" },             \
    { "schedule", FIELD_TEXT, false, LIMIT_SCHEDULE_LEN, "Seconds to wait after each failed attempt, as in 5,300,1800; null: the server's" }, \
    { "ordered", FIELD_BOOL, false, 0, "What is about the same user goes one after the other" }, \
    { "ed25519", FIELD_BOOL, false, 0, "Deliveries are signed with ed25519 (v1a), too: public_key verifies them" }

const Field webhook_fields[WEBHOOK_FIELD_COUNT] = {
    { "url", FIELD_TEXT, true, LIMIT_URL_LEN, "Where events are sent" },
    { "event", FIELD_TEXT, true, 40, "user.join, user.qualified, reward_issued, login.requested or webhook.trouble" },
    { "campaign_id", FIELD_ID, false, 0, "Only events of this campaign" },
    { "sources", FIELD_ARRAY, false, 0, "user.join: only users of these sources" },
    { "reward_id", FIELD_ID, false, 0, "reward_issued: only this reward" },
    { "expects_ack", FIELD_BOOL, false, 0, "Only an answer with \"received\": true counts as delivered" },
    METHOD_FIELD,
    HEADERS_FIELD,
    FIELDS_FIELD,
    WEBHOOK_SINCE_FIELD,
    WEBHOOK_MOVED_FIELD,
    WEBHOOK_EXPIRES_FIELD,
    WEBHOOK_SECRET_FIELD,
    PACE_FIELDS,
    { "challenge", FIELD_BOOL, false, 0,
      "The URL must first answer a request with the text that it has as challenge" },
};

/* ---- shared ------------------------------------------------------------ */

bool webhook_find(ApiCall *call, int64_t id, Webhook *out_webhook)
{
    Status status = id ? store_webhook_get(call->context->session, call->account_id, id, call->request->arena, out_webhook)
                       : STATUS_NOT_FOUND;
    if (status)
        api_fail(call, status, NULL);
    return !status;
}

static void put_catch_up(JsonOut *json, const CatchUp *catch_up)
{
    json_key(json, "caught_up");
    json_begin_object(json);
    json_put_int(json, "count", catch_up->count);
    json_put_id_opt(json, "next_since", catch_up->next_after);
    json_end_object(json);
}

void webhook_put(JsonOut *json, const Webhook *webhook, bool with_secret, const CatchUp *catch_up)
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
    webhook_put_shape(json, webhook);
    json_put_str_opt(json, "expires_at", webhook->expires_us ? str_of(time_iso8601(webhook->expires_us).text) : STR_NONE);
    if (catch_up && catch_up->from != CATCH_UP_NOTHING)
        put_catch_up(json, catch_up);
    webhook_put_pace(json, &webhook->pace);
    bool has_key = webhook->pace.ed25519 && webhook->secret.ptr;
    json_put_str_opt(json, "public_key", has_key ? str_of(sign_public_text(webhook->secret).text) : STR_NONE);
    if (with_secret) {
        json_key(json, "secret");
        json_raw(json, STR("\""));
        webhook_secret_text(json->buf, webhook->secret);
        buf_append_char(json->buf, '"');
    }
    json_end_object(json);
}

bool webhook_read_since(ApiCall *call, const FieldValue *since, CatchUp *out_catch_up)
{
    int64_t value = 0, span_us;
    *out_catch_up = (CatchUp){ .from = CATCH_UP_NOTHING };
    if (!since->given)
        return true;
    if (str_is(since->text, "last"))
        *out_catch_up = (CatchUp){ .from = CATCH_UP_LAST };
    else if (str_to_i64(since->text, &value) && value >= 0)
        *out_catch_up = (CatchUp){ .from = CATCH_UP_EVENT, .value = value };
    else if (time_parse(since->text, &value, &span_us))
        *out_catch_up = (CatchUp){ .from = CATCH_UP_TIME, .value = value };
    else
        api_fail_field(call, "since", "Say \"last\", the number of an event, or a time such as 2026-01-14T09:30:00Z.");
    return out_catch_up->from != CATCH_UP_NOTHING;
}

bool webhook_read_secret(ApiCall *call, const FieldValue *value, Str *out_secret)
{
    SignSecret secret;
    Error err = { 0 };
    *out_secret = STR_NONE;
    if (!value->given)
        return true;
    if (sign_secret_parse(value->text, &secret, &err)) {
        api_fail_field(call, "secret", err.text);
        return false;
    }
    *out_secret = arena_str(call->request->arena, sign_secret_bytes(&secret));
    return out_secret->ptr != NULL;
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
        api_fail_field(
            call, "event",
            "The event is user.join, user.qualified, reward_issued, login.requested or webhook.trouble.");
        return false;
    }
    *out_type = (EventType)type;
    return true;
}

/* NULL when the call has been answered. */
static SubscribeCommand *command_of(ApiCall *call)
{
    EventType event;
    uint32_t sources;
    Webhook shape;
    CatchUp catch_up;
    Str own_secret;
    PaceChange pace;
    if (!webhook_read_secret(call, field_value(&call->values, "secret"), &own_secret) ||
        !webhook_read_since(call, field_value(&call->values, "since"), &catch_up) ||
        !webhook_read_event(call, field_value(&call->values, "event"), &event) ||
        !webhook_read_sources(call, field_value(&call->values, "sources"), &sources) ||
        !webhook_read_shape(call, &shape) || !webhook_read_pace(call, &pace))
        return NULL;
    SubscribeCommand *command = subscribe_command_new(call->context->engine, call->request->arena);
    if (command == NULL) {
        api_fail(call, STATUS_NOMEM, NULL);
        return NULL;
    }
    command->own_secret = own_secret;
    command->catch_up = catch_up;
    command->moved_id = field_value(&call->values, "moved_id")->number;
    command->expires_in_us = field_value(&call->values, "expires_in")->number * US_PER_SECOND;
    command->pace = pace;
    command->webhook = (Webhook){
        .account_id = call->account_id,
        .url = field_value(&call->values, "url")->text,
        .event = event,
        .campaign_id = field_value(&call->values, "campaign_id")->number,
        .sources = event == EVENT_USER_JOIN ? sources : 0,
        .reward_id = event == EVENT_REWARD_ISSUED ? field_value(&call->values, "reward_id")->number : 0,
        .expects_ack = field_value(&call->values, "expects_ack")->number == 1,
        .method = shape.method,
        .headers = shape.headers,
        .fields = shape.fields,
    };
    return command;
}

void webhook_register(ApiCall *call, void (*done)(Command *))
{
    SubscribeCommand *command = command_of(call);
    if (command == NULL)
        return;
    if (field_value(&call->values, "challenge")->number == 1)
        webhook_challenge(call, command, done);
    else
        api_submit(call, &command->base, done);
}

/* ---- v2 ---------------------------------------------------------------- */

static Status put_listed(ApiCall *call, int64_t id, JsonOut *json)
{
    Webhook webhook;
    Status status =
        store_webhook_get(call->context->session, call->account_id, id, call->request->arena, &webhook);
    if (!status)
        webhook_put(json, &webhook, false, NULL);
    return status;
}

static void list_webhooks(ApiCall *call)
{
    static const OwnFilter there[] = { { "removed_at", "NULL", NULL, false } };
    api_list(call, LIST_OF_WEBHOOKS, there, ARRAY_LEN(there), put_listed);
}

static void get_webhook(ApiCall *call)
{
    Webhook webhook;
    Status status = store_webhook_get(call->context->session, call->account_id, api_path_id(call, 0),
                                      call->request->arena, &webhook);
    if (!api_begin_found(call, status))
        return;
    webhook_put(&call->json, &webhook, false, NULL);
    api_reply_data(call, 200);
}

static void created(Command *base)
{
    ApiCall *call = api_succeeded(base);
    if (call == NULL)
        return;
    const SubscribeCommand *command = (const SubscribeCommand *)base;
    api_begin_data(call);
    webhook_put(&call->json, &command->webhook, true, &command->catch_up);
    api_reply_data(call, command->created ? 201 : 200);
}

static void create_webhook(ApiCall *call)
{
    webhook_register(call, created);
}

static void changed(Command *base)
{
    ApiCall *call = api_succeeded(base);
    if (call == NULL)
        return;
    const ResubscribeCommand *command = (const ResubscribeCommand *)base;
    api_begin_data(call);
    webhook_put(&call->json, &command->webhook, false, &command->catch_up);
    api_reply_data(call, 200);
}

/* What the body names is set, null among it: then the filter goes. */
static void change_webhook(ApiCall *call)
{
    const FieldValues *values = &call->values;
    const FieldValue *expects_ack = field_value(values, "expects_ack");
    PaceChange pace;
    Webhook to = { .campaign_id = field_value(values, "campaign_id")->number, .expects_ack = expects_ack->number == 1 };
    CatchUp catch_up;
    if (!webhook_read_since(call, field_value(values, "since"), &catch_up) ||
        !webhook_read_sources(call, field_value(values, "sources"), &to.sources) ||
        !webhook_read_shape(call, &to) || !webhook_read_pace(call, &pace))
        return;
    ResubscribeCommand *command = resubscribe_command_new(call->request->arena);
    if (command) {
        command->webhook = (Webhook){ .account_id = call->account_id, .id = api_path_id(call, 0) };
        command->to = to;
        command->catch_up = catch_up;
        command->pace = pace;
        command->sets_campaign = field_value(values, "campaign_id")->json != NULL;
        command->sets_sources = field_value(values, "sources")->json != NULL;
        command->sets_expects_ack = expects_ack->given;
        command->sets_method = field_value(values, "method")->given;
        command->sets_headers = field_value(values, "headers")->json != NULL;
        command->sets_fields = field_value(values, "fields")->json != NULL;
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
    METHOD_FIELD,
    HEADERS_FIELD,
    FIELDS_FIELD,
    WEBHOOK_SINCE_FIELD,
    PACE_FIELDS,
};

static const ApiRoute routes[] = {
    { HTTP_GET, "/api/v2/webhooks", API_V2, SCOPE_WEBHOOKS_READ, list_webhooks, API_NO_FIELDS,
      API_FIELDS(list_query), "Webhook[]", "List webhooks" },
    { HTTP_POST, "/api/v2/webhooks/search", API_V2, SCOPE_WEBHOOKS_READ, list_webhooks,
      API_FIELDS(search_fields), API_FIELDS(list_query), "Webhook[]", "Search webhooks" },
    { HTTP_POST, "/api/v2/webhooks", API_V2, SCOPE_WEBHOOKS_WRITE, create_webhook, API_FIELDS(webhook_fields),
      API_NO_FIELDS, "NewWebhook", "Register a webhook; its secret is shown this once" },
    { HTTP_GET, "/api/v2/webhooks/{id}", API_V2, SCOPE_WEBHOOKS_READ, get_webhook, API_NO_FIELDS,
      API_NO_FIELDS, "Webhook", "Get a webhook" },
    { HTTP_PUT, "/api/v2/webhooks/{id}", API_V2, SCOPE_WEBHOOKS_WRITE, change_webhook,
      API_FIELDS(change_fields), API_NO_FIELDS, "Webhook", "Change what a webhook is sent" },
    { HTTP_DELETE, "/api/v2/webhooks/{id}", API_V2, SCOPE_WEBHOOKS_WRITE, remove_webhook, API_NO_FIELDS,
      API_NO_FIELDS, "Message", "Remove a webhook" },
};

const ApiRoutes webhook_routes = { routes, ARRAY_LEN(routes) };
