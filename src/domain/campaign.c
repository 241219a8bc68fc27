#include "domain/campaign.h"

#include <stddef.h>

#include "base/limits.h"
#include "domain/fraud.h"
#include "domain/text.h"
#include "domain/theme.h"
#include "domain/wording.h"

static const char *const status_names[] = { "draft", "launched", "paused", "ended" };
const NameTable campaign_status_names = NAME_TABLE(status_names);

static const char *const kind_names[] = { "single_sided", "double_sided", "invite_only", "refer_to_win", "commission" };
const NameTable campaign_kind_names = NAME_TABLE(kind_names);

static const char *const policy_names[] = { "first", "last" };
const NameTable attribution_policy_names = NAME_TABLE(policy_names);

Campaign campaign_defaults(void)
{
    return (Campaign){ .status = CAMPAIGN_LAUNCHED,
                       .lang = STR("en"),
                       .offer = STR(""),
                       .landing_url = STR(""),
                       .thank_you_url = STR(""),
                       .live = true,
                       .share_subject = STR(""),
                       .share_text = STR(""),
                       .accent_color = STR(""),
                       .accent_color_dark = STR(""),
                       .logo_url = STR(""),
                       .hero_url = STR(""),
                       .texts = STR(""),
                       .custom_css = STR(""),
                       .embed_origins = STR(""),
                       .attribution = ATTRIBUTION_FIRST,
                       .fraud = FRAUD_DEFAULTS,
                       .click_window_s = CAMPAIGN_CLICK_WINDOW_S };
}

static Status check_lang(Str lang, Error *err)
{
    bool fits = lang.len >= 2 && lang.len <= 35;
    for (size_t i = 0; fits && i < lang.len; i++) {
        char c = lang.ptr[i];
        fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
    }
    return fits ? STATUS_OK
                : error_set(err, STATUS_INVALID, "lang", "The language is a tag such as en or pt-BR (BCP 47).");
}

/* ---- changing ---------------------------------------------------------- */

#define PART(member) { offsetof(Campaign, member), sizeof((Campaign){ 0 }.member) }

static const struct {
    size_t offset, len;
} parts[CAMPAIGN_PART_COUNT] = {
    [CAMPAIGN_PART_NAME] = PART(name),
    [CAMPAIGN_PART_STATUS] = PART(status),
    [CAMPAIGN_PART_KIND] = PART(kind),
    [CAMPAIGN_PART_LIVE] = PART(live),
    [CAMPAIGN_PART_LANG] = PART(lang),
    [CAMPAIGN_PART_OFFER] = PART(offer),
    [CAMPAIGN_PART_LANDING_URL] = PART(landing_url),
    [CAMPAIGN_PART_THANK_YOU_URL] = PART(thank_you_url),
    [CAMPAIGN_PART_STARTS] = PART(starts_us),
    [CAMPAIGN_PART_ENDS] = PART(ends_us),
    [CAMPAIGN_PART_SHARE_SUBJECT] = PART(share_subject),
    [CAMPAIGN_PART_SHARE_TEXT] = PART(share_text),
    [CAMPAIGN_PART_FORM] = PART(form),
    [CAMPAIGN_PART_ATTRIBUTION] = PART(attribution),
    [CAMPAIGN_PART_CLICK_WINDOW] = PART(click_window_s),
    [CAMPAIGN_PART_CREDIT_WINDOW] = PART(credit_window_s),
    [CAMPAIGN_PART_SOURCES] = PART(sources),
    [CAMPAIGN_PART_FRAUD] = PART(fraud),
    [CAMPAIGN_PART_BUDGET] = PART(budget_minor),
    [CAMPAIGN_PART_BUDGET_CURRENCY] = PART(budget_currency),
    [CAMPAIGN_PART_MIN_SPEND] = PART(min_spend_minor),
    [CAMPAIGN_PART_MIN_SPEND_CURRENCY] = PART(min_spend_currency),
    [CAMPAIGN_PART_MIN_SPEND_WINDOW] = PART(min_spend_window_s),
    [CAMPAIGN_PART_ACCENT] = PART(accent_color),
    [CAMPAIGN_PART_ACCENT_DARK] = PART(accent_color_dark),
    [CAMPAIGN_PART_LOGO] = PART(logo_url),
    [CAMPAIGN_PART_HERO] = PART(hero_url),
    [CAMPAIGN_PART_TEXTS] = PART(texts),
    [CAMPAIGN_PART_CSS] = PART(custom_css),
    [CAMPAIGN_PART_EMBED] = PART(embed_origins),
    [CAMPAIGN_PART_COOKIE] = PART(cookie_days),
    [CAMPAIGN_PART_PROOF] = PART(proof_of_work),
};

