#include "engine/grant_caps.h"

static UsageKey usage_key(const Work *work, const Grant *grant, const RewardCap *cap)
{
    int64_t made_us = grant->created_us ? grant->created_us : store_now_us(work->session);
    return (UsageKey){ .account_id = grant->account_id,
                       .reward_id = grant->reward_id,
                       .recipient_id = cap->scope == CAP_PERSON ? grant->recipient_id : 0,
                       .period = cap->period,
                       .start_us = period_start(cap->period, made_us) };
}

static bool fits(int64_t used, int64_t more, int64_t most)
{
    int64_t sum;
    return most == 0 || more <= 0 || (money_add(used, more, &sum) && sum <= most);
}

static Status check_budget(const Work *work, const Campaign *campaign, const Grant *grant, int64_t minor,
                           CapVerdict *out_verdict)
{
    bool counts = memcmp(&campaign->budget_currency, &grant->currency, sizeof grant->currency) == 0;
    if (campaign->budget_minor == 0 || !counts)
        return STATUS_OK;
    int64_t spent;
    Status status =
        store_campaign_spend_get(work->session, grant->account_id, campaign->id, grant->currency, &spent);
    if (!status && !fits(spent, minor, campaign->budget_minor))
        *out_verdict = (CapVerdict){ .broken = "budget_spent", .used = { .minor = spent } };
    return status;
}

Status caps_check(const Work *work, const Campaign *campaign, const Reward *reward, const Grant *grant, int64_t count,
                  int64_t minor, CapVerdict *out_verdict)
{
    *out_verdict = (CapVerdict){ 0 };
    Status status = check_budget(work, campaign, grant, minor, out_verdict);
    for (size_t i = 0; !status && !out_verdict->broken && i < reward->cap_count; i++) {
        const RewardCap *cap = &reward->caps[i];
        UsageKey key = usage_key(work, grant, cap);
        Usage used;
        status = store_usage_get(work->session, &key, &used);
        if (!fits(used.granted, count, cap->most_count) || !fits(used.minor, minor, cap->most_minor))
            *out_verdict = (CapVerdict){ .broken = "cap_reached", .cap = cap, .used = used };
    }
    return status;
}

Status caps_count(const Work *work, const Reward *reward, const Grant *grant, int64_t count, int64_t minor)
{
    Status status = STATUS_OK;
    for (size_t i = 0; !status && i < reward->cap_count; i++) {
        UsageKey key = usage_key(work, grant, &reward->caps[i]);
        status = store_usage_add(work->session, &key, (Usage){ count, minor });
    }
    return status;
}
