/* The sender: takes deliveries out of the outbox, sends them, and writes down what became of them.
 *
 * It is one thread with libcurl's multi interface, and it never blocks on the database:
 *
 *   store notes ──▶ queue: who has something due ──▶ round ─────────▶ claims ──▶ attempts
 *                     ▲        (fair, capped)       (a Command,                    │
 *                     │                              on the writer)                │ curl
 *                     └── retry times ◀──────────── settlements ◀── outcomes ◀─────┘
 *
 * A round is one Command that settles what has ended and claims what can start, so both ride on the
 * writer's group commits; one round is under way at a time. A delivery is claimed only when a slot
 * for it is free, with a lease longer than an attempt can last. What a crash leaves is claimed again
 * when its lease ends.
 *
 * Threads: start, stop and stats from any one thread. The store's writer calls the sender's listener
 * and sink, which only leave a note. The sender owns its session, its handles and the attempts. */
#ifndef WEBHOOK_SENDER_H
#define WEBHOOK_SENDER_H

#include "domain/schedule.h"
#include "engine/engine.h"
#include "store/store.h"
#include "webhook/egress.h"
#include "webhook/outcome.h"
#include "webhook/resolver.h"

enum {
    SENDER_MAX_IN_FLIGHT = 256, /* more in one multi handle costs more than it brings */
    SENDER_MAX_PER_ORIGIN = 128,
    SENDER_PER_NEW_ORIGIN = 4, /* an n8n takes 1 to 4 requests at once */
};

/* Zero means the default. */
typedef struct SenderOptions {
    Store *store;
    CodeKey code_key;         /* of the messages' ids */
    const Engine *engine;     /* tells owners of trouble; must outlive the sender; NULL: nobody is told */
    const EgressRules *rules; /* must outlive the sender */
    Schedule schedule;
    size_t max_in_flight;     /* to prompt receivers, at most SENDER_MAX_IN_FLIGHT; as many again to others */
    size_t max_per_origin;    /* under way at once to one scheme, host and port, when it can take so many */
    int64_t attempt_limit_us; /* 30 s: n8n may be slow */
    const char *ca_file;      /* PEM: authorities that are trusted beside the system's; NULL: none */
    bool only_probes;         /* deliveries are left to another process */
    int64_t removal_grace_us; /* 10 s: how long a removed webhook's place is kept */
    Retention retention;
    ResolverLookup *lookup;   /* the system's */
    void *lookup_arg;
} SenderOptions;

typedef struct Sender Sender;

/* A sender that listens to the store, and sends nothing yet. Before the store's first command; when it
 * fails, close the store. */
Status sender_new(const SenderOptions *options, Sender **out_sender, Error *err) MUST_USE;
/* Takes back what an earlier run left under way, puts blocked deliveries back to waiting, since the
 * address rules may be new, and sends. */
Status sender_start(Sender *sender, Error *err) MUST_USE;
/* Probes under way end at once, and so do those that come: whoever waits for one is answered. Takes NULL. */
void sender_end_probes(Sender *sender);
/* Claims no more, lets what is under way end for up to `grace_ms`, gives back the rest: uncounted,
 * where nothing was sent. Also for one that was never started. Sets the pointer to NULL; takes NULL. To be called when nothing else writes
 * to the store any more, and before store_close. */
void sender_stop(Sender **sender, int64_t grace_ms);

/* Sends a probe (engine/probe.h) and finishes it through its sink, on the sender's thread. For any thread
 * while the sender runs. STATUS_BUSY: many are under way. */
Status sender_probe(void *sender, Command *probe) MUST_USE;

/* How long attempts take, at most: 10 ms to 30 s. */
enum { SENDER_DURATIONS = 8 };
extern const int64_t sender_durations_us[SENDER_DURATIONS];

typedef struct SenderStats {
    uint64_t attempts[OUTCOME_COUNT]; /* that ended, by outcome */
    uint64_t durations[SENDER_DURATIONS + 1]; /* how many of them took so long; the last: longer */
    uint64_t duration_us;             /* all together */
    uint64_t dead;                    /* deliveries given up */
    uint64_t lease_lost;              /* outcomes that came too late to be written down */
    uint64_t in_flight;               /* now */
    uint64_t webhooks_waiting;        /* now: with something claimed, due, or due later */
    uint64_t breaker_open;            /* now: those of them that get one delivery at a time */
} SenderStats;

/* Takes NULL. */
SenderStats sender_stats(const Sender *sender);

#endif