static bool changes(const CampaignChange *change, CampaignPart part)
{
    return change->parts >> part & 1;
}

void campaign_apply(Campaign *campaign, const CampaignChange *change)
{
    for (int part = 0; part < CAMPAIGN_PART_COUNT; part++)
        if (changes(change, (CampaignPart)part))
            memcpy((char *)campaign + parts[part].offset, (const char *)&change->to + parts[part].offset,
                   parts[part].len);
}

static bool may_follow(CampaignStatus from, CampaignStatus to)
{
    static const uint8_t next[] = {
        [CAMPAIGN_DRAFT] = 1 << CAMPAIGN_LAUNCHED,
        [CAMPAIGN_LAUNCHED] = 1 << CAMPAIGN_PAUSED | 1 << CAMPAIGN_ENDED,
        [CAMPAIGN_PAUSED] = 1 << CAMPAIGN_LAUNCHED | 1 << CAMPAIGN_ENDED,
        [CAMPAIGN_ENDED] = 1 << CAMPAIGN_LAUNCHED,
    };
    return from == to || (next[from] >> to & 1);
}

Status campaign_check_change(const Campaign *campaign, const CampaignChange *change, Error *err)
{
    if (campaign->archived_us)
        return error_set(err, STATUS_INVALID, NULL, "This campaign is archived. It can't be changed any more.");
    if (changes(change, CAMPAIGN_PART_STATUS) && !may_follow(campaign->status, change->to.status))
        return error_set(err, STATUS_INVALID, "status", "A campaign that is %s can't become %s.",
                         name_of(campaign_status_names, (int)campaign->status),
                         name_of(campaign_status_names, (int)change->to.status));
    if (changes(change, CAMPAIGN_PART_LIVE) && change->to.live != campaign->live &&
        campaign->status != CAMPAIGN_DRAFT)
        return error_set(err, STATUS_INVALID, "live",
                         "Test mode can only be switched in a draft. Make another campaign instead.");
    return STATUS_OK;
}

/* ---- checks ------------------------------------------------------------ */

static void fill_missing_texts(Campaign *campaign)
{
    Str *texts[] = { &campaign->offer, &campaign->landing_url, &campaign->thank_you_url, &campaign->share_subject,
                     &campaign->share_text, &campaign->accent_color, &campaign->accent_color_dark,
                     &campaign->logo_url, &campaign->hero_url, &campaign->texts, &campaign->custom_css, &campaign->embed_origins };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        if (texts[i]->ptr == NULL)
            *texts[i] = STR("");
}

static Status check_texts(Campaign *campaign, Error *err)
{
    fill_missing_texts(campaign);
    Status status = text_check_title(&campaign->name, "name", err);
    if (!status)
        status = check_lang(campaign->lang, err);
    if (!status)
        status = text_check_paragraph(&campaign->offer, "offer", err);
    if (!status)
        status = text_check_url(&campaign->landing_url, "landing_url", err);
    if (!status)
        status = text_check_url(&campaign->thank_you_url, "thank_you_url", err);
    if (!status && campaign->share_subject.len)
        status = text_check_title(&campaign->share_subject, "share_subject", err);
    if (!status)
        status = text_check_paragraph(&campaign->share_text, "share_text", err);
    if (!status)
        status = wording_check_message(campaign->share_subject, "share_subject", err);
    if (!status)
        status = wording_check_message(campaign->share_text, "share_text", err);
    return status ? status : wording_check(campaign->texts, "texts", err);
}

