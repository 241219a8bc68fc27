#include "domain/campaign.h"

#include "domain/text.h"

static const char *const status_names[] = { "draft", "launched", "paused" };
const NameTable campaign_status_names = NAME_TABLE(status_names);

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
