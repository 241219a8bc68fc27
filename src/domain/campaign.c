#include "domain/campaign.h"

#include "domain/text.h"

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
                       .attribution = ATTRIBUTION_FIRST,
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

Status campaign_check(Campaign *campaign, Error *err)
{
    Status status = text_check_title(&campaign->name, "name", err);
    if (!status)
        status = check_lang(campaign->lang, err);
    if (!status)
        status = text_check_paragraph(&campaign->offer, "offer", err);
    if (!status)
        status = text_check_url(&campaign->landing_url, "landing_url", err);
    if (!status)
        status = text_check_url(&campaign->thank_you_url, "thank_you_url", err);
    if (!status && campaign->ends_us && campaign->ends_us <= campaign->starts_us)
        status = error_set(err, STATUS_INVALID, "ends_at", "The campaign must end after it starts.");
    return status;
}

Status campaign_check_open(const Campaign *campaign, int64_t now_us, Error *err)
{
    if (campaign->status == CAMPAIGN_DRAFT)
        return error_set(err, STATUS_INVALID, "campaign_id", "This campaign is a draft. Launch it first.");
    if (campaign->status == CAMPAIGN_PAUSED)
        return error_set(err, STATUS_INVALID, "campaign_id", "This campaign is paused. Nobody can join it now.");
    if (campaign->starts_us && now_us < campaign->starts_us)
        return error_set(err, STATUS_INVALID, "campaign_id", "This campaign has not started yet.");
    if (campaign->ends_us && now_us >= campaign->ends_us)
        return error_set(err, STATUS_INVALID, "campaign_id", "This campaign has ended.");
    return STATUS_OK;
}
