#include "engine/refer.h"

#include "domain/text.h"
#include "engine/grant.h"

static Status grant_invited(const Work *work, const Campaign *campaign, const User *lead, User *referrer)
{
    UserCounts counts;
    Status status = store_user_count(work->session, lead->account_id, referrer->id, (UserCounts){ .referrals = 1 },
                                     &counts);
    if (status)
        return status;
    referrer->referrals = counts.referrals;
    RewardCause cause = { .when = REWARD_WHEN_INVITED,
                          .user = lead,
                          .referrer = referrer,
                          .times_for_referrer = counts.referrals };
    return grant_for_cause(work, campaign, &cause);
}

Status refer_announce(const Work *work, const Campaign *campaign, const User *lead, User *referrer)
{
    Status status = emit_user(work, EVENT_USER_JOIN, lead, campaign, referrer);
    return status ? status : grant_invited(work, campaign, lead, referrer);
}

/* ---- moving ------------------------------------------------------------ */

/* A referrer who is erased has neither counts nor grants to lose. */
static Status leave_referrer(const Work *work, const Campaign *campaign, const User *lead)
{
    UserCounts counts;
    int64_t above_id;
    Status status = store_user_referrer(work->session, lead->account_id, lead->referrer_id, &above_id);
    if (status)
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    status = store_user_count(work->session, lead->account_id, lead->referrer_id, (UserCounts){ .referrals = -1 },
                              &counts);
    return status ? status : grant_fall_uninvited(work, campaign, lead, counts.referrals);
}

Status refer_move(const Work *work, const Campaign *campaign, User *user, const User *referrer, int64_t touched_us)
{
    User before = *user, credited = *referrer;
    Status status = user_is_lead(user) ? leave_referrer(work, campaign, user) : STATUS_OK;
    if (status)
        return status;
    user->referrer_id = referrer->id;
    user->source = SOURCE_REFERRED;
    user->touched_us = touched_us;
    status = store_user_set_referrer(work->session, &before, user);
    return status ? status : grant_invited(work, campaign, user, &credited);
}

/* ---- by hand ----------------------------------------------------------- */

static Status check_reason(TraceReason reason, Error *err)
{
    if (reason == TRACE_ALREADY_QUALIFIED)
        return error_set(err, STATUS_INVALID, "id",
                         "This user has qualified already, and credit may have been paid. Un-qualify first.");
    return STATUS_OK;
}

static Status attach(ReferCommand *command, const Work *work, const Campaign *campaign)
{
    User *user = &command->user;
    Attribution attribution;
    AttributionPerson person = { .email_key = email_key(work->arena, user->email),
                                 .customer_id = user->customer_id,
                                 .known = user,
                                 .by_hand = true };
    if (person.email_key.ptr == NULL)
        return STATUS_NOMEM;
    attribute_begin(&attribution, work, campaign, &person);
    Status status = attribute_add(&attribution, command->referrer, "referrer");
    if (!status)
        status = attribute_decide(&attribution);
    if (!status)
        status = check_reason(attribution.traces[0].reason, work->err);
    if (status || attribution.winner == NULL)
        return status;
    attribution.reason = command->reason;
    status = attribute_explain(&attribution, user->id, "attached_by_hand");
    return status ? status : refer_move(work, campaign, user, attribution.winner, attribution.touched_us);
}

static Status run_refer(Command *base, StoreSession *session)
{
    ReferCommand *command = (ReferCommand *)base;
    Work work = { command->engine, session, base->arena, &base->error };
    Campaign campaign;
    Status status = text_check_paragraph(&command->reason, "reason", &base->error);
    if (!status)
        status = find_user(session, command->engine, command->account_id,
                           (UserKey){ .kind = USER_KEY_ID, .id = command->user_id }, base->arena, &command->user,
                           &base->error);
    if (!status)
        status = store_campaign_get(session, command->account_id, command->user.campaign_id, base->arena, &campaign);
    return status ? status : attach(command, &work, &campaign);
}

ReferCommand *refer_command_new(const Engine *engine, Arena *arena)
{
    ReferCommand *command = ARENA_NEW(arena, ReferCommand);
    if (command)
        *command = (ReferCommand){ .base = { .run = run_refer, .arena = arena }, .engine = engine, .reason = STR("") };
    return command;
}
