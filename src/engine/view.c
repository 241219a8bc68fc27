#include "engine/view.h"

#include <stdio.h>

#include "base/limits.h"
#include "base/time.h"
#include "domain/pass.h"
#include "domain/wording.h"
#include "engine/domains.h"

/* Contract 2.3, sharing.socials[].social. */
static const char *const networks[] = { "sms",      "lineme",   "email",    "wechat",   "twitter",
                                        "facebook", "linkedin", "telegram", "whatsapp", "messenger" };

static void append_path(Buf *buf, const Code *code, const char *path)
{
    buf_append_char(buf, '/');
    buf_append(buf, (Str){ code->text, CODE_LEN });
    buf_append(buf, str_of(path));
}

void view_user_url(Buf *buf, const Engine *engine, const User *user)
{
    Code code = code_of(&engine->code_key, CODE_USER, user->id);
    link_base_append(engine, user->campaign_id, buf);
    append_path(buf, &code, "");
}

void view_portal_url(JsonOut *json, const Engine *engine, const User *user, int64_t expires_us)
{
    Buf *buf = json->buf;
    json_raw(json, STR("\""));
    view_user_url(buf, engine, user);
    buf_append(buf, STR("/portal?pass="));
    buf_append(buf, str_of(pass_of(&engine->code_key, PASS_LINK, user->id, expires_us).text));
    buf_append_char(buf, '"');
}

/* URLs need no escaping: hosts and the base URL were checked, codes are letters and digits. */
void view_link(JsonOut *json, const char *name, const Engine *engine, int64_t campaign_id, const Code *code,
               const char *path)
{
    json_key(json, name);
    json_raw(json, STR("\""));
    link_base_append(engine, campaign_id, json->buf);
    append_path(json->buf, code, path);
    buf_append_char(json->buf, '"');
}

static void put_date_opt(JsonOut *json, const char *name, int64_t utc_us)
{
    if (utc_us)
        json_put_str(json, name, str_of(time_date(utc_us).text));
    else
        json_put_null(json, name);
}

static void put_meta(JsonOut *json, const User *user)
{
    json_key(json, "meta");
    json_raw(json, user->meta.ptr ? user->meta : STR("[]"));
}

static const char *type_of(const User *user)
{
    return user_is_lead(user) ? "person_invited" : "person_referring";
}

void view_socials(JsonOut *json, const Engine *engine, const User *user)
{
    Code code = code_of(&engine->code_key, CODE_USER, user->id);
    json_begin_array(json);
    for (size_t i = 0; i < ARRAY_LEN(networks); i++) {
        char path[32] = "/socials/";
        strcat(path, networks[i]);
        json_begin_object(json);
        json_put_str(json, "social", str_of(networks[i]));
        view_link(json, "url", engine, user->campaign_id, &code, path);
        json_end_object(json);
    }
    json_end_array(json);
}

static Str text_or_none(Str text)
{
    return str_is_empty(text) ? STR_NONE : text;
}

static void put_message(JsonOut *json, const char *name, Str text, const WordingValues *values)
{
    Buf filled = buf_new(WORDING_FILLED_MAX);
    wording_append(&filled, text, values);
    json_put_str_opt(json, name, text_or_none(buf_str(&filled)));
    buf_free(&filled);
}

static void put_sharing(JsonOut *json, const Engine *engine, const User *user)
{
    json_key(json, "sharing");
    json_begin_object(json);
    json_key(json, "socials");
    view_socials(json, engine, user);
    Buf link = buf_new(LIMIT_URL_LEN * 2);
    view_user_url(&link, engine, user);
    const WordingValues values = { .referrer = user->first_name, .link = buf_str(&link) };
    put_message(json, "subject", user->share_subject, &values);
    put_message(json, "text", user->share_text, &values);
    buf_free(&link);
    json_end_object(json);
}

static void put_user_members(JsonOut *json, const Engine *engine, const User *user)
{
    Code code = code_of(&engine->code_key, CODE_USER, user->id);
    json_put_int(json, "id", user->id);
    json_put_int(json, "campaign_id", user->campaign_id);
    json_put_id_opt(json, "referrer_id", user->referrer_id);
    json_put_str(json, "first_name", user->first_name);
    json_put_str(json, "email", user->email);
    json_put_str(json, "code", (Str){ code.text, CODE_LEN });
    json_put_int(json, "reach", user->reach);
    json_put_str(json, "source", str_of(name_of(user_source_names, user->source)));
    json_put_str(json, "type", str_of(type_of(user)));
    json_put_str_opt(json, "ip", user->ip);
    view_link(json, "url", engine, user->campaign_id, &code, "");
    json_put_null(json, "promotion");
    json_key(json, "qr");
    json_begin_object(json);
    view_link(json, "src", engine, user->campaign_id, &code, "/qr-code");
    view_link(json, "download", engine, user->campaign_id, &code, "/download-qr-code");
    json_end_object(json);
    put_date_opt(json, "signed_up_at", user->signed_up_us);
    json_put_bool(json, "qualified", user->qualified_us != 0);
    put_date_opt(json, "qualified_at", user->qualified_us);
    put_date_opt(json, "unsubscribed_at", user->unsubscribed_us);
    put_meta(json, user);
    put_sharing(json, engine, user);
    json_put_str_opt(json, "customer_id", user->customer_id);
    json_put_str(json, "review", str_of(name_of(user_review_names, (int)user->review)));
}

