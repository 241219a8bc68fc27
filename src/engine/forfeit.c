#include "engine/forfeit.h"

#include "base/limits.h"
#include "engine/grant_life.h"

static Status cancel_open(const Work *work, const User *user, const GrantList *grants)
{
    Status status = STATUS_OK;
    for (size_t i = 0; !status && i < grants->count; i++) {
        Grant *grant = &grants->items[i];
        Reward reward;
        bool of_a_count = grant->per_referral == 0 && grant->recipient_id != user->id; /* others reach it, too */
        if (!grant_stands(grant) || grant->state == GRANT_ISSUED || of_a_count)
            continue;
        grant->closed = true;
        status = store_reward_get(work->session, grant->account_id, grant->reward_id, work->arena, &reward);
        if (!status)
            status = grant_fall(work, &reward, grant, "forfeited");
    }
    return status;
}

Status forfeit_user(const Work *work, const User *user)
{
    GrantList grants = { 0 };
    Status status = store_recurrence_stop(work->session, user->account_id, user->id);
    int64_t after = 0;
    do { /* because of them */
        if (!status)
            status = store_grant_list_of_referral(work->session, user->account_id, user->id, after, work->arena, &grants);
        if (!status)
            status = cancel_open(work, user, &grants);
        after = grants.count ? grants.items[grants.count - 1].id : 0;
    } while (!status && grants.count == LIMIT_LIST_ROWS);
    if (!status)
        status = store_grant_list_of_recipient(work->session, user->account_id, user->id, work->arena, &grants);
    return status ? status : cancel_open(work, user, &grants);
}
