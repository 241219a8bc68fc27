/* What became of webhooks' deliveries: lists, attempts, sending again, rest. */
#include "api/webhooks.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/sign_secret.h"
#include "base/time.h"
#include "engine/deliver.h"
#include "engine/subscribe.h"
#include "engine/view.h"

/* ---- lists ------------------------------------------------------------- */

static void reply_deliveries(ApiCall *call, const DeliveryQuery *query, DeliveryEntryList list)
{
    bool more = list.count == query->most;
    JsonOut *json = &call->json;
    json_begin_object(json);
    json_key(json, "data");
    json_begin_array(json);
    for (size_t i = 0; i < list.count; i++)
        view_delivery(json, call->context->engine, call->account_id, &list.items[i]);
    json_end_array(json);
    json_put_id_opt(json, "next_before", more ? list.items[list.count - 1].event_seq : 0);
    json_end_object(json);
    api_reply(call, 200);
}

static void list_deliveries(ApiCall *call)
{
    Webhook webhook;
    const FieldValue *state = field_value(&call->query_values, "state");
    int64_t limit = field_value(&call->query_values, "limit")->number;
    DeliveryQuery query = { .account_id = call->account_id,
                            .webhook_id = api_path_id(call, 0),
                            .state = -1,
                            .before_seq = field_value(&call->query_values, "before")->number,
                            .most = limit ? (size_t)limit : LIMIT_PAGE_ROWS_DEFAULT };
    if (!webhook_find(call, query.webhook_id, &webhook))
        return;
    if (state->given && !delivery_state_find(state->text, &query.state)) {
        api_fail_field(call, "state", "The state is pending, paused, held, dead or blocked; leave it out for all.");
        return;
    }
    query.rests = webhook.state != WEBHOOK_ACTIVE;
    DeliveryEntryList list;
    Status status = store_delivery_search(call->context->session, &query, call->request->arena, &list);
    if (status)
        api_fail(call, status, NULL);
    else
        reply_deliveries(call, &query, list);
}

static void list_attempts(ApiCall *call)
{
    AttemptList list;
    Webhook webhook;
    int64_t webhook_id = api_path_id(call, 0);
    if (!webhook_find(call, webhook_id, &webhook))
        return;
    Status status = store_attempt_list(call->context->session, call->account_id, webhook_id, api_path_id(call, 1),
                                       call->request->arena, &list);
    if (!api_begin_found(call, status))
        return;
    json_begin_array(&call->json);
    for (size_t i = 0; i < list.count; i++)
        view_attempt(&call->json, &list.items[i]);
    json_end_array(&call->json);
    api_reply_data(call, 200);
}

/* ---- rest -------------------------------------------------------------- */

static void reply_state(ApiCall *call, const Webhook *webhook)
{
    api_begin_data(call);
    json_begin_object(&call->json);
    json_put_int(&call->json, "id", webhook->id);
    view_webhook_health(&call->json, webhook);
    json_end_object(&call->json);
    api_reply_data(call, 200);
}

static void get_state(ApiCall *call)
{
    Webhook webhook;
    Status status = store_webhook_get(call->context->session, call->account_id, api_path_id(call, 0),
                                      call->request->arena, &webhook);
    if (status)
        api_fail(call, status, NULL);
    else
        reply_state(call, &webhook);
}

/* Who has asked stands in the log. */
static void state_changed(Command *base)
{
    ApiCall *call = api_succeeded(base);
    const Webhook *webhook = &((const WebhookStateCommand *)base)->webhook;
    if (call == NULL)
        return;
    log_info("webhook.state_set", log_int("account_id", call->account_id), log_int("webhook_id", webhook->id),
             log_text("state", str_of(name_of(webhook_state_names, (int)webhook->state))), log_int("token_id", call->token_id));
    reply_state(call, webhook);
}

static void set_state(ApiCall *call, WebhookState state)
{
    WebhookStateCommand *command = webhook_state_command_new(call->request->arena);
    if (command) {
        command->account_id = call->account_id;
        command->webhook_id = api_path_id(call, 0);
        command->state = state;
    }
    api_submit(call, command ? &command->base : NULL, state_changed);
}

static void pause_webhook(ApiCall *call)
{
    set_state(call, WEBHOOK_PAUSED);
}

static void resume_webhook(ApiCall *call)
{
    set_state(call, WEBHOOK_ACTIVE);
}

/* ---- secrets ----------------------------------------------------------- */

enum { USUAL_GRACE_SECONDS = 24 * 3600 };

