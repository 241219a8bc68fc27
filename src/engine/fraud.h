/* Fraud rules at work: gathers what they need when somebody joins, and keeps what they saw. Only engine/ includes
 * this, but for the command. */
#ifndef ENGINE_FRAUD_H
#define ENGINE_FRAUD_H

#include "engine/explain.h"

/* Who joins, before there is a row. */
typedef struct FraudJoin {
    const Campaign *campaign;
    const User *referrer; /* NULL: none */
    Str email_key, ip;    /* ip { NULL, 0 }: not known */
    bool has_guessed;
} FraudJoin;

/* STATUS_INVALID when a rule that blocks strikes. */
Status fraud_check(const Work *work, const FraudJoin *join, FraudStrikes *out_strikes) MUST_USE;
/* The user has a row now: a signal and a decision for each rule that struck. */
Status fraud_keep(const Work *work, const Campaign *campaign, const User *user, FraudStrikes strikes) MUST_USE;

/* The end of a review. Approved: what was held goes on. Rejected, for good: what is due to the user or because of
 * the user is cancelled, and the user refers nobody any more. Doing it again is nothing. */
typedef struct ReviewCommand {
    Command base;
    const Engine *engine;
    int64_t account_id, user_id;
    bool approve;
    User user; /* out */
} ReviewCommand;
ReviewCommand *review_command_new(const Engine *engine, Arena *arena) MUST_USE;

#endif
