#include "domain/conversion.h"

#include "base/limits.h"
#include "base/time.h"

Status conversion_check(const Conversion *conversion, Error *err)
{
    if (conversion->order_id.len == 0 || conversion->order_id.len > LIMIT_ORDER_ID_LEN ||
        str_has_control(conversion->order_id))
        return error_set(err, STATUS_INVALID, "order_id", "An order's id has 1 to %d characters.", LIMIT_ORDER_ID_LEN);
    if (conversion->amount_minor < 0 || conversion->amount_minor > LIMIT_MONEY_MINOR)
        return error_set(err, STATUS_INVALID, "amount", "The amount must be zero or more, and not too large.");
    return STATUS_OK;
}

Status conversion_check_same(const Conversion *known, const Conversion *again, Error *err)
{
    if (known->user_id != again->user_id)
        return error_set(err, STATUS_CONFLICT, "order_id", "This order is another user's.");
    if (!known->counts && again->counts)
        return error_set(err, STATUS_CONFLICT, "qualified",
                         "This order was noted as one that neither qualifies nor pays. Use another order_id.");
    if (known->amount_minor != again->amount_minor ||
        memcmp(&known->currency, &again->currency, sizeof known->currency) != 0)
        return error_set(err, STATUS_CONFLICT, "amount",
                         "This order is there with another amount. Refund it, or use another order_id.");
    return STATUS_OK;
}

Status conversion_refund(Conversion *conversion, int64_t amount_minor, int64_t now_us, Error *err)
{
    int64_t rest = conversion_net(conversion);
    if (conversion->refunded_us)
        return error_set(err, STATUS_INVALID, NULL, "All of this order has been refunded already.");
    if (amount_minor < 0)
        amount_minor = rest;
    if (amount_minor > rest || (amount_minor == 0 && rest > 0))
        return error_set(err, STATUS_INVALID, "amount", "Of this order at most %s can be refunded, and more than nothing.",
                         money_text(rest, conversion->currency).text);
    conversion->refunded_minor += amount_minor;
    if (amount_minor == rest)
        conversion->refunded_us = now_us;
    return STATUS_OK;
}

Status spend_add(Spend *spend, const Campaign *campaign, const User *lead, const Conversion *conversion, Error *err)
{
    bool bounded = campaign->min_spend_minor > 0;
    int64_t end_us = lead->signed_up_us + campaign->min_spend_window_s * US_PER_SECOND;
    bool late = campaign->min_spend_window_s && conversion->occurred_us > end_us;
    bool foreign = memcmp(&campaign->min_spend_currency, &conversion->currency, sizeof conversion->currency) != 0;
    if (!conversion_stands(conversion) || (bounded && (late || foreign)))
        return STATUS_OK;
    spend->orders++;
    if (!money_add(spend->total_minor, conversion_net(conversion), &spend->total_minor))
        return error_set(err, STATUS_INVALID, "amount", "This user's orders are too large in all.");
    return STATUS_OK;
}

bool spend_qualifies(const Spend *spend, const Campaign *campaign)
{
    return spend->orders > 0 && spend->total_minor >= campaign->min_spend_minor;
}
