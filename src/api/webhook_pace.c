/* How a webhook's deliveries go: how fast, when again after a failure, in which order, how signed. */
#include "api/webhooks.h"
#include "base/limits.h"
#include "domain/schedule.h"

bool webhook_read_rate(ApiCall *call, const FieldValue *value, Rate *out_rate)
{
    Error err;
    if (!value->given || rate_parse(value->text, out_rate, &err) == STATUS_OK)
        return true;
    api_fail_field(call, "rate_limit", err.text);
    return false;
}

static bool read_schedule(ApiCall *call, const FieldValue *value, Str *out_text)
{
    Error err;
    Schedule schedule;
    if (value->given && schedule_parse(value->text, &schedule, &err) != STATUS_OK) {
        api_fail_field(call, "schedule", err.text);
        return false;
    }
    *out_text = value->given ? value->text : STR_NONE;
    return true;
}

/* null sets too: there is no limit then, and the server's schedule. */
bool webhook_read_pace(ApiCall *call, PaceChange *out_change)
{
    const FieldValue *rate = field_value(&call->values, "rate_limit"), *burst = field_value(&call->values, "rate_burst");
    const FieldValue *schedule = field_value(&call->values, "schedule"), *ordered = field_value(&call->values, "ordered");
    const FieldValue *ed25519 = field_value(&call->values, "ed25519");
    *out_change = (PaceChange){ .sets_rate = rate->json != NULL,
                                .sets_burst = burst->json != NULL,
                                .sets_schedule = schedule->json != NULL,
                                .sets_ordered = ordered->json != NULL,
                                .sets_ed25519 = ed25519->json != NULL };
    if (!webhook_read_rate(call, rate, &out_change->to.rate) || !read_schedule(call, schedule, &out_change->to.schedule))
        return false;
    out_change->to.rate.burst = burst->number;
    out_change->to.ordered = ordered->number == 1;
    out_change->to.ed25519 = ed25519->number == 1;
    return true;
}

void webhook_put_pace(JsonOut *json, const WebhookPace *pace)
{
    RateText rate = rate_text(pace->rate);
    json_put_str_opt(json, "rate_limit", pace->rate.count ? str_of(rate.text) : STR_NONE);
    json_put_id_opt(json, "rate_burst", pace->rate.burst);
    json_put_str_opt(json, "schedule", pace->schedule);
    json_put_bool(json, "ordered", pace->ordered);
    json_put_bool(json, "ed25519", pace->ed25519);
}
