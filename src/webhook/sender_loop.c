/* The sender's thread: attempts, news from other threads, the loop. */
#include "base/random.h"
#include "base/time.h"
#include "webhook/hash.h"
#include "webhook/sender_internal.h"

/* Less than that is a clock being tuned. */
#define CLOCK_STEP_US US_PER_SECOND
#define LOOK_EVERY_US US_PER_SECOND
/* A rescan reads a row per webhook: however many there are, it takes a fiftieth of the time at most. */
#define RESCAN_SHARE 50
#define SAFETY_RESCAN_US (30 * US_PER_SECOND)
#define LAST_ROUNDS_US (5 * US_PER_SECOND)

/* ---- attempts ---------------------------------------------------------- */

/* What an attempt tells of its receiver. */
static QueueAnswer answer_of(const AttemptResult *result)
{
    switch (result->outcome) {
    case OUTCOME_TIMEOUT:
    case OUTCOME_DNS:
    case OUTCOME_CONNECT:
    case OUTCOME_TLS:
    case OUTCOME_BROKEN:
    case OUTCOME_SERVER_ERROR:
        return QUEUE_FAILED;
    case OUTCOME_CLIENT_ERROR:
        return result->http_status == 429 ? QUEUE_FAILED : QUEUE_ANSWERED;
    default:
        return outcome_kind(result->outcome) >= OUTCOME_KIND_REFUSED ? QUEUE_UNASKED : QUEUE_ANSWERED;
    }
}

/* For the metrics. */
static void count_attempt(SenderCounters *counters, const Attempt *attempt)
{
    int64_t took_us = attempt->log.took_us;
    size_t bucket = 0;
    while (bucket < SENDER_DURATIONS && took_us > sender_durations_us[bucket])
        bucket++;
    atomic_fetch_add_explicit(&counters->attempts[attempt->result.outcome], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&counters->durations[bucket], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&counters->duration_us, (uint64_t)took_us, memory_order_relaxed);
}

/* A receiver that fails again and again is asked with one delivery at a time, and seldom (WH-33). */
static void note_health(Sender *sender, Attempt *attempt, const Schedule *schedule, int64_t now_us)
{
    QueueHealth *health = queue_health(attempt->hook);
    attempt->hurry = false;
    if (attempt->webhook.state != WEBHOOK_ACTIVE) {
        queue_hold(sender->queue, attempt->hook, 0);
        return;
    }
    bool was_probed = health->failures >= SETTLE_FAILURES_TO_PROBE;
    if (settle_is_said(&attempt->result, &attempt->webhook, &attempt->claim.extra))
        attempt->hurry = settle_health(health, attempt->result.outcome, attempt->claim.attempt, now_us);
    settle_brake(health, &attempt->result, now_us);
    int64_t wait_us = settle_probe_wait(health, schedule, now_us);
    if (attempt->result.outcome == OUTCOME_OURS) /* the next would fail the same way */
        wait_us = i64_max(wait_us, SETTLE_OURS_WAIT_US);
    if (wait_us || was_probed)
        queue_hold(sender->queue, attempt->hook, wait_us ? now_us + wait_us : 0);
}

/* Nothing is written, and nothing said of its receiver. */
static void end_probe(Sender *sender, Attempt *attempt)
{
    Probe *probe = attempt->probe;
    Arena *arena = probe->base.arena;
    Settlement settlement;
    settle_result(&attempt->result, &sender->options.schedule, 1, time_now_us(), 0, &settlement);
    probe->entry = attempt->log;
    probe->entry.http_status = settlement.http_status;
    probe->entry.outcome = settlement.outcome;
    probe->entry.address = attempt->log.address.ptr ? arena_str(arena, attempt->log.address) : STR_NONE;
    probe->entry.answer = attempt->log.answer.ptr ? arena_str(arena, attempt->log.answer) : STR_NONE;
    probe->answer_head = arena_str(arena, buf_str(&attempt->answer_head));
    probe->base.status = STATUS_OK;
    probe->base.next = NULL;
    attempt->probe = NULL;
    DL_APPEND(sender->idle, attempt);
    probe->base.sink->finish(probe->base.sink, &probe->base);
}

