/* The sender's rounds: what goes into one, and what came of it. */
#include "base/failpoint.h"
#include "base/log.h"
#include "base/time.h"
#include "webhook/hash.h"
#include "webhook/sender_internal.h"

/* What is old goes in small parts: writes of others stand between them. */
#define FORGET_MORE_US (50 * US_PER_MS)
#define FORGET_NEXT_US (20 * US_PER_MS)
#define FORGET_EVERY_US (10 * US_PER_MINUTE)
#define FAILED_ROUND_WAIT_US (500 * US_PER_MS)

enum { FAILURES_TO_GO_SINGLE = 3 };

/* ---- filling ------------------------------------------------------------ */

/* Many webhooks may lead to one n8n, so their origin has to be known before a claim. The URL is part
 * of a webhook's key: it never changes. */
static Status learn_origin(Sender *sender, QueueHook *hook)
{
    Webhook webhook;
    EgressTarget target;
    arena_reset(sender->scratch);
    Status status = store_webhook_get(sender->session, queue_account(hook), queue_webhook(hook),
                                      sender->scratch, &webhook);
    if (status)
        return status;
    status = egress_parse_url(webhook.url, sender->scratch, &target, NULL);
    if (status && status != STATUS_INVALID)
        return status;
    /* One that is no URL is told at the attempt. */
    return queue_set_origin(sender->queue, hook, status ? STR("none") : target.origin);
}

static void add_claim(Sender *sender, QueueHook *hook, size_t most)
{
    int64_t account_id = queue_account(hook), webhook_id = queue_webhook(hook);
    Status status = queue_has_origin(hook) ? STATUS_OK : learn_origin(sender, hook);
    if (status) {
        queue_drop(sender->queue, hook);
        if (status != STATUS_NOT_FOUND)
            sender->rescan_wanted = true;
        return;
    }
    bool is_probe = queue_health(hook)->failures >= SETTLE_FAILURES_TO_PROBE;
    size_t reserved = queue_reserve(sender->queue, hook, is_probe ? 1 : most);
    if (reserved == 0)
        return;
    if (is_probe) /* until it has ended */
        queue_hold(sender->queue, hook, time_now_us() + sender->round->lease_us);
    sender->round->claims[sender->round->claim_count++] = (RoundClaim){
        .hook = hook, .account_id = account_id, .webhook_id = webhook_id, .reserved = reserved,
        .even_us = queue_health(hook)->even_us,
        .brake_us = queue_health(hook)->brake_us,
        .brake_even_us = queue_health(hook)->brake_even_us
    };
}

static void add_claims(Sender *sender, size_t most_claims, size_t most_each)
{
    QueueHook *hook;
    int64_t now_us = time_now_us();
    while (sender->round->claim_count < most_claims && (hook = queue_next(sender->queue, now_us)) != NULL)
        add_claim(sender, hook, most_each);
}

static void add_settlements(Sender *sender, size_t most)
{
    Round *round = sender->round;
    while (sender->ended && round->settlement_count < most) {
        Attempt *attempt = sender->ended;
        DL_DELETE(sender->ended, attempt);
        round->settlements[round->settlement_count++] = (RoundSettlement){ .attempt = attempt };
    }
}

static void fill_round(Sender *sender)
{
    bool is_single = sender->single_rounds > 0;
    size_t most = is_single ? 1 : sender_slots(&sender->options);
    add_settlements(sender, most);
    if (sender->is_stopping || (is_single && sender->round->settlement_count))
        return;
    sender->round->unblock = sender->unblock_wanted && !is_single;
    sender->round->back_us = is_single ? 0 : sender->back_us;
    sender->round->ahead_us = sender->ahead_us;
    if (!is_single && sender->purge_us && time_monotonic_us() >= sender->purge_us)
        sender->round->purge_before_us = time_now_us() - sender->options.removal_grace_us;
    if (!is_single && time_monotonic_us() >= sender->forget_us) {
        sender->retention = retention_squeezed(&sender->options.retention, sender->squeezed);
        sender->round->forget = &sender->retention;
        sender->round->forget_after_id = sender->forget_after_id;
    }
    add_claims(sender, most, most);
}

/* ---- reading ------------------------------------------------------------ */

static const char *event_of(DeliveryState state)
{
    if (state == DELIVERY_DEAD)
        return "webhook.dead";
    return state == DELIVERY_BLOCKED ? "webhook.blocked" : "webhook.retry";
}

