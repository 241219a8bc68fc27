/* Calls per token and fixed minute (contract 2.0). Fixed, not smoothed: n8n fires hundreds of calls at
 * once and then none. In memory: a restart forgets the minute under way. Any thread. */
#ifndef API_RATE_LIMIT_H
#define API_RATE_LIMIT_H

#include "base/macros.h"

typedef struct RateLimiter RateLimiter;

/* 0: no limit. */
RateLimiter *rate_limiter_new(int64_t calls_per_minute) MUST_USE;
void rate_limiter_free(RateLimiter **limiter);

typedef struct RateVerdict {
    bool allowed;
    bool is_first; /* of this token in this minute; counted without a limit too */
    int64_t limit, left; /* limit 0: none */
    int64_t retry_after_seconds;
} RateVerdict;

/* Takes `calls`; all are allowed as long as one is left. */
RateVerdict rate_limiter_take(RateLimiter *limiter, int64_t token_id, int64_t calls, int64_t now_us);

#endif
