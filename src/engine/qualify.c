#include "engine/qualify.h"

#include "engine/grant.h"

static Status set_qualified(const Work *work, User *user, const Campaign *campaign, User *referrer)
{
    UserCounts counts;
    user->qualified_us = store_now_us(work->session);
    Status status = store_user_set_qualified(work->session, user->account_id, user->id, user->qualified_us);
    if (!status)
        status = store_user_count(work->session, user->account_id, referrer->id,
                                  (UserCounts){ .qualified_referrals = 1 }, &counts);
    if (!status)
        status = emit_user(work, EVENT_USER_QUALIFIED, user, campaign, referrer);
    if (status)
        return status;
    RewardCause cause = { .when = REWARD_WHEN_QUALIFIED,
                          .user = user,
                          .referrer = referrer,
                          .times_for_referrer = counts.qualified_referrals };
    return grant_for_cause(work, campaign, &cause);
}

static Status clear_qualified(const Work *work, User *user, const User *referrer)
{
    Status status = store_day_add(work->session, user->account_id, user->campaign_id, user->qualified_us,
                                  (DayCounts){ .qualified = -1 });
    user->qualified_us = 0;
    if (!status)
        status = store_user_set_qualified(work->session, user->account_id, user->id, 0);
    if (!status)
        status = store_user_count(work->session, user->account_id, referrer->id,
                                  (UserCounts){ .qualified_referrals = -1 }, NULL);
    return status ? status : grant_cancel_qualified(work, user);
}

static Status run_qualify(Command *base, StoreSession *session)
{
    QualifyCommand *command = (QualifyCommand *)base;
    Work work = { command->engine, session, base->arena, &base->error };
    User *user = &command->user;
    Status status = find_user(session, command->engine, command->account_id, command->key, base->arena, user,
                              &base->error);
    QualifyOutcome outcome = QUALIFY_NOTHING;
    if (!status)
        status = qualify_decide(user, command->qualified, &outcome, &base->error);
    if (status || outcome == QUALIFY_NOTHING)
        return status;
    Campaign campaign;
    User referrer;
    status = store_campaign_get(session, user->account_id, user->campaign_id, base->arena, &campaign);
    if (!status)
        status = store_user_get(session, user->account_id, user->referrer_id, base->arena, &referrer);
    if (status)
        return status == STATUS_NOT_FOUND ? STATUS_INTERNAL : status;
    return outcome == QUALIFY_SET ? set_qualified(&work, user, &campaign, &referrer)
                                  : clear_qualified(&work, user, &referrer);
}

QualifyCommand *qualify_command_new(const Engine *engine, Arena *arena)
{
    QualifyCommand *command = ARENA_NEW(arena, QualifyCommand);
    if (command)
        *command = (QualifyCommand){ .base = { .run = run_qualify, .arena = arena },
                                     .engine = engine,
                                     .qualified = true };
    return command;
}
