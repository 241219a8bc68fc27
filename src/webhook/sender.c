#include "webhook/sender.h"

#include <openssl/pem.h>

#include "base/alloc.h"
#include "base/time.h"
#include "webhook/hash.h"
#include "webhook/sender_internal.h"

#define ATTEMPT_LIMIT_US (30 * US_PER_SECOND)
#define FIRST_FORGET_US US_PER_SECOND /* a start has other things to do */
#define REMOVAL_GRACE_US (10 * US_PER_SECOND)
#define NAME_KEPT_US (30 * US_PER_SECOND)
/* Above what an attempt can last: resolving, the request, and the wait for its settlement. */
#define LEASE_MARGIN_US (20 * US_PER_SECOND)

enum {
    MAX_SCRATCH_LEN = 64 * 1024 * 1024, /* a line per webhook with something due */
    KEPT_CONNECTIONS = 1024,
};

const int64_t sender_durations_us[SENDER_DURATIONS] = { 10000, 50000, 100000, 500000, 1000000, 5000000, 15000000, 30000000 };

/* On the writer's thread. */
static void finish_round(CommandSink *sink, Command *chain UNUSED)
{
    mailbox_round_done(&((Sender *)sink)->mailbox);
}

static void set_defaults(SenderOptions *options)
{
    if (options->schedule.count == 0)
        options->schedule = schedule_default;
    if (options->max_in_flight == 0 || options->max_in_flight > SENDER_MAX_IN_FLIGHT)
        options->max_in_flight = SENDER_MAX_IN_FLIGHT;
    if (options->max_per_origin == 0)
        options->max_per_origin = SENDER_MAX_PER_ORIGIN;
    if (options->attempt_limit_us == 0)
        options->attempt_limit_us = ATTEMPT_LIMIT_US;
    if (options->removal_grace_us == 0)
        options->removal_grace_us = REMOVAL_GRACE_US;
    if (options->lookup == NULL)
        options->lookup = resolver_system_lookup;
}

/* Else every delivery would fail, and nobody could tell why. */
static Status check_authorities(const char *path, Error *err)
{
    if (path == NULL)
        return STATUS_OK;
    BIO *file = BIO_new_file(path, "r");
    X509 *first = file ? PEM_read_bio_X509(file, NULL, NULL, NULL) : NULL;
    bool is_good = first != NULL;
    X509_free(first);
    BIO_free(file);
    return is_good ? STATUS_OK
                   : error_set(err, STATUS_INVALID, "webhook-ca", "--webhook-ca: %.200s has no certificate in it (PEM).",
                               path);
}

static Status open_tools(Sender *sender)
{
    const SenderOptions *options = &sender->options;
    AttemptTools *tools = &sender->tools;
    *tools = (AttemptTools){ .rules = options->rules,
                             .code_key = options->code_key,
                             .ca_file = options->ca_file,
                             .limit_us = options->attempt_limit_us };
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return STATUS_INTERNAL;
    tools->multi = curl_multi_init();
    if (tools->multi == NULL ||
        curl_multi_setopt(tools->multi, CURLMOPT_MAXCONNECTS, (long)KEPT_CONNECTIONS) != CURLM_OK)
        return STATUS_NOMEM;
    Status status = mailbox_init(&sender->mailbox, tools->multi);
    ResolverOptions resolver = { .lookup = options->lookup,
                                 .lookup_arg = options->lookup_arg,
                                 .wake = mailbox_wake,
                                 .wake_arg = &sender->mailbox,
                                 .keep_us = NAME_KEPT_US };
    if (!status)
        status = resolver_new(&resolver, &tools->resolver);
    return status ? status : signer_new(&tools->signer);
}

/* Those that hang leave a place to those not known yet, and both leave all of theirs to the prompt. */
static QueueLimits queue_limits(const SenderOptions *options)
{
    size_t most = options->max_in_flight;
    return (QueueLimits){ .slots = sender_slots(options),
                          .slots_of = { [QUEUE_PROMPT] = most,
                                        [QUEUE_UNKNOWN] = size_max(most / 2, 1),
                                        [QUEUE_SLOW] = size_max(most / 4, 1) },
                          .per_origin = options->max_per_origin,
                          .per_new_origin = size_min(SENDER_PER_NEW_ORIGIN, options->max_per_origin) };
}

