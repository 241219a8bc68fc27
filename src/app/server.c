/* The server: puts the parts together, runs until a signal, takes them apart again. */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "api/api.h"
#include "api/docs.h"
#include "api/openapi.h"
#include "app/burners.h"
#include "app/country_db.h"
#include "app/config.h"
#include "app/metrics.h"
#include "base/alloc.h"
#include "base/limits.h"
#include "base/time.h"
#include "domain/host.h"
#include "engine/domains.h"
#include "engine/loop.h"
#include "http/route.h"
#include "web/web.h"
#include "webhook/egress.h"
#include "webhook/sender.h"

enum { DRAIN_MS = 20000, MAX_BACKLOG_COUNTED = 100000 };

typedef struct Server {
    Config config;
    Arena *arena;
    Store *store;
    Engine engine;
    EgressRules rules;
    BurnerList burners;
    Countries countries;
    LinkEpoch link_epoch;
    atomic_flag has_clock; /* the first loop to start has taken it */
    Api *api;
    Sender *sender;
    HttpServer *http;
    int64_t started_us;
} Server;

/* ---- the program's own paths ------------------------------------------- */

static void reply_text(HttpRequest *request, int status, const char *type, Str body)
{
    HttpReply reply = { .status = status, .content_type = type, .body = body };
    http_reply_header(&reply, "Cache-Control", STR("no-store"));
    http_reply(request, &reply);
}

static void reply_ready(HttpRequest *request, LoopContext *context, const Server *server UNUSED)
{
    if (store_ping(context->session) == STATUS_OK)
        reply_text(request, 200, "application/json", STR("{\"status\":\"ok\"}"));
    else
        reply_text(request, 503, "application/json", STR("{\"status\":\"the database can't be read\"}"));
}

static void reply_metrics(HttpRequest *request, LoopContext *context, const Server *server)
{
    MetricsInput input = { .http = http_server_stats(server->http),
                           .store = store_stats(server->store),
                           .sender = sender_stats(server->sender),
                           .started_us = server->started_us };
    if (store_delivery_depths(context->session, MAX_BACKLOG_COUNTED, &input.depths) != STATUS_OK)
        input.depths.waiting = -1;
    Buf buf = buf_in_arena(request->arena, LIMIT_RESPONSE_LEN);
    metrics_write(&buf, &input);
    reply_text(request, 200, "text/plain; version=0.0.4; charset=utf-8", buf_str(&buf));
}

static void reply_health(HttpRequest *request, LoopContext *context UNUSED, const Server *server UNUSED)
{
    reply_text(request, 200, "application/json", STR("{\"status\":\"ok\"}"));
}

/* May a proxy fetch a certificate for this name? */
static void reply_domain(HttpRequest *request, LoopContext *context, const Server *server UNUSED)
{
    Domain domain;
    Str host = http_form_value(request->arena, request->query, "domain");
    Status status = host_check(&host, request->arena, NULL, NULL);
    if (!status)
        status = store_domain_get(context->session, host, request->arena, &domain);
    if (status == STATUS_OK)
        reply_text(request, 200, "application/json", STR("{\"status\":\"ok\"}"));
    else if (status == STATUS_INVALID || status == STATUS_NOT_FOUND)
        reply_text(request, 404, "application/json", STR("{\"status\":\"unknown\"}"));
    else
        reply_text(request, 503, "application/json", STR("{\"status\":\"unavailable\"}"));
}

static void reply_openapi(HttpRequest *request, LoopContext *context, const Server *server UNUSED)
{
    api_get_openapi(request, context);
}

static const struct {
    const char *path;
    void (*reply)(HttpRequest *request, LoopContext *context, const Server *server);
} operator_paths[] = {
    { "/healthz", reply_health },
    { "/healthz/domain", reply_domain },
    { "/readyz", reply_ready },
    { "/metrics", reply_metrics },
    { "/openapi.json", reply_openapi },
};

static bool handle_operator(HttpRequest *request, LoopContext *context, const Server *server)
{
    for (size_t i = 0; i < ARRAY_LEN(operator_paths); i++) {
        if (!str_is(request->path, operator_paths[i].path))
            continue;
        HttpReply refusal = { .status = 405 };
        http_reply_header(&refusal, "Allow", STR("GET, HEAD"));
        if (request->method == HTTP_GET)
            operator_paths[i].reply(request, context, server);
        else
            http_reply(request, &refusal);
        return true;
    }
    return false;
}

static void handle(HttpRequest *request, void *arg)
{
    Server *server = arg;
    LoopContext *context = loop_context(request);
    if (str_starts(request->path, STR("/api/")) || str_starts(request->path, STR("/webhook/")))
        api_handle(server->api, request, context);
    else if (!handle_operator(request, context, server) && !api_get_docs(request))
        web_handle(request, context);
}

