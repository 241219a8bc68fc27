#include "webhook/settle.h"

#define LEAST_PAUSE_US US_PER_MINUTE
#define MOST_PAUSE_US (12 * US_PER_HOUR)
#define FIRST_PROBE_WAIT_US (5 * US_PER_SECOND)
#define MOST_PROBE_WAIT_US US_PER_MINUTE
#define GIVE_UP_AFTER_US (5 * US_PER_DAY)

#define FIRST_BRAKE_US (US_PER_SECOND / 10)
#define MOST_BRAKE_US (32 * FIRST_BRAKE_US)
/* Those that asked together have asked once. */
#define BRAKES_APART_US US_PER_SECOND

enum { GONE = 410, PROBE_SHARE = 8, BRAKE_SHARE = 4 };

/* For what it says: that its receiver does well again is no reason to ask sooner. */
static bool is_refused(const AttemptResult *result)
{
    int status = result->http_status;
    return result->outcome == OUTCOME_CLIENT_ERROR &&
           (status == 400 || status == 413 || status == 415 || status == 422);
}

static void settle_failure(const AttemptResult *result, const Schedule *schedule, int64_t attempt,
                           int64_t now_us, uint32_t chance, Settlement *settlement)
{
    int64_t wait_us;
    if (result->http_status == GONE) {
        settlement->state = DELIVERY_PENDING;
        return;
    }
    if (!schedule_wait(schedule, attempt, chance, &wait_us)) {
        settlement->state = DELIVERY_DEAD;
        return;
    }
    settlement->state = DELIVERY_PENDING;
    settlement->due_us = now_us + i64_max(wait_us, result->retry_after_us);
    settlement->fixed = result->retry_after_us > 0 || is_refused(result);
}

void settle_result(const AttemptResult *result, const Schedule *schedule, int64_t attempt, int64_t now_us,
                   uint32_t chance, Settlement *settlement)
{
    settlement->http_status = result->http_status;
    settlement->outcome = str_of(name_of(outcome_names, (int)result->outcome));
    if (result->outcome == OUTCOME_TLS && result->tls_problem)
        settlement->outcome = str_of(result->tls_problem);
    settlement->due_us = now_us;
    settlement->fixed = settlement->uncounted = false;
    switch (result->outcome) {
    case OUTCOME_OK:
        settlement->state = DELIVERY_DELIVERED;
        break;
    case OUTCOME_BLOCKED:
        settlement->outcome = str_of(egress_class_name(result->refused));
        settlement->state = DELIVERY_BLOCKED;
        settlement->uncounted = true;
        break;
    case OUTCOME_BAD_URL:
    case OUTCOME_NO_SECRET:
        settlement->state = DELIVERY_BLOCKED;
        settlement->uncounted = true;
        break;
    case OUTCOME_NO_EVENT:
        settlement->state = DELIVERY_DEAD;
        break;
    case OUTCOME_OURS:
        settlement->state = DELIVERY_PENDING;
        settlement->due_us = now_us + SETTLE_OURS_WAIT_US;
        settlement->uncounted = true;
        break;
    case OUTCOME_RELEASED:
        settlement->state = DELIVERY_PENDING;
        settlement->uncounted = true;
        break;
    case OUTCOME_INTERRUPTED:
        settlement->state = DELIVERY_PENDING;
        break;
    default:
        settle_failure(result, schedule, attempt, now_us, chance, settlement);
        break;
    }
}

/* Not through the receiver, or not to its end: it is made again. */
static bool was_made(Outcome outcome)
{
    return outcome != OUTCOME_OURS && outcome != OUTCOME_RELEASED && outcome != OUTCOME_INTERRUPTED;
}

void settle_extra(const AttemptResult *result, const ExtraAttempt *extra, int64_t now_us,
                  Settlement *settlement)
{
    if (!extra->is_extra)
        return;
    bool is_over = settlement->state == DELIVERY_DELIVERED ||
                   (settlement->state == DELIVERY_BLOCKED && extra->state == DELIVERY_PENDING);
    settlement->extra_again = !is_over && !was_made(result->outcome);
    settlement->extra_failed = !is_over && !settlement->extra_again;
    if (!settlement->extra_failed)
        return;
    settlement->state = extra->state;
    settlement->due_us = now_us;
    if (extra->state == DELIVERY_PENDING)
        settlement->due_us = i64_max(extra->due_us, now_us + result->retry_after_us);
}