static Status open_parts(Sender *sender, Error *err)
{
    const SenderOptions *options = &sender->options;
    QueueLimits limits = queue_limits(options);
    Status status = open_tools(sender);
    if (!status)
        status = queue_new(&limits, &sender->queue);
    if (!status)
        status = round_new(limits.slots, options->attempt_limit_us + LEASE_MARGIN_US, &sender->sink, &sender->round);
    if (!status)
        sender->round->engine = options->engine;
    sender->scratch = arena_new(MAX_SCRATCH_LEN);
    if (!status && sender->scratch == NULL)
        status = STATUS_NOMEM;
    return status ? status : store_session_open(options->store, &sender->session, err);
}

static void free_attempts(Attempt **list)
{
    Attempt *attempt, *next;
    DL_FOREACH_SAFE(*list, attempt, next)
    {
        DL_DELETE(*list, attempt);
        attempt_free(&attempt);
    }
}

static void free_sender(Sender *sender)
{
    resolver_free(&sender->tools.resolver); /* first: it wakes the mailbox */
    free_attempts(&sender->idle);
    free_attempts(&sender->ended);
    queue_free(&sender->queue);
    round_free(&sender->round);
    store_session_close(&sender->session);
    arena_free(&sender->scratch);
    signer_free(&sender->tools.signer);
    mailbox_destroy(&sender->mailbox);
    curl_multi_cleanup(sender->tools.multi);
    mem_free(sender);
}

Status sender_new(const SenderOptions *options, Sender **out_sender, Error *err)
{
    *out_sender = NULL;
    Status status = check_authorities(options->ca_file, err);
    if (status)
        return status;
    Sender *sender = mem_alloc(sizeof *sender);
    if (sender == NULL)
        return STATUS_NOMEM;
    sender->options = *options;
    sender->sink.finish = finish_round;
    set_defaults(&sender->options);
    sender->unblock_wanted = sender->rescan_wanted = !options->only_probes;
    sender->purge_us = options->only_probes ? 0 : time_monotonic_us();
    sender->forget_us = options->only_probes ? INT64_MAX : sender->purge_us + FIRST_FORGET_US;
    status = open_parts(sender, err);
    if (status) {
        free_sender(sender);
        return error_set(err, status, NULL, "The sender of webhooks can't start (%s).", status_name(status));
    }
    if (!options->only_probes)
        store_listen(options->store, mailbox_note_changes, &sender->mailbox);
    *out_sender = sender;
    return STATUS_OK;
}

Status sender_start(Sender *sender, Error *err)
{
    sender->has_thread = pthread_create(&sender->thread, NULL, sender_run, sender) == 0;
    return sender->has_thread
               ? STATUS_OK
               : error_set(err, STATUS_UNAVAILABLE, NULL, "The sender of webhooks gets no thread.");
}

Status sender_probe(void *sender, Command *probe)
{
    return mailbox_probe(&((Sender *)sender)->mailbox, probe);
}

void sender_end_probes(Sender *sender)
{
    if (sender && sender->has_thread)
        mailbox_end_probes(&sender->mailbox);
}

void sender_stop(Sender **sender, int64_t grace_ms)
{
    if (*sender == NULL)
        return;
    if ((*sender)->has_thread) {
        mailbox_stop(&(*sender)->mailbox, grace_ms * US_PER_MS);
        pthread_join((*sender)->thread, NULL);
    }
    free_sender(*sender);
    *sender = NULL;
}

static uint64_t load(const _Atomic uint64_t *counter)
{
    return atomic_load_explicit((_Atomic uint64_t *)(uintptr_t)counter, memory_order_relaxed);
}

SenderStats sender_stats(const Sender *sender)
{
    SenderStats stats = { .dead = 0 };
    if (sender == NULL)
        return stats;
    for (size_t i = 0; i < OUTCOME_COUNT; i++)
        stats.attempts[i] = load(&sender->counters.attempts[i]);
    for (size_t i = 0; i <= SENDER_DURATIONS; i++)
        stats.durations[i] = load(&sender->counters.durations[i]);
    stats.duration_us = load(&sender->counters.duration_us);
    stats.breaker_open = load(&sender->counters.breaker_open);
    stats.dead = load(&sender->counters.dead);
    stats.lease_lost = load(&sender->counters.lease_lost);
    stats.in_flight = load(&sender->counters.in_flight);
    stats.webhooks_waiting = load(&sender->counters.webhooks_waiting);
    return stats;
}
