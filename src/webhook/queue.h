/* Who is next: the webhooks with something to deliver, in memory.
 *
 * The outbox is in the database; this only knows, per webhook, when a claim is worth its while, so
 * that an idle webhook costs nothing and a busy one can't starve the others:
 *
 *     later (a heap by time) ──due──▶ ready (a ring) ──claim──▶ claiming ──▶ later, ready or gone
 *                                        ▲     │origin full
 *                                        └─────┴──▶ parked with its origin
 *
 * Turns go round, first by account, then by webhook: who has claimed goes to the end. Requests per
 * origin (scheme, host and port) are capped from the claim until the answer, since many webhooks may
 * lead to one n8n; the cap follows what the origin can take (webhook/pace.h).
 *
 * Slots are held from the claim until the delivery is settled. Origins that hang would soon hold all of
 * them, so there is a pool for each kind of origin: prompt ones, those that have not answered yet, and
 * slow ones. A kind's slots are its own, and an origin that stops answering takes those it holds with
 * it into the slow pool.
 *
 * Pure, no I/O, one thread. Times are UTC. */
#ifndef WEBHOOK_QUEUE_H
#define WEBHOOK_QUEUE_H

#include "base/status.h"
#include "base/str.h"
#include "base/time.h"

typedef struct Queue Queue;
typedef struct QueueHook QueueHook; /* one webhook; lives while anything of it is due or under way */

/* What its sender keeps with a webhook: how its receiver does. */
typedef struct QueueHealth {
    uint32_t failures;      /* since the last success */
    int64_t failing_since_us; /* the first of them */
    bool hurry_more;        /* the last hurry left some waiting */
    int64_t hurry_after_us; /* not again earlier */
    int64_t hurry_pause_us;
    int64_t even_us;        /* monotonic: when what was sent is made up for, by its rate */
    int64_t brake_us;       /* one delivery each; 0: it asked for no less lately */
    int64_t brake_even_us;  /* the same as even_us, by the brake */
    int64_t braked_us;      /* when it asked last */
} QueueHealth;

typedef enum QueueSpeed { QUEUE_PROMPT, QUEUE_UNKNOWN, QUEUE_SLOW, QUEUE_SPEED_COUNT } QueueSpeed;
/* From here on an answer is slow. */
#define QUEUE_SLOW_US US_PER_SECOND

typedef struct QueueLimits {
    size_t slots;                       /* in all */
    size_t slots_of[QUEUE_SPEED_COUNT]; /* for claims by each kind of origin */
    size_t per_origin;                  /* the most an origin can get */
    size_t per_new_origin;              /* what it begins with, and never falls below */
} QueueLimits;

Status queue_new(const QueueLimits *limits, Queue **out_queue) MUST_USE;
/* Sets the pointer to NULL; takes NULL. */
void queue_free(Queue **queue);

/* A claim of this webhook is worth its while from `due_us` on. STATUS_NOMEM: look again later. */
Status queue_note(Queue *queue, int64_t account_id, int64_t webhook_id, int64_t due_us) MUST_USE;

/* The next whose turn it is, when a slot is free; NULL: none. One without an origin must be given one
 * or be dropped, then queue_reserve takes it off the ring. */
QueueHook *queue_next(Queue *queue, int64_t now_us);
bool queue_has_origin(const QueueHook *hook);
Status queue_set_origin(Queue *queue, QueueHook *hook, Str origin) MUST_USE;
/* Nothing of it can be sent. */
void queue_drop(Queue *queue, QueueHook *hook);
/* Slots for a claim, at most `most`; 0: its origin is full, and its turn comes again. */
size_t queue_reserve(Queue *queue, QueueHook *hook, size_t most);

/* The claim has ended: `claimed` of the `reserved` slots are in use; the rest is given back. The hook
 * is due again at `next_due_us` (0: nothing waits), and may be gone after this call. */
void queue_claimed(Queue *queue, QueueHook *hook, size_t reserved, size_t claimed, int64_t next_due_us);
typedef enum QueueAnswer {
    QUEUE_ANSWERED,
    QUEUE_FAILED,  /* no answer, or one that asks for less */
    QUEUE_UNASKED, /* nothing was asked: it tells nothing of the origin */
} QueueAnswer;

/* The request of a claimed delivery has ended, `took_us` after it began: its origin can take another. */
void queue_answered(Queue *queue, QueueHook *hook, QueueAnswer answer, int64_t took_us, int64_t now_us);
/* A request under way has had no answer for QUEUE_SLOW_US. */
void queue_hangs(Queue *queue, QueueHook *hook);
/* The delivery is settled: its slot is free. `due_us` when it is to be tried again (0: it is not).
 * The hook may be gone after this call. */
void queue_settled(Queue *queue, QueueHook *hook, int64_t due_us);

/* Nothing of it is claimed before that time; 0: the hold is over. */
void queue_hold(Queue *queue, QueueHook *hook, int64_t until_us);
/* The clock was set by so much: what was told to rest rests for as long as it was told. */
void queue_shift(Queue *queue, int64_t by_us);
QueueHealth *queue_health(QueueHook *hook);
int64_t queue_account(const QueueHook *hook);
int64_t queue_webhook(const QueueHook *hook);

/* When something becomes due; 0: nothing waits. `now_us` when something is ready and a slot is free. */
int64_t queue_wake_us(const Queue *queue, int64_t now_us);
size_t queue_slots_used(const Queue *queue);
size_t queue_count(const Queue *queue);
/* Those with so many failures in a row. */
size_t queue_count_failing(const Queue *queue, uint32_t failures);

#endif