static bool is_receivers_failure(Outcome outcome)
{
    return outcome_kind(outcome) == OUTCOME_KIND_FAILED;
}

bool settle_is_said(const AttemptResult *result, const Webhook *webhook, const ExtraAttempt *extra)
{
    bool is_by_hand = extra->is_extra && extra->state != DELIVERY_PENDING;
    return webhook->state == WEBHOOK_ACTIVE && !(is_by_hand && is_receivers_failure(result->outcome));
}

bool settle_health(QueueHealth *health, Outcome outcome, int64_t attempt, int64_t now_us)
{
    if (is_receivers_failure(outcome) && health->failures++ == 0)
        health->failing_since_us = now_us;
    if (outcome != OUTCOME_OK)
        return false;
    bool was_ill = health->failures > 0 || attempt > 1;
    health->failures = 0;
    if (health->hurry_more) {
        health->hurry_more = false;
        return true;
    }
    if (!was_ill || now_us < health->hurry_after_us)
        return false;
    bool was_long_ago = now_us > health->hurry_after_us + 2 * health->hurry_pause_us;
    health->hurry_pause_us =
        was_long_ago ? LEAST_PAUSE_US : i64_min(2 * health->hurry_pause_us, MOST_PAUSE_US);
    health->hurry_after_us = now_us + health->hurry_pause_us;
    return true;
}

static bool asks_for_less(const AttemptResult *result)
{
    return result->http_status == 429 || result->http_status == 502 || result->http_status == 504;
}

void settle_brake(QueueHealth *health, const AttemptResult *result, int64_t now_us)
{
    if (asks_for_less(result)) {
        if (health->brake_us && now_us < health->braked_us + BRAKES_APART_US)
            return;
        health->brake_us = i64_min(i64_max(2 * health->brake_us, FIRST_BRAKE_US), MOST_BRAKE_US);
        health->braked_us = now_us;
    } else if (result->outcome == OUTCOME_OK) {
        health->brake_us -= health->brake_us / BRAKE_SHARE;
        if (health->brake_us < FIRST_BRAKE_US / 2)
            health->brake_us = 0;
    }
}

int64_t settle_probe_wait(const QueueHealth *health, const Schedule *schedule, int64_t now_us)
{
    if (health->failures < SETTLE_FAILURES_TO_PROBE)
        return 0;
    int64_t least_us = i64_min(schedule->waits_us[0], FIRST_PROBE_WAIT_US);
    int64_t wait_us = (now_us - health->failing_since_us) / PROBE_SHARE;
    return i64_max(least_us, i64_min(wait_us, MOST_PROBE_WAIT_US));
}

SettleVerdict settle_verdict(const AttemptResult *result, const Webhook *webhook, const ExtraAttempt *extra)
{
    if (!settle_is_said(result, webhook, extra))
        return SETTLE_NOTHING;
    if (result->http_status == GONE && is_receivers_failure(result->outcome))
        return SETTLE_GONE;
    if (is_receivers_failure(result->outcome))
        return SETTLE_FAILED;
    return result->outcome == OUTCOME_OK && webhook->failing_since_us ? SETTLE_WELL : SETTLE_NOTHING;
}

bool settle_gives_up(int64_t strikes, int64_t failing_since_us, int64_t now_us)
{
    return strikes >= SETTLE_STRIKES_TO_GIVE_UP && now_us - failing_since_us >= GIVE_UP_AFTER_US;
}

bool settle_warns(int64_t strikes, int64_t failing_since_us, int64_t now_us)
{
    return strikes >= SETTLE_STRIKES_TO_GIVE_UP / 2 && now_us - failing_since_us >= GIVE_UP_AFTER_US / 2;
}
