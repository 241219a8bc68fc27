#include "app/metrics.h"

#include <stdio.h>
#include <unistd.h>

#include "base/time.h"

static void put(Buf *buf, const char *name, const char *type, const char *help, int64_t value)
{
    buf_printf(buf, "# HELP refmill_%s %s\n# TYPE refmill_%s %s\nrefmill_%s %lld\n", name, help, name, type, name,
               (long long)value);
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

static void put_sender(Buf *buf, const SenderStats *stats)
{
    buf_append(buf, STR("# HELP refmill_webhook_attempts_total Attempts at deliveries that have ended.\n"
                        "# TYPE refmill_webhook_attempts_total counter\n"));
    for (int i = 0; i < OUTCOME_COUNT; i++)
        buf_printf(buf, "refmill_webhook_attempts_total{outcome=\"%s\"} %llu\n", name_of(outcome_names, i),
                   (unsigned long long)stats->attempts[i]);
    put(buf, "webhook_dead_total", "counter", "Deliveries given up.", (int64_t)stats->dead);
    put(buf, "webhook_lease_lost_total", "counter", "Outcomes that came too late to be written down.",
        (int64_t)stats->lease_lost);
    put(buf, "webhook_in_flight", "gauge", "Attempts under way.", (int64_t)stats->in_flight);
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
    put(buf, "deliveries_waiting", "gauge", "Webhook deliveries pending or under way, counted up to 100000.",
        input->waiting_deliveries);
    put_sender(buf, &input->sender);
}
