/* Lists and searches of users and campaigns (contract 2.3: U3, U4, C1 to C3). */
#include "api/handlers.h"
#include "api/list.h"
#include "engine/find.h"
#include "engine/view.h"

/* ---- users ------------------------------------------------------------- */

static Status put_user(ApiCall *call, int64_t id, JsonOut *json)
{
    User user;
    Status status = store_user_get(call->context->session, call->account_id, id, call->request->arena, &user);
    if (!status)
        (asks_with(call, "user.analytics") ? view_user_analytics : view_user)(json, call->context->engine, &user);
    return status;
}

static void v2_users(ApiCall *call)
{
    api_list(call, LIST_OF_USERS, NULL, 0, put_user);
}

/* ---- campaigns --------------------------------------------------------- */

static Status put_campaign(ApiCall *call, int64_t id, JsonOut *json)
{
    StoreSession *session = call->context->session;
    bool with_totals = asks_with(call, "campaign.analytics");
    Campaign campaign;
    CampaignTotals totals;
    Status status = store_campaign_get(session, call->account_id, id, call->request->arena, &campaign);
    if (!status && with_totals)
        status = store_campaign_totals(session, &campaign, &totals);
    if (!status)
        view_campaign(json, call->context->engine, &campaign, with_totals ? &totals : NULL);
    return status;
}

static void v2_campaigns(ApiCall *call)
{
    static const OwnFilter not_archived[] = { { "archived", "=", "0", .yields = true } };
    api_list(call, LIST_OF_CAMPAIGNS, not_archived, ARRAY_LEN(not_archived), put_campaign);
}

static void v2_campaign(ApiCall *call)
{
    int64_t id = campaign_id_of(call->context->engine, call->request->params[0]);
    Selection selection = selection_of(call);
    api_begin_data(call);
    Status status = put_campaign(call, id, selection_begin(&selection));
    if (status) {
        Error err;
        api_fail(call, error_set(&err, status, NULL, "No campaign has this id or code."), &err);
        return;
    }
    selection_end(&selection);
    api_reply_data(call, 200);
}

/* ---- routes ------------------------------------------------------------ */

static const Field with_query[] = {
    { "with", FIELD_TEXT, false, 100, "campaign.analytics" },
    { "fields", FIELD_TEXT, false, 1000, "Only these members, with commas between" },
};

static const ApiRoute routes[] = {
    { HTTP_GET, "/api/v2/users", API_V2, SCOPE_USERS_READ, v2_users, API_NO_FIELDS, API_FIELDS(list_query), "User[]", "List users" },
    { HTTP_POST, "/api/v2/users/search", API_V2, SCOPE_USERS_READ, v2_users, API_FIELDS(search_fields), API_FIELDS(list_query), "User[]", "Search users" },
    { HTTP_GET, "/api/v2/campaigns", API_V2, SCOPE_CAMPAIGNS_READ, v2_campaigns, API_NO_FIELDS, API_FIELDS(list_query), "Campaign[]", "List campaigns" },
    { HTTP_POST, "/api/v2/campaigns/search", API_V2, SCOPE_CAMPAIGNS_READ, v2_campaigns, API_FIELDS(search_fields), API_FIELDS(list_query), "Campaign[]", "Search campaigns" },
    { HTTP_GET, "/api/v2/campaigns/{identifier}", API_V2, SCOPE_CAMPAIGNS_READ, v2_campaign, API_NO_FIELDS, API_FIELDS(with_query), "Campaign", "Get a campaign by id or code" },
};

const ApiRoutes list_routes = { routes, ARRAY_LEN(routes) };
