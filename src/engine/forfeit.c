#include "engine/forfeit.h"

/* Those of the list that are owed to `recipient_id` (0: to anybody). */
static Status cancel(const Work *work, const GrantList *grants, int64_t recipient_id)
{
    Status status = STATUS_OK;
    for (size_t i = 0; !status && i < grants->count; i++) {
        Grant *grant = &grants->items[i];
        if (grant->state != GRANT_DUE || (recipient_id && grant->recipient_id != recipient_id))
            continue;
        grant->state = GRANT_CANCELLED;
        status = store_grant_update(work->session, grant);
    }
    return status;
}

Status forfeit_invitation(const Work *work, const User *lead)
{
    GrantList grants;
    Status status = store_grant_list_due_of(work->session, lead->account_id, lead->id, work->arena, &grants);
    return status ? status : cancel(work, &grants, lead->referrer_id);
}

Status forfeit_user(const Work *work, const User *user)
{
    GrantList grants;
    Status status = store_grant_list_due_of(work->session, user->account_id, user->id, work->arena, &grants);
    return status ? status : cancel(work, &grants, 0);
}
