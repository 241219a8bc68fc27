/* Rewards, grants, coupons. Part of store/store.h: include that. */
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
} RewardFilter;

Status store_reward_insert(StoreSession *session, Reward *reward) MUST_USE;
Status store_reward_get(StoreSession *session, int64_t account_id, int64_t id, Arena *arena,
                        Reward *out_reward) MUST_USE;
Status store_reward_list(StoreSession *session, int64_t account_id, RewardFilter filter, Arena *arena,
                         RewardList *out_list) MUST_USE;

typedef struct GrantList {
    Grant *items;
    size_t count;
} GrantList;

/* Sets grant->id. STATUS_CONFLICT when this recipient has the reward for this referral already. */
Status store_grant_insert(StoreSession *session, Grant *grant) MUST_USE;
/* By what made it. referral_id 0: any that was not cancelled. */
Status store_grant_find(StoreSession *session, int64_t account_id, int64_t reward_id, int64_t recipient_id,
                        int64_t referral_id, Arena *arena, Grant *out_grant) MUST_USE;
Status store_grant_get(StoreSession *session, int64_t account_id, int64_t id, Arena *arena, Grant *out_grant) MUST_USE;
/* Writes state, coupon and issued_us. */
Status store_grant_update(StoreSession *session, const Grant *grant) MUST_USE;
/* Every due grant that a referral caused. */
Status store_grant_list_due_of(StoreSession *session, int64_t account_id, int64_t referral_id, Arena *arena,
                               GrantList *out_list) MUST_USE;
Status store_grant_list(StoreSession *session, int64_t account_id, int64_t campaign_id, Arena *arena,
                        GrantList *out_list) MUST_USE;

typedef struct Coupon {
    int64_t id, account_id, campaign_id;
    Str code;
    int64_t user_id; /* whom it was handed to; 0: free */
} Coupon;

typedef struct CouponList {
    Coupon *items;
    size_t count;
} CouponList;

/* STATUS_CONFLICT when the account has the code already. */
Status store_coupon_insert(StoreSession *session, Coupon *coupon) MUST_USE;
Status store_coupon_get(StoreSession *session, int64_t account_id, int64_t id, Arena *arena,
                        Coupon *out_coupon) MUST_USE;
Status store_coupon_find(StoreSession *session, int64_t account_id, Str code, Arena *arena, Coupon *out_coupon) MUST_USE;
/* Hands the campaign's oldest free coupon to a user; STATUS_NOT_FOUND when none is left. */
Status store_coupon_take(StoreSession *session, int64_t account_id, int64_t campaign_id, int64_t user_id,
                         Arena *arena, Coupon *out_coupon) MUST_USE;
Status store_coupon_list(StoreSession *session, int64_t account_id, int64_t campaign_id, Arena *arena,
                         CouponList *out_list) MUST_USE;

#endif
