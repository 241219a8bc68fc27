#include "app/config.h"

#include "app/commands.h"
#include "domain/text.h"

enum {
    MOST_DAYS = 36500,
    MOST_FORM_SECONDS = 60,
    MOST_MB = 100 * 1000 * 1000,
    MOST_THREADS = 256,
};

static const ArgOption options[] = {
    { "db", "PATH", "refmill.db", "the database; made if it isn't there", false, false },
    { "key-file", "FILE", NULL, "the master key of its secrets (default: PATH.key, made with the database)", false, false },
    { "listen", "HOST:PORT", "127.0.0.1:8080", "where to listen", false, false },
    { "base-url", "URL", NULL, "how people reach this server (default: http://HOST:PORT)", false, false },
    { "fallback-url", "URL", NULL, "where links that nobody has lead (default: a page that says so)", false, false },
    CONFIG_WEBHOOK_ALLOW,
    CONFIG_WEBHOOK_CA,
    { "webhook-https-only", NULL, NULL, "webhooks by http:// only to addresses of --webhook-allow", false, false },
    { "webhook-schedule", "SECONDS", SCHEDULE_DEFAULT, "waits between attempts", false, true },
    { "keep-attempts", "DAYS", "30", "how long the log of attempts at deliveries is kept; 0: for ever", false, false },
    { "keep-events", "DAYS", "90", "how long events and their deliveries are kept, at least 5; 0: for ever", false, false },
    { "keep-clicks", "DAYS", "90", "how long single clicks are kept; their counts stay; 0: for ever", false, false },
    { "keep-size", "MB", "0", "how large the database may get: above that what is old goes sooner; 0: no limit", false, false },
    { "clicks", "HOW", "batched", "batched: on disk within a second; durable: before the visitor is answered", false, false },
    { "form-seconds", "N", "2", "forms sent sooner after their page was opened are sent back, as by robots; 0: none", false, false },
    { "rate-limit", "N", "600", "calls per token and minute; 0: no limit", false, false },
    { "burner-domains", "FILE", NULL, "throw-away mail services, a domain a line (default: a built-in list)", false, false },
    { "country-db", "FILE", NULL, "lines \"start,end,CC\": ranges of addresses and their countries, by which clicks are counted", false, false },
    { "trust-proxy", "CIDR", NULL, "proxies whose X-Forwarded-For is believed", false, true },
    { "threads", "N", "0", "threads that serve; 0: one per core", false, false },
    { "log-level", "LEVEL", "info", "debug, info, warn or error", false, false },
    { "config", "FILE", NULL, "read options from a file: lines of name = value", false, false },
    { "print-config", NULL, NULL, "print what is in force and where it comes from, and end", false, false },
};

const ArgSpec serve_spec = { options, ARRAY_LEN(options), NULL };

/* "127.0.0.1:8080", "[::1]:8080" */
static Status read_listen(Str text, Config *config, Error *err)
{
    size_t colon = text.len;
    while (colon > 0 && text.ptr[colon - 1] != ':')
        colon--;
    Str host = { text.ptr, colon ? colon - 1 : 0 };
    if (host.len > 2 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']')
        host = (Str){ host.ptr + 1, host.len - 2 };
    int64_t port;
    IpAddress address;
    if (colon == 0 || !str_to_i64(str_skip(text, colon), &port) || port < 0 || port > 65535 ||
        !(ip_parse(host, &address) || str_is(host, "localhost")))
        return error_set(err, STATUS_INVALID, "listen", "--listen must be an address and a port, e.g. 127.0.0.1:8080.");
    config->host = str_is(host, "localhost") ? STR("127.0.0.1") : host;
    config->port = (uint16_t)port;
    return STATUS_OK;
}

static Status read_base_url(Str text, Config *config, Error *err)
{
    Status status = text_check_url(&text, "base-url", err);
    if (status || str_index(text, '?') >= 0 || str_index(text, '#') >= 0)
        return error_set(err, STATUS_INVALID, "base-url",
                         "--base-url must be a URL such as https://refer.example.com, without a query.");
    while (str_ends(text, STR("/")))
        text.len--;
    config->base_url = text;
    return STATUS_OK;
}

Status config_read_ranges(const char *name, Str text, ConfigRanges *ranges, Error *err)
{
    for (Str rest = text, part; str_cut(&rest, ',', &part);) {
        part = str_trim(part);
        if (str_is_empty(part))
            continue;
        if (ranges->count == MAX_RANGES || !ip_range_parse(part, &ranges->items[ranges->count]))
            return error_set(err, STATUS_INVALID, name, "--%s: \"%.*s\" is no address range such as 10.0.0.0/8.", name,
                             STR_ARG(part));
        ranges->count++;
    }
    return STATUS_OK;
}

