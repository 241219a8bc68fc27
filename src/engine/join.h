/* Add User: somebody joins a campaign, as a referrer or as somebody's lead. */
#ifndef ENGINE_JOIN_H
#define ENGINE_JOIN_H

#include "engine/find.h"

/* Joining again with a known e-mail is no failure: the first record and the first referrer stay, empty
 * `meta` is filled, nothing is announced (contract 4.3, Q6, Q27). */
typedef struct JoinCommand {
    Command base;
    const Engine *engine;
    int64_t account_id, campaign_id;
    Str first_name, email;
    UserSource source; /* of a person referring; a lead's is always Referred */
    UserKey referrer;  /* USER_KEY_NONE: a person referring */
    Str ip, meta;      /* { NULL, 0 }: none */
    bool consented;
    /* out: */
    bool created;
    User user;
    Campaign campaign;
} JoinCommand;

/* A command to fill in and submit; NULL without memory. */
JoinCommand *join_command_new(const Engine *engine, Arena *arena) MUST_USE;

#endif
