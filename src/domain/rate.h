/* How often something may happen: so many times a second or a minute, and so many at once. Pure.
 *
 * One time is kept, by any clock: when all that has happened is made up for (the generic cell rate algorithm). In
 * no stretch of time more happens than the rate gives for it and the burst on top. */
#ifndef DOMAIN_RATE_H
#define DOMAIN_RATE_H

#include "base/status.h"
#include "base/str.h"

typedef struct Rate {
    int64_t count; /* 0: no limit */
    int64_t per_us;
    int64_t burst; /* 0: as many as go in a second, one at least */
} Rate;

typedef struct RateText {
    char text[32];
} RateText;

/* "10/second", "100/minute"; the burst is left 0. The error names no field. */
Status rate_parse(Str text, Rate *out_rate, Error *err) MUST_USE;
/* The same again; "" for no limit. */
RateText rate_text(Rate rate);
/* One each `interval_us`; 0: no limit. */
Rate rate_each(int64_t interval_us);

/* How many times it may happen now. */
int64_t rate_room(Rate rate, int64_t even_us, int64_t now_us);
/* When it is made up for after it has happened `count` times now; 0 without a limit. */
int64_t rate_spend(Rate rate, int64_t even_us, int64_t now_us, int64_t count);
/* How long until it may happen; 0: now. */
int64_t rate_wait_us(Rate rate, int64_t even_us, int64_t now_us);

#endif