/* ---- loops ------------------------------------------------------------- */

/* When it fails it is tried again the next time. */
static void refresh_link_bases(LoopContext *context)
{
    if (link_bases_refresh(context->engine->link_bases, context->session) != STATUS_OK)
        log_warn("domains.unread", log_text("why", STR("the database could not be read")));
}

static void flush_and_look(HttpLoop *loop UNUSED, void *arg)
{
    LoopContext *context = arg;
    clicks_flush(context->clicks);
    watch_look(context->watch);
    refresh_link_bases(context);
}

static void context_free(LoopContext *context)
{
    clock_free(&context->clock);
    watch_free(&context->watch);
    ip_tally_free(&context->forms);
    ip_tally_free(&context->guesses);
    link_cache_free(&context->links);
    clicks_free(&context->clicks);
    loop_sink_free(&context->sink);
    store_session_close(&context->session);
    mem_free(context);
}

/* What by time should have become due could not: it is tried again, and the log tells whose it is. */
static void report_clock(const ClockCommand *command)
{
    log_error("clock.failed", log_int("rows", command->failed), log_int("account_id", command->account_id),
              log_int("reward_id", command->reward_id), log_int("recipient_id", command->recipient_id),
              log_text("why", str_of(status_name(command->reason))));
}

static void tick(HttpLoop *loop UNUSED, void *arg)
{
    clock_tick(((LoopContext *)arg)->clock);
}

/* For the first loop that asks. True when it can't be made. */
static bool take_clock(Server *server, LoopContext *context)
{
    if (context->sink == NULL || context->session == NULL || atomic_flag_test_and_set(&server->has_clock))
        return false;
    context->clock = clock_new(&server->engine, context->session, context->sink, report_clock);
    return context->clock == NULL;
}

static void *loop_start(HttpLoop *loop, void *arg)
{
    Server *server = arg;
    LoopContext *context = mem_alloc(sizeof *context);
    if (context == NULL)
        return NULL;
    context->engine = &server->engine;
    context->sink = loop_sink_new(loop);
    Error err = { 0 };
    if (store_session_open(server->store, &context->session, &err) == STATUS_OK && context->sink) {
        context->clicks = clicks_new(&server->engine, context->sink);
        context->links = link_cache_new(&server->engine, context->session, &server->link_epoch);
        context->watch = watch_new(&server->engine, context->session, context->sink);
        context->guesses = ip_tally_new();
        context->forms = ip_tally_new();
    }
    bool lacks_clock = take_clock(server, context);
    if (context->clicks == NULL || context->links == NULL || context->watch == NULL || context->guesses == NULL ||
        context->forms == NULL || lacks_clock) {
        log_error("loop.start_failed", log_text("why", str_of(err.text)));
        context_free(context);
        return NULL;
    }
    refresh_link_bases(context);
    http_loop_every(loop, CLICKS_FLUSH_MS, flush_and_look, context);
    if (context->clock)
        http_loop_every(loop, CLOCK_TICK_MS, tick, context);
    return context;
}

static void loop_stop(HttpLoop *loop UNUSED, void *state, void *arg)
{
    LoopContext *context = state;
    Server *server = arg;
    clicks_flush(context->clicks);
    loop_sink_drain(context->sink, server->store);
    if (clicks_pending(context->clicks))
        log_warn("clicks.lost", log_text("why", STR("the database could not be written to")));
    context_free(context);
}

/* ---- start and end ----------------------------------------------------- */

static void note_changes(void *arg, const StoreNotes *notes)
{
    if (notes->links)
        link_epoch_raise(arg);
}

static Status check_webhook_url(const void *rules, Str url, Error *err)
{
    return egress_check_url(rules, url, err);
}

static Status start_http(Server *server, Error *err)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    HttpOptions options = { .host = server->config.host,
                            .port = server->config.port,
                            .loops = (int)(server->config.threads ? server->config.threads : i64_max(cores, 1)),
                            .trusted_proxies = server->config.trusted_proxies.items,
                            .trusted_proxy_count = server->config.trusted_proxies.count,
                            .loop_start = loop_start,
                            .loop_stop = loop_stop,
                            .handle = handle,
                            .max_body_len = api_max_body_len,
                            .arg = server };
    return http_server_start(&options, &server->http, err);
}

static Status make_sender(Server *server, Error *err)
{
    SenderOptions options = { .store = server->store,
                              .code_key = server->engine.code_key,
                              .engine = &server->engine,
                              .rules = &server->rules,
                              .ca_file = config_text(server->config.webhook_ca, server->arena),
                              .schedule = server->config.webhook_schedule,
                              .retention = { .attempts_us = server->config.keep_attempts_days * US_PER_DAY,
                                             .events_us = server->config.keep_events_days * US_PER_DAY,
                                             .clicks_us = server->config.keep_clicks_days * US_PER_DAY,
                                             .most_bytes = server->config.keep_size_mb * 1000 * 1000 } };
    return sender_new(&options, &server->sender, err);
}