void view_user(JsonOut *json, const Engine *engine, const User *user)
{
    json_begin_object(json);
    put_user_members(json, engine, user);
    json_end_object(json);
}

void view_user_analytics(JsonOut *json, const Engine *engine, const User *user)
{
    json_begin_object(json);
    put_user_members(json, engine, user);
    json_key(json, "analytics");
    json_begin_object(json);
    json_put_int(json, "reach", user->reach);
    json_put_int(json, "referrals", user->referrals);
    json_put_int(json, "qualified_referrals", user->qualified_referrals);
    json_end_object(json);
    json_end_object(json);
}

/* Money as a JSON number with all its digits ("25.00"), and exactly as minor units beside it. */
static void put_value(JsonOut *json, const Grant *grant)
{
    if (grant->metric == METRIC_COUPON) {
        json_put_str_opt(json, "coupon", grant->coupon);
        return;
    }
    json_put_int(json, "count", 1);
    json_key(json, "total");
    json_raw(json, str_of(money_text(grant->value_minor, grant->currency).text));
    json_put_int(json, "total_minor", grant->value_minor);
}

static void put_currency(JsonOut *json, const Grant *grant)
{
    json_put_str_opt(json, "currency", grant->currency.code[0] ? str_of(grant->currency.code) : STR_NONE);
}

static void put_grant_head(JsonOut *json, const Grant *grant)
{
    json_put_int(json, "id", grant->id);
    json_put_int(json, "reward_id", grant->reward_id);
    json_put_int(json, "recipient_id", grant->recipient_id);
    json_put_str(json, "status", str_of(name_of(grant_state_names, grant->state)));
}

void view_grant_members(JsonOut *json, const Grant *grant)
{
    put_grant_head(json, grant);
    if (grant->state == GRANT_DUE || grant->state == GRANT_PENDING)
        json_put_bool(json, "can_be_issued", grant_can_be_issued(grant));
    put_date_opt(json, "issued_at", grant->issued_us);
    put_value(json, grant);
    put_currency(json, grant);
}

void view_grant(JsonOut *json, const Grant *grant)
{
    json_begin_object(json);
    view_grant_members(json, grant);
    json_end_object(json);
}

/* ---- events ------------------------------------------------------------ */

static void put_event_id(JsonOut *json, const Engine *engine, const Event *event)
{
    char id[32];
    event_public_id(&engine->code_key, event->account_id, event->seq, id);
    json_put_str(json, "event_id", str_of(id));
    json_put_str(json, "occurred_at", str_of(time_iso8601(event->occurred_us).text));
    if (event->sequence)
        json_put_int(json, "sequence", event->sequence);
}

static void put_campaign(JsonOut *json, const Engine *engine, const Campaign *campaign)
{
    Code code = code_of(&engine->code_key, CODE_CAMPAIGN, campaign->id);
    json_key(json, "campaign");
    json_begin_object(json);
    json_put_int(json, "id", campaign->id);
    json_put_str(json, "name", campaign->name);
    json_put_str(json, "code", (Str){ code.text, CODE_LEN });
    json_end_object(json);
}

/* Another person in short; null when there is none. */
static void put_person(JsonOut *json, const char *name, const Engine *engine, const User *user)
{
    if (user == NULL) {
        json_put_null(json, name);
        return;
    }
    Code code = code_of(&engine->code_key, CODE_USER, user->id);
    json_key(json, name);
    json_begin_object(json);
    json_put_int(json, "id", user->id);
    json_put_str(json, "first_name", user->first_name);
    json_put_str(json, "email", user->email);
    json_put_str(json, "code", (Str){ code.text, CODE_LEN });
    view_link(json, "url", engine, user->campaign_id, &code, "");
    json_end_object(json);
}

void view_user_event(JsonOut *json, const Engine *engine, const Event *event, const User *user,
                     const Campaign *campaign, const User *referrer)
{
    Code code = code_of(&engine->code_key, CODE_USER, user->id);
    json_begin_object(json);
    json_put_str(json, "event", str_of(name_of(event_type_names, event->type)));
    json_put_bool(json, "live", campaign->live);
    put_event_id(json, engine, event);
    json_put_int(json, "id", user->id);
    json_put_int(json, "campaign_id", user->campaign_id);
    json_put_id_opt(json, "referrer_id", user->referrer_id);
    json_put_str(json, "first_name", user->first_name);
    json_put_str(json, "email", user->email);
    json_put_str(json, "code", (Str){ code.text, CODE_LEN });
    view_link(json, "url", engine, user->campaign_id, &code, "");
    json_put_int(json, "reach", user->reach);
    json_put_str(json, "source", str_of(name_of(user_source_names, user->source)));
    json_put_str(json, "type", str_of(type_of(user)));
    json_put_str_opt(json, "ip", user->ip);
    put_date_opt(json, "signed_up_at", user->signed_up_us);
    json_put_bool(json, "qualified", user->qualified_us != 0);
    put_date_opt(json, "qualified_at", user->qualified_us);
    put_date_opt(json, "unsubscribed_at", user->unsubscribed_us);
    put_meta(json, user);
    put_campaign(json, engine, campaign);
    put_person(json, "referrer", engine, referrer);
    json_end_object(json);
}

