#include "domain/rate.h"

#include <stdio.h>

#include "base/limits.h"
#include "base/time.h"

Status rate_parse(Str text, Rate *out_rate, Error *err)
{
    Rate rate = { 0 };
    Str count = STR_NONE;
    str_cut(&text, '/', &count);
    if (str_is(text, "second"))
        rate.per_us = US_PER_SECOND;
    else if (str_is(text, "minute"))
        rate.per_us = US_PER_MINUTE;
    if (rate.per_us == 0 || !str_to_i64(count, &rate.count) || rate.count < 1 || rate.count > LIMIT_RATE)
        return error_set(err, STATUS_INVALID, NULL, "Give a number from 1 to %d a second or a minute, as in 10/second or 100/minute.",
                         LIMIT_RATE);
    *out_rate = rate;
    return STATUS_OK;
}

RateText rate_text(Rate rate)
{
    RateText out = { "" };
    if (rate.count)
        snprintf(out.text, sizeof out.text, "%lld/%s", (long long)rate.count,
                 rate.per_us == US_PER_SECOND ? "second" : "minute");
    return out;
}

static int64_t interval_of(Rate rate)
{
    return (rate.per_us + rate.count - 1) / rate.count;
}

static int64_t burst_of(Rate rate)
{
    return rate.burst ? rate.burst : i64_max(rate.count * US_PER_SECOND / rate.per_us, 1);
}

Rate rate_each(int64_t interval_us)
{
    return interval_us ? (Rate){ .count = 1, .per_us = interval_us, .burst = 1 } : (Rate){ 0 };
}

/* Kept by a slower rate than today's, it may lie farther ahead than this one lets it. */
static int64_t even_by(Rate rate, int64_t even_us, int64_t now_us)
{
    return i64_min(i64_max(even_us, now_us), now_us + burst_of(rate) * interval_of(rate));
}

int64_t rate_room(Rate rate, int64_t even_us, int64_t now_us)
{
    if (rate.count == 0)
        return INT64_MAX;
    return burst_of(rate) - (even_by(rate, even_us, now_us) - now_us + interval_of(rate) - 1) / interval_of(rate);
}

int64_t rate_spend(Rate rate, int64_t even_us, int64_t now_us, int64_t count)
{
    return rate.count ? even_by(rate, even_us, now_us) + count * interval_of(rate) : 0;
}

int64_t rate_wait_us(Rate rate, int64_t even_us, int64_t now_us)
{
    if (rate.count == 0)
        return 0;
    return i64_max(even_by(rate, even_us, now_us) - now_us - (burst_of(rate) - 1) * interval_of(rate), 0);
}
