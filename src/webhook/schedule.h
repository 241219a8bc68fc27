/* When a delivery is tried again. Pure: time and chance are given.
 *
 * A schedule is the waits after each failed attempt, so it allows one attempt more than it has
 * waits. A little chance is added to a wait, never taken off: a receiver that failed many at once
 * doesn't get them back at once. What the receiver asks for by Retry-After holds when it is later. */
#ifndef WEBHOOK_SCHEDULE_H
#define WEBHOOK_SCHEDULE_H

#include "base/status.h"
#include "base/str.h"
#include "base/time.h"

enum {
    SCHEDULE_MAX_WAITS = 30,
    SCHEDULE_MAX_WAIT_SECONDS = 7 * 24 * 3600,
    SCHEDULE_JITTER_PERCENT = 20,
};

#define SCHEDULE_MAX_RETRY_AFTER_US US_PER_DAY

typedef struct Schedule {
    int64_t waits_us[SCHEDULE_MAX_WAITS];
    size_t count;
} Schedule;

/* The example of Standard Webhooks: 10 attempts in 75:35:05. */
extern const Schedule schedule_default;

/* "5,300,1800": seconds to wait after the first failed attempt, after the second, … */
Status schedule_parse(Str text, Schedule *out_schedule, Error *err) MUST_USE;

/* The wait after the `attempt`-th attempt (from 1) failed; `chance` is any random number. False
 * when the schedule is used up. */
bool schedule_wait(const Schedule *schedule, int64_t attempt, uint32_t chance, int64_t *out_wait_us) MUST_USE;

/* What a Retry-After asks for, seconds or an HTTP date, as a wait within [0, 24 h]; 0 when it is
 * neither, or when the answer's status doesn't go with it (RFC 9110, 10.2.3: 3xx and failures). */
int64_t schedule_retry_after(Str value, int http_status, int64_t now_us);

#endif
