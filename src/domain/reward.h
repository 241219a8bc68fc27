/* Rewards (the definitions), grants (what is owed) and when the one leads to the other. Pure.
 *
 * A grant's life:
 *
 *   due ──issue──▶ issued
 *    └──cancel──▶ cancelled
 */
#ifndef DOMAIN_REWARD_H
#define DOMAIN_REWARD_H

#include "domain/money.h"
#include "domain/user.h"

typedef enum RewardMetric { METRIC_AMOUNT, METRIC_COUPON, METRIC_CUSTOM } RewardMetric;
typedef enum RewardFor { REWARD_FOR_REFERRER, REWARD_FOR_LEAD } RewardFor;
typedef enum RewardWhen { REWARD_WHEN_JOINED, REWARD_WHEN_INVITED, REWARD_WHEN_QUALIFIED } RewardWhen;
typedef enum IssueMethod { ISSUE_MANUAL, ISSUE_N8N, ISSUE_WEBHOOK } IssueMethod;
typedef enum GrantState { GRANT_DUE, GRANT_ISSUED, GRANT_CANCELLED } GrantState;

extern const NameTable reward_metric_names, reward_for_names, reward_when_names, issue_method_names,
    grant_state_names;
/* "person_referring", "person_invited": as the API calls whom a reward is for (contract 2.2). */
extern const NameTable reward_for_api_names;

typedef struct Reward {
    int64_t id, account_id, campaign_id;
    Str name;
    RewardMetric metric;
    int64_t value_minor; /* amount: money; custom: how many, in hundredths; coupon: 0 */
    Currency currency;   /* amount only */
    RewardFor who;
    RewardWhen when;
    int64_t every;       /* each N-th time, 1 = every time; 0 = once per recipient */
    IssueMethod issue;
    bool automatic;      /* issued the moment it is granted */
    int64_t created_us;
} Reward;

typedef struct Grant {
    int64_t id, account_id, reward_id, campaign_id;
    int64_t recipient_id;
    int64_t referral_id; /* the user whose joining or qualifying caused it */
    GrantState state;
    RewardMetric metric;
    int64_t value_minor;
    Currency currency;
    Str coupon; /* { NULL, 0 }: none, or none was left */
    int64_t created_us, issued_us;
} Grant;

/* Checks a definition as a whole, e.g. that joining can only reward the person who joins. */
Status reward_check(Reward *reward, Error *err) MUST_USE;

/* What happened, as far as rewards care. */
typedef struct RewardCause {
    RewardWhen when;
    const User *user;     /* who joined, was invited or qualified */
    const User *referrer; /* of `user`; NULL for a person referring */
    /* How often this has happened for the referrer, this time included. */
    int64_t times_for_referrer;
} RewardCause;

/* Whom `reward` goes to for this cause: a user's id, or 0 for nobody. "Once" is not judged here:
 * `*out_once` says that the recipient must not have had this reward before. */
int64_t reward_recipient(const Reward *reward, const RewardCause *cause, bool *out_once);

/* A coupon reward needs its coupon. */
bool grant_can_be_issued(const Grant *grant);
/* STATUS_INVALID with the reason when `grant` can't be issued (contract 2.3, R8). */
Status grant_check_issue(const Grant *grant, Error *err) MUST_USE;

#endif
