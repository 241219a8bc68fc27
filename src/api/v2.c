/* /api/v2 (contract 2.3): everything stands in "data". */
#include "api/handlers.h"
#include "api/select.h"
#include "engine/grant.h"
#include "engine/view.h"

static void joined(Command *base)
{
    ApiCall *call = api_succeeded(base);
    if (call == NULL)
        return;
    const JoinCommand *command = (const JoinCommand *)base;
    api_begin_data(call);
    view_user(&call->json, call->context->engine, &command->user);
    api_reply_data(call, command->created ? 201 : 200);
}

static void v2_add_user(ApiCall *call)
{
    JoinCommand *command = join_command_of(call, SOURCE_API);
    if (command)
        api_submit(call, &command->base, joined);
}

static void v2_user(ApiCall *call)
{
    UserKey key = user_key_of(call->request->params[0]);
    key.campaign_id = field_value(&call->query_values, "campaign_id")->number;
    User user;
    Error err = { 0 };
    Status status = find_user(call->context->session, call->context->engine, call->account_id, key,
                              call->request->arena, &user, &err);
    if (status) {
        api_fail(call, status, &err);
        return;
    }
    Selection selection = selection_of(call);
    api_begin_data(call);
    (asks_with(call, "user.analytics") ? view_user_analytics : view_user)(selection_begin(&selection),
                                                                          call->context->engine, &user);
    selection_end(&selection);
    api_reply_data(call, 200);
}

/* ---- routes ------------------------------------------------------------ */

static const Field user_query[] = {
    { "campaign_id", FIELD_ID, false, 0, "With an e-mail: in this campaign" },
};

static const ApiRoute routes[] = {
    { HTTP_POST, "/api/v2/users", API_V2, SCOPE_USERS_WRITE, v2_add_user, API_FIELDS(user_fields), API_NO_FIELDS, "User", "Add a user" },
    { HTTP_GET, "/api/v2/users/{identifier}", API_V2, SCOPE_USERS_READ, v2_user, API_NO_FIELDS, API_FIELDS(user_query), "User", "Get a user by id, code or e-mail" },
};

const ApiRoutes v2_routes = { routes, ARRAY_LEN(routes) };