static void log_end(const Attempt *attempt)
{
    const Settlement *settlement = &attempt->settlement;
    if (attempt->result.outcome == OUTCOME_OK)
        return;
    LogField fields[] = { log_int("account_id", settlement->account_id),
                          log_int("webhook_id", settlement->webhook_id),
                          log_int("event_seq", settlement->event_seq),
                          log_text("type", str_of(name_of(event_type_names, (int)attempt->claim.event))),
                          log_int("attempt", attempt->claim.attempt),
                          log_text("class", settlement->outcome),
                          log_int("status", settlement->http_status),
                          log_int("took_ms", (time_monotonic_us() - attempt->began_us) / US_PER_MS),
                          log_int("wait_ms", i64_max(0, settlement->due_us - time_now_us()) / US_PER_MS) };
    LogLevel level = settlement->state == DELIVERY_PENDING ? LOG_INFO : LOG_WARN;
    log_write(level, event_of(settlement->state), fields, ARRAY_LEN(fields));
    if (attempt->result.outcome == OUTCOME_BLOCKED)
        log_warn("webhook.hint", log_int("webhook_id", settlement->webhook_id),
                 log_text("set", STR("--webhook-allow, REFMILL_WEBHOOK_ALLOW")));
}

/* For whoever runs the server, as the webhook's owner is told (WH-34, WH-81). */
static void log_trouble(const RoundSettlement *item)
{
    const Settlement *settlement = &item->attempt->settlement;
    for (int i = 0; i < TROUBLE_COUNT; i++)
        if (item->told[i])
            log_warn("webhook.trouble", log_int("account_id", settlement->account_id),
                     log_int("webhook_id", settlement->webhook_id),
                     log_text("trouble", str_of(name_of(webhook_trouble_names, i))),
                     log_text("outcome", settlement->outcome));
}

static void drop_attempt(Sender *sender, Attempt *attempt, int64_t due_us)
{
    queue_settled(sender->queue, attempt->hook, due_us);
    attempt->hook = NULL;
    DL_APPEND(sender->idle, attempt);
}

static void read_settlement(Sender *sender, const RoundSettlement *item)
{
    Attempt *attempt = item->attempt;
    const Settlement *settlement = &attempt->settlement;
    int64_t due_us = settlement->state == DELIVERY_PENDING ? settlement->due_us : 0;
    if (!item->settled) {
        atomic_fetch_add_explicit(&sender->counters.lease_lost, 1, memory_order_relaxed);
        log_warn("webhook.lease_lost", log_int("webhook_id", settlement->webhook_id),
                 log_int("event_seq", settlement->event_seq), log_int("attempt", attempt->claim.attempt));
        due_us = 0;
    } else {
        log_end(attempt);
        log_trouble(item);
        if (settlement->state == DELIVERY_DEAD && !settlement->extra_failed)
            atomic_fetch_add_explicit(&sender->counters.dead, 1, memory_order_relaxed);
    }
    if (item->settled && attempt->hurry) {
        queue_health(attempt->hook)->hurry_more = item->hurry_more;
        due_us = time_now_us();
    }
    drop_attempt(sender, attempt, due_us);
}

/* A probe's hold ends with it, or at once when there was nothing to ask with. */
static void hold_by_rate(Sender *sender, const RoundClaim *claim, int64_t now_us)
{
    QueueHealth *health = queue_health(claim->hook);
    bool is_probe = health->failures >= SETTLE_FAILURES_TO_PROBE && claim->list.count > 0;
    health->even_us = claim->even_after_us;
    health->brake_even_us = claim->brake_even_after_us;
    if (claim->rate_wait_us && !is_probe)
        queue_hold(sender->queue, claim->hook, now_us + claim->rate_wait_us);
    else if (claim->list.count == 0)
        queue_hold(sender->queue, claim->hook, 0);
}

/* What a webhook has sent is known as long as it is in the queue: so it stays there until its rate is even. */
static int64_t next_due_of(const RoundClaim *claim, int64_t now_us)
{
    int64_t uneven_us = i64_max(claim->even_after_us, claim->brake_even_after_us) - time_monotonic_us();
    return claim->list.next_due_us || uneven_us <= 0 ? claim->list.next_due_us : now_us + uneven_us;
}

static void read_claim(Sender *sender, const RoundClaim *claim)
{
    const ClaimList *list = &claim->list;
    int64_t now_us = time_now_us();
    hold_by_rate(sender, claim, now_us);
    queue_claimed(sender->queue, claim->hook, claim->reserved, list->count, next_due_of(claim, now_us));
    for (size_t i = 0; i < list->count; i++)
        sender_begin_attempt(sender, claim, &list->items[i]);
}