static void put_reward(JsonOut *json, const Reward *reward)
{
    json_key(json, "reward");
    json_begin_object(json);
    json_put_int(json, "id", reward->id);
    json_put_str(json, "name", reward->name);
    json_put_int(json, "campaign_id", reward->campaign_id);
    json_put_str(json, "reward_for", str_of(name_of(reward_for_api_names, reward->who)));
    json_end_object(json);
}

void view_reward_event(JsonOut *json, const Engine *engine, const Event *event, const Grant *grant,
                       const Reward *reward, const Campaign *campaign, const User *recipient, const User *referral)
{
    json_begin_object(json);
    json_put_str(json, "event", str_of(name_of(event_type_names, event->type)));
    json_put_bool(json, "live", campaign->live);
    put_event_id(json, engine, event);
    put_grant_head(json, grant);
    put_date_opt(json, "issued_at", grant->issued_us);
    json_put_str(json, "metric", str_of(name_of(reward_metric_names, grant->metric)));
    put_value(json, grant);
    if (grant->metric != METRIC_COUPON)
        json_put_null(json, "coupon");
    put_currency(json, grant);
    put_reward(json, reward);
    put_person(json, "recipient", engine, recipient);
    put_person(json, "referral", engine, referral);
    put_campaign(json, engine, campaign);
    json_end_object(json);
}

void view_login_event(JsonOut *json, const Engine *engine, const Event *event, const User *user,
                      const Campaign *campaign, const LoginOffer *offer)
{
    char code[24];
    snprintf(code, sizeof code, "%06lld", (long long)offer->code);
    json_begin_object(json);
    json_put_str(json, "event", str_of(name_of(event_type_names, event->type)));
    json_put_bool(json, "live", campaign->live);
    put_event_id(json, engine, event);
    put_person(json, "user", engine, user);
    json_put_str(json, "login_code", str_of(code));
    json_key(json, "login_url");
    view_portal_url(json, engine, user, offer->expires_us);
    json_put_str(json, "expires_at", str_of(time_iso8601(offer->expires_us).text));
    json_put_str(json, "lang", campaign->lang);
    put_campaign(json, engine, campaign);
    json_end_object(json);
}

void view_challenge(JsonOut *json, const Engine *engine, const Event *event, Str challenge)
{
    json_begin_object(json);
    json_put_str(json, "event", STR(WEBHOOK_CHALLENGE));
    json_put_bool(json, "live", false);
    put_event_id(json, engine, event);
    json_put_str(json, "challenge", challenge);
    json_end_object(json);
}

void view_trouble_event(JsonOut *json, const Engine *engine, const Event *event, const Webhook *webhook,
                        WebhookTrouble trouble, bool live)
{
    static const char *const words[TROUBLE_COUNT] = {
        [TROUBLE_DELAYED] = "Deliveries wait for more than an hour before they are tried.",
        [TROUBLE_EXHAUSTED] = "A delivery was given up after its last attempt. It can be sent again.",
        [TROUBLE_FAILING] =
            "Nothing was taken for more than two days. If this goes on, the webhook is disabled.",
        [TROUBLE_DISABLED] = "The webhook was disabled. What waits for it is kept until it is resumed.",
    };
    json_begin_object(json);
    json_put_str(json, "event", str_of(name_of(event_type_names, event->type)));
    json_put_bool(json, "live", live);
    put_event_id(json, engine, event);
    json_put_str(json, "trouble", str_of(name_of(webhook_trouble_names, trouble)));
    json_put_str(json, "message", str_of(words[trouble]));
    json_key(json, "webhook");
    json_begin_object(json);
    json_put_int(json, "id", webhook->id);
    json_put_str(json, "event", str_of(name_of(event_type_names, webhook->event)));
    json_put_str(json, "url", webhook->url);
    json_put_id_opt(json, "campaign_id", webhook->campaign_id);
    json_put_str(json, "state", str_of(name_of(webhook_state_names, webhook->state)));
    json_put_str_opt(json, "state_reason", webhook->state_reason);
    json_put_int(json, "failures", webhook->failures);
    json_put_str_opt(json, "failing_since",
                     webhook->failing_since_us ? str_of(time_iso8601(webhook->failing_since_us).text)
                                               : STR_NONE);
    json_end_object(json);
    json_end_object(json);
}