static void rotated(Command *base)
{
    ApiCall *call = api_succeeded(base);
    if (call == NULL)
        return;
    const RotateCommand *command = (const RotateCommand *)base;
    JsonOut *json = &call->json;
    api_begin_data(call);
    json_begin_object(json);
    json_put_int(json, "id", command->webhook_id);
    json_key(json, "secret");
    json_raw(json, STR("\""));
    webhook_secret_text(json->buf, command->secret);
    buf_append_char(json->buf, '"');
    json_put_str(json, "old_secret_until", str_of(time_iso8601(command->old_until_us).text));
    json_end_object(json);
    api_reply_data(call, 200);
}

static void rotate_secret(ApiCall *call)
{
    const FieldValue *grace = field_value(&call->values, "grace_seconds");
    Str own_secret;
    if (!webhook_read_secret(call, field_value(&call->values, "secret"), &own_secret))
        return;
    RotateCommand *command = rotate_command_new(call->request->arena);
    if (command) {
        command->own_secret = own_secret;
        command->account_id = call->account_id;
        command->webhook_id = api_path_id(call, 0);
        command->grace_us = (grace->given ? grace->number : USUAL_GRACE_SECONDS) * US_PER_SECOND;
    }
    api_submit(call, command ? &command->base : NULL, rotated);
}

/* Who has looked stands in the log. */
static void reveal_secret(ApiCall *call)
{
    Webhook webhook;
    Status status = store_webhook_get(call->context->session, call->account_id, api_path_id(call, 0),
                                      call->request->arena, &webhook);
    if (!status && webhook.secret.ptr == NULL) {
        Error err;
        status = error_set(&err, STATUS_CONFLICT, NULL, "The secret is damaged. Give the webhook a new one.");
        api_fail(call, status, &err);
        return;
    }
    if (status) {
        api_fail(call, status, NULL);
        return;
    }
    log_info("webhook.secret_shown", log_int("account_id", call->account_id), log_int("webhook_id", webhook.id),
             log_int("token_id", call->token_id));
    JsonOut *json = &call->json;
    api_begin_data(call);
    json_begin_object(json);
    json_put_int(json, "id", webhook.id);
    json_put_str(json, "secret", str_of(sign_secret_text(webhook.secret).text));
    json_put_str_opt(json, "old_secret_until", webhook.old_secrets[0].secret.ptr
                                                   ? str_of(time_iso8601(webhook.old_secrets[0].until_us).text)
                                                   : STR_NONE);
    json_end_object(json);
    api_reply_data(call, 200);
}

static void revoked(Command *base)
{
    ApiCall *call = api_succeeded(base);
    if (call)
        api_reply_message(call, 200, "Only the secret of today signs any more.");
}

static void revoke_old_secrets(ApiCall *call)
{
    RotateCommand *command = rotate_command_new(call->request->arena);
    if (command) {
        command->account_id = call->account_id;
        command->webhook_id = api_path_id(call, 0);
        command->revokes = true;
    }
    api_submit(call, command ? &command->base : NULL, revoked);
}

/* ---- sending again ----------------------------------------------------- */

/* Who has asked stands in the log. */
static void replayed(Command *base)
{
    ApiCall *call = api_succeeded(base);
    const ReplayCommand *command = (const ReplayCommand *)base;
    if (call == NULL)
        return;
    log_info("webhook.replayed", log_int("account_id", call->account_id), log_int("webhook_id", command->webhook_id),
             log_int("event_seq", command->event_seq), log_int("token_id", call->token_id));
    api_reply_message(call, 200, "It goes again.");
}

static void replay_one(ApiCall *call)
{
    int64_t webhook_id = api_path_id(call, 0), event_seq = api_path_id(call, 1);
    if (webhook_id == 0 || event_seq == 0) {
        api_fail(call, STATUS_NOT_FOUND, NULL);
        return;
    }
    ReplayCommand *command = replay_command_new(call->request->arena);
    if (command) {
        command->account_id = call->account_id;
        command->webhook_id = webhook_id;
        command->event_seq = event_seq;
    }
    api_submit(call, command ? &command->base : NULL, replayed);
}

/* ---- trying ------------------------------------------------------------ */

static void probed(Command *base)
{
    ApiCall *call = api_succeeded(base);
    if (call == NULL)
        return;
    api_begin_data(call);
    json_begin_object(&call->json);
    view_probe(&call->json, call->context->engine, (const Probe *)base);
    json_end_object(&call->json);
    api_reply_data(call, 200);
}

