/* A round: the one Command by which the sender touches the database. It settles what has ended and
 * claims what can start, in one transaction; when it fails nothing of it has happened.
 *
 * Filled by the sender's thread, run by the writer's, read by the sender's: never by two at once.
 * Only the sender includes this. */
#ifndef WEBHOOK_ROUND_H
#define WEBHOOK_ROUND_H

#include "engine/engine.h"
#include "webhook/attempt.h"

/* So many deliveries are made due at once when a receiver is well again. */
enum { ROUND_HURRY = 1000 };

typedef struct RoundSettlement {
    Attempt *attempt; /* its settlement and hurry are read only */
    /* out: */
    bool settled, hurry_more;
    bool warns;           /* its webhook fails for long */
    const char *disabled; /* why its webhook has just been disabled; NULL: it has not */
    bool told[TROUBLE_COUNT]; /* what its owner was told of the webhook just now */
} RoundSettlement;

typedef struct RoundClaim {
    QueueHook *hook;
    int64_t account_id, webhook_id;
    size_t reserved;
    int64_t even_us, brake_us, brake_even_us; /* of its health */
    /* out: */
    Webhook webhook;
    ClaimList list;
    int64_t even_after_us, brake_even_after_us; /* 0: nothing holds it back */
    int64_t rate_wait_us;                       /* until the next may go */
} RoundClaim;

typedef struct Round {
    Command base;
    int64_t lease_us;
    const Engine *engine; /* NULL: nobody is told of trouble */
    RoundSettlement *settlements;
    size_t settlement_count;
    RoundClaim *claims;
    size_t claim_count;
    bool unblock;
    size_t lost;             /* out: so many were under way when the server was killed */
    int64_t back_us;         /* 0: the clock was not set back */
    int64_t ahead_us;        /* 0: nor ahead */
    int64_t purge_before_us; /* 0: no purge */
    int64_t purge_next_us;   /* out */
    int64_t expire_next_us;  /* out */
    const Retention *forget;   /* NULL: not now */
    int64_t forget_after_id;   /* after which account */
    Forgotten forgotten;       /* out */
} Round;

Status round_new(size_t most, int64_t lease_us, CommandSink *sink, Round **out_round) MUST_USE;
/* Sets the pointer to NULL; takes NULL. */
void round_free(Round **round);
/* Empties it for the next one. */
void round_reset(Round *round);
bool round_is_empty(const Round *round);

#endif