const char *config_text(Str value, Arena *arena)
{
    return value.ptr ? arena_str(arena, value).ptr : NULL;
}

static Status read_schedule(Str text, Schedule *schedule, Error *err)
{
    Error why;
    if (text.ptr == NULL || schedule_parse(text, schedule, &why) == STATUS_OK)
        return STATUS_OK;
    return error_set(err, STATUS_INVALID, "webhook-schedule", "--webhook-schedule: %.200s", why.text);
}

/* 0, which is for ever, or from `least` on. */
static Status read_days(const Args *args, const char *name, int64_t least, int64_t *out_days, Error *err)
{
    Status status = args_get_number(args, name, 0, out_days, err);
    if (status || *out_days == 0 || (*out_days >= least && *out_days <= MOST_DAYS))
        return status;
    return error_set(err, STATUS_INVALID, name, "--%s must be from %lld to %d days, or 0 for ever.", name,
                     (long long)i64_max(least, 1), MOST_DAYS);
}

static Status read_clicks(Str text, bool *out_durable, Error *err)
{
    *out_durable = str_is(text, "durable");
    return *out_durable || str_is(text, "batched")
               ? STATUS_OK
               : error_set(err, STATUS_INVALID, "clicks", "--clicks must be batched or durable.");
}

static Status read_form_seconds(const Args *args, int64_t *out_seconds, Error *err)
{
    Status status = args_get_number(args, "form-seconds", 0, out_seconds, err);
    return status || *out_seconds <= MOST_FORM_SECONDS
               ? status
               : error_set(err, STATUS_INVALID, "form-seconds", "--form-seconds must be from 0 to %d.", MOST_FORM_SECONDS);
}

Status config_read(const Args *args, Config *out_config, Error *err)
{
    Config config = { .db = args_get(args, "db"),
                      .key = cli_master_key(args),
                      .burner_domains = args_get(args, "burner-domains"),
                      .country_db = args_get(args, "country-db"),
                      .webhook_ca = args_get(args, "webhook-ca"),
                      .webhook_https_only = args_has(args, "webhook-https-only"),
                      .fallback_url = args_get(args, "fallback-url"),
                      .webhook_schedule = schedule_default };
    Status status = read_listen(args_get(args, "listen"), &config, err);
    if (!status)
        status = read_base_url(args_get(args, "base-url"), &config, err);
    if (!status)
        status = text_check_url(&config.fallback_url, "fallback-url", err);
    if (!status)
        status = config_read_ranges("webhook-allow", args_get(args, "webhook-allow"), &config.webhook_allow, err);
    if (!status)
        status = config_read_ranges("trust-proxy", args_get(args, "trust-proxy"), &config.trusted_proxies, err);
    if (!status)
        status = read_schedule(args_get(args, "webhook-schedule"), &config.webhook_schedule, err);
    if (!status)
        status = read_days(args, "keep-attempts", 0, &config.keep_attempts_days, err);
    if (!status)
        status = read_days(args, "keep-events", RETENTION_LEAST_EVENT_DAYS, &config.keep_events_days, err);
    if (!status)
        status = read_days(args, "keep-clicks", 0, &config.keep_clicks_days, err);
    if (!status)
        status = args_get_number(args, "keep-size", 0, &config.keep_size_mb, err);
    if (!status && config.keep_size_mb > MOST_MB)
        status = error_set(err, STATUS_INVALID, "keep-size", "--keep-size must be %d or less.", MOST_MB);
    if (!status)
        status = read_clicks(args_get(args, "clicks"), &config.durable_clicks, err);
    if (!status)
        status = args_get_number(args, "rate-limit", 0, &config.rate_limit, err);
    if (!status)
        status = read_form_seconds(args, &config.form_seconds, err);
    if (!status)
        status = args_get_number(args, "threads", 0, &config.threads, err);
    if (!status && config.threads > MOST_THREADS)
        status = error_set(err, STATUS_INVALID, "threads", "--threads must be %d or fewer.", MOST_THREADS);
    if (!status && !log_level_from(args_get(args, "log-level"), &config.log_level))
        status = error_set(err, STATUS_INVALID, "log-level", "--log-level must be debug, info, warn or error.");
    *out_config = config;
    return status;
}
