/* Users after they have joined: changing (contract 2.3, U5) and erasing (U6). */
#ifndef ENGINE_USER_H
#define ENGINE_USER_H

#include "engine/engine.h"

/* What is not given stays. STATUS_NOT_FOUND when the account has no such user; STATUS_INVALID when somebody else
 * of the campaign has the e-mail or the customer id. */
typedef struct UserChangeCommand {
    Command base;
    int64_t account_id, user_id;
    Str first_name, email;             /* { NULL, 0 }: stays */
    bool changes_meta, changes_customer;
    Str meta, customer_id;             /* { NULL, 0 }: none any more */
    User user;                         /* out */
} UserChangeCommand;
UserChangeCommand *user_change_command_new(Arena *arena) MUST_USE;

/* Erases a user for good: the row, its counts, its link, and what else is written about them (engine/forget.h). What is due to them or because of them is cancelled,
 * and their referrer's counts fall. Those they invited stay leads, of nobody who is there any more. */
typedef struct UserEraseCommand {
    Command base;
    const Engine *engine;
    int64_t account_id, user_id;
} UserEraseCommand;
UserEraseCommand *user_erase_command_new(const Engine *engine, Arena *arena) MUST_USE;

#endif
