/* What follows from an attempt: the delivery's next state, and whether its receiver is well again.
 * Pure: time and chance are given. */
#ifndef WEBHOOK_SETTLE_H
#define WEBHOOK_SETTLE_H

#include "domain/schedule.h"
#include "store/store.h"
#include "webhook/egress.h"
#include "webhook/outcome.h"
#include "webhook/queue.h"

typedef struct AttemptResult {
    Outcome outcome;
    EgressClass refused;    /* of OUTCOME_BLOCKED */
    const char *tls_problem; /* of OUTCOME_TLS: "tls_expired", …; a literal */
    int http_status;        /* 0: no answer */
    int64_t retry_after_us; /* what the answer asked to wait; 0: nothing */
} AttemptResult;

/* Fills in state, due_us, fixed, uncounted, http_status and outcome.
 *
 *   ok                                       delivered
 *   410                                      pending: it waits with its webhook, which is disabled
 *   blocked, bad_url, no_secret              blocked, uncounted: no use trying until something changes
 *   no_event                                 dead
 *   ours, released                           pending, uncounted
 *   interrupted                              pending at once, counted: something was sent
 *   any other, schedule left / used up       pending after its wait / dead
 */
void settle_result(const AttemptResult *result, const Schedule *schedule, int64_t attempt, int64_t now_us,
                   uint32_t chance, Settlement *settlement);

/* Then, of an attempt beyond the schedule: when it has failed, the delivery goes back to what it was. */
void settle_extra(const AttemptResult *result, const ExtraAttempt *extra, int64_t now_us,
                  Settlement *settlement);

/* Does it say anything about its receiver? Not that of a webhook that rests, and not the failure of what was
 * delivered or given up and is sent again by hand (WH-40). */
bool settle_is_said(const AttemptResult *result, const Webhook *webhook, const ExtraAttempt *extra);

/* Notes how an attempt ended. True when the receiver is well after failures, so that what waits for
 * it should go at once. An event that its receiver can never take, amid others that it takes, looks
 * like that again and again: hence the pauses between hurries, each twice as long as the last. */
bool settle_health(QueueHealth *health, Outcome outcome, int64_t attempt, int64_t now_us);

/* After a fault of our own. */
#define SETTLE_OURS_WAIT_US (10 * US_PER_SECOND)

/* A receiver that asks for less (429, 502, 504) gets one delivery at a time: ten a second, half as many each time it
 * asks again; what it takes then lets it rise again (WH-13). */
void settle_brake(QueueHealth *health, const AttemptResult *result, int64_t now_us);

/* So many failures in a row, and its receiver is asked with one delivery at a time until it does well. */
enum { SETTLE_FAILURES_TO_PROBE = 5 };
/* How long to wait before the next probe; 0: none is needed, all may go. `failing_since_us` as told by
 * the health. */
int64_t settle_probe_wait(const QueueHealth *health, const Schedule *schedule, int64_t now_us);

/* What an attempt says about its webhook, to be written down. */
typedef enum SettleVerdict {
    SETTLE_NOTHING,
    SETTLE_WELL,   /* after failures that were written down */
    SETTLE_FAILED,
    SETTLE_GONE,   /* 410: whoever was there wants no more */
} SettleVerdict;
SettleVerdict settle_verdict(const AttemptResult *result, const Webhook *webhook, const ExtraAttempt *extra);

/* So many failures at least so long apart are spread over a day: a burst of them is one. */
enum { SETTLE_STRIKES_TO_GIVE_UP = 20 };
#define SETTLE_STRIKES_APART_US (US_PER_DAY / (SETTLE_STRIKES_TO_GIVE_UP - 1))
/* Five days without a success, and attempts spread over a day: nobody is there any more (WH-34). */
bool settle_gives_up(int64_t strikes, int64_t failing_since_us, int64_t now_us);
/* Half of that: its owner should know. */
bool settle_warns(int64_t strikes, int64_t failing_since_us, int64_t now_us);

#endif
