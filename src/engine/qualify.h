/* Qualify User, and un-qualify: a lead did what the campaign pays for, or it was undone. */
#ifndef ENGINE_QUALIFY_H
#define ENGINE_QUALIFY_H

#include "engine/find.h"

/* Sets qualified_at once, counts for the referrer, announces it and grants the rewards, all in one
 * transaction. Doing it again is no failure and changes nothing. */
typedef struct QualifyCommand {
    Command base;
    const Engine *engine;
    int64_t account_id;
    UserKey key;
    bool qualified; /* false: un-qualify */
    /* out: */
    User user;
} QualifyCommand;

/* A command (that qualifies) to fill in and submit; NULL without memory. */
QualifyCommand *qualify_command_new(const Engine *engine, Arena *arena) MUST_USE;

#endif
