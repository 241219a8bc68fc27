/* Granting rewards, issuing and cancelling them. */
#ifndef ENGINE_GRANT_H
#define ENGINE_GRANT_H

#include "engine/emit.h"

/* Grants what the campaign's rewards owe for `cause`, in the transaction of the cause; those that are
 * automatic are issued at once. A grant that exists already is left alone; a cancelled one is due again.
 * Only engine/ calls this. */
Status grant_for_cause(const Work *work, const Campaign *campaign, const RewardCause *cause) MUST_USE;
/* Cancels what is still due because `lead` had qualified (contract, Q14). Only engine/ calls this. */
Status grant_cancel_qualified(const Work *work, const User *lead) MUST_USE;

/* Issues one due reward: POST /api/v2/rewards/issue/{id}. */
typedef struct IssueCommand {
    Command base;
    const Engine *engine;
    int64_t account_id, grant_id;
    Grant grant; /* out */
} IssueCommand;

/* A command to fill in and submit; NULL without memory. */
IssueCommand *issue_command_new(const Engine *engine, Arena *arena) MUST_USE;

#endif