typedef struct BaseUrlCommand {
    Command base;
    Str url;
} BaseUrlCommand;

static Status run_base_url(Command *base, StoreSession *session)
{
    return store_base_url_put(session, ((const BaseUrlCommand *)base)->url);
}

/* For the command line beside this server: what it causes carries links too. */
static Status leave_base_url(Server *server)
{
    BaseUrlCommand command = { .base = { .run = run_base_url, .arena = server->arena }, .url = server->engine.base_url };
    return store_run(server->store, &command.base);
}

static Status start(Server *server, Error *err)
{
    Config *config = &server->config;
    server->started_us = time_now_us();
    Str base_url = config->base_url;
    if (str_is_empty(base_url))
        base_url = arena_printf(server->arena, str_index(config->host, ':') >= 0 ? "http://[%.*s]:%u" : "http://%.*s:%u",
                                STR_ARG(config->host), config->port);
    Status status = burners_load(config->burner_domains, server->arena, &server->burners, err);
    if (!status)
        status = country_db_load(config->country_db, &server->countries, err);
    if (!status)
        status = store_open_with_key(config->db, config->key, &server->store, err);
    if (status)
        return status;
    server->rules = (EgressRules){ .allowed = config->webhook_allow.items,
                                   .allowed_count = config->webhook_allow.count,
                                   .https_only = config->webhook_https_only,
                                   .own_port = config->port };
    if (!ip_parse(config->host, &server->rules.own_address))
        return error_set(err, STATUS_INVALID, "listen", "--listen needs an address.");
    server->engine = (Engine){ .store = server->store,
                               .base_url = base_url,
                               .link_bases = link_bases_new(&server->link_epoch),
                               .fallback_url = config->fallback_url,
                               .form_wait_us = config->form_seconds * US_PER_SECOND,
                               .code_key = store_code_key(server->store),
                               .check_webhook_url = check_webhook_url,
                               .webhook_rules = &server->rules,
                               .burners = &server->burners,
                               .countries = &server->countries,
                               .probe = sender_probe,
                               .durable_clicks = config->durable_clicks };
    server->api = api_new(config->rate_limit);
    if (server->api == NULL || server->engine.link_bases == NULL || base_url.ptr == NULL)
        return STATUS_NOMEM;
    store_listen(server->store, note_changes, &server->link_epoch);
    status = make_sender(server, err);
    server->engine.sender = server->sender;
    /* The port first: a server that can't have it must not touch what another one has under way. */
    if (!status)
        status = start_http(server, err);
    if (!status)
        status = leave_base_url(server);
    return status ? status : sender_start(server->sender, err);
}

/* Every request taken is answered, every click counted is written, every send under way ends. */
static void stop(Server *server)
{
    sender_end_probes(server->sender); /* their callers wait for receivers, which may hang */
    if (server->http && !http_server_drain(server->http, DRAIN_MS))
        log_warn("stop.unanswered", log_int("grace_ms", DRAIN_MS));
    http_server_free(&server->http);
    sender_stop(&server->sender, DRAIN_MS);
    store_close(&server->store);
    link_bases_free(&server->engine.link_bases);
    countries_free(&server->countries);
    api_free(&server->api);
}

static void write_log(Str line)
{
    /* One write per line, so that lines of several threads don't mix. */
    if (write(STDERR_FILENO, line.ptr, line.len) < 0)
        return;
}

/* Connections are descriptors: take as many as the system lets us. */
static void raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

static int wait_for_signal(const sigset_t *signals)
{
    int number = 0;
    while (sigwait(signals, &number) != 0)
        ;
    return number;
}

int serve_main(const Config *config)
{
    Error err = { 0 };
    Server server = { .config = *config, .arena = arena_new(4 * (size_t)LIMIT_BURNER_LIST_LEN) };
    Status status = server.arena ? STATUS_OK : STATUS_NOMEM;
    log_set_sink(write_log, server.config.log_level);

    /* Blocked before any thread starts, so that only this one takes them. */
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN);
    raise_descriptor_limit();

    if (!status)
        status = start(&server, &err);
    if (!status) {
        log_info("start", log_text("version", STR(REFMILL_VERSION)), log_text("base_url", server.engine.base_url),
                 log_int("port", http_server_port(server.http)));
        int number = wait_for_signal(&signals);
        log_info("stop", log_int("signal", number));
    }
    stop(&server);
    arena_free(&server.arena);
    if (status)
        fprintf(stderr, "refmill: %s\n", err.text[0] ? err.text : status_name(status));
    return status ? 1 : 0;
}