static Status check_theme(Campaign *campaign, Error *err)
{
    Status status = theme_check_accent(campaign->accent_color, "accent_color", false, err);
    if (!status)
        status = theme_check_accent(campaign->accent_color_dark, "accent_color_dark", true, err);
    if (!status)
        status = theme_check_picture(&campaign->logo_url, "logo_url", err);
    if (!status)
        status = theme_check_picture(&campaign->hero_url, "hero_url", err);
    if (!status)
        status = theme_check_css(campaign->custom_css, "custom_css", err);
    return status ? status : theme_check_origins(&campaign->embed_origins, "embed_origins", err);
}

static Status check_window(int64_t window_s, const char *field, Error *err)
{
    return window_s >= 0 && window_s <= LIMIT_WINDOW_SECONDS
               ? STATUS_OK
               : error_set(err, STATUS_INVALID, field, "A window has 1 to %d seconds; 0 is for ever.",
                           LIMIT_WINDOW_SECONDS);
}

/* A sum needs its currency, and a currency alone is kept for the sum to come. */
static Status check_sum(int64_t minor, Currency *currency, const char *field, Error *err)
{
    Currency checked = { "" };
    if (minor < 0 || minor > LIMIT_MONEY_MINOR)
        return error_set(err, STATUS_INVALID, field, "This sum is too large.");
    if (!minor && !currency->code[0])
        return STATUS_OK;
    Status status = currency_parse(str_of(currency->code), &checked, NULL);
    return status ? error_set(err, status, field, "This sum needs its currency, three capital letters such as EUR.")
                  : STATUS_OK;
}

Status campaign_check(Campaign *campaign, Error *err)
{
    Status status = check_texts(campaign, err);
    if (!status)
        status = check_theme(campaign, err);
    if (!status && campaign->ends_us && campaign->ends_us <= campaign->starts_us)
        status = error_set(err, STATUS_INVALID, "ends_at", "The campaign must end after it starts.");
    if (!status)
        status = check_window(campaign->click_window_s, "click_window_s", err);
    if (!status && (campaign->cookie_days < 0 || campaign->cookie_days > LIMIT_COOKIE_DAYS))
        status = error_set(err, STATUS_INVALID, "cookie_days", "A cookie lasts 1 to %d days; 0 is none.",
                           LIMIT_COOKIE_DAYS);
    if (!status)
        status = check_window(campaign->credit_window_s, "credit_window_s", err);
    if (!status)
        status = check_window(campaign->min_spend_window_s, "min_spend_window_s", err);
    if (!status)
        status = check_sum(campaign->budget_minor, &campaign->budget_currency, "budget_minor", err);
    if (!status)
        status = check_sum(campaign->min_spend_minor, &campaign->min_spend_currency, "min_spend_minor", err);
    return status;
}

Status campaign_check_open(const Campaign *campaign, int64_t now_us, Error *err)
{
    const char *why = NULL;
    if (campaign->archived_us)
        why = "This campaign is archived. Nobody can join it any more.";
    else if (campaign->status == CAMPAIGN_DRAFT)
        why = "This campaign is a draft. Launch it first.";
    else if (campaign->status == CAMPAIGN_PAUSED)
        why = "This campaign is paused. Nobody can join it now.";
    else if (campaign->status == CAMPAIGN_ENDED || (campaign->ends_us && now_us >= campaign->ends_us))
        why = "This campaign has ended.";
    else if (campaign->starts_us && now_us < campaign->starts_us)
        why = "This campaign has not started yet.";
    return why ? error_set(err, STATUS_INVALID, "campaign_id", "%s", why) : STATUS_OK;
}
