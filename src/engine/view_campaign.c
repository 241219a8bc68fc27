#include "base/time.h"
#include "engine/view.h"

#define NO_FIELDS "{\"person_referring\":[],\"person_invited\":[]}"

static void put_date_opt(JsonOut *json, const char *name, int64_t utc_us)
{
    json_put_str_opt(json, name, utc_us ? str_of(time_date(utc_us).text) : STR_NONE);
}

static void put_asset(JsonOut *json, const char *name, const char *type, Str path)
{
    json_key(json, name);
    json_begin_object(json);
    json_put_str(json, "type", str_of(type));
    json_put_str_opt(json, "path", path.len ? path : STR_NONE);
    json_end_object(json);
}

static void put_totals(JsonOut *json, const CampaignTotals *totals)
{
    json_key(json, "analytics");
    json_begin_object(json);
    json_put_int(json, "reach", totals->reach);
    json_put_int(json, "users", totals->users);
    json_put_int(json, "referrals", totals->referrals);
    json_put_int(json, "qualified_referrals", totals->qualified_referrals);
    json_end_object(json);
}

void view_campaign(JsonOut *json, const Engine *engine, const Campaign *campaign, const CampaignTotals *totals)
{
    Code code = code_of(&engine->code_key, CODE_CAMPAIGN, campaign->id);
    json_begin_object(json);
    json_put_int(json, "id", campaign->id);
    json_put_str(json, "name", campaign->name);
    json_put_str(json, "code", (Str){ code.text, CODE_LEN });
    json_put_str(json, "lang", campaign->lang);
    view_link(json, "url", engine, campaign->id, &code, "");
    json_put_int(json, "reach", campaign->reach);
    json_put_str(json, "status", str_of(name_of(campaign_status_names, campaign->status)));
    put_date_opt(json, "starts_at", campaign->starts_us);
    put_date_opt(json, "ends_at", campaign->ends_us);
    put_date_opt(json, "created_at", campaign->created_us);
    json_key(json, "fields");
    json_raw(json, campaign->form.ptr ? campaign->form : STR(NO_FIELDS));
    json_key(json, "assets");
    json_begin_object(json);
    put_asset(json, "logo", "square", campaign->logo_url);
    put_asset(json, "favicon", "square", STR_NONE);
    json_end_object(json);
    view_campaign_settings(json, campaign);
    if (totals)
        put_totals(json, totals);
    json_end_object(json);
}
