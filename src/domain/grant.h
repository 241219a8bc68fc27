/* Grants: what is owed to somebody because of a reward. Pure: values in, values out.
 *
 *   pending ──approved, hold and review over──▶ due ──issue──▶ issued
 *      │                                       retry▲ │fail    fail│  │ ▲
 *      │                                            │ ▼            │  │ │
 *      │                                           failed ◀────────┘  │ │
 *      │                                              │          fall │ │ return
 *      └──────────────cancel, fall─────(also due)─────┤               ▼ │
 *                                                     ▼             reversed
 *                  pending or due ◀──return──── cancelled
 *
 * A grant *falls* when what it stands on falls (a lead is un-qualified, an order refunded), and *returns* with it.
 * What was issued is never issued again: when it returns worth more, the rest is another grant with the same key.
 * What somebody has cancelled or reversed by hand is closed: it stays so. */
#ifndef DOMAIN_GRANT_H
#define DOMAIN_GRANT_H

#include "domain/reward.h"

typedef enum GrantState {
    GRANT_DUE,
    GRANT_ISSUED,
    GRANT_CANCELLED,
    GRANT_PENDING,
    GRANT_FAILED,
    GRANT_REVERSED,
} GrantState;
enum { GRANT_STATE_COUNT = GRANT_REVERSED + 1 };
extern const NameTable grant_state_names;

enum { SPEND_UNKNOWN = -1 };

typedef struct Grant {
    int64_t id, account_id, campaign_id;
    int64_t reward_id, recipient_id;
    int64_t per_referral, number; /* of its GrantKey: referral_id and number */
    int64_t rest_of;              /* the grant of the same key that was issued for less than is owed now; 0: none */
    int64_t referral_id;          /* the user whose joining or qualifying caused it first */
    int64_t conversion_id;        /* the order it was computed from; 0: none */
    GrantState state;
    bool closed; /* ended by hand */
    RewardMetric metric;
    int64_t rate;        /* of a commission: basis points; else the value it was made with */
    int64_t value_minor;
    int64_t spend_minor; /* of a commission: what it is computed from, or SPEND_UNKNOWN */
    Currency currency;   /* "": coupons, custom rewards, commission without a spend */
    Str coupon;          /* { NULL, 0 }: none, or none was left */
    Str reason;          /* why it failed or was ended by hand; { NULL, 0 }: not said */
    int64_t created_us, issued_us;
    int64_t release_us;  /* pending: when the hold is over; 0: it is */
    int64_t approved_us; /* 0: not */
} Grant;

/* Is it owed or paid? Cancelled and reversed ones are not. */
bool grant_stands(const Grant *grant);
/* Nothing is missing: a coupon its code, a commission its spend. */
bool grant_can_be_issued(const Grant *grant);
/* Pending, or due when nothing holds it any more: neither time nor approval nor a review. */
GrantState grant_waiting_state(const Grant *grant, const Reward *reward, bool held, int64_t now_us);

/* Each gives STATUS_INVALID with the reason when it can't be done to `grant` (contract 2.3, R8, R9). */
Status grant_check_issue(const Grant *grant, Error *err) MUST_USE;
Status grant_check_cancel(const Grant *grant, Error *err) MUST_USE;
Status grant_check_approve(const Grant *grant, Error *err) MUST_USE;
Status grant_check_fail(const Grant *grant, Error *err) MUST_USE;
Status grant_check_retry(const Grant *grant, Error *err) MUST_USE;
Status grant_check_reverse(const Grant *grant, Error *err) MUST_USE;
Status grant_check_total(const Grant *grant, Error *err) MUST_USE;

#endif
