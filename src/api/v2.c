/* /api/v2 (contract 2.3): everything stands in "data". */
#include "api/handlers.h"
#include "engine/grant.h"
#include "engine/view.h"
#include "http/route.h"

static void put_data(ApiCall *call)
{
    json_begin_object(&call->json);
    json_key(&call->json, "data");
}

static void joined(Command *base)
{
    ApiCall *call = api_succeeded(base);
    if (call == NULL)
        return;
    const JoinCommand *command = (const JoinCommand *)base;
    put_data(call);
    view_user(&call->json, call->context->engine, &command->user);
    json_end_object(&call->json);
    api_reply(call, command->created ? 201 : 200);
}

static void v2_add_user(ApiCall *call)
{
    JoinCommand *command = join_command_of(call, SOURCE_API);
    if (command)
        api_submit(call, &command->base, joined);
}

static void v2_user(ApiCall *call)
{
    HttpRequest *request = call->request;
    UserKey key = user_key_of(request->params[0]);
    Str campaign = http_form_value(request->arena, request->query, "campaign_id");
    if (campaign.ptr && (!str_to_i64(campaign, &key.campaign_id) || key.campaign_id <= 0)) {
        Error err;
        api_fail(call, error_set(&err, STATUS_INVALID, "campaign_id", "The campaign_id must be a number."), &err);
        return;
    }
    User user;
    Error err = { 0 };
    Status status = find_user(call->context->session, call->context->engine, call->account_id, key, request->arena,
                              &user, &err);
    if (status) {
        api_fail(call, status, &err);
        return;
    }
    put_data(call);
    view_user(&call->json, call->context->engine, &user);
    json_end_object(&call->json);
    api_reply(call, 200);
}

static void issued(Command *base)
{
    ApiCall *call = api_succeeded(base);
    if (call == NULL)
        return;
    put_data(call);
    view_grant(&call->json, &((const IssueCommand *)base)->grant);
    json_end_object(&call->json);
    api_reply(call, 200);
}

static void v2_issue_reward(ApiCall *call)
{
    int64_t id;
    if (!str_to_i64(call->request->params[0], &id) || id <= 0) {
        api_fail(call, STATUS_NOT_FOUND, NULL);
        return;
    }
    IssueCommand *command = issue_command_new(call->context->engine, call->request->arena);
    if (command) {
        command->account_id = call->account_id;
        command->grant_id = id;
    }
    api_submit(call, command ? &command->base : NULL, issued);
}

/* ---- routes ------------------------------------------------------------ */

static const ApiRoute routes[] = {
    { HTTP_POST, "/api/v2/users", API_V2, SCOPE_USERS_WRITE, v2_add_user, API_FIELDS(user_fields), API_NO_FIELDS, "User", "Add a user" },
    { HTTP_GET, "/api/v2/users/{identifier}", API_V2, SCOPE_USERS_READ, v2_user, API_NO_FIELDS, API_NO_FIELDS, "User", "Get a user by id, code or e-mail" },
    { HTTP_POST, "/api/v2/rewards/issue/{id}", API_V2, SCOPE_REWARDS_WRITE, v2_issue_reward, API_NO_FIELDS, API_NO_FIELDS, "Grant", "Issue a due reward" },
};

const ApiRoutes v2_routes = { routes, ARRAY_LEN(routes) };
