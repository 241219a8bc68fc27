#include "engine/grant.h"

/* A coupon reward takes its coupon when it is granted. When none is left the grant stays due, and takes one
 * when it is issued by hand after an import. */
static Status take_coupon(const Work *work, Grant *grant)
{
    if (grant->metric != METRIC_COUPON || grant->coupon.ptr)
        return STATUS_OK;
    Coupon coupon;
    Status status = store_coupon_take(work->session, grant->account_id, grant->campaign_id, grant->recipient_id,
                                      work->arena, &coupon);
    if (!status)
        grant->coupon = coupon.code;
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static void mark_issued(const Work *work, Grant *grant)
{
    grant->state = GRANT_ISSUED;
    grant->issued_us = store_now_us(work->session);
}

/* The grant there is for this reward, recipient and referral, or a new one. `*out_open` is false when
 * there is nothing left to do. */
static Status open_grant(const Work *work, const Reward *reward, int64_t recipient_id, int64_t referral_id, bool once,
                         Grant *out_grant, bool *out_open)
{
    *out_open = false;
    Status status = STATUS_NOT_FOUND;
    if (once) /* for whatever reason it was had */
        status = store_grant_find(work->session, reward->account_id, reward->id, recipient_id, 0, work->arena,
                                  out_grant);
    if (status != STATUS_NOT_FOUND)
        return status;
    status = store_grant_find(work->session, reward->account_id, reward->id, recipient_id, referral_id, work->arena,
                              out_grant);
    if (status == STATUS_OK) {
        *out_open = out_grant->state == GRANT_CANCELLED;
        out_grant->state = *out_open ? GRANT_DUE : out_grant->state;
        return STATUS_OK;
    }
    if (status != STATUS_NOT_FOUND)
        return status;
    *out_open = true;
    *out_grant = (Grant){ .account_id = reward->account_id,
                          .reward_id = reward->id,
                          .campaign_id = reward->campaign_id,
                          .recipient_id = recipient_id,
                          .referral_id = referral_id,
                          .state = GRANT_DUE,
                          .metric = reward->metric,
                          .value_minor = reward->value_minor,
                          .currency = reward->currency };
    return STATUS_OK;
}

static Status grant_one(const Work *work, const Campaign *campaign, const RewardCause *cause, const Reward *reward)
{
    bool once, open;
    int64_t recipient_id = reward_recipient(reward, cause, &once);
    if (!recipient_id)
        return STATUS_OK;
    Grant grant;
    Status status = open_grant(work, reward, recipient_id, cause->user->id, once, &grant, &open);
    if (status || !open)
        return status;
    status = take_coupon(work, &grant);
    if (status)
        return status;
    bool issue = reward->automatic && grant_can_be_issued(&grant);
    if (issue)
        mark_issued(work, &grant);
    status = grant.id ? store_grant_update(work->session, &grant) : store_grant_insert(work->session, &grant);
    if (status || !issue)
        return status;
    const User *recipient = recipient_id == cause->user->id ? cause->user : cause->referrer;
    return emit_reward_issued(work, &grant, reward, campaign, recipient, cause->user);
}

Status grant_for_cause(const Work *work, const Campaign *campaign, const RewardCause *cause)
{
    RewardList rewards;
    RewardFilter filter = { .campaign_id = campaign->id, .issue = -1, .when = (int)cause->when };
    Status status = store_reward_list(work->session, campaign->account_id, filter, work->arena, &rewards);
    for (size_t i = 0; !status && i < rewards.count; i++)
        status = grant_one(work, campaign, cause, &rewards.items[i]);
    return status;
}

Status grant_cancel_qualified(const Work *work, const User *lead)
{
    GrantList grants;
    Status status = store_grant_list_due_of(work->session, lead->account_id, lead->id, work->arena, &grants);
    for (size_t i = 0; !status && i < grants.count; i++) {
        Grant *grant = &grants.items[i];
        Reward reward;
        status = store_reward_get(work->session, grant->account_id, grant->reward_id, work->arena, &reward);
        if (status || reward.when != REWARD_WHEN_QUALIFIED)
            continue;
        grant->state = GRANT_CANCELLED;
        status = store_grant_update(work->session, grant);
    }
    return status;
}

/* ---- issuing by hand --------------------------------------------------- */

typedef struct GrantFacts {
    Reward reward;
    Campaign campaign;
    User recipient, referral;
} GrantFacts;

static Status load_facts(const Work *work, const Grant *grant, GrantFacts *out_facts)
{
    StoreSession *session = work->session;
    int64_t account = grant->account_id;
    Status status = store_reward_get(session, account, grant->reward_id, work->arena, &out_facts->reward);
    if (!status)
        status = store_campaign_get(session, account, grant->campaign_id, work->arena, &out_facts->campaign);
    if (!status)
        status = store_user_get(session, account, grant->recipient_id, work->arena, &out_facts->recipient);
    if (!status)
        status = store_user_get(session, account, grant->referral_id, work->arena, &out_facts->referral);
    return status;
}

static Status run_issue(Command *base, StoreSession *session)
{
    IssueCommand *command = (IssueCommand *)base;
    Work work = { command->engine, session, base->arena, &base->error };
    Grant *grant = &command->grant;
    Status status = store_grant_get(session, command->account_id, command->grant_id, base->arena, grant);
    if (status == STATUS_NOT_FOUND)
        return error_set(&base->error, status, NULL, "No due reward has the id %lld.", (long long)command->grant_id);
    if (!status && grant->state == GRANT_DUE)
        status = take_coupon(&work, grant);
    if (!status)
        status = grant_check_issue(grant, &base->error);
    if (status)
        return status;
    GrantFacts facts;
    status = load_facts(&work, grant, &facts);
    if (status)
        return status == STATUS_NOT_FOUND ? STATUS_INTERNAL : status;
    mark_issued(&work, grant);
    status = store_grant_update(session, grant);
    if (status)
        return status;
    return emit_reward_issued(&work, grant, &facts.reward, &facts.campaign, &facts.recipient, &facts.referral);
}

IssueCommand *issue_command_new(const Engine *engine, Arena *arena)
{
    IssueCommand *command = ARENA_NEW(arena, IssueCommand);
    if (command)
        *command = (IssueCommand){ .base = { .run = run_issue, .arena = arena }, .engine = engine };
    return command;
}