/* Not under its Idempotency-Key: it changes nothing. */
static void test_webhook(ApiCall *call)
{
    Webhook webhook;
    int event;
    const FieldValue *name = field_value(&call->values, "event");
    const Engine *engine = call->context->engine;
    Status status = store_webhook_get(call->context->session, call->account_id, api_path_id(call, 0),
                                      call->request->arena, &webhook);
    if (status) {
        api_fail(call, status, NULL);
        return;
    }
    if (name->given && !name_find(event_type_names, name->text, &event)) {
        api_fail_field(call, "event", "There is no such event.");
        return;
    }
    if (name->given)
        webhook.event = (EventType)event;
    Probe *probe = probe_new(engine, &webhook, time_now_us(), call->request->arena);
    if (probe == NULL) {
        api_fail(call, STATUS_NOMEM, NULL);
        return;
    }
    probe->base.owner = call;
    probe->base.done = probed;
    loop_sink_lend(call->context->sink, engine->probe, engine->sender, &probe->base);
}

/* ---- routes ------------------------------------------------------------ */

static const Field list_query[] = {
    { "state", FIELD_TEXT, false, LIMIT_QUERY_VALUE_LEN, "Only those pending, paused, held, dead or blocked" },
    { "before", FIELD_ID, false, 0, "Only of events before this number: next_before of the page before" },
    { "limit", FIELD_INT, false, LIMIT_DELIVERY_ROWS, "How many at most" },
};

static const Field rotate_fields[] = {
    { "grace_seconds", FIELD_INT, false, LIMIT_SECRET_GRACE_SECONDS, "How long the old secret signs too: a day if not given, 0 for not at all" },
    WEBHOOK_SECRET_FIELD,
};

static const Field test_fields[] = {
    { "event", FIELD_TEXT, false, 40, "An example of this event instead of the webhook's own" },
};

static const ApiRoute routes[] = {
    { HTTP_POST, "/api/v2/webhooks/{id}/test", API_V2, SCOPE_WEBHOOKS_WRITE, test_webhook, API_FIELDS(test_fields), API_NO_FIELDS, "WebhookTest", "Send an example of a webhook's event now, and see the request and the answer" },
    { HTTP_POST, "/api/v2/webhooks/{id}/secret", API_V2, SCOPE_WEBHOOKS_WRITE, rotate_secret, API_FIELDS(rotate_fields), API_NO_FIELDS, "WebhookSecret", "Give a webhook a new secret, beside which the old one signs for a while" },
    { HTTP_GET, "/api/v2/webhooks/{id}/secret", API_V2, SCOPE_WEBHOOKS_WRITE, reveal_secret, API_NO_FIELDS, API_NO_FIELDS, "WebhookSecretShown", "Show a webhook's secret; who has looked stands in the log" },
    { HTTP_DELETE, "/api/v2/webhooks/{id}/old-secrets", API_V2, SCOPE_WEBHOOKS_WRITE, revoke_old_secrets, API_NO_FIELDS, API_NO_FIELDS, "Message", "End a webhook's old secrets now: only the one of today signs" },
    { HTTP_GET, "/api/v2/webhooks/{id}/deliveries", API_V2, SCOPE_WEBHOOKS_READ, list_deliveries, API_NO_FIELDS, API_FIELDS(list_query), "DeliveriesAnswer", "List a webhook's deliveries, the newest event first" },
    { HTTP_GET, "/api/v2/webhooks/{id}/deliveries/{seq}/attempts", API_V2, SCOPE_WEBHOOKS_READ, list_attempts, API_NO_FIELDS, API_NO_FIELDS, "Attempts", "List what happened at each try" },
    { HTTP_POST, "/api/v2/webhooks/{id}/deliveries/{seq}/replay", API_V2, SCOPE_WEBHOOKS_WRITE, replay_one, API_NO_FIELDS, API_NO_FIELDS, "Message", "Send a delivery again, also while its webhook rests; who has asked stands in the log" },
    { HTTP_GET, "/api/v2/webhooks/{id}/state", API_V2, SCOPE_WEBHOOKS_READ, get_state, API_NO_FIELDS, API_NO_FIELDS, "WebhookState", "Get whether a webhook rests, and how its receiver does" },
    { HTTP_POST, "/api/v2/webhooks/{id}/pause", API_V2, SCOPE_WEBHOOKS_WRITE, pause_webhook, API_NO_FIELDS, API_NO_FIELDS, "WebhookState", "Let a webhook rest: what happens meanwhile waits" },
    { HTTP_POST, "/api/v2/webhooks/{id}/resume", API_V2, SCOPE_WEBHOOKS_WRITE, resume_webhook, API_NO_FIELDS, API_NO_FIELDS, "WebhookState", "Let a webhook go on" },
};

const ApiRoutes delivery_routes = { routes, ARRAY_LEN(routes) };
