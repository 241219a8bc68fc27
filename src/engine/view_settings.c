#include "base/time.h"
#include "domain/fraud.h"
#include "domain/user.h"
#include "domain/wording.h"
#include "engine/view.h"

static void put_text_opt(JsonOut *json, const char *name, Str text)
{
    json_put_str_opt(json, name, text.len ? text : STR_NONE);
}

static void put_sum(JsonOut *json, const char *name, int64_t minor, const char *currency_name, Currency currency)
{
    json_put_int(json, name, minor);
    put_text_opt(json, currency_name, str_of(currency.code));
}

static void put_sources(JsonOut *json, int64_t sources)
{
    json_key(json, "sources");
    json_begin_array(json);
    for (int source = 0; source < SOURCE_COUNT; source++)
        if (sources >> source & 1)
            json_str(json, str_of(name_of(user_source_names, source)));
    json_end_array(json);
}

static void put_fraud(JsonOut *json, int64_t fraud)
{
    json_key(json, "fraud");
    json_begin_object(json);
    for (int rule = 0; rule < FRAUD_RULE_COUNT; rule++) {
        const char *action = name_of(fraud_action_names, (int)fraud_action(fraud, (FraudRule)rule));
        json_put_str(json, name_of(fraud_rule_names, rule), str_of(action));
    }
    json_end_object(json);
}

static void put_wording(JsonOut *json, Str texts)
{
    Str name, text;
    json_key(json, "texts");
    json_begin_object(json);
    while (wording_next(&texts, &name, &text)) {
        json_key_str(json, name);
        json_str(json, text);
    }
    json_end_object(json);
}

void view_campaign_settings(JsonOut *json, const Campaign *campaign)
{
    json_put_bool(json, "live", campaign->live);
    json_put_str(json, "kind", str_of(name_of(campaign_kind_names, (int)campaign->kind)));
    put_text_opt(json, "offer", campaign->offer);
    put_text_opt(json, "landing_url", campaign->landing_url);
    put_text_opt(json, "thank_you_url", campaign->thank_you_url);
    put_text_opt(json, "share_subject", campaign->share_subject);
    put_text_opt(json, "share_text", campaign->share_text);
    json_put_str(json, "attribution", str_of(name_of(attribution_policy_names, (int)campaign->attribution)));
    json_put_int(json, "click_window_s", campaign->click_window_s);
    json_put_int(json, "cookie_days", campaign->cookie_days);
    json_put_bool(json, "proof_of_work", campaign->proof_of_work);
    json_put_int(json, "credit_window_s", campaign->credit_window_s);
    put_sources(json, campaign->sources);
    put_sum(json, "budget_minor", campaign->budget_minor, "budget_currency", campaign->budget_currency);
    put_sum(json, "min_spend_minor", campaign->min_spend_minor, "min_spend_currency", campaign->min_spend_currency);
    json_put_int(json, "min_spend_window_s", campaign->min_spend_window_s);
    put_fraud(json, campaign->fraud);
    put_text_opt(json, "accent_color", campaign->accent_color);
    put_text_opt(json, "accent_color_dark", campaign->accent_color_dark);
    put_text_opt(json, "logo_url", campaign->logo_url);
    put_text_opt(json, "hero_url", campaign->hero_url);
    put_wording(json, campaign->texts);
    put_text_opt(json, "custom_css", campaign->custom_css);
    put_text_opt(json, "embed_origins", campaign->embed_origins);
    json_put_str_opt(json, "archived_at",
                     campaign->archived_us ? str_of(time_iso8601(campaign->archived_us).text) : STR_NONE);
}
