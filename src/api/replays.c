/* Sending many deliveries of a webhook again: jobs, and how far they are. */
#include "api/webhooks.h"
#include "base/log.h"
#include "engine/deliver.h"
#include "engine/view.h"

static void reply_replay(ApiCall *call, const Replay *replay, int http_status)
{
    api_begin_data(call);
    view_replay(&call->json, replay);
    api_reply_data(call, http_status);
}

/* ---- starting ---------------------------------------------------------- */

static bool read_replay(ApiCall *call, Replay *out_replay)
{
    const FieldValue *state = field_value(&call->values, "state");
    *out_replay = (Replay){ .account_id = call->account_id,
                            .webhook_id = api_path_id(call, 0),
                            .state = DELIVERY_DEAD,
                            .from_us = field_value(&call->values, "from")->number,
                            .to_us = field_value(&call->values, "to")->number };
    if (state->given && !replay_state_find(state->text, &out_replay->state)) {
        api_fail_field(call, "state", "The state is dead, blocked or delivered.");
        return false;
    }
    if (out_replay->from_us && out_replay->to_us && out_replay->from_us > out_replay->to_us) {
        api_fail_field(call, "to", "The range ends before it begins.");
        return false;
    }
    return webhook_read_rate(call, field_value(&call->values, "rate_limit"), &out_replay->rate);
}

/* Who has asked stands in the log. */
static void started(Command *base)
{
    ApiCall *call = api_succeeded(base);
    const Replay *replay = &((const StartReplayCommand *)base)->replay;
    if (call == NULL)
        return;
    log_info("webhook.replay_started", log_int("account_id", call->account_id), log_int("webhook_id", replay->webhook_id),
             log_int("replay_id", replay->id), log_int("token_id", call->token_id));
    reply_replay(call, replay, 201);
}

static void start_replay(ApiCall *call)
{
    Replay replay;
    Webhook webhook;
    if (!webhook_find(call, api_path_id(call, 0), &webhook) || !read_replay(call, &replay))
        return;
    Status status = store_replay_count(call->context->session, &replay);
    if (status) {
        api_fail(call, status, NULL);
        return;
    }
    if (field_value(&call->values, "dry_run")->number) {
        reply_replay(call, &replay, 200);
        return;
    }
    StartReplayCommand *command = start_replay_command_new(call->request->arena);
    if (command)
        command->replay = replay;
    api_submit(call, command ? &command->base : NULL, started);
}

/* ---- looking ----------------------------------------------------------- */

static void list_replays(ApiCall *call)
{
    ReplayList list;
    Webhook webhook;
    if (!webhook_find(call, api_path_id(call, 0), &webhook))
        return;
    Status status = store_replay_list(call->context->session, call->account_id, webhook.id, call->request->arena, &list);
    if (!api_begin_found(call, status))
        return;
    json_begin_array(&call->json);
    for (size_t i = 0; i < list.count; i++)
        view_replay(&call->json, &list.items[i]);
    json_end_array(&call->json);
    api_reply_data(call, 200);
}

static void get_replay(ApiCall *call)
{
    Replay replay;
    Webhook webhook;
    if (!webhook_find(call, api_path_id(call, 0), &webhook))
        return;
    Status status = store_replay_get(call->context->session, call->account_id, webhook.id, api_path_id(call, 1), &replay);
    if (status)
        api_fail(call, status, NULL);
    else
        reply_replay(call, &replay, 200);
}

/* ---- ending ------------------------------------------------------------ */

static void cancelled(Command *base)
{
    ApiCall *call = api_succeeded(base);
    if (call)
        reply_replay(call, &((const CancelReplayCommand *)base)->replay, 200);
}

static void cancel_replay(ApiCall *call)
{
    CancelReplayCommand *command = cancel_replay_command_new(call->request->arena);
    if (command)
        command->replay = (Replay){ .account_id = call->account_id,
                                    .webhook_id = api_path_id(call, 0),
                                    .id = api_path_id(call, 1) };
    api_submit(call, command ? &command->base : NULL, cancelled);
}

/* ---- routes ------------------------------------------------------------ */

static const Field start_fields[] = {
    { "state", FIELD_TEXT, false, LIMIT_QUERY_VALUE_LEN, "dead (the default), blocked or delivered" },
    { "from", FIELD_TIME, false, 0, "Only of events from this time on" },
    { "to", FIELD_TIME, false, 0, "Only of events before this time" },
    { "rate_limit", FIELD_TEXT, false, 40, "How many at most, as in 10/second or 100/minute; as many as the receiver takes if not given" },
    { "dry_run", FIELD_BOOL, false, 0, "Only count them" },
};

static const ApiRoute routes[] = {
    { HTTP_POST, "/api/v2/webhooks/{id}/replays", API_V2, SCOPE_WEBHOOKS_WRITE, start_replay, API_FIELDS(start_fields), API_NO_FIELDS, "Replay", "Send many deliveries again, in the background; who has asked stands in the log" },
    { HTTP_GET, "/api/v2/webhooks/{id}/replays", API_V2, SCOPE_WEBHOOKS_READ, list_replays, API_NO_FIELDS, API_NO_FIELDS, "Replays", "List a webhook's replays, the newest first" },
    { HTTP_GET, "/api/v2/webhooks/{id}/replays/{replay}", API_V2, SCOPE_WEBHOOKS_READ, get_replay, API_NO_FIELDS, API_NO_FIELDS, "Replay", "Get how far a replay is" },
    { HTTP_POST, "/api/v2/webhooks/{id}/replays/{replay}/cancel", API_V2, SCOPE_WEBHOOKS_WRITE, cancel_replay, API_NO_FIELDS, API_NO_FIELDS, "Replay", "End a replay where it is; what it has sent stays sent" },
};

const ApiRoutes replay_routes = { routes, ARRAY_LEN(routes) };
