#include "engine/view.h"

/* "25.00" of a currency; "1" or "12.5" of what is counted in hundredths, percents too. */
static MoneyText value_text(const Reward *reward)
{
    MoneyText out = money_text(reward->value_minor, reward->metric == METRIC_AMOUNT ? reward->currency : (Currency){ "" });
    size_t len = strlen(out.text);
    if (reward->metric == METRIC_AMOUNT || strchr(out.text, '.') == NULL)
        return out;
    while (out.text[len - 1] == '0')
        out.text[--len] = 0;
    if (out.text[len - 1] == '.')
        out.text[--len] = 0;
    return out;
}

void view_reward_members(JsonOut *json, const Reward *reward)
{
    json_put_int(json, "id", reward->id);
    json_put_int(json, "campaign_id", reward->campaign_id);
    json_put_str(json, "name", reward->name);
    json_put_str(json, "reward_for", str_of(name_of(reward_for_api_names, (int)reward->who)));
    json_put_str(json, "type", str_of(name_of(reward_metric_names, (int)reward->metric)));
    if (reward->metric == METRIC_COUPON)
        json_put_null(json, "value");
    else
        json_put_str(json, "value", str_of(value_text(reward).text));
    json_put_str(json, "when_referral", str_of(name_of(reward_when_names, (int)reward->when)));
}

void view_reward_short(JsonOut *json, const Reward *reward)
{
    json_begin_object(json);
    view_reward_members(json, reward);
    json_end_object(json);
}

void view_reward_totals(JsonOut *json, const Reward *reward, const RewardTotals *totals)
{
    json_begin_object(json);
    json_put_int(json, "id", reward->id);
    json_put_str(json, "name", reward->name);
    json_put_int(json, "campaign_id", reward->campaign_id);
    if (reward->metric == METRIC_COUPON)
        json_put_str_opt(json, "coupon", totals->last_coupon);
    json_put_int(json, "count", totals->count);
    if (reward->metric != METRIC_COUPON) {
        json_key(json, "total");
        json_raw(json, str_of(money_text(totals->total_minor, reward->currency).text));
        json_put_int(json, "total_minor", totals->total_minor);
        json_put_str_opt(json, "currency", reward->currency.code[0] ? str_of(reward->currency.code) : STR_NONE);
    }
    json_end_object(json);
}
