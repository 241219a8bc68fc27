/* The simulator's source of chance, and the receivers: each has a mood, and answers accordingly. */
#ifndef WEBHOOK_SIMULATOR_RECEIVERS_H
#define WEBHOOK_SIMULATOR_RECEIVERS_H

#include <sodium.h>

#include "base/time.h"
#include "webhook/simulator_curl.h"

/* ---- chance ------------------------------------------------------------------ */

static uint64_t chance;

static uint64_t next_chance(void) /* splitmix64 */
{
    uint64_t x = chance += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

static int64_t below(int64_t bound)
{
    return (int64_t)(next_chance() % (uint64_t)bound);
}

static bool one_in(int64_t n)
{
    return below(n) == 0;
}

/* Mostly near `usual`, seldom far more: as waiting times are. */
static int64_t about(int64_t usual)
{
    return (usual / 2 + below(usual)) << below(1 + below(5));
}

static const char *chance_name(void)
{
    return "simulator";
}

static uint32_t chance_number(void)
{
    return (uint32_t)next_chance();
}

static void chance_bytes(void *out, const size_t len)
{
    for (size_t i = 0; i < len; i++)
        ((uint8_t *)out)[i] = (uint8_t)next_chance();
}

static struct randombytes_implementation chance_source = { .implementation_name = chance_name,
                                                           .random = chance_number,
                                                           .buf = chance_bytes };

/* ---- receivers ---------------------------------------------------------------------- */

typedef enum Mood { MOOD_WELL, MOOD_SLOW, MOOD_FAILING, MOOD_BUSY, MOOD_DEAD, MOOD_ODD, MOOD_GONE, MOOD_COUNT } Mood;

static void plan_answer(Plan *plan, int status, const char *header, const char *body)
{
    plan->status = status;
    plan->status_line = "HTTP/1.1 ...\r\n";
    plan->header = header;
    plan->body = body;
    plan->body_us = below(5 * US_PER_MS);
}

static void plan_busy(Plan *plan)
{
    static const char *const waits[] = { "Retry-After: 1\r\n", "Retry-After: 90\r\n", "Retry-After: 3600\r\n",
                                         "Retry-After: 999999999999999999999\r\n", NULL };
    plan_answer(plan, one_in(2) ? 429 : 503, waits[below(ARRAY_LEN(waits))], "busy");
}

static void plan_dead(Plan *plan)
{
    static const CURLcode codes[] = { CURLE_COULDNT_CONNECT, CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION };
    if (one_in(3))
        plan->connect_us = US_PER_DAY; /* no answer at all */
    plan->connect_code = codes[below(ARRAY_LEN(codes))];
}

static void plan_odd(Plan *plan)
{
    static char long_head[20000];
    memset(long_head, 'x', sizeof long_head - 1);
    plan_answer(plan, 200, NULL, "{\"received\":true}");
    switch (below(8)) {
    case 0: plan->status_line = NULL; plan->code = CURLE_RECV_ERROR; break;  /* reset after it has read */
    case 1: plan->code = CURLE_PARTIAL_FILE; break;                          /* reset in the answer */
    case 2: plan->body_us = US_PER_DAY; break;                               /* drips */
    case 3: plan->header = long_head; break;
    case 4: plan->body = "n8n is starting up"; plan->type = "text/html"; break;
    case 5: plan_answer(plan, 302, "Location: http://169.254.169.254/\r\n", ""); break;
    case 6: plan->resends = true; break;                                     /* a stale connection */
    default: plan->think_us = 29 * US_PER_SECOND; break;
    }
}

static void plan_mood(Plan *plan, Mood mood)
{
    static const int failures[] = { 500, 502, 504, 404, 401, 304, 199, 600 };
    plan->connect_us = below(3 * US_PER_MS);
    plan->think_us = about(20 * US_PER_MS);
    switch (mood) {
    case MOOD_FAILING: plan_answer(plan, failures[below(ARRAY_LEN(failures))], NULL, "no"); break;
    case MOOD_BUSY: plan_busy(plan); break;
    case MOOD_DEAD: plan_dead(plan); break;
    case MOOD_ODD: plan_odd(plan); break;
    case MOOD_GONE: plan_answer(plan, 410, NULL, "gone"); break;
    case MOOD_SLOW: plan->think_us = about(4 * US_PER_SECOND); /* fall through */
    case MOOD_WELL:
    case MOOD_COUNT: plan_answer(plan, one_in(2) ? 200 : 204, NULL, "{\"received\":true}"); break;
    }
}

#endif
