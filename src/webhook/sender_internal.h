/* The sender's insides, shared by its files: sender.c (life), sender_loop.c (the thread), and
 * sender_rounds.c (what goes to the database and comes from it). */
#ifndef WEBHOOK_SENDER_INTERNAL_H
#define WEBHOOK_SENDER_INTERNAL_H

#include <stdatomic.h>

#include "webhook/mailbox.h"
#include "webhook/round.h"
#include "webhook/sender.h"

typedef struct SenderCounters {
    _Atomic uint64_t attempts[OUTCOME_COUNT];
    _Atomic uint64_t durations[SENDER_DURATIONS + 1], duration_us;
    _Atomic uint64_t dead, lease_lost, in_flight, webhooks_waiting, breaker_open;
} SenderCounters;

struct Sender {
    CommandSink sink; /* first: a CommandSink * is a Sender * */
    SenderOptions options;
    pthread_t thread;
    bool has_thread;
    Mailbox mailbox;
    SenderCounters counters;

    /* The sender's thread only, while it runs: */
    StoreSession *session;
    Arena *scratch;
    AttemptTools tools;
    Queue *queue;
    /* Lists of attempts by what they wait for. Those in a round under way are in none. */
    Attempt *idle, *resolving, *sending, *ended;

    Round *round;
    bool round_is_busy;
    int64_t round_not_before_us; /* monotonic: after a failed one */
    size_t failed_rounds;
    size_t single_rounds; /* so many rounds take one thing only, to find the one that fails */
    bool unblock_wanted;

    int64_t clock_us;  /* what UTC is ahead of the monotonic clock, as last seen */
    int64_t back_us;   /* so much the clock was set back: what is due has to follow */
    int64_t ahead_us;  /* or ahead: leases have to */
    int64_t look_us;   /* monotonic: when to look for changes by other processes */
    int64_t rescan_us; /* monotonic: not earlier */
    bool rescan_wanted;
    int64_t purge_us; /* monotonic; 0: nothing to purge */
    int64_t forget_us; /* monotonic: when to forget something old again */
    int64_t forget_after_id;
    int squeezed;         /* so often, as the database is too large */
    Retention retention;  /* squeezed */

    bool ends_probes;
    bool is_stopping;
    int64_t stop_until_us; /* monotonic */
};

/* Slots for attempts, from the claim to the settlement. */
static inline size_t sender_slots(const SenderOptions *options)
{
    return 2 * options->max_in_flight;
}

/* The thread's main function. */
void *sender_run(void *sender);
void sender_begin_attempt(Sender *sender, const RoundClaim *claimed, const Claim *claim);
/* Starts a round when there is something for it and none is under way. */
void sender_start_round(Sender *sender);
/* The round under way has come back. */
void sender_end_round(Sender *sender);

#endif
