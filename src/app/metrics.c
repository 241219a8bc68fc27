#include "app/metrics.h"

#include <stdio.h>
#include <unistd.h>

#include "base/time.h"

static void put_head(Buf *buf, const char *name, const char *type, const char *help)
{
    buf_printf(buf, "# HELP refmill_%s %s\n# TYPE refmill_%s %s\n", name, help, name, type);
}

static void put(Buf *buf, const char *name, const char *type, const char *help, int64_t value)
{
    put_head(buf, name, type, help);
    buf_printf(buf, "refmill_%s %lld\n", name, (long long)value);
}

static int64_t resident_bytes(void)
{
    long long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file == NULL)
        return 0;
    if (fscanf(file, "%*s %lld", &pages) != 1)
        pages = 0;
    fclose(file);
    return pages * sysconf(_SC_PAGESIZE);
}

static void put_durations(Buf *buf, const SenderStats *stats)
{
    uint64_t count = 0;
    put_head(buf, "webhook_attempt_duration_seconds", "histogram", "How long attempts took.");
    for (size_t i = 0; i < SENDER_DURATIONS; i++) {
        count += stats->durations[i];
        buf_printf(buf, "refmill_webhook_attempt_duration_seconds_bucket{le=\"%g\"} %llu\n",
                   (double)sender_durations_us[i] / US_PER_SECOND, (unsigned long long)count);
    }
    count += stats->durations[SENDER_DURATIONS];
    buf_printf(buf,
               "refmill_webhook_attempt_duration_seconds_bucket{le=\"+Inf\"} %llu\n"
               "refmill_webhook_attempt_duration_seconds_sum %g\nrefmill_webhook_attempt_duration_seconds_count %llu\n",
               (unsigned long long)count, (double)stats->duration_us / US_PER_SECOND, (unsigned long long)count);
}

/* What is leased is what the sender holds: the database has no index that tells it from the rest that waits. */
static void put_depths(Buf *buf, const DeliveryDepths *depths, int64_t leased)
{
    const struct {
        DeliveryState state;
        int64_t count;
    } all[] = { { DELIVERY_PENDING, i64_max(0, depths->waiting - depths->paused - leased) }, { DELIVERY_LEASED, leased },
                { DELIVERY_PAUSED, depths->paused }, { DELIVERY_HELD, depths->held },
                { DELIVERY_BLOCKED, depths->blocked }, { DELIVERY_DEAD, depths->dead } };
    if (depths->waiting < 0)
        return;
    put_head(buf, "webhook_queue_depth", "gauge", "Deliveries that are not settled or were given up, counted up to 100000 each.");
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        buf_printf(buf, "refmill_webhook_queue_depth{state=\"%s\"} %lld\n", name_of(delivery_state_names, (int)all[i].state),
                   (long long)all[i].count);
    put_head(buf, "webhook_endpoints", "gauge", "Webhooks.");
    for (int i = 0; i < WEBHOOK_STATE_COUNT; i++)
        buf_printf(buf, "refmill_webhook_endpoints{state=\"%s\"} %lld\n", name_of(webhook_state_names, i),
                   (long long)depths->webhooks[i]);
    int64_t age_us = depths->oldest_due_us ? i64_max(0, time_now_us() - depths->oldest_due_us) : 0;
    put(buf, "webhook_oldest_due_age_seconds", "gauge", "For how long the delivery due longest has waited.", age_us / US_PER_SECOND);
}

static void put_sender(Buf *buf, const SenderStats *stats)
{
    put_head(buf, "webhook_attempts_total", "counter", "Attempts at deliveries that have ended.");
    for (int i = 0; i < OUTCOME_COUNT; i++)
        buf_printf(buf, "refmill_webhook_attempts_total{outcome=\"%s\",class=\"%s\"} %llu\n",
                   name_of(outcome_kind_names, (int)outcome_kind((Outcome)i)), name_of(outcome_names, i),
                   (unsigned long long)stats->attempts[i]);
    put_durations(buf, stats);
    put(buf, "webhook_dead_total", "counter", "Deliveries given up.", (int64_t)stats->dead);
    put(buf, "webhook_lease_lost_total", "counter", "Outcomes that came too late to be written down.",
        (int64_t)stats->lease_lost);
    put(buf, "webhook_breaker_open", "gauge", "Webhooks that get one delivery at a time, since their receivers fail.",
        (int64_t)stats->breaker_open);
    put(buf, "webhooks_waiting", "gauge", "Webhooks with something due or under way.",
        (int64_t)stats->webhooks_waiting);
}

void metrics_write(Buf *buf, const MetricsInput *input)
{
    buf_append(buf, STR("# HELP refmill_build_info The version that runs.\n# TYPE refmill_build_info gauge\n"
                        "refmill_build_info{version=\"" REFMILL_VERSION "\"} 1\n"));
    put(buf, "uptime_seconds", "gauge", "Seconds since the start.",
        (time_now_us() - input->started_us) / US_PER_SECOND);
    put(buf, "resident_memory_bytes", "gauge", "Resident memory.", resident_bytes());
    put(buf, "http_requests_total", "counter", "Requests taken.", (int64_t)input->http.requests);
    put(buf, "http_refused_total", "counter", "Requests refused for their form, size, slowness or number.",
        (int64_t)input->http.refused);
    put(buf, "http_connections", "gauge", "Connections open.", (int64_t)input->http.connections);
    put(buf, "http_in_flight", "gauge", "Requests taken and not answered yet.", (int64_t)input->http.in_flight);
    put(buf, "commands_total", "counter", "Writes run.", (int64_t)input->store.commands);
    put(buf, "commands_failed_total", "counter", "Writes that failed or were refused by a rule.",
        (int64_t)input->store.failed_commands);
    put(buf, "commits_total", "counter", "Transactions: writes share them.", (int64_t)input->store.batches);
    put(buf, "commands_queued", "gauge", "Writes that wait.", (int64_t)input->store.queued);
    put(buf, "webhook_replay_total", "counter", "Deliveries that were asked for once more.", (int64_t)input->store.replays);
    put_depths(buf, &input->depths, (int64_t)input->sender.in_flight);
    put_sender(buf, &input->sender);
}
