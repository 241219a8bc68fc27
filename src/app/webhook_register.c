/* refmill webhook create and change: what is sent, how, how fast and in which order. */
#include "app/cli.h"
#include "base/limits.h"
#include "domain/schedule.h"
#include "domain/shape.h"
#include "engine/subscribe.h"

#define SHAPE_OPTIONS                                                                                        \
    { "method", "METHOD", NULL, "POST, PUT, PATCH or GET (a query string)", false, false },                  \
    { "header", "NAME:VALUE", NULL, "headers that go along; none: no others than ours", false, ARG_LINES },  \
    { "field", "PATH=NAME", NULL, "only these members of the body, as in referrer.email=invited_by; none: all", false, ARG_LINES }
#define PACE_OPTIONS                                                                                         \
    { "rate-limit", "RATE", NULL, "deliveries at most, as in 10/second or 100/minute, or none", false, false }, \
    { "rate-burst", "N", NULL, "so many of them may go at once; 0: as many as in a second", false, false },  \
    { "schedule", "SECONDS", NULL, "waits between attempts, as in 5,300,1800, or none for the server's", false, false }, \
    { "ordered", "yes|no", NULL, "what is about the same user goes one after the other", false, false },     \
    { "ed25519", "yes|no", NULL, "deliveries are signed with ed25519 (v1a), too", false, false }

/* `out_sets`: the option is there; `out_value` is empty for "none". */
static void get_or_none(const CliContext *context, const char *option, Str *out_value, bool *out_sets)
{
    Str value = args_get(context->args, option);
    *out_sets = value.ptr != NULL;
    *out_value = str_is(value, "none") ? STR_NONE : value;
}

/* ---- shape ------------------------------------------------------------- */

static Status add_header(Buf *lines, Str text, Error *err)
{
    Str name;
    str_cut(&text, ':', &name);
    return shape_add_header(lines, name, str_trim(text), err);
}

static Status add_field(Buf *lines, Str text, Error *err)
{
    Str path;
    bool is_renamed = memchr(text.ptr, '=', text.len) != NULL;
    str_cut(&text, '=', &path);
    return shape_add_field(lines, path, is_renamed ? text : STR_NONE, err);
}

/* Takes an option's values one by one. */
static Status read_lines(CliContext *context, const char *option, size_t room,
                         Status (*add)(Buf *lines, Str text, Error *err), Str *out_lines, bool *out_sets)
{
    Str rest, line;
    Error why = { .text = "" };
    Buf lines = buf_in_arena(context->arena, room);
    Status status = STATUS_OK;
    get_or_none(context, option, &rest, out_sets);
    bool has_some = rest.ptr != NULL;
    while (!status && str_cut(&rest, '\n', &line))
        status = add(&lines, line, &why);
    *out_lines = has_some ? buf_str(&lines) : STR_NONE;
    return status == STATUS_INVALID ? error_set(&context->err, status, option, "--%s: %.200s", option, why.text) : status;
}

static Status read_shape(CliContext *context, ResubscribeCommand *change)
{
    int method = WEBHOOK_POST;
    Str name = args_get(context->args, "method");
    change->sets_method = name.ptr != NULL;
    if (name.ptr && !name_find(webhook_method_names, name, &method))
        return error_set(&context->err, STATUS_INVALID, "method", "--method must be POST, PUT, PATCH or GET.");
    change->to.method = (WebhookMethod)method;
    Status status = read_lines(context, "header", shape_headers_room(), add_header, &change->to.headers,
                               &change->sets_headers);
    return status ? status
                  : read_lines(context, "field", shape_fields_room(), add_field, &change->to.fields, &change->sets_fields);
}

/* ---- pace -------------------------------------------------------------- */

/* `out_sets`: the option is there. */
static Status read_yes_no(CliContext *context, const char *option, bool *out_value, bool *out_sets)
{
    Str text = args_get(context->args, option);
    *out_sets = text.ptr != NULL;
    *out_value = str_is(text, "yes");
    return !*out_sets || *out_value || str_is(text, "no")
               ? STATUS_OK
               : error_set(&context->err, STATUS_INVALID, option, "--%s must be yes or no.", option);
}

static Status read_pace(CliContext *context, PaceChange *out_change)
{
    Error why = { .text = "" };
    Schedule schedule;
    Str rate;
    *out_change = (PaceChange){ .sets_burst = args_has(context->args, "rate-burst") };
    get_or_none(context, "rate-limit", &rate, &out_change->sets_rate);
    get_or_none(context, "schedule", &out_change->to.schedule, &out_change->sets_schedule);
    if (rate.ptr && rate_parse(rate, &out_change->to.rate, &why) != STATUS_OK)
        return error_set(&context->err, STATUS_INVALID, "rate-limit", "--rate-limit: %.200s", why.text);
    if (out_change->to.schedule.ptr && schedule_parse(out_change->to.schedule, &schedule, &why) != STATUS_OK)
        return error_set(&context->err, STATUS_INVALID, "schedule", "--schedule: %.200s", why.text);
    Status status = read_yes_no(context, "ordered", &out_change->to.ordered, &out_change->sets_ordered);
    if (!status)
        status = read_yes_no(context, "ed25519", &out_change->to.ed25519, &out_change->sets_ed25519);
    if (status || !out_change->sets_burst)
        return status;
    status = args_get_number(context->args, "rate-burst", 0, &out_change->to.rate.burst, &context->err);
    return status || out_change->to.rate.burst <= LIMIT_RATE
               ? status
               : error_set(&context->err, STATUS_INVALID, "rate-burst", "--rate-burst must be %d at most.", LIMIT_RATE);
}

