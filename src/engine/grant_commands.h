/* What people do to a single grant: issue it, cancel it, and so on. */
#ifndef ENGINE_GRANT_COMMANDS_H
#define ENGINE_GRANT_COMMANDS_H

#include "engine/engine.h"

typedef enum GrantAction {
    GRANT_ACTION_ISSUE,
    GRANT_ACTION_CANCEL,  /* for good */
    GRANT_ACTION_APPROVE,
    GRANT_ACTION_FAIL,    /* issuing it did not work */
    GRANT_ACTION_RETRY,
    GRANT_ACTION_REVERSE, /* takes back what was issued, for good */
    GRANT_ACTION_TOTAL,   /* enters a commission's spend, or another value (contract 2.3, R10) */
} GrantAction;

typedef struct GrantCommand {
    Command base;
    const Engine *engine;
    GrantAction action;
    int64_t account_id, grant_id;
    Str reason;   /* of cancel, fail, reverse; { NULL, 0 }: not said */
    Str total;    /* of total, as in "250.00" */
    Str currency; /* of total, when neither the grant nor its reward has one; { NULL, 0 }: not said */
    Grant grant;  /* out */
} GrantCommand;

/* A command to fill in and submit; NULL without memory. */
GrantCommand *grant_command_new(const Engine *engine, Arena *arena, GrantAction action) MUST_USE;

#endif