static void end_attempt(Sender *sender, Attempt *attempt)
{
    if (attempt->probe) {
        end_probe(sender, attempt);
        return;
    }
    Schedule own;
    bool has_own = schedule_parse(attempt->webhook.pace.schedule, &own, NULL) == STATUS_OK;
    const Schedule *schedule = has_own ? &own : &sender->options.schedule;
    int64_t now_us = time_now_us(), mono_us = time_monotonic_us();
    const Claim *claim = &attempt->claim;
    attempt->settlement = (Settlement){ .account_id = claim->account_id,
                                        .webhook_id = claim->webhook_id,
                                        .event_seq = claim->event_seq,
                                        .lease = claim->lease,
                                        .ordering_key = claim->ordering_key };
    settle_result(&attempt->result, schedule, claim->attempt - claim->extras, now_us,
                  random_below(UINT32_MAX), &attempt->settlement);
    settle_extra(&attempt->result, &claim->extra, now_us, &attempt->settlement);
    if (attempt->result.outcome != OUTCOME_RELEASED)
        attempt->settlement.log = attempt->log;
    attempt->verdict = settle_verdict(&attempt->result, &attempt->webhook, &claim->extra);
    note_health(sender, attempt, schedule, now_us);
    queue_answered(sender->queue, attempt->hook, answer_of(&attempt->result), mono_us - attempt->began_us, mono_us);
    count_attempt(&sender->counters, attempt);
    DL_APPEND(sender->ended, attempt);
}

/* Into the list of its phase. */
static void put_attempt(Sender *sender, Attempt *attempt)
{
    if (attempt->phase == ATTEMPT_RESOLVING)
        DL_APPEND(sender->resolving, attempt);
    else if (attempt->phase == ATTEMPT_SENDING)
        DL_APPEND(sender->sending, attempt);
    else
        end_attempt(sender, attempt);
}

static Attempt *take_idle(Sender *sender)
{
    Attempt *attempt = sender->idle;
    if (attempt)
        DL_DELETE(sender->idle, attempt);
    else if (attempt_new(&sender->tools, &attempt) != STATUS_OK)
        return NULL;
    return attempt;
}

void sender_begin_attempt(Sender *sender, const RoundClaim *claimed, const Claim *claim)
{
    Attempt *attempt = take_idle(sender);
    if (attempt == NULL) {
        /* It comes back when its lease ends. */
        queue_answered(sender->queue, claimed->hook, QUEUE_UNASKED, 0, 0);
        queue_settled(sender->queue, claimed->hook, time_now_us() + sender->round->lease_us);
        return;
    }
    attempt_begin(attempt, claimed->hook, claim, &claimed->webhook);
    if (sender->is_stopping && attempt->phase != ATTEMPT_ENDED)
        attempt_abort(attempt);
    put_attempt(sender, attempt);
}

static void begin_probe(Sender *sender, Command *command)
{
    Attempt *attempt = take_idle(sender);
    if (attempt == NULL) {
        command->status = STATUS_NOMEM;
        command->next = NULL;
        command->sink->finish(command->sink, command);
        return;
    }
    attempt_begin_probe(attempt, (Probe *)command);
    if ((sender->is_stopping || sender->ends_probes) && attempt->phase != ATTEMPT_ENDED)
        attempt_abort(attempt);
    put_attempt(sender, attempt);
}

static void go_on_resolving(Sender *sender)
{
    Attempt *attempt, *next;
    DL_FOREACH_SAFE(sender->resolving, attempt, next)
    {
        attempt_go_on(attempt);
        if (attempt->phase == ATTEMPT_RESOLVING)
            continue;
        DL_DELETE(sender->resolving, attempt);
        put_attempt(sender, attempt);
    }
}