/* ---- create ------------------------------------------------------------ */

const ArgOption webhook_create_options[] = {
    DB_OPTION,
    { "url", "URL", NULL, "where events are sent", true, false },
    { "event", "EVENT", NULL, "user.join, user.qualified, reward_issued, login.requested or webhook.trouble", true, false },
    { "campaign", "ID", NULL, "only events of this campaign", false, false },
    { "reward", "ID", NULL, "reward_issued: only this reward", false, false },
    { "sources", "SOURCE", NULL, "user.join: only users of these sources", false, true },
    { "expects-ack", NULL, NULL, "only an answer with \"received\": true counts as delivered", false, false },
    SHAPE_OPTIONS,
    PACE_OPTIONS,
    JSON_OPTION,
};

static Status read_sources(CliContext *context, uint32_t *out_set)
{
    Str rest = args_get(context->args, "sources"), name;
    *out_set = 0;
    while (str_cut(&rest, ',', &name)) {
        int source;
        if (!name_find(user_source_names, str_trim(name), &source))
            return error_set(&context->err, STATUS_INVALID, "sources", "--sources: there is no source %.*s.", STR_ARG(name));
        *out_set |= 1u << source;
    }
    return STATUS_OK;
}

static Status read_target(CliContext *context, Webhook *webhook)
{
    int event;
    const Args *args = context->args;
    webhook->account_id = STORE_FIRST_ACCOUNT;
    webhook->url = args_get(args, "url");
    webhook->expects_ack = args_has(args, "expects-ack");
    if (!name_find(event_type_names, args_get(args, "event"), &event))
        return error_set(&context->err, STATUS_INVALID, "event",
                         "--event must be user.join, user.qualified, reward_issued, login.requested or webhook.trouble.");
    webhook->event = (EventType)event;
    Status status = read_sources(context, &webhook->sources);
    if (!status && args_has(args, "campaign"))
        status = args_get_number(args, "campaign", 1, &webhook->campaign_id, &context->err);
    if (!status && args_has(args, "reward"))
        status = args_get_number(args, "reward", 1, &webhook->reward_id, &context->err);
    webhook->sources = event == EVENT_USER_JOIN ? webhook->sources : 0;
    webhook->reward_id = event == EVENT_REWARD_ISSUED ? webhook->reward_id : 0;
    return status;
}

/* Like the call: the same URL, event and reward again is the same webhook with a new secret, which
 * `webhook secret` tells. */
Status webhook_create(CliContext *context)
{
    ResubscribeCommand shape = { 0 };
    SubscribeCommand *command = subscribe_command_new(&context->engine, context->arena);
    if (command == NULL)
        return STATUS_NOMEM;
    Status status = read_shape(context, &shape);
    command->webhook = shape.to;
    if (!status)
        status = read_target(context, &command->webhook);
    if (!status)
        status = read_pace(context, &command->pace);
    if (!status)
        status = run_command(context, &command->base);
    if (!status)
        print_id(context, command->webhook.id);
    return status;
}

/* ---- change ------------------------------------------------------------ */

const ArgOption webhook_change_options[] = {
    DB_OPTION, WEBHOOK_OPTION, SHAPE_OPTIONS, PACE_OPTIONS, JSON_OPTION,
};

/* What lines begin with, or all of them, with commas between. Headers' values may be passwords. */
static Str list_of(CliContext *context, Str lines, bool only_names)
{
    Str line, name;
    Buf list = buf_in_arena(context->arena, shape_fields_room() + shape_headers_room());
    while (str_cut(&lines, '\n', &line)) {
        Str rest = line;
        str_cut(&rest, ':', &name);
        buf_append(&list, list.len ? STR(",") : STR(""));
        buf_append(&list, only_names ? name : line);
    }
    return buf_str(&list);
}

static void print_webhook(CliContext *context, const Webhook *webhook)
{
    const WebhookPace *pace = &webhook->pace;
    RateText rate = rate_text(pace->rate);
    Line line = line_begin(context);
    line_int(&line, "id", webhook->id);
    line_text(&line, "rate_limit", str_of(rate.text));
    line_int(&line, "rate_burst", pace->rate.burst);
    line_text(&line, "schedule", pace->schedule);
    line_text(&line, "ordered", pace->ordered ? STR("yes") : STR("no"));
    line_text(&line, "ed25519", pace->ed25519 ? STR("yes") : STR("no"));
    line_text(&line, "method", str_of(name_of(webhook_method_names, (int)webhook->method)));
    line_text(&line, "headers", list_of(context, webhook->headers, true));
    line_text(&line, "fields", list_of(context, webhook->fields, false));
    line_end(&line);
}

Status webhook_change(CliContext *context)
{
    Webhook webhook;
    ResubscribeCommand *command = resubscribe_command_new(context->arena);
    if (command == NULL)
        return STATUS_NOMEM;
    Status status = webhook_of(context, &webhook);
    if (!status)
        status = read_shape(context, command);
    if (status)
        return status;
    command->webhook = (Webhook){ .account_id = webhook.account_id, .id = webhook.id };
    status = read_pace(context, &command->pace);
    if (!status)
        status = run_command(context, &command->base);
    if (!status)
        print_webhook(context, &command->webhook);
    return status;
}
