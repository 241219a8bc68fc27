/* /api/v2/review: what the fraud rules saw, and people's answer to it. */
#include "api/handlers.h"
#include "api/list.h"
#include "base/time.h"
#include "engine/fraud.h"
#include "engine/view.h"

static Status put_signal(ApiCall *call, int64_t id, JsonOut *json)
{
    StoreSession *session = call->context->session;
    Arena *arena = call->request->arena;
    FraudSignal signal;
    User user;
    Status status = store_signal_get(session, call->account_id, id, arena, &signal);
    if (!status)
        status = store_user_get(session, call->account_id, signal.user_id, arena, &user);
    if (status)
        return status;
    json_begin_object(json);
    json_put_int(json, "id", signal.id);
    json_put_str(json, "rule", str_of(name_of(fraud_rule_names, (int)signal.rule)));
    json_put_str(json, "action", str_of(name_of(fraud_action_names, (int)signal.action)));
    json_put_str(json, "state", str_of(name_of(signal_state_names, (int)signal.state)));
    json_key(json, "detail");
    json_raw(json, signal.detail);
    json_put_str(json, "created_at", str_of(time_iso8601(signal.created_us).text));
    json_key(json, "user");
    view_user(json, call->context->engine, &user);
    json_end_object(json);
    return STATUS_OK;
}

static void list_review(ApiCall *call)
{
    static const OwnFilter open[] = { { "state", "=", "open", .yields = true } };
    api_list(call, LIST_OF_SIGNALS, open, ARRAY_LEN(open), put_signal);
}

static void reviewed(Command *base)
{
    ApiCall *call = api_succeeded(base);
    if (call == NULL)
        return;
    api_begin_data(call);
    view_user(&call->json, call->context->engine, &((const ReviewCommand *)base)->user);
    api_reply_data(call, 200);
}

static void review(ApiCall *call, bool approve)
{
    ReviewCommand *command = review_command_new(call->context->engine, call->request->arena);
    if (command) {
        command->account_id = call->account_id;
        command->user_id = api_path_id(call, 0);
        command->approve = approve;
    }
    api_submit(call, command ? &command->base : NULL, reviewed);
}

static void approve_user(ApiCall *call)
{
    review(call, true);
}

static void reject_user(ApiCall *call)
{
    review(call, false);
}

/* ---- routes ------------------------------------------------------------ */

static const ApiRoute routes[] = {
    { HTTP_GET, "/api/v2/review", API_V2, SCOPE_USERS_READ, list_review, API_NO_FIELDS, API_FIELDS(list_query), "FraudSignal[]", "List what fraud rules saw and nobody has judged yet" },
    { HTTP_POST, "/api/v2/review/{user_id}/approve", API_V2, SCOPE_USERS_WRITE, approve_user, API_NO_FIELDS, API_NO_FIELDS, "User", "Approve a user: what was held goes on" },
    { HTTP_POST, "/api/v2/review/{user_id}/reject", API_V2, SCOPE_USERS_WRITE, reject_user, API_NO_FIELDS, API_NO_FIELDS, "User", "Reject a user for good: what is due is cancelled" },
};

const ApiRoutes review_routes = { routes, ARRAY_LEN(routes) };