static void finish_sent(Sender *sender)
{
    CURLMsg *message;
    int left, running;
    curl_multi_perform(sender->tools.multi, &running);
    while ((message = curl_multi_info_read(sender->tools.multi, &left)) != NULL) {
        if (message->msg != CURLMSG_DONE)
            continue;
        Attempt *attempt = NULL;
        CURLcode code = message->data.result; /* the message goes with the handle */
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&attempt);
        attempt_finish(attempt, code);
        DL_DELETE(sender->sending, attempt);
        put_attempt(sender, attempt);
    }
}

static void check_times(Sender *sender)
{
    Attempt *attempt, *next;
    int64_t hangs_since_us = time_monotonic_us() - QUEUE_SLOW_US;
    DL_FOREACH_SAFE(sender->sending, attempt, next)
    {
        attempt_check_time(attempt);
        if (attempt->phase == ATTEMPT_SENDING) {
            if (attempt->hook && attempt->began_us <= hangs_since_us)
                queue_hangs(sender->queue, attempt->hook);
            continue;
        }
        DL_DELETE(sender->sending, attempt);
        put_attempt(sender, attempt);
    }
}

static void abort_all(Sender *sender, Attempt **list, bool only_probes)
{
    Attempt *attempt, *next;
    DL_FOREACH_SAFE(*list, attempt, next)
    {
        if (only_probes && attempt->probe == NULL)
            continue;
        DL_DELETE(*list, attempt);
        attempt_abort(attempt);
        put_attempt(sender, attempt);
    }
}

/* ---- news -------------------------------------------------------------- */

static void note_due(Sender *sender, int64_t account_id, int64_t webhook_id, int64_t due_us)
{
    if (queue_note(sender->queue, account_id, webhook_id, due_us) != STATUS_OK)
        sender->rescan_wanted = true;
}

static void read_mail(Sender *sender)
{
    const Mail *mail = mailbox_take(&sender->mailbox);
    if (mail == NULL)
        return;
    int64_t now_us = time_now_us();
    for (size_t i = 0; i < mail->due_count; i++)
        note_due(sender, mail->due[2 * i], mail->due[2 * i + 1], now_us);
    sender->rescan_wanted = sender->rescan_wanted || mail->overflow;
    if (mail->round_done)
        sender_end_round(sender);
    for (size_t i = 0; i < mail->probe_count; i++)
        begin_probe(sender, mail->probes[i]);
    if (mail->end_probes) {
        sender->ends_probes = true;
        abort_all(sender, &sender->resolving, true);
        abort_all(sender, &sender->sending, true);
    }
    if (mail->stop) {
        sender->is_stopping = true;
        sender->stop_until_us = time_monotonic_us() + mail->grace_us;
        abort_all(sender, &sender->resolving, false);
    }
}

static void rescan(Sender *sender)
{
    WebhookDueList list;
    int64_t began_us = time_monotonic_us();
    arena_reset(sender->scratch);
    sender->rescan_wanted = store_webhook_due(sender->session, sender->scratch, &list) != STATUS_OK;
    for (size_t i = 0; i < list.count; i++)
        note_due(sender, list.items[i].account_id, list.items[i].webhook_id, list.items[i].due_us);
    int64_t now_us = time_monotonic_us();
    sender->rescan_us = now_us + i64_max(LOOK_EVERY_US, (now_us - began_us) * RESCAN_SHARE);
}

/* People and time servers set clocks. Waits that were measured by the old one must neither end at once,
 * nor last as long as the clock was wrong (WH-27). */
static void look_at_clock(Sender *sender)
{
    int64_t clock_us = time_now_us() - time_monotonic_us();
    int64_t by_us = clock_us - sender->clock_us;
    if (by_us < CLOCK_STEP_US && by_us > -CLOCK_STEP_US)
        return;
    sender->clock_us = clock_us;
    queue_shift(sender->queue, by_us);
    sender->back_us += i64_max(-by_us, 0);
    sender->ahead_us += i64_max(by_us, 0);
    sender->rescan_wanted = true;
}