static void read_purge(Sender *sender)
{
    const Round *round = sender->round;
    if (round->purge_before_us == 0)
        return;
    int64_t grace_us = sender->options.removal_grace_us, wait_us = grace_us; /* not longer: others may be removed */
    if (round->purge_next_us)
        wait_us = i64_min(wait_us, round->purge_next_us + grace_us - time_now_us());
    if (round->expire_next_us)
        wait_us = i64_min(wait_us, round->expire_next_us - time_now_us());
    bool is_due = round->purge_next_us || round->expire_next_us;
    sender->purge_us = is_due ? time_monotonic_us() + i64_max(wait_us, US_PER_SECOND) : 0;
}

/* One account after the other, then a rest; with less that is kept instead while the database is too large. */
static void read_forget(Sender *sender)
{
    const Round *round = sender->round;
    const Forgotten *forgotten = &round->forgotten;
    if (round->forget == NULL)
        return;
    bool is_last = forgotten->account_id == 0 && !forgotten->more;
    if (is_last)
        sender->squeezed = forgotten->too_large && sender->squeezed < RETENTION_MOST_SQUEEZED ? sender->squeezed + 1 : 0;
    bool rests = is_last && sender->squeezed == 0;
    if (!forgotten->more) /* else this one again */
        sender->forget_after_id = forgotten->account_id;
    sender->forget_us = time_monotonic_us() + (forgotten->more ? FORGET_MORE_US : rests ? FORGET_EVERY_US : FORGET_NEXT_US);
}

static void read_round(Sender *sender)
{
    Round *round = sender->round;
    sender->failed_rounds = 0;
    sender->single_rounds -= sender->single_rounds > 0;
    sender->unblock_wanted = sender->unblock_wanted && !round->unblock;
    if (round->lost) {
        atomic_fetch_add_explicit(&sender->counters.lease_lost, round->lost, memory_order_relaxed);
        log_warn("webhook.leases_lost", log_int("count", (int64_t)round->lost));
    }
    sender->back_us -= round->back_us;
    sender->ahead_us -= round->ahead_us;
    read_purge(sender);
    read_forget(sender);
    for (size_t i = 0; i < round->settlement_count; i++)
        read_settlement(sender, &round->settlements[i]);
    for (size_t i = 0; i < round->claim_count; i++)
        read_claim(sender, &round->claims[i]);
}

/* Nothing of it has happened, so all of it goes into rounds again. When that fails again and again,
 * then one by one: what fails alone is left to the end of its lease, and the rest goes on. */
static void undo_round(Sender *sender, Status status)
{
    Round *round = sender->round;
    log_warn("webhook.round_failed", log_text("status", str_of(status_name(status))),
             log_int("settlements", (int64_t)round->settlement_count),
             log_int("claims", (int64_t)round->claim_count));
    bool is_transient = status == STATUS_BUSY || status == STATUS_UNAVAILABLE || status == STATUS_UNCERTAIN;
    bool is_culprit = sender->single_rounds > 0 && !is_transient;
    sender->failed_rounds += !is_transient;
    for (size_t i = 0; i < round->settlement_count; i++) {
        Attempt *attempt = round->settlements[i].attempt;
        if (is_culprit)
            drop_attempt(sender, attempt, 0);
        else
            DL_APPEND(sender->ended, attempt);
    }
    for (size_t i = 0; i < round->claim_count; i++) {
        RoundClaim *claim = &round->claims[i];
        int64_t wait_us = is_culprit ? round->lease_us : FAILED_ROUND_WAIT_US;
        queue_hold(sender->queue, claim->hook, 0);
        queue_claimed(sender->queue, claim->hook, claim->reserved, 0, time_now_us() + wait_us);
    }
    if (!is_culprit && sender->failed_rounds >= FAILURES_TO_GO_SINGLE)
        sender->single_rounds = round->settlement_count + round->claim_count;
    sender->round_not_before_us = time_monotonic_us() + FAILED_ROUND_WAIT_US;
}

void sender_start_round(Sender *sender)
{
    if (sender->round_is_busy || sender->options.only_probes || time_monotonic_us() < sender->round_not_before_us)
        return;
    round_reset(sender->round);
    fill_round(sender);
    if (round_is_empty(sender->round))
        return;
    Status status = store_submit(sender->options.store, &sender->round->base);
    if (status)
        undo_round(sender, status);
    else
        sender->round_is_busy = true;
}

void sender_end_round(Sender *sender)
{
    sender->round_is_busy = false;
    failpoint("round.done");
    if (sender->round->base.status == STATUS_OK)
        read_round(sender);
    else
        undo_round(sender, sender->round->base.status);
}
