/* Signing in to the portal by a code that is sent to one's e-mail address. We send no mail: the event
 * login.requested, which has code and signed link, goes to the owner's webhook, which does.
 *
 *   A code is good for an hour, sent 3 times and tried 5 times at most; whatever was reached first, there is no other one
 *   for that person before the hour is over. */
#ifndef ENGINE_LOGIN_H
#define ENGINE_LOGIN_H

#include "engine/engine.h"

enum { LOGIN_SECONDS = 3600, LOGIN_SENT_MAX = 3, LOGIN_TRIES_MAX = 5, LOGIN_DIGITS = 6 };

/* Is there anybody to send codes? */
Status login_is_offered(StoreSession *session, const Campaign *campaign, bool *out_offered) MUST_USE;

/* Has a code sent, if the e-mail is somebody's. */
typedef struct LoginRequestCommand {
    Command base;
    const Engine *engine;
    int64_t account_id, campaign_id;
    Str email;
    bool is_known; /* out: not for those who ask */
} LoginRequestCommand;
LoginRequestCommand *login_request_command_new(const Engine *engine, Arena *arena) MUST_USE;

/* Takes a code. A wrong one is no failure of the command, which counts it. */
typedef struct LoginCommand {
    Command base;
    int64_t account_id, campaign_id;
    Str email, code;
    int64_t user_id; /* out: 0 when it isn't the code of anybody with this e-mail */
} LoginCommand;
LoginCommand *login_command_new(Arena *arena) MUST_USE;

#endif
