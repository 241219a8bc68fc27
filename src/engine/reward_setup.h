/* Setting up rewards and coupons. */
#ifndef ENGINE_REWARD_SETUP_H
#define ENGINE_REWARD_SETUP_H

#include "engine/engine.h"

/* Makes a reward, or two of which one is for the referrer and one for the lead. */
typedef struct RewardCommand {
    Command base;
    Reward reward; /* in, except id, created_us: out */
    bool both;
    Reward other; /* out, when both: the lead's */
} RewardCommand;
RewardCommand *reward_command_new(Arena *arena) MUST_USE;

/* Changes a reward, from now on: what has been granted stays as it is. Once it has been granted, what its grants
 * are counted by can't change. */
typedef struct RewardChangeCommand {
    Command base;
    int64_t account_id, reward_id;
    RewardChange change;
    Reward reward; /* out: as it is now */
} RewardChangeCommand;
RewardChangeCommand *reward_change_command_new(Arena *arena) MUST_USE;

/* Adds all of the codes or, when one is malformed or known already, none. Rewards that have waited for a coupon
 * take theirs, oldest first; automatic ones are issued. */
typedef struct CouponCommand {
    Command base;
    const Engine *engine;
    int64_t account_id, campaign_id;
    const Str *codes;
    size_t count;
    const char *field; /* where they came from, for errors; NULL: no field */
} CouponCommand;
CouponCommand *coupon_command_new(const Engine *engine, Arena *arena) MUST_USE;

/* Takes a free coupon out of use. STATUS_INVALID when somebody has it. */
typedef struct CouponVoidCommand {
    Command base;
    int64_t account_id, coupon_id;
    Coupon coupon; /* out */
} CouponVoidCommand;
CouponVoidCommand *coupon_void_command_new(Arena *arena) MUST_USE;

#endif
