#include "domain/grant.h"

static const char *const state_names[] = { "due", "issued", "canceled", "pending", "failed", "reversed" };
const NameTable grant_state_names = NAME_TABLE(state_names);

bool grant_stands(const Grant *grant)
{
    return grant->state != GRANT_CANCELLED && grant->state != GRANT_REVERSED;
}

static bool lacks_coupon(const Grant *grant)
{
    return grant->metric == METRIC_COUPON && grant->coupon.ptr == NULL;
}

static bool lacks_spend(const Grant *grant)
{
    return grant->metric == METRIC_COMMISSION && grant->spend_minor == SPEND_UNKNOWN;
}

bool grant_can_be_issued(const Grant *grant)
{
    return grant->state == GRANT_DUE && !lacks_coupon(grant) && !lacks_spend(grant);
}

GrantState grant_waiting_state(const Grant *grant, const Reward *reward, bool held, int64_t now_us)
{
    bool waits = held || (reward->approval && !grant->approved_us) || grant->release_us > now_us;
    return waits ? GRANT_PENDING : GRANT_DUE;
}

Status grant_check_issue(const Grant *grant, Error *err)
{
    switch (grant->state) {
    case GRANT_ISSUED:
        return error_set(err, STATUS_INVALID, NULL, "This reward has been issued already.");
    case GRANT_CANCELLED:
        return error_set(err, STATUS_INVALID, NULL, "This reward was cancelled, so it can't be issued.");
    case GRANT_REVERSED:
        return error_set(err, STATUS_INVALID, NULL, "This reward was issued and taken back.");
    case GRANT_PENDING:
        return error_set(err, STATUS_INVALID, NULL,
                         "This reward is not due yet: it is held, or waits for approval or a review.");
    case GRANT_FAILED:
        return error_set(err, STATUS_INVALID, NULL, "Issuing this reward has failed. Retry it first.");
    case GRANT_DUE:
        break;
    }
    if (lacks_coupon(grant))
        return error_set(err, STATUS_INVALID, NULL, "No coupon is left for this reward. Upload more, then issue it.");
    if (lacks_spend(grant))
        return error_set(err, STATUS_INVALID, "total",
                         "The total spend is not known yet. Enter it by PUT /api/v2/rewards/due/{id}.");
    return STATUS_OK;
}

Status grant_check_cancel(const Grant *grant, Error *err)
{
    if (grant->state == GRANT_ISSUED)
        return error_set(err, STATUS_INVALID, NULL, "This reward has been issued already. Reverse it instead.");
    if (!grant_stands(grant))
        return error_set(err, STATUS_INVALID, NULL, "This reward was cancelled already.");
    return STATUS_OK;
}

Status grant_check_approve(const Grant *grant, Error *err)
{
    if (grant->state != GRANT_PENDING || grant->approved_us)
        return error_set(err, STATUS_INVALID, NULL, "This reward waits for no approval: it is %s.",
                         grant->state == GRANT_PENDING ? "approved already" : name_of(grant_state_names, (int)grant->state));
    return STATUS_OK;
}

Status grant_check_fail(const Grant *grant, Error *err)
{
    if (grant->state != GRANT_DUE && grant->state != GRANT_ISSUED)
        return error_set(err, STATUS_INVALID, NULL, "Only a due or issued reward can fail: this one is %s.",
                         name_of(grant_state_names, (int)grant->state));
    return STATUS_OK;
}

Status grant_check_retry(const Grant *grant, Error *err)
{
    if (grant->state != GRANT_FAILED)
        return error_set(err, STATUS_INVALID, NULL, "Only a failed reward can be retried: this one is %s.",
                         name_of(grant_state_names, (int)grant->state));
    return STATUS_OK;
}

Status grant_check_reverse(const Grant *grant, Error *err)
{
    if (grant->state != GRANT_ISSUED)
        return error_set(err, STATUS_INVALID, NULL, "Only an issued reward can be taken back: this one is %s.",
                         name_of(grant_state_names, (int)grant->state));
    return STATUS_OK;
}

Status grant_check_total(const Grant *grant, Error *err)
{
    if (grant->metric == METRIC_COUPON)
        return error_set(err, STATUS_INVALID, "total", "A coupon has no total.");
    if (grant->rest_of)
        return error_set(err, STATUS_INVALID, "total", "This is the rest of reward %lld; its total follows from the order.",
                         (long long)grant->rest_of);
    if (grant->state != GRANT_DUE && grant->state != GRANT_PENDING)
        return error_set(err, STATUS_INVALID, NULL, "The total can only be changed while the reward is due: this one is %s.",
                         name_of(grant_state_names, (int)grant->state));
    return STATUS_OK;
}
