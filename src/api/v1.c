/* /api/v1 (contract 2.2): objects stand in "data", writes say a "message" beside it. */
#include "api/handlers.h"
#include "api/list.h"
#include "base/limits.h"
#include "engine/find.h"
#include "engine/qualify.h"
#include "engine/sequence.h"
#include "engine/user.h"
#include "engine/view.h"
#include "http/route.h"

/* ---- campaigns and rewards --------------------------------------------- */

static void begin_list(ApiCall *call)
{
    api_begin_data(call);
    json_begin_array(&call->json);
}

static void end_list(ApiCall *call)
{
    json_end_array(&call->json);
    api_reply_data(call, 200);
}

static void v1_campaigns(ApiCall *call)
{
    CampaignList list;
    Status status = store_campaign_list(call->context->session, call->account_id, call->request->arena, &list);
    if (status) {
        api_fail(call, status, NULL);
        return;
    }
    begin_list(call);
    for (size_t i = 0; i < list.count; i++)
        view_campaign_v1(&call->json, call->context->engine, &list.items[i]);
    end_list(call);
}

static void v1_campaign(ApiCall *call)
{
    Campaign campaign;
    int64_t id = campaign_id_of(call->context->engine, call->request->params[0]);
    Status status =
        store_campaign_get(call->context->session, call->account_id, id, call->request->arena, &campaign);
    if (status) {
        Error err;
        api_fail(call, error_set(&err, status, NULL, "No campaign has this id."), &err);
        return;
    }
    api_begin_data(call);
    view_campaign_v1(&call->json, call->context->engine, &campaign);
    api_reply_data(call, 200);
}

static void v1_rewards(ApiCall *call)
{
    RewardList list;
    RewardFilter all = { .issue = -1, .when = -1, .status = -1 };
    Status status = store_reward_list(call->context->session, call->account_id, all, call->request->arena, &list);
    if (status) {
        api_fail(call, status, NULL);
        return;
    }
    begin_list(call);
    for (size_t i = 0; i < list.count; i++)
        view_reward_short(&call->json, &list.items[i]);
    end_list(call);
}

/* ---- users: reading ---------------------------------------------------- */

static bool names_campaign(Str with)
{
    Str part;
    while (str_cut(&with, ',', &part))
        if (str_ieq(str_trim(part), STR("all")) || str_ieq(str_trim(part), STR("campaign")))
            return true;
    return false;
}

/* `with` is all or campaign, and may stand in the query string, in a header or in the body. */
static bool wants_campaign(const ApiCall *call)
{
    const HttpRequest *request = call->request;
    return names_campaign(http_form_value(request->arena, request->query, "with")) ||
           names_campaign(http_header(request, "with")) ||
           names_campaign(json_to_str(json_get(call->body.root, "with")));
}

static Status put_user_of(ApiCall *call, const User *user, JsonOut *json)
{
    bool with_campaign = wants_campaign(call);
    Campaign campaign;
    Status status = STATUS_OK;
    if (with_campaign)
        status = store_campaign_get(call->context->session, call->account_id, user->campaign_id,
                                    call->request->arena, &campaign);
    if (!status)
        view_user_v1(json, call->context->engine, user, with_campaign ? &campaign : NULL);
    return status;
}

static Status put_user(ApiCall *call, int64_t id, JsonOut *json)
{
    User user;
    Status status = store_user_get(call->context->session, call->account_id, id, call->request->arena, &user);
    return status ? status : put_user_of(call, &user, json);
}

static void v1_users(ApiCall *call)
{
    api_list(call, LIST_OF_USERS, NULL, 0, put_user);
}

static void v1_user(ApiCall *call)
{
    User user;
    Error err = { 0 };
    Status status = find_user(call->context->session, call->context->engine, call->account_id,
                              user_key_of(call->request->params[0]), call->request->arena, &user, &err);
    if (!status) {
        api_begin_data(call);
        status = put_user_of(call, &user, &call->json);
    }
    if (status)
        api_fail(call, status, &err);
    else
        api_reply_data(call, 200);
}

/* ---- users: writing ---------------------------------------------------- */

static void reply_user(ApiCall *call, int http_status, const User *user, const char *message)
{
    api_begin_data(call);
    Status status = put_user_of(call, user, &call->json);
    if (status) {
        api_fail(call, status, NULL);
        return;
    }
    json_put_str(&call->json, "message", str_of(message));
    api_reply_data(call, http_status);
}

static void created(Command *base)
{
    ApiCall *call = api_succeeded(base);
    if (call == NULL)
        return;
    const JoinCommand *command = (const JoinCommand *)base;
    /* A known e-mail is no error: the same user comes back, with the same code. */
    reply_user(call, command->created ? 201 : 200, &command->user,
               command->created ? "User created" : "The user was there already");
}

static void v1_create_user(ApiCall *call)
{
    JoinCommand *command = join_command_of(call, SOURCE_API);
    if (command)
        api_submit(call, &command->base, created);
}

static void changed(Command *base)
{
    ApiCall *call = api_succeeded(base);
    if (call)
        reply_user(call, 200, &((const UserChangeCommand *)base)->user, "User updated");
}

static void qualified(Command *base)
{
    ApiCall *call = api_succeeded(base);
    if (call)
        reply_user(call, 200, &((const QualifyCommand *)((SequenceCommand *)base)->second)->user, "User updated");
}

