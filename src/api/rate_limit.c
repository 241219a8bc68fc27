#include "api/rate_limit.h"

#include <pthread.h>
#include <uthash.h>

#include "base/alloc.h"
#include "base/time.h"

typedef struct TokenCalls {
    int64_t token_id;
    int64_t calls;
    UT_hash_handle hh;
} TokenCalls;

struct RateLimiter {
    int64_t limit;
    pthread_mutex_t lock;
    int64_t minute;
    TokenCalls *tokens; /* those that called in this minute */
};

RateLimiter *rate_limiter_new(int64_t calls_per_minute)
{
    RateLimiter *limiter = mem_alloc(sizeof *limiter);
    if (limiter) {
        limiter->limit = calls_per_minute;
        pthread_mutex_init(&limiter->lock, NULL);
    }
    return limiter;
}

static void forget_all(RateLimiter *limiter)
{
    TokenCalls *entry, *next;
    HASH_ITER(hh, limiter->tokens, entry, next)
    {
        HASH_DEL(limiter->tokens, entry);
        mem_free(entry);
    }
}

void rate_limiter_free(RateLimiter **limiter)
{
    if (*limiter == NULL)
        return;
    forget_all(*limiter);
    pthread_mutex_destroy(&(*limiter)->lock);
    mem_free(*limiter);
    *limiter = NULL;
}

static TokenCalls *entry_of(RateLimiter *limiter, int64_t token_id)
{
    TokenCalls *entry = NULL;
    HASH_FIND(hh, limiter->tokens, &token_id, sizeof token_id, entry);
    if (entry)
        return entry;
    entry = mem_alloc(sizeof *entry);
    if (entry) {
        entry->token_id = token_id;
        HASH_ADD(hh, limiter->tokens, token_id, sizeof token_id, entry);
    }
    return entry;
}

RateVerdict rate_limiter_take(RateLimiter *limiter, int64_t token_id, int64_t calls, int64_t now_us)
{
    pthread_mutex_lock(&limiter->lock);
    int64_t minute = now_us / US_PER_MINUTE;
    if (minute != limiter->minute) {
        forget_all(limiter);
        limiter->minute = minute;
    }
    RateVerdict verdict = { .allowed = true, .limit = limiter->limit };
    TokenCalls *entry = entry_of(limiter, token_id);
    if (entry) { /* without memory nobody is turned away */
        verdict.is_first = entry->calls == 0;
        verdict.allowed = limiter->limit == 0 || entry->calls < limiter->limit;
        entry->calls += verdict.allowed ? calls : 0;
        verdict.left = i64_max(limiter->limit - entry->calls, 0);
    }
    pthread_mutex_unlock(&limiter->lock);
    verdict.retry_after_seconds = 60 - now_us / US_PER_SECOND % 60;
    return verdict;
}
