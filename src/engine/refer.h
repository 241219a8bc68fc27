/* A referral comes about, and what follows from it; or it moves to another referrer. Only engine/ includes this, but
 * for the command. */
#ifndef ENGINE_REFER_H
#define ENGINE_REFER_H

#include "engine/attribute.h"

/* `lead` has just joined: counts it for `referrer`, announces it, grants what an invitation earns. */
Status refer_announce(const Work *work, const Campaign *campaign, const User *lead, User *referrer) MUST_USE;

/* Credits `referrer` with somebody who is known already and has not qualified, whether that person had a referrer
 * or not. Counts follow, and what is still due to the old one for the invitation is cancelled. Nothing is
 * announced: nobody has joined. */
Status refer_move(const Work *work, const Campaign *campaign, User *user, const User *referrer,
                  int64_t touched_us) MUST_USE;

/* The owner attaches a referrer to a user by hand: somebody who told later who sent them. It overrules first and last
 * touch, and is refused once the user has qualified, since credit may have been paid. Whom the user invited stays
 * whom the user invited. Doing it again is nothing. */
typedef struct ReferCommand {
    Command base;
    const Engine *engine;
    int64_t account_id, user_id;
    UserKey referrer;
    Str reason; /* the owner's words, kept with the decision; may be empty */
    User user;  /* out */
} ReferCommand;
ReferCommand *refer_command_new(const Engine *engine, Arena *arena) MUST_USE;

#endif
