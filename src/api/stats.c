/* Our additions to /api/v2/campaigns/{identifier}: what happens per day, the clicks, and who leads. */
#include "api/handlers.h"
#include "base/limits.h"
#include "base/time.h"
#include "engine/find.h"
#include "engine/view.h"

enum { DEFAULT_DAYS = 30, DEFAULT_LEADERS = 10, DEFAULT_CLICKS = 100, TOP_ORIGINS = 20 };

/* The campaign of the path. False when there is none: then the call has been answered. */
static bool find_campaign_of(ApiCall *call, Campaign *out_campaign)
{
    int64_t id = campaign_id_of(call->context->engine, call->request->params[0]);
    Status status =
        store_campaign_get(call->context->session, call->account_id, id, call->request->arena, out_campaign);
    if (status == STATUS_OK)
        return true;
    Error err;
    api_fail(call, error_set(&err, status, NULL, "No campaign has this id or code."), &err);
    return false;
}

/* ---- days -------------------------------------------------------------- */

static void put_counts(JsonOut *json, const DayCounts *counts)
{
    json_put_int(json, "clicks", counts->clicks);
    json_put_int(json, "joins", counts->joins);
    json_put_int(json, "referrals", counts->referrals);
    json_put_int(json, "qualified", counts->qualified);
    json_put_int(json, "issued", counts->issued);
}

static void put_day(JsonOut *json, int64_t day_us, const DayCounts *counts)
{
    json_begin_object(json);
    json_put_str(json, "date", str_of(time_date(day_us).text));
    put_counts(json, counts);
    json_end_object(json);
}

static void add_counts(DayCounts *sum, const DayCounts *counts)
{
    sum->clicks += counts->clicks;
    sum->joins += counts->joins;
    sum->referrals += counts->referrals;
    sum->qualified += counts->qualified;
    sum->issued += counts->issued;
}

/* Every day of the range, those on which nothing happened, too. */
static DayCounts put_days(JsonOut *json, const CampaignDayList *list, int64_t from_us, int64_t to_us)
{
    static const DayCounts nothing;
    DayCounts sum = { 0 };
    size_t next = 0;
    json_key(json, "days");
    json_begin_array(json);
    for (int64_t day_us = from_us; day_us <= to_us; day_us += US_PER_DAY) {
        bool happened = next < list->count && list->items[next].day_us == day_us;
        const DayCounts *counts = happened ? &list->items[next++].counts : &nothing;
        put_day(json, day_us, counts);
        add_counts(&sum, counts);
    }
    json_end_array(json);
    return sum;
}

static int64_t start_of_day(int64_t utc_us)
{
    return utc_us - utc_us % US_PER_DAY;
}

/* From and to, inclusive; without them the last 30 days. False when they can't be: answered. */
static bool read_range(ApiCall *call, int64_t *out_from_us, int64_t *out_to_us)
{
    const FieldValue *from = field_value(&call->query_values, "from"), *to = field_value(&call->query_values, "to");
    *out_to_us = start_of_day(to->given ? to->number : time_now_us());
    *out_from_us = from->given ? start_of_day(from->number) : *out_to_us - (DEFAULT_DAYS - 1) * US_PER_DAY;
    if (*out_from_us > *out_to_us)
        api_fail_field(call, "to", "The range ends before it begins.");
    else if (*out_to_us - *out_from_us >= LIMIT_STATS_DAYS * US_PER_DAY)
        api_fail_field(call, "from", "A range has at most 1100 days.");
    else
        return true;
    return false;
}

static void put_devices(JsonOut *json, const ClickOriginList *list)
{
    json_key(json, "devices");
    json_begin_object(json);
    for (size_t i = 0; i < list->count; i++)
        json_put_int(json, name_of(device_names, (int)list->items[i].device), list->items[i].clicks);
    json_end_object(json);
}

/* Counted by country or by host: the other one is not set. */
static void put_origins(JsonOut *json, const char *list_name, const char *name, const ClickOriginList *list)
{
    json_key(json, list_name);
    json_begin_array(json);
    for (size_t i = 0; i < list->count; i++) {
        const ClickOrigin *origin = &list->items[i];
        json_begin_object(json);
        json_put_str(json, name, origin->country.len ? origin->country : origin->host);
        json_put_int(json, "clicks", origin->clicks);
        json_end_object(json);
    }
    json_end_array(json);
}

static void campaign_stats(ApiCall *call)
{
    Campaign campaign;
    int64_t from_us, to_us;
    CampaignDayList list;
    ClickOriginList devices, countries, hosts;
    if (!find_campaign_of(call, &campaign) || !read_range(call, &from_us, &to_us))
        return;
    Status status = store_day_list(call->context->session, call->account_id, campaign.id, from_us, to_us,
                                   call->request->arena, &list);
    if (!status)
        status = store_click_devices(call->context->session, call->account_id, campaign.id, from_us, to_us,
                                     call->request->arena, &devices);
    if (!status)
        status = store_click_countries(call->context->session, call->account_id, campaign.id, from_us, to_us, TOP_ORIGINS,
                                       call->request->arena, &countries);
    if (!status)
        status = store_click_hosts(call->context->session, call->account_id, campaign.id, from_us, to_us, TOP_ORIGINS,
                                   call->request->arena, &hosts);
    if (status) {
        api_fail(call, status, NULL);
        return;
    }
    JsonOut *json = &call->json;
    api_begin_data(call);
    json_begin_object(json);
    json_put_int(json, "campaign_id", campaign.id);
    json_put_bool(json, "live", campaign.live);
    json_put_str(json, "from", str_of(time_date(from_us).text));
    json_put_str(json, "to", str_of(time_date(to_us).text));
    DayCounts sum = put_days(json, &list, from_us, to_us);
    json_key(json, "totals");
    json_begin_object(json);
    put_counts(json, &sum);
    json_end_object(json);
    put_devices(json, &devices);
    put_origins(json, "countries", "country", &countries);
    put_origins(json, "hosts", "host", &hosts);
    json_end_object(json);
    api_reply_data(call, 200);
}

