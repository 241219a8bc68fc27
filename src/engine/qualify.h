/* Qualify User, and un-qualify: a lead did what the campaign pays for, or it was undone. */
#ifndef ENGINE_QUALIFY_H
#define ENGINE_QUALIFY_H

#include "engine/emit.h"
#include "engine/find.h"

/* Sets qualified_at once, counts for the referrer, announces it and grants the rewards, all in one
 * transaction. Doing it again is no failure and changes nothing. */
typedef struct QualifyCommand {
    Command base;
    const Engine *engine;
    int64_t account_id;
    UserKey key;
    bool qualified;  /* false: un-qualify */
    bool with_order; /* the order that qualifies them comes along */
    Conversion order; /* in: order_id, amount, currency, occurred_us; without order_id: the lead's only one so */
    /* out: */
    User user;
} QualifyCommand;

/* A command (that qualifies) to fill in and submit; NULL without memory. */
QualifyCommand *qualify_command_new(const Engine *engine, Arena *arena) MUST_USE;

/* For orders, in their transaction. `rule` and `order` (NULL: none) say why. */
Status qualify_lead(const Work *work, const Campaign *campaign, User *lead, QualifiedBy by, const Conversion *order,
                    const char *rule) MUST_USE;
Status unqualify_lead(const Work *work, const Campaign *campaign, User *lead, const char *rule) MUST_USE;

#endif
