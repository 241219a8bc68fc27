/* How v1 shows users and campaigns: other names, other shapes, the same things (contract 2.2). */
#include "base/json_in.h"
#include "base/time.h"
#include "engine/view.h"

static void put_date_opt(JsonOut *json, const char *name, int64_t utc_us)
{
    json_put_str_opt(json, name, utc_us ? str_of(time_date(utc_us).text) : STR_NONE);
}

/* The last name is one of the extra fields. */
static void put_last_name(JsonOut *json, Str meta)
{
    JsonDoc doc = { 0 };
    Str name = STR_NONE;
    if (meta.ptr && json_parse(meta, &doc, NULL) == STATUS_OK)
        for (size_t i = 0; i < json_array_len(doc.root) && name.ptr == NULL; i++) {
            const JsonValue *entry = json_array_at(doc.root, i);
            if (str_is(json_to_str(json_get(entry, "field")), "Last Name"))
                name = json_to_str(json_get(entry, "value"));
        }
    json_put_str_opt(json, "last_name", name);
    json_doc_free(&doc);
}

static void put_campaign(JsonOut *json, const Campaign *campaign)
{
    json_key(json, "campaign");
    json_begin_object(json);
    json_put_int(json, "id", campaign->id);
    json_put_str(json, "name", campaign->name);
    json_end_object(json);
}

void view_user_v1(JsonOut *json, const Engine *engine, const User *user, const Campaign *campaign)
{
    Code code = code_of(&engine->code_key, CODE_USER, user->id);
    json_begin_object(json);
    json_put_int(json, "id", user->id);
    json_put_id_opt(json, "referrer_id", user->referrer_id);
    json_put_int(json, "campaign_id", user->campaign_id);
    json_put_bool(json, "qualified", user->qualified_us != 0);
    json_put_str_opt(json, "qualified_at", user->qualified_us ? str_of(time_iso8601(user->qualified_us).text) : STR_NONE);
    json_put_str(json, "first_name", user->first_name);
    put_last_name(json, user->meta);
    json_put_str(json, "email", user->email);
    json_put_str(json, "code", (Str){ code.text, CODE_LEN });
    json_put_int(json, "reach", user->reach);
    json_put_int(json, "referrals_count", user->referrals);
    json_put_int(json, "converted_referrals_count", user->qualified_referrals);
    json_put_str(json, "source", str_of(name_of(user_source_names, (int)user->source)));
    put_date_opt(json, "date", user->signed_up_us);
    view_link(json, "url", engine, user->campaign_id, &code, "");
    json_key(json, "sharing");
    view_socials(json, engine, user);
    json_key(json, "qr");
    json_begin_object(json);
    view_link(json, "url", engine, user->campaign_id, &code, "/qr-code");
    json_end_object(json);
    if (campaign)
        put_campaign(json, campaign);
    json_end_object(json);
}

void view_campaign_v1(JsonOut *json, const Engine *engine, const Campaign *campaign)
{
    Code code = code_of(&engine->code_key, CODE_CAMPAIGN, campaign->id);
    json_begin_object(json);
    json_put_int(json, "id", campaign->id);
    json_put_str(json, "name", campaign->name);
    json_put_str(json, "lang", campaign->lang);
    view_link(json, "url", engine, campaign->id, &code, "");
    json_put_str(json, "code", (Str){ code.text, CODE_LEN });
    json_put_str(json, "status", str_of(name_of(campaign_status_names, (int)campaign->status)));
    json_put_int(json, "reach", campaign->reach);
    json_put_bool(json, "live", campaign->live);
    put_date_opt(json, "starts_at", campaign->starts_us);
    put_date_opt(json, "ends_at", campaign->ends_us);
    /* What a client of 2022 reads. */
    put_date_opt(json, "start_at", campaign->starts_us);
    put_date_opt(json, "end", campaign->ends_us);
    json_end_object(json);
}