/* ---- clicks ------------------------------------------------------------ */

static void put_click(ApiCall *call, const Click *click)
{
    JsonOut *json = &call->json;
    Code code = code_of(&call->context->engine->code_key, CODE_USER, click->user_id);
    json_begin_object(json);
    json_put_int(json, "id", click->at_us);
    json_put_str(json, "clicked_at", str_of(time_iso8601(click->at_us).text));
    json_put_int(json, "user_id", click->user_id);
    json_put_str(json, "code", (Str){ code.text, CODE_LEN });
    json_put_int(json, "clicks", click->count);
    json_put_str(json, "device", str_of(name_of(device_names, (int)click->device)));
    json_put_str(json, "country", click->country);
    json_put_str(json, "host", click->host);
    json_end_object(json);
}

static void campaign_clicks(ApiCall *call)
{
    Campaign campaign;
    ClickPage page;
    const FieldValue *after = field_value(&call->query_values, "after"), *limit = field_value(&call->query_values, "limit");
    if (!find_campaign_of(call, &campaign))
        return;
    Status status = store_click_page(call->context->session, call->account_id, campaign.id, after->number,
                                     limit->given ? limit->number : DEFAULT_CLICKS, call->request->arena, &page);
    if (!api_begin_found(call, status))
        return;
    json_begin_array(&call->json);
    for (size_t i = 0; i < page.count; i++)
        put_click(call, &page.items[i]);
    json_end_array(&call->json);
    json_put_int(&call->json, "next_after", page.count ? page.items[page.count - 1].at_us : after->number);
    json_put_bool(&call->json, "has_more", page.has_more);
    api_reply_data(call, 200);
}

/* ---- leaderboard ------------------------------------------------------- */

static void put_leader(ApiCall *call, const Leader *leader, const User *user, int64_t rank)
{
    JsonOut *json = &call->json;
    Code code = code_of(&call->context->engine->code_key, CODE_USER, user->id);
    json_begin_object(json);
    json_put_int(json, "rank", rank);
    json_put_int(json, "user_id", user->id);
    json_put_str(json, "first_name", user->first_name);
    json_put_str(json, "email", user->email);
    json_put_str(json, "code", (Str){ code.text, CODE_LEN });
    json_put_int(json, "qualified_referrals", leader->qualified);
    json_put_int(json, "referrals", user->referrals);
    json_put_str(json, "since", str_of(time_iso8601(leader->since_us).text));
    json_end_object(json);
}

static void campaign_leaderboard(ApiCall *call)
{
    Campaign campaign;
    LeaderList list;
    const FieldValue *limit = field_value(&call->query_values, "limit");
    if (!find_campaign_of(call, &campaign))
        return;
    Status status = store_leader_list(call->context->session, call->account_id, campaign.id,
                                      limit->given ? limit->number : DEFAULT_LEADERS, call->request->arena, &list);
    api_begin_data(call);
    json_begin_array(&call->json);
    for (size_t i = 0; !status && i < list.count; i++) {
        User user;
        status = store_user_get(call->context->session, call->account_id, list.items[i].user_id,
                                call->request->arena, &user);
        if (!status)
            put_leader(call, &list.items[i], &user, (int64_t)i + 1);
    }
    json_end_array(&call->json);
    if (status)
        api_fail(call, status, NULL);
    else
        api_reply_data(call, 200);
}

/* ---- routes ------------------------------------------------------------ */

static const Field range_query[] = {
    { "from", FIELD_TIME, false, 0, "The first day; 29 days before the last unless given" },
    { "to", FIELD_TIME, false, 0, "The last day; today unless given" },
};

static const Field click_query[] = {
    { "after", FIELD_INT, false, INT64_MAX / 2, "The next_after of the answer before, or microseconds since 1970; without: from the first click on" },
    { "limit", FIELD_INT, false, LIMIT_CLICKS, "How many at most; 100 without" },
};

static const Field leader_query[] = {
    { "limit", FIELD_INT, false, LIMIT_LEADERS, "How many; 10 unless given" },
};

static const ApiRoute routes[] = {
    { HTTP_GET, "/api/v2/campaigns/{identifier}/stats", API_V2, SCOPE_CAMPAIGNS_READ, campaign_stats, API_NO_FIELDS, API_FIELDS(range_query), "CampaignStats", "What happened in a campaign, day by day" },
    { HTTP_GET, "/api/v2/campaigns/{identifier}/clicks", API_V2, SCOPE_CAMPAIGNS_READ, campaign_clicks, API_NO_FIELDS, API_FIELDS(click_query), "ClicksAnswer", "List clicks on the links of a campaign, oldest first" },
    { HTTP_GET, "/api/v2/campaigns/{identifier}/leaderboard", API_V2, SCOPE_USERS_READ, campaign_leaderboard, API_NO_FIELDS, API_FIELDS(leader_query), "Leaders", "Who has the most qualified referrals" },
};

const ApiRoutes stats_routes = { routes, ARRAY_LEN(routes) };
