#include "engine/reward_setup.h"

#include "base/limits.h"
#include "engine/grant.h"

static Status check_campaign(StoreSession *session, int64_t account_id, int64_t campaign_id, Command *base)
{
    Campaign campaign;
    Status status = store_campaign_get(session, account_id, campaign_id, base->arena, &campaign);
    return status == STATUS_NOT_FOUND
               ? error_set(&base->error, STATUS_INVALID, "campaign_id", "No campaign has the id %lld.",
                           (long long)campaign_id)
               : status;
}

/* ---- rewards ----------------------------------------------------------- */

static Status insert_reward(StoreSession *session, Reward *reward, Error *err)
{
    Status status = reward_check(reward, err);
    return status ? status : store_reward_insert(session, reward);
}

static Status run_reward(Command *base, StoreSession *session)
{
    RewardCommand *command = (RewardCommand *)base;
    Reward *reward = &command->reward;
    Status status = check_campaign(session, reward->account_id, reward->campaign_id, base);
    if (command->both) {
        reward->who = REWARD_FOR_REFERRER;
        command->other = *reward;
        command->other.who = REWARD_FOR_LEAD;
    }
    if (!status)
        status = insert_reward(session, reward, &base->error);
    return status || !command->both ? status : insert_reward(session, &command->other, &base->error);
}

RewardCommand *reward_command_new(Arena *arena)
{
    RewardCommand *command = ARENA_NEW(arena, RewardCommand);
    if (command)
        *command = (RewardCommand){ .base = { .run = run_reward, .arena = arena } };
    return command;
}

static Status run_change(Command *base, StoreSession *session)
{
    RewardChangeCommand *command = (RewardChangeCommand *)base;
    Reward *reward = &command->reward, before;
    Status status = store_reward_get(session, command->account_id, command->reward_id, base->arena, reward);
    if (status == STATUS_NOT_FOUND)
        return error_set(&base->error, status, NULL, "No reward has the id %lld.", (long long)command->reward_id);
    if (status)
        return status;
    before = *reward;
    reward_apply(reward, &command->change);
    status = reward_check(reward, &base->error);
    if (status)
        return status;
    status = store_grant_any_of_reward(session, command->account_id, command->reward_id);
    if (status == STATUS_OK)
        status = reward_check_change(&before, reward, &base->error);
    else if (status == STATUS_NOT_FOUND)
        status = STATUS_OK;
    return status ? status : store_reward_update(session, reward);
}

RewardChangeCommand *reward_change_command_new(Arena *arena)
{
    RewardChangeCommand *command = ARENA_NEW(arena, RewardChangeCommand);
    if (command)
        *command = (RewardChangeCommand){ .base = { .run = run_change, .arena = arena } };
    return command;
}

/* ---- coupons ----------------------------------------------------------- */

static Status insert_coupon(StoreSession *session, const CouponCommand *command, Str code, Error *err)
{
    if (code.len == 0 || code.len > LIMIT_COUPON_LEN || str_has_control(code))
        return error_set(err, STATUS_INVALID, command->field,
                         "A coupon code has 1 to %d characters: \"%.*s\" has not.", LIMIT_COUPON_LEN,
                         (int)size_min(code.len, 40), code.ptr);
    Coupon coupon = { .account_id = command->account_id, .campaign_id = command->campaign_id, .code = code };
    Status status = store_coupon_insert(session, &coupon);
    if (status == STATUS_CONFLICT)
        return error_set(err, status, command->field,
                         "The coupon code \"%.*s\" is there already. Nothing was imported.", STR_ARG(code));
    return status;
}

static Status run_coupons(Command *base, StoreSession *session)
{
    CouponCommand *command = (CouponCommand *)base;
    Work work = { command->engine, session, base->arena, &base->error };
    Status status = check_campaign(session, command->account_id, command->campaign_id, base);
    for (size_t i = 0; !status && i < command->count; i++)
        status = insert_coupon(session, command, command->codes[i], &base->error);
    return status ? status : grant_fill_coupons(&work, command->account_id, command->campaign_id);
}

CouponCommand *coupon_command_new(const Engine *engine, Arena *arena)
{
    CouponCommand *command = ARENA_NEW(arena, CouponCommand);
    if (command)
        *command = (CouponCommand){ .base = { .run = run_coupons, .arena = arena }, .engine = engine };
    return command;
}

static Status run_void(Command *base, StoreSession *session)
{
    CouponVoidCommand *command = (CouponVoidCommand *)base;
    Coupon *coupon = &command->coupon;
    Status status = store_coupon_get(session, command->account_id, command->coupon_id, base->arena, coupon);
    if (status == STATUS_NOT_FOUND)
        return error_set(&base->error, status, NULL, "No coupon has the id %lld.", (long long)command->coupon_id);
    if (status || coupon->voided_us)
        return status;
    if (coupon->user_id)
        return error_set(&base->error, STATUS_INVALID, NULL, "This coupon has been handed out, so it can't be voided.");
    return store_coupon_void(session, coupon);
}

CouponVoidCommand *coupon_void_command_new(Arena *arena)
{
    CouponVoidCommand *command = ARENA_NEW(arena, CouponVoidCommand);
    if (command)
        *command = (CouponVoidCommand){ .base = { .run = run_void, .arena = arena } };
    return command;
}