static UserChangeCommand *change_command_of(ApiCall *call)
{
    UserChangeCommand *change = user_change_command_new(call->request->arena);
    if (change) {
        change->account_id = call->account_id;
        change->user_id = api_path_id(call, 0);
        change->first_name = field_value(&call->values, "first_name")->text;
        change->email = field_value(&call->values, "email")->text;
    }
    return change;
}

/* In one transaction: a call that can't qualify changes no name either. */
static void v1_change_user(ApiCall *call)
{
    const FieldValue *wanted = field_value(&call->values, "qualified");
    UserChangeCommand *change = change_command_of(call);
    if (!wanted->given || change == NULL) {
        api_submit(call, change ? &change->base : NULL, changed);
        return;
    }
    QualifyCommand *qualify = qualify_command_new(call->context->engine, call->request->arena);
    if (qualify) {
        qualify->account_id = call->account_id;
        qualify->key = (UserKey){ .kind = USER_KEY_ID, .id = change->user_id };
        qualify->qualified = wanted->number == 1;
    }
    SequenceCommand *both =
        qualify ? sequence_command_new(call->request->arena, &change->base, &qualify->base) : NULL;
    api_submit(call, both ? &both->base : NULL, qualified);
}

static void erased(Command *base)
{
    ApiCall *call = api_succeeded(base);
    if (call)
        api_reply_message(call, 200, "User deleted");
}

static void v1_erase_user(ApiCall *call)
{
    UserEraseCommand *command = user_erase_command_new(call->context->engine, call->request->arena);
    if (command) {
        command->account_id = call->account_id;
        command->user_id = api_path_id(call, 0);
    }
    api_submit(call, command ? &command->base : NULL, erased);
}

/* ---- routes ------------------------------------------------------------ */

static const Field create_fields[] = {
    { "campaign_id", FIELD_ID, true, 0, "The campaign to join" },
    { "first_name", FIELD_TEXT, true, LIMIT_NAME_CHARS * 4, "First name" },
    { "email", FIELD_TEXT, true, LIMIT_EMAIL_LEN, "E-mail address" },
    { "referrer_code", FIELD_CODE, false, CODE_LEN * 4, "The code of who invited this user" },
    { "last_name", FIELD_TEXT, false, LIMIT_NAME_CHARS * 4, "Last name; kept as the extra field Last Name" },
    { "referrer", FIELD_OBJECT, false, 0, "As in v2: {field: id|code|email, value}" },
    { "meta", FIELD_ARRAY, false, 0, "Extra fields: [{field, value}]" },
    { "with", FIELD_JSON, false, 0, "all or campaign: the answer shows the campaign" },
    { "select", FIELD_JSON, false, 0, "Has no effect" },
};

static const Field change_fields[] = {
    { "qualified", FIELD_BOOL, false, 0, "Whether the user is qualified" },
    { "first_name", FIELD_TEXT, false, LIMIT_NAME_CHARS * 4, "First name" },
    { "email", FIELD_TEXT, false, LIMIT_EMAIL_LEN, "E-mail address" },
    { "campaign_id", FIELD_JSON, false, 0, "Has no effect" },
    { "with", FIELD_JSON, false, 0, "all or campaign: the answer shows the campaign" },
    { "select", FIELD_JSON, false, 0, "Has no effect" },
};

static const ApiRoute routes[] = {
    { HTTP_GET, "/api/v1/campaigns", API_V1, SCOPE_CAMPAIGNS_READ, v1_campaigns, API_NO_FIELDS, API_NO_FIELDS, "Campaigns1", "List campaigns" },
    { HTTP_GET, "/api/v1/campaigns/{id}", API_V1, SCOPE_CAMPAIGNS_READ, v1_campaign, API_NO_FIELDS, API_NO_FIELDS, "Campaign1", "Get a campaign" },
    { HTTP_GET, "/api/v1/rewards", API_V1, SCOPE_REWARDS_READ, v1_rewards, API_NO_FIELDS, API_NO_FIELDS, "Rewards1", "List rewards" },
    { HTTP_GET, "/api/v1/users", API_V1, SCOPE_USERS_READ, v1_users, API_NO_FIELDS, API_FIELDS(list_query), "User1[]", "List users" },
    { HTTP_GET, "/api/v1/users/{id}", API_V1, SCOPE_USERS_READ, v1_user, API_NO_FIELDS, API_NO_FIELDS, "User1", "Get a user" },
    { HTTP_POST, "/api/v1/users", API_V1, SCOPE_USERS_WRITE, v1_create_user, API_FIELDS(create_fields), API_NO_FIELDS, "User1", "Add a user" },
    { HTTP_PUT, "/api/v1/users/{id}", API_V1, SCOPE_USERS_WRITE, v1_change_user, API_FIELDS(change_fields), API_NO_FIELDS, "User1", "Change or qualify a user" },
    { HTTP_DELETE, "/api/v1/users/{id}", API_V1, SCOPE_USERS_WRITE, v1_erase_user, API_NO_FIELDS, API_NO_FIELDS, "Message", "Erase a user for good" },
};

const ApiRoutes v1_routes = { routes, ARRAY_LEN(routes) };
