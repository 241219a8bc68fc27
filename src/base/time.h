/* Time is int64 microseconds: UTC since 1970 for what is stored, monotonic for durations. */
#ifndef BASE_TIME_H
#define BASE_TIME_H

#include "base/str.h"

#define US_PER_MS INT64_C(1000)
#define US_PER_SECOND INT64_C(1000000)
#define US_PER_MINUTE (60 * US_PER_SECOND)
#define US_PER_HOUR (60 * US_PER_MINUTE)
#define US_PER_DAY (24 * US_PER_HOUR)

int64_t time_now_us(void);
int64_t time_monotonic_us(void);

typedef struct TimeText {
    char text[88]; /* what snprintf could need at most, so that no compiler worries */
} TimeText;

/* "2026-01-14" */
TimeText time_date(int64_t utc_us);
/* "2026-01-14T09:30:05.123Z" */
TimeText time_iso8601(int64_t utc_us);

#endif
