#include "engine/forfeit.h"

#include "engine/grant_life.h"

static Status cancel_open(const Work *work, const User *user, Grant *grant)
{
    Reward reward;
    bool of_a_count = grant->per_referral == 0 && grant->recipient_id != user->id; /* others reach it, too */
    if (!grant_stands(grant) || grant->state == GRANT_ISSUED || of_a_count)
        return STATUS_OK;
    grant->closed = true;
    Status status = store_reward_get(work->session, grant->account_id, grant->reward_id, work->arena, &reward);
    return status ? status : grant_fall(work, &reward, grant, "forfeited");
}

Status forfeit_user(const Work *work, const User *user)
{
    Status status = store_recurrence_stop(work->session, user->account_id, user->id);
    if (!status) /* because of them */
        status = grant_each(work, user, store_grant_list_of_referral, cancel_open);
    return status ? status : grant_each(work, user, store_grant_list_of_recipient, cancel_open);
}