/* The command line writes beside us, and tells nobody. Our own writes look the same from here; a
 * rescan too many does no harm. */
static void look_around(Sender *sender)
{
    int64_t now_us = time_monotonic_us();
    if (now_us >= sender->look_us) {
        sender->look_us = now_us + LOOK_EVERY_US;
        atomic_store_explicit(&sender->counters.breaker_open,
                              queue_count_failing(sender->queue, SETTLE_FAILURES_TO_PROBE), memory_order_relaxed);
        check_times(sender);
        if (!sender->options.only_probes && (store_changed_elsewhere(sender->session) ||
                                             now_us >= sender->rescan_us + SAFETY_RESCAN_US)) {
            sender->rescan_wanted = true;
            if (sender->purge_us == 0)
                sender->purge_us = now_us + sender->options.removal_grace_us;
        }
    }
    if (sender->rescan_wanted && now_us >= sender->rescan_us && !sender->is_stopping)
        rescan(sender);
    if (sender->is_stopping && now_us >= sender->stop_until_us)
        abort_all(sender, &sender->sending, false);
}

/* ---- the loop ---------------------------------------------------------- */

static bool is_over(const Sender *sender)
{
    if (!sender->is_stopping || sender->round_is_busy || sender->resolving || sender->sending)
        return false;
    /* What can't be written down by then comes back when its lease ends. */
    return sender->ended == NULL || time_monotonic_us() >= sender->stop_until_us + LAST_ROUNDS_US;
}

/* How long nothing happens by itself. */
static int64_t wait_us_of(const Sender *sender)
{
    int64_t mono_us = time_monotonic_us(), now_us = time_now_us();
    int64_t wait_us = sender->look_us - mono_us;
    if (is_over(sender))
        return 0;
    if (sender->rescan_wanted && !sender->is_stopping)
        wait_us = i64_min(wait_us, sender->rescan_us - mono_us);
    if (sender->is_stopping)
        wait_us = i64_min(wait_us, i64_max(sender->stop_until_us - mono_us, US_PER_MS));
    if (sender->round_is_busy)
        return i64_max(wait_us, 0);
    int64_t due_us = sender->is_stopping ? 0 : queue_wake_us(sender->queue, now_us);
    if (due_us)
        wait_us = i64_min(wait_us, due_us - now_us);
    if (sender->ended ||
        ((sender->unblock_wanted || sender->back_us || sender->ahead_us) && !sender->is_stopping))
        wait_us = 0;
    if (!sender->is_stopping)
        wait_us = i64_min(wait_us, sender->forget_us - mono_us);
    if (sender->purge_us && !sender->is_stopping)
        wait_us = i64_min(wait_us, sender->purge_us - mono_us);
    return i64_max(wait_us, i64_max(sender->round_not_before_us - mono_us, 0));
}

static void publish(Sender *sender)
{
    atomic_store_explicit(&sender->counters.in_flight, queue_slots_used(sender->queue), memory_order_relaxed);
    atomic_store_explicit(&sender->counters.webhooks_waiting, queue_count(sender->queue),
                          memory_order_relaxed);
}

void *sender_run(void *arg)
{
    Sender *sender = arg;
    pthread_setname_np(pthread_self(), "webhooks");
    sender->clock_us = time_now_us() - time_monotonic_us();
    while (!is_over(sender)) {
        look_at_clock(sender);
        read_mail(sender);
        look_around(sender);
        go_on_resolving(sender);
        sender_start_round(sender);
        finish_sent(sender);
        publish(sender);
        int wait_ms = (int)((wait_us_of(sender) + US_PER_MS - 1) / US_PER_MS);
        if (wait_ms)
            curl_multi_poll(sender->tools.multi, NULL, 0, wait_ms, NULL);
    }
    return NULL;
}
