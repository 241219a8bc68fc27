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

/* Reads a date, or a date and a time of day (ISO 8601: "2026-01-14", "2026-01-14T09:30:05.123Z",
 * "2026-01-14 09:30+02:00"); without an offset it is UTC. `*out_span_us` (may be NULL) is how much
 * time the text names: a day, a minute, a second or a millisecond from `*out_utc_us` on.
 * Years 1970 to 9999. */
bool time_parse(Str text, int64_t *out_utc_us, int64_t *out_span_us) MUST_USE;

#endif
