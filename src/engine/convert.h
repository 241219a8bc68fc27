/* Orders of leads, and refunds: they qualify, and they pay. */
#ifndef ENGINE_CONVERT_H
#define ENGINE_CONVERT_H

#include "engine/emit.h"
#include "engine/find.h"

/* Notes an order, qualifies the lead when the campaign's minimum spend is reached, and grants what is paid for
 * orders. The same order again is no failure and changes nothing; with another amount it is STATUS_CONFLICT. */
typedef struct ConvertCommand {
    Command base;
    const Engine *engine;
    int64_t account_id;
    UserKey key;
    Conversion order; /* order_id, amount_minor, currency, counts, occurred_us (0: now) */
    /* out: */
    bool created;
    Conversion conversion;
    User user;
} ConvertCommand;
ConvertCommand *convert_command_new(const Engine *engine, Arena *arena) MUST_USE;

/* Takes back an order, or a part of it: commissions shrink with it; a whole refund cancels what was paid for the
 * order and un-qualifies a lead who had qualified by spending and no longer does. */
typedef struct RefundCommand {
    Command base;
    const Engine *engine;
    int64_t account_id, conversion_id;
    Str amount;            /* as in "12.50"; { NULL, 0 }: what remains */
    Conversion conversion; /* out */
} RefundCommand;
RefundCommand *refund_command_new(const Engine *engine, Arena *arena) MUST_USE;

/* For engine/qualify.c. Stores the order of `lead`, or finds the same one; fills it in. */
Status convert_note(const Work *work, const User *lead, Conversion *conversion, bool *out_created) MUST_USE;
/* Grants what is paid for an order of a qualified lead. */
Status convert_pay(const Work *work, const Campaign *campaign, const User *lead, const Conversion *order) MUST_USE;

#endif
