/* Conversions: what a lead ordered. An order is known by the shop's own number and never counts twice.
 * Pure: values in, values out. */
#ifndef DOMAIN_CONVERSION_H
#define DOMAIN_CONVERSION_H

#include "domain/money.h"
#include "domain/user.h"

typedef struct Conversion {
    int64_t id, account_id, campaign_id;
    int64_t user_id; /* the lead */
    Str order_id;
    int64_t amount_minor, refunded_minor;
    Currency currency;
    bool counts; /* it qualifies and pays; false: it is only noted */
    int64_t occurred_us, created_us;
    int64_t refunded_us; /* when all of it was; 0: not */
} Conversion;

/* What remains of it. */
static inline int64_t conversion_net(const Conversion *conversion)
{
    return conversion->amount_minor - conversion->refunded_minor;
}

/* Does it still qualify and pay? */
static inline bool conversion_stands(const Conversion *conversion)
{
    return conversion->counts && !conversion->refunded_us;
}

Status conversion_check(const Conversion *conversion, Error *err) MUST_USE;
/* Is `again` the order that is there already? STATUS_CONFLICT when only its number is the same. */
Status conversion_check_same(const Conversion *known, const Conversion *again, Error *err) MUST_USE;
/* Takes back `amount_minor`; -1: what remains. STATUS_INVALID when that is more than remains. */
Status conversion_refund(Conversion *conversion, int64_t amount_minor, int64_t now_us, Error *err) MUST_USE;

/* What a lead has spent, as far as it counts for the campaign's minimum. */
typedef struct Spend {
    int64_t orders; /* that stand */
    int64_t total_minor;
} Spend;
/* Adds one order, when it stands, has the campaign's currency and lies in its window. */
Status spend_add(Spend *spend, const Campaign *campaign, const User *lead, const Conversion *conversion,
                 Error *err) MUST_USE;
/* Enough to qualify? Without a minimum any order is. */
bool spend_qualifies(const Spend *spend, const Campaign *campaign);

#endif
