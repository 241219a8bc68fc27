/* When a delivery is tried again. Pure: time and chance are given.
 *
 * A schedule is the waits after each failed attempt, so it allows one attempt more than it has
 * waits. A little chance is added to a wait, never taken off: a receiver that failed many at once
 * doesn't get them back at once. */
#ifndef DOMAIN_SCHEDULE_H
#define DOMAIN_SCHEDULE_H

#include "base/status.h"
#include "base/str.h"
#include "base/time.h"

enum {
    SCHEDULE_MAX_WAITS = 30,
    SCHEDULE_MAX_WAIT_SECONDS = 7 * 24 * 3600,
    SCHEDULE_JITTER_PERCENT = 20,
};

typedef struct Schedule {
    int64_t waits_us[SCHEDULE_MAX_WAITS];
    size_t count;
} Schedule;

/* The example of Standard Webhooks: 10 attempts in 75:35:05. */
#define SCHEDULE_DEFAULT "5,300,1800,7200,18000,36000,50400,72000,86400"
extern const Schedule schedule_default; /* the same */

/* "5,300,1800": seconds to wait after the first failed attempt, after the second, … The error names no field. */
Status schedule_parse(Str text, Schedule *out_schedule, Error *err) MUST_USE;

/* The wait after the `attempt`-th attempt (from 1) failed; `chance` is any random number. False
 * when the schedule is used up. */
bool schedule_wait(const Schedule *schedule, int64_t attempt, uint32_t chance, int64_t *out_wait_us) MUST_USE;

#endif
