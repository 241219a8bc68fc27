/* Add User: somebody joins a campaign, as a referrer or as somebody's lead. */
#ifndef ENGINE_JOIN_H
#define ENGINE_JOIN_H

#include "engine/find.h"

/* Traces of referrers: `referrer` and `referrer_code` name a person and must fit; `click_id` and `coupon` came
 * along and may turn out worthless (engine/attribute.h). Whom they credit is decided by the campaign's policy.
 *
 * Somebody new brings along what the campaign's form requires, in `meta`.
 *
 * Joining again, with a known e-mail or a known customer id, is no failure: the first record stays, empty
 * `meta` and customer id are filled, nothing is announced (contract 4.3, Q6, Q27). The referrer stays too,
 * unless the campaign credits the last touch. */
typedef struct JoinCommand {
    Command base;
    const Engine *engine;
    int64_t account_id, campaign_id;
    Str first_name, email;
    UserSource source; /* of a person referring; a lead's is always Referred */
    UserKey referrer;  /* USER_KEY_NONE: none is named */
    Str referrer_code, click_id, coupon; /* { NULL, 0 }: none */
    Str customer_id, ip, meta;           /* { NULL, 0 }: none */
    bool consented;
    bool may_lack_fields; /* of the campaign's form: the caller can't send what it requires */
    bool has_guessed; /* tried links that nobody has */
    /* out: */
    bool created;
    User user;
    Campaign campaign;
} JoinCommand;

/* A command to fill in and submit; NULL without memory. */
JoinCommand *join_command_new(const Engine *engine, Arena *arena) MUST_USE;

#endif
