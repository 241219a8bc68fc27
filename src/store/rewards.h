/* Rewards and what their caps count. Part of store/store.h: include that. */
#ifndef STORE_REWARDS_H
#define STORE_REWARDS_H

#include "domain/reward.h"
#include "store/command.h"

typedef struct RewardList {
    Reward *items;
    size_t count;
} RewardList;

typedef struct RewardFilter {
    int64_t campaign_id; /* 0: all */
    int issue;           /* an IssueMethod, -1: all */
    int when;            /* a RewardWhen, -1: all */
    int status;          /* a RewardStatus, -1: all */
} RewardFilter;
#define ALL_REWARDS ((RewardFilter){ .issue = -1, .when = -1, .status = -1 })

/* Rewards come and go with their steps and caps. */
Status store_reward_insert(StoreSession *session, Reward *reward) MUST_USE;
/* Writes all but id, account, campaign and created_us. */
Status store_reward_update(StoreSession *session, const Reward *reward) MUST_USE;
Status store_reward_get(StoreSession *session, int64_t account_id, int64_t id, Arena *arena,
                        Reward *out_reward) MUST_USE;
Status store_reward_list(StoreSession *session, int64_t account_id, RewardFilter filter, Arena *arena,
                         RewardList *out_list) MUST_USE;

/* ---- usage ------------------------------------------------------------- */

/* Which count: of one reward, for one recipient (0: all), in the period that began then. */
typedef struct UsageKey {
    int64_t account_id, reward_id, recipient_id;
    Period period;
    int64_t start_us;
} UsageKey;
typedef struct Usage {
    int64_t granted, minor;
} Usage;
/* Zeros when nothing has been counted. */
Status store_usage_get(StoreSession *session, const UsageKey *key, Usage *out_usage) MUST_USE;
/* Adds (or takes away). */
Status store_usage_add(StoreSession *session, const UsageKey *key, Usage add) MUST_USE;

/* What the campaign has promised in this currency and not taken back. */
Status store_campaign_spend_get(StoreSession *session, int64_t account_id, int64_t campaign_id, Currency currency,
                                int64_t *out_minor) MUST_USE;
Status store_campaign_spend_add(StoreSession *session, int64_t account_id, int64_t campaign_id, Currency currency,
                                int64_t add_minor) MUST_USE;

#endif
