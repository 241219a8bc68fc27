/* Setting up: rewards, coupons. */
#ifndef ENGINE_SETUP_H
#define ENGINE_SETUP_H

#include "engine/engine.h"

typedef struct RewardCommand {
    Command base;
    Reward reward; /* in, except id, created_us: out */
} RewardCommand;
RewardCommand *reward_command_new(Arena *arena) MUST_USE;

/* Imports all of the codes or, when one is malformed or known already, none. */
typedef struct CouponCommand {
    Command base;
    int64_t account_id, campaign_id;
    const Str *codes;
    size_t count;
} CouponCommand;
CouponCommand *coupon_command_new(Arena *arena) MUST_USE;

#endif
