#include "domain/reward.h"

#include "domain/text.h"

static const char *const metric_names[] = { "amount", "coupon", "custom" };
static const char *const for_names[] = { "referrer", "lead" };
static const char *const for_api_names[] = { "person_referring", "person_invited" };
static const char *const when_names[] = { "joined", "invited", "qualified" };
static const char *const issue_names[] = { "manual", "n8n", "webhook" };
static const char *const state_names[] = { "due", "issued", "canceled" };

const NameTable reward_metric_names = NAME_TABLE(metric_names);
const NameTable reward_for_names = NAME_TABLE(for_names);
const NameTable reward_for_api_names = NAME_TABLE(for_api_names);
const NameTable reward_when_names = NAME_TABLE(when_names);
const NameTable issue_method_names = NAME_TABLE(issue_names);
const NameTable grant_state_names = NAME_TABLE(state_names);

Status reward_check(Reward *reward, Error *err)
{
    Status status = text_check_title(&reward->name, "name", err);
    if (status)
        return status;
    if (reward->when == REWARD_WHEN_JOINED && reward->who == REWARD_FOR_LEAD)
        return error_set(err, STATUS_INVALID, "for",
                         "A reward for joining goes to the person who joins: use --for referrer, or --when invited.");
    if (reward->when == REWARD_WHEN_JOINED && reward->every > 1)
        return error_set(err, STATUS_INVALID, "every", "Everybody joins once: every is for rewards on invited or qualified.");
    if (reward->metric == METRIC_AMOUNT && reward->currency.code[0] == 0)
        return error_set(err, STATUS_INVALID, "currency", "A reward of an amount needs a currency.");
    if (reward->metric != METRIC_COUPON && reward->value_minor <= 0)
        return error_set(err, STATUS_INVALID, "value", "The value must be more than zero.");
    if (reward->every < 0)
        return error_set(err, STATUS_INVALID, "every", "Every which time? Give 1 or more.");
    if (reward->every != 1 && reward->who == REWARD_FOR_LEAD)
        return error_set(err, STATUS_INVALID, "every", "A lead is rewarded once anyway: every is for referrers.");
    return STATUS_OK;
}

int64_t reward_recipient(const Reward *reward, const RewardCause *cause, bool *out_once)
{
    *out_once = reward->every == 0;
    if (reward->when != cause->when)
        return 0;
    if (cause->when == REWARD_WHEN_JOINED || reward->who == REWARD_FOR_LEAD)
        return cause->user->id;
    if (cause->referrer == NULL)
        return 0;
    bool its_turn = reward->every <= 1 || cause->times_for_referrer % reward->every == 0;
    return its_turn ? cause->referrer->id : 0;
}

bool grant_can_be_issued(const Grant *grant)
{
    return grant->state == GRANT_DUE && (grant->metric != METRIC_COUPON || grant->coupon.ptr);
}

Status grant_check_issue(const Grant *grant, Error *err)
{
    if (grant->state == GRANT_ISSUED)
        return error_set(err, STATUS_INVALID, NULL, "This reward has been issued already.");
    if (grant->state == GRANT_CANCELLED)
        return error_set(err, STATUS_INVALID, NULL, "This reward was cancelled, so it can't be issued.");
    if (!grant_can_be_issued(grant))
        return error_set(err, STATUS_INVALID, NULL, "No coupon is left for this reward. Upload more, then issue it.");
    return STATUS_OK;
}
