#include "engine/setup.h"

#include "base/limits.h"

static Status check_campaign(StoreSession *session, int64_t account_id, int64_t campaign_id, Command *base)
{
    Campaign campaign;
    Status status = store_campaign_get(session, account_id, campaign_id, base->arena, &campaign);
    return status == STATUS_NOT_FOUND
               ? error_set(&base->error, STATUS_INVALID, "campaign", "No campaign has the id %lld.",
                           (long long)campaign_id)
               : status;
}

static Status run_reward(Command *base, StoreSession *session)
{
    RewardCommand *command = (RewardCommand *)base;
    Reward *reward = &command->reward;
    Status status = reward_check(reward, &base->error);
    if (!status)
        status = check_campaign(session, reward->account_id, reward->campaign_id, base);
    return status ? status : store_reward_insert(session, reward);
}

RewardCommand *reward_command_new(Arena *arena)
{
    RewardCommand *command = ARENA_NEW(arena, RewardCommand);
    if (command)
        *command = (RewardCommand){ .base = { .run = run_reward, .arena = arena } };
    return command;
}

static Status insert_coupon(StoreSession *session, const CouponCommand *command, Str code, Error *err)
{
    if (code.len == 0 || code.len > LIMIT_COUPON_LEN || str_has_control(code))
        return error_set(err, STATUS_INVALID, "coupon", "A coupon code has 1 to %d characters: \"%.*s\" has not.",
                         LIMIT_COUPON_LEN, (int)size_min(code.len, 40), code.ptr);
    Coupon coupon = { .account_id = command->account_id, .campaign_id = command->campaign_id, .code = code };
    Status status = store_coupon_insert(session, &coupon);
    if (status == STATUS_CONFLICT)
        return error_set(err, status, "coupon", "The coupon code \"%.*s\" is there already. Nothing was imported.",
                         STR_ARG(code));
    return status;
}

static Status run_coupons(Command *base, StoreSession *session)
{
    CouponCommand *command = (CouponCommand *)base;
    Status status = check_campaign(session, command->account_id, command->campaign_id, base);
    for (size_t i = 0; !status && i < command->count; i++)
        status = insert_coupon(session, command, command->codes[i], &base->error);
    return status;
}

CouponCommand *coupon_command_new(Arena *arena)
{
    CouponCommand *command = ARENA_NEW(arena, CouponCommand);
    if (command)
        *command = (CouponCommand){ .base = { .run = run_coupons, .arena = arena } };
    return command;
}
