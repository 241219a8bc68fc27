/* Rewards (the definitions): who gets what, when and how often. Pure: values in, values out.
 * What a reward leads to is a grant: domain/grant.h. */
#ifndef DOMAIN_REWARD_H
#define DOMAIN_REWARD_H

#include "domain/conversion.h"
#include "domain/period.h"

typedef enum RewardMetric { METRIC_AMOUNT, METRIC_COMMISSION, METRIC_COUPON, METRIC_CUSTOM } RewardMetric;
enum { METRIC_COUNT = METRIC_CUSTOM + 1 };
typedef enum RewardFor { REWARD_FOR_REFERRER, REWARD_FOR_LEAD } RewardFor;
typedef enum RewardWhen { REWARD_WHEN_JOINED, REWARD_WHEN_INVITED, REWARD_WHEN_QUALIFIED } RewardWhen;
typedef enum IssueMethod {
    ISSUE_MANUAL,
    ISSUE_N8N,
    ISSUE_WEBHOOK,
    ISSUE_EMAIL,
    ISSUE_PAYPAL,
    ISSUE_TREMENDOUS,
    ISSUE_STRIPE, /* credit */
    ISSUE_STRIPE_COUPON,
    ISSUE_ZAPIER,
    ISSUE_MAKE,
} IssueMethod;
typedef enum RewardStatus { REWARD_ACTIVE, REWARD_DRAFT, REWARD_INACTIVE } RewardStatus;

typedef enum RewardFrequency {
    FREQUENCY_EACH,       /* for each referral */
    FREQUENCY_ONCE,       /* per recipient */
    FREQUENCY_EVERY_N,    /* for each N-th referral */
    FREQUENCY_MILESTONES, /* when the count of referrals reaches a step */
    FREQUENCY_ORDER,      /* for each order of a qualified lead */
    FREQUENCY_RECURRING,  /* for each referral, again each period */
} RewardFrequency;

typedef enum CapScope { CAP_PERSON, CAP_CAMPAIGN } CapScope;

extern const NameTable reward_metric_names, reward_for_names, reward_when_names, issue_method_names,
    reward_status_names, reward_frequency_names, cap_scope_names;
/* "person_referring", "person_invited": as the API calls whom a reward is for (contract 2.2). */
extern const NameTable reward_for_api_names;

/* A milestone: `value_minor` when the count reaches `at_count`. For rewards on each referral or order a tier:
 * the value from that count of the referrer on. */
typedef struct RewardStep {
    int64_t at_count, value_minor;
} RewardStep;

/* At most so many grants, and so much in all, within a period. */
typedef struct RewardCap {
    CapScope scope;      /* counted for each recipient, or for all together */
    Period period; /* ever, day, week or month */
    int64_t most_count;  /* 0: any */
    int64_t most_minor;  /* 0: any */
} RewardCap;

enum {
    COMMISSION_WHOLE = 10000, /* basis points: 1250 are 12.5 % */
    COUPON_VALUE = 100,       /* one coupon, in the ledger's hundredths */
};

typedef struct Reward {
    int64_t id, account_id, campaign_id;
    Str name;
    RewardStatus status;
    RewardMetric metric;
    int64_t value_minor; /* amount: money; commission: basis points; custom: hundredths; coupon: 0 */
    int64_t cap_minor;   /* commission: at most so much for one grant; 0: any */
    Currency currency;   /* amount: needed; commission: the only one that counts, "" for any */
    RewardFor who;
    RewardWhen when;
    RewardFrequency frequency;
    int64_t every;       /* FREQUENCY_EVERY_N: N */
    Period period; /* FREQUENCY_RECURRING … */
    int64_t periods;     /* … for so many; 0: without end */
    RewardStep *steps;   /* by rising at_count */
    size_t step_count;
    RewardCap *caps;
    size_t cap_count;
    int64_t hold_s; /* between the grant and its being due */
    bool approval;  /* somebody has to approve it before it is due */
    IssueMethod issue;
    bool automatic; /* issued the moment it is due */
    int64_t created_us;
} Reward;

/* Checks a definition as a whole, e.g. that joining can only reward the person who joins. */
Status reward_check(Reward *reward, Error *err) MUST_USE;
/* What a person may change in one go: the parts named in `parts` (bits of RewardPart) become those of `to`. */
typedef enum RewardPart {
    REWARD_PART_NAME,
    REWARD_PART_STATUS,
    REWARD_PART_METRIC,
    REWARD_PART_VALUE,
    REWARD_PART_CAP,
    REWARD_PART_CURRENCY,
    REWARD_PART_FOR,
    REWARD_PART_WHEN,
    REWARD_PART_FREQUENCY,
    REWARD_PART_EVERY,
    REWARD_PART_PERIOD,
    REWARD_PART_PERIODS,
    REWARD_PART_STEPS,
    REWARD_PART_CAPS,
    REWARD_PART_HOLD,
    REWARD_PART_APPROVAL,
    REWARD_PART_ISSUE,
    REWARD_PART_AUTOMATIC,
} RewardPart;
typedef struct RewardChange {
    Reward to;
    uint32_t parts;
} RewardChange;
void reward_apply(Reward *reward, const RewardChange *change);

/* Whether `changed` may take the place of `reward` once that has been granted: what grants are counted by
 * must stay, or counts would not fit what they count. */
Status reward_check_change(const Reward *reward, const Reward *changed, Error *err) MUST_USE;

/* What happened, as far as rewards care. */
typedef struct RewardCause {
    RewardWhen when;
    const User *user;     /* who joined, was invited or qualified */
    const User *referrer; /* of `user`; NULL for a person referring, and when the referrer is gone */
    /* How often this stands for the referrer now, this time included. */
    int64_t times_for_referrer;
    const Conversion *order; /* the lead's order behind it; NULL: none */
    bool is_order;           /* it is the order that happened, and no qualification */
} RewardCause;

/* What makes a grant one of a kind: the same key is never granted twice. */
typedef struct GrantKey {
    int64_t reward_id, recipient_id;
    int64_t referral_id; /* rewards for each referral or order: the lead; else 0 */
    int64_t number;      /* the count that was reached, the conversion's id, or the period; else 0 */
} GrantKey;

/* What `reward` gives for this cause; false: nothing. */
bool reward_key(const Reward *reward, const RewardCause *cause, GrantKey *out_key);
/* Does `reward` depend on a count? Then GrantKey.number is the count at which it stands. */
bool reward_is_counted(const Reward *reward);
/* Of one grant: its value, or a commission's basis points; by the milestone or tier that was reached. */
int64_t reward_rate(const Reward *reward, const GrantKey *key, int64_t times_for_referrer);
/* What a grant at this rate is worth. `spend_minor` is what a commission is computed from, negative when that
 * is not known yet; a fraction of a minor unit is dropped. At most LIMIT_MONEY_MINOR when the spend is. */
int64_t reward_value(const Reward *reward, int64_t rate, int64_t spend_minor);

#endif
