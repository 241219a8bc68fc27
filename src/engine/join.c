#include "engine/join.h"

#include "domain/text.h"
#include "engine/grant.h"

static Status check_input(JoinCommand *command, const Work *work)
{
    Status status = store_campaign_get(work->session, command->account_id, command->campaign_id, work->arena,
                                       &command->campaign);
    if (status == STATUS_NOT_FOUND)
        return error_set(work->err, STATUS_INVALID, "campaign_id", "No campaign has the id %lld.",
                         (long long)command->campaign_id);
    if (!status)
        status = text_check_name(&command->first_name, "first_name", work->err);
    if (!status)
        status = text_check_email(&command->email, "email", work->err);
    if (!status)
        status = campaign_check_open(&command->campaign, store_now_us(work->session), work->err);
    return status;
}

static Status find_referrer(JoinCommand *command, const Work *work, Str email, User *out_referrer)
{
    UserKey key = command->referrer;
    if (key.kind == USER_KEY_EMAIL)
        key.campaign_id = command->campaign_id;
    Status status = find_user(work->session, work->engine, command->account_id, key, work->arena, out_referrer,
                              work->err);
    if (status == STATUS_NOT_FOUND)
        return error_set(work->err, STATUS_INVALID, "referrer", "Nobody of this campaign is the referrer named here.");
    if (status)
        return status;
    Str referrer_email = email_key(work->arena, out_referrer->email);
    if (referrer_email.ptr == NULL)
        return STATUS_NOMEM;
    return referral_check(&command->campaign, out_referrer, referrer_email, email, work->err);
}

static Status keep_known(JoinCommand *command, const Work *work)
{
    if (command->user.meta.ptr || !command->meta.ptr)
        return STATUS_OK;
    command->user.meta = command->meta;
    return store_user_set_meta(work->session, command->account_id, command->user.id, command->meta);
}

static Status announce(JoinCommand *command, const Work *work, User *referrer)
{
    RewardCause cause = { .when = REWARD_WHEN_JOINED, .user = &command->user, .referrer = referrer };
    if (referrer) {
        UserCounts counts;
        Status status = store_user_count(work->session, command->account_id, referrer->id,
                                         (UserCounts){ .referrals = 1 }, &counts);
        if (status)
            return status;
        cause.when = REWARD_WHEN_INVITED;
        cause.times_for_referrer = referrer->referrals = counts.referrals;
    }
    Status status = emit_user(work, EVENT_USER_JOIN, &command->user, &command->campaign, referrer);
    return status ? status : grant_for_cause(work, &command->campaign, &cause);
}

static Status run_join(Command *base, StoreSession *session)
{
    JoinCommand *command = (JoinCommand *)base;
    Work work = { command->engine, session, base->arena, &base->error };
    bool is_lead = command->referrer.kind != USER_KEY_NONE;
    User referrer = { 0 };
    command->created = false;

    Status status = check_input(command, &work);
    if (status)
        return status;
    Str email = email_key(work.arena, command->email);
    if (email.ptr == NULL)
        return STATUS_NOMEM;
    if (is_lead)
        status = find_referrer(command, &work, email, &referrer);
    if (status)
        return status;

    status = store_user_by_email(session, command->account_id, command->campaign_id, email, work.arena,
                                 &command->user);
    if (status == STATUS_OK)
        return keep_known(command, &work);
    if (status != STATUS_NOT_FOUND)
        return status;
    command->created = true;
    command->user = (User){ .account_id = command->account_id,
                            .campaign_id = command->campaign_id,
                            .referrer_id = referrer.id,
                            .first_name = command->first_name,
                            .email = command->email,
                            .source = is_lead ? SOURCE_REFERRED : command->source,
                            .ip = command->ip,
                            .meta = command->meta,
                            .consented_us = command->consented ? store_now_us(session) : 0 };
    status = store_user_insert(session, &command->user, email);
    return status ? status : announce(command, &work, is_lead ? &referrer : NULL);
}

JoinCommand *join_command_new(const Engine *engine, Arena *arena)
{
    JoinCommand *command = ARENA_NEW(arena, JoinCommand);
    if (command)
        *command = (JoinCommand){ .base = { .run = run_join, .arena = arena }, .engine = engine };
    return command;
}
