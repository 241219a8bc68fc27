/* Lists and searches of rewards: definitions, what they have led to, what is due, issued or left
 * (contract 2.3: R1 to R7). */
#include "api/handlers.h"
#include "api/list.h"
#include "base/limits.h"
#include "engine/view.h"

/* ---- definitions ------------------------------------------------------- */

static Status put_definition(ApiCall *call, int64_t id, JsonOut *json)
{
    Reward reward;
    Status status = store_reward_get(call->context->session, call->account_id, id, call->request->arena, &reward);
    if (!status)
        view_reward(json, &reward);
    return status;
}

static Status put_totals(ApiCall *call, int64_t id, JsonOut *json)
{
    StoreSession *session = call->context->session;
    Arena *arena = call->request->arena;
    Reward reward;
    RewardTotals totals;
    Status status = store_reward_get(session, call->account_id, id, arena, &reward);
    if (!status)
        status = store_reward_totals(session, call->account_id, id, arena, &totals);
    if (!status)
        view_reward_totals(json, &reward, &totals);
    return status;
}

static void v2_rewards(ApiCall *call)
{
    api_list(call, LIST_OF_REWARDS, NULL, 0, put_definition);
}

/* ---- by metric --------------------------------------------------------- */

/* The metric of the path as our own text, or NULL: then the call has been answered. */
static const char *metric_of(ApiCall *call)
{
    int metric;
    if (name_find(reward_metric_names, call->request->params[0], &metric))
        return name_of(reward_metric_names, metric);
    Error err;
    api_fail(call, error_set(&err, STATUS_NOT_FOUND, NULL, "The metric is amount, commission, coupon or custom."), &err);
    return NULL;
}

static Status put_grant(ApiCall *call, int64_t id, JsonOut *json)
{
    Grant grant;
    Status status = store_grant_get(call->context->session, call->account_id, id, call->request->arena, &grant);
    if (!status)
        view_grant(json, &grant);
    return status;
}

/* Of one metric, and in certain states. */
static void list_grants(ApiCall *call, const OwnFilter *states, size_t count)
{
    const char *metric = metric_of(call);
    OwnFilter own[FILTER_OWN_MAX] = { { "metric", "=", metric, false } };
    memcpy(own + 1, states, count * sizeof *states);
    if (metric)
        api_list(call, LIST_OF_GRANTS, own, 1 + count, put_grant);
}

static void v2_grants(ApiCall *call)
{
    api_list(call, LIST_OF_GRANTS, NULL, 0, put_grant);
}

static void v2_rewards_dashboard(ApiCall *call)
{
    const char *metric = metric_of(call);
    const OwnFilter own = { "metric", "=", metric, false };
    if (metric)
        api_list(call, LIST_OF_REWARDS, &own, 1, put_totals);
}

static void v2_rewards_due(ApiCall *call)
{
    static const OwnFilter due = { "status", "=", "due", false };
    list_grants(call, &due, 1);
}

/* What was issued stays in its list, also when it failed or was taken back: its status tells (Q14). */
static void v2_rewards_issued(ApiCall *call)
{
    static const OwnFilter states[] = { { "status", "!=", "due", false },
                                        { "status", "!=", "pending", false },
                                        { "status", "!=", "canceled", false } };
    list_grants(call, states, ARRAY_LEN(states));
}

/* ---- remaining coupons ------------------------------------------------- */

/* Coupons are a campaign's; the reward that hands them out is its first one with coupons. */
static Status find_coupon_reward(ApiCall *call, int64_t campaign_id, int64_t *out_reward_id)
{
    RewardList list;
    RewardFilter filter = { .campaign_id = campaign_id, .issue = -1, .when = -1, .status = REWARD_ACTIVE };
    Status status = store_reward_list(call->context->session, call->account_id, filter, call->request->arena, &list);
    *out_reward_id = 0;
    for (size_t i = 0; !status && i < list.count && *out_reward_id == 0; i++)
        if (list.items[i].metric == METRIC_COUPON)
            *out_reward_id = list.items[i].id;
    return status;
}

static Status put_coupon(ApiCall *call, int64_t id, JsonOut *json)
{
    Coupon coupon;
    int64_t reward_id = 0;
    Status status = store_coupon_get(call->context->session, call->account_id, id, call->request->arena, &coupon);
    if (!status)
        status = find_coupon_reward(call, coupon.campaign_id, &reward_id);
    if (status)
        return status;
    json_begin_object(json);
    json_put_int(json, "id", coupon.id);
    json_put_id_opt(json, "reward_id", reward_id);
    json_put_str(json, "coupon", coupon.code);
    json_put_int(json, "campaign_id", coupon.campaign_id);
    json_end_object(json);
    return STATUS_OK;
}

static void v2_coupons(ApiCall *call)
{
    static const OwnFilter own[] = { { "user_id", "NULL", NULL, false }, { "voided_at", "NULL", NULL, false } };
    api_list(call, LIST_OF_COUPONS, own, ARRAY_LEN(own), put_coupon);
}

/* ---- routes ------------------------------------------------------------ */

#define LIST(path, handler, answer, summary) \
    { HTTP_GET, path, API_V2, SCOPE_REWARDS_READ, handler, API_NO_FIELDS, API_FIELDS(list_query), answer "[]", summary }
#define SEARCH(path, handler, answer, summary) \
    { HTTP_POST, path, API_V2, SCOPE_REWARDS_READ, handler, API_FIELDS(search_fields), API_FIELDS(list_query), answer "[]", summary }

static const ApiRoute routes[] = {
    LIST("/api/v2/rewards", v2_rewards, "RewardDefinition", "List rewards"),
    SEARCH("/api/v2/rewards/search", v2_rewards, "RewardDefinition", "Search rewards"),
    LIST("/api/v2/rewards/dashboard/{metric}", v2_rewards_dashboard, "RewardTotals", "List rewards with what they have led to"),
    SEARCH("/api/v2/rewards/dashboard/{metric}/search", v2_rewards_dashboard, "RewardTotals", "Search rewards with what they have led to"),
    LIST("/api/v2/rewards/due/{metric}", v2_rewards_due, "Grant", "List due rewards"),
    SEARCH("/api/v2/rewards/due/{metric}/search", v2_rewards_due, "Grant", "Search due rewards"),
    LIST("/api/v2/rewards/issued/{metric}", v2_rewards_issued, "Grant", "List issued rewards"),
    SEARCH("/api/v2/rewards/issued/{metric}/search", v2_rewards_issued, "Grant", "Search issued rewards"),
    LIST("/api/v2/grants", v2_grants, "Grant", "List rewards of any state: held, due, issued, cancelled, failed, reversed"),
    SEARCH("/api/v2/grants/search", v2_grants, "Grant", "Search rewards of any state"),
    LIST("/api/v2/rewards/remaining/coupon", v2_coupons, "Coupon", "List coupons that nobody has"),
    SEARCH("/api/v2/rewards/remaining/coupon/search", v2_coupons, "Coupon", "Search coupons that nobody has"),
    LIST("/api/v2/rewards/coupons", v2_coupons, "Coupon", "List coupons that nobody has"),
};

const ApiRoutes reward_list_routes = { routes, ARRAY_LEN(routes) };
