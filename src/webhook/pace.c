#include "webhook/pace.h"

#include "base/macros.h"
#include "base/time.h"

/* Differences below this are our own scheduling, not the receiver's queue. */
#define QUICK_US (10 * US_PER_MS)
#define FORGET_AFTER_US (10 * US_PER_SECOND)
#define FAILURES_APART_US US_PER_SECOND

enum { FEW_WAITING = 2, MANY_WAITING = 4, USUAL_SHARE = 8 };

static void measure(Pace *pace, int64_t took_us)
{
    took_us = i64_max(took_us, 1);
    if (pace->shortest_us == 0 || took_us < pace->shortest_us)
        pace->shortest_us = took_us;
    if (pace->usual_us == 0)
        pace->usual_us = took_us;
    pace->usual_us += (took_us - pace->usual_us) / USUAL_SHARE;
}

static void forget(Pace *pace, int64_t now_us)
{
    if (pace->forget_at_us && pace->usual_us > QUICK_US) {
        pace->limit = size_max(pace->limit / 2, pace->least);
        pace->shortest_us = pace->usual_us = 0;
        pace->answers = 0;
    }
    pace->forget_at_us = now_us + FORGET_AFTER_US;
}

static size_t waiting(const Pace *pace)
{
    return (size_t)((int64_t)pace->limit * (pace->usual_us - pace->shortest_us) / pace->usual_us);
}

void pace_answered(Pace *pace, int64_t took_us, bool was_full, int64_t now_us)
{
    if (now_us >= pace->forget_at_us)
        forget(pace, now_us);
    measure(pace, took_us);
    if (pace->usual_us <= QUICK_US) {
        pace->limit += was_full && pace->limit < pace->most;
        return;
    }
    /* A change shows only after all that was under way before it has been answered. */
    if (++pace->answers < pace->limit)
        return;
    pace->answers = 0;
    if (waiting(pace) > MANY_WAITING)
        pace->limit -= pace->limit > pace->least;
    else if (waiting(pace) < FEW_WAITING && was_full && pace->limit < pace->most)
        pace->limit++;
}

void pace_failed(Pace *pace, int64_t now_us)
{
    if (pace->fell_us && now_us < pace->fell_us + FAILURES_APART_US)
        return;
    pace->fell_us = now_us;
    pace->limit = size_max(pace->limit / 2, pace->least);
    pace->answers = 0;
}
