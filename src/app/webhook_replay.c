/* refmill webhook replay …: sending again, one delivery or many (WH-82). */
#include "app/cli.h"
#include "base/time.h"
#include "engine/deliver.h"

static Status get_time(CliContext *context, const char *option, int64_t *out_us)
{
    Str text = args_get(context->args, option);
    int64_t span_us;
    *out_us = 0;
    if (text.ptr == NULL || time_parse(text, out_us, &span_us))
        return STATUS_OK;
    return error_set(&context->err, STATUS_INVALID, option, "--%s must be a date or a time such as 2026-01-14T09:30:00Z.",
                     option);
}

static void print_replay(CliContext *context, const Replay *replay)
{
    Line line = line_begin(context);
    RateText rate = rate_text(replay->rate);
    line_int(&line, "id", replay->id);
    line_text(&line, "status", str_of(name_of(replay_status_names, (int)replay->status)));
    line_text(&line, "state", str_of(name_of(delivery_state_names, (int)replay->state)));
    line_int(&line, "found", replay->found);
    line_int(&line, "replayed", replay->replayed);
    line_text(&line, "rate_limit", str_of(rate.text));
    line_time_opt(&line, "from", replay->from_us);
    line_time_opt(&line, "to", replay->to_us);
    line_time_opt(&line, "created_at", replay->created_us);
    line_time_opt(&line, "ended_at", replay->ended_us);
    line_end(&line);
}

/* ---- one, or many ------------------------------------------------------ */

const ArgOption webhook_replay_options[] = {
    DB_OPTION,
    WEBHOOK_OPTION,
    { "event", "SEQ", NULL, "this event only, whatever became of it", false, false },
    { "all", NULL, NULL, "or all that were given up, while the server runs: `webhook replays` tells how far that is", false, false },
    { "state", "STATE", "dead", "all that are dead, blocked or delivered", false, false },
    { "from", "TIME", NULL, "of events from this time on", false, false },
    { "to", "TIME", NULL, "of events before this time", false, false },
    { "rate-limit", "RATE", NULL, "so many at most, as in 10/second or 100/minute", false, false },
    { "dry-run", NULL, NULL, "only count them", false, false },
    JSON_OPTION,
};

static Status replay_one(CliContext *context, const Webhook *webhook)
{
    int64_t event_seq;
    Status status = args_get_number(context->args, "event", 1, &event_seq, &context->err);
    if (status)
        return status;
    ReplayCommand *command = replay_command_new(context->arena);
    if (command) {
        command->account_id = webhook->account_id;
        command->webhook_id = webhook->id;
        command->event_seq = event_seq;
    }
    status = run_command(context, command ? &command->base : NULL);
    if (status == STATUS_NOT_FOUND)
        return error_set(&context->err, status, "event", "This webhook has no such delivery.");
    if (!status)
        buf_append(&context->out, context->json ? STR("{\"count\":1}\n") : STR("1\n"));
    return status;
}

static Status read_replay(CliContext *context, const Webhook *webhook, Replay *out_replay)
{
    Error why = { .text = "" };
    Str state = args_get(context->args, "state"), rate = args_get(context->args, "rate-limit");
    *out_replay = (Replay){ .account_id = webhook->account_id, .webhook_id = webhook->id, .state = DELIVERY_DEAD };
    if (state.ptr && !replay_state_find(state, &out_replay->state))
        return error_set(&context->err, STATUS_INVALID, "state", "--state must be dead, blocked or delivered.");
    if (rate.ptr && rate_parse(rate, &out_replay->rate, &why) != STATUS_OK)
        return error_set(&context->err, STATUS_INVALID, "rate-limit", "--rate-limit: %.200s", why.text);
    Status status = get_time(context, "from", &out_replay->from_us);
    return status ? status : get_time(context, "to", &out_replay->to_us);
}

static Status replay_many(CliContext *context, const Webhook *webhook)
{
    Replay replay;
    Status status = read_replay(context, webhook, &replay);
    if (!status)
        status = store_replay_count(context->session, &replay);
    if (!status && !args_has(context->args, "dry-run")) {
        StartReplayCommand *command = start_replay_command_new(context->arena);
        if (command)
            command->replay = replay;
        status = run_command(context, command ? &command->base : NULL);
        if (!status)
            replay = command->replay;
    }
    if (!status)
        print_replay(context, &replay);
    return status;
}

Status webhook_replay(CliContext *context)
{
    Webhook webhook;
    Status status = webhook_of(context, &webhook);
    if (status)
        return status;
    if (args_has(context->args, "event") == args_has(context->args, "all"))
        return error_set(&context->err, STATUS_INVALID, "event", "Say which: --event SEQ, or --all.");
    return args_has(context->args, "all") ? replay_many(context, &webhook) : replay_one(context, &webhook);
}

/* ---- how far ----------------------------------------------------------- */

const ArgOption webhook_replays_options[] = {
    DB_OPTION,
    WEBHOOK_OPTION,
    { "cancel", "REPLAY", NULL, "end this one where it is, and print it", false, false },
    JSON_OPTION,
};

static Status list_replays(CliContext *context, const Webhook *webhook)
{
    ReplayList list;
    Status status = store_replay_list(context->session, webhook->account_id, webhook->id, context->arena, &list);
    for (size_t i = 0; !status && i < list.count; i++)
        print_replay(context, &list.items[i]);
    return status;
}

static Status cancel_replay(CliContext *context, const Webhook *webhook)
{
    int64_t id;
    Status status = args_get_number(context->args, "cancel", 1, &id, &context->err);
    if (status)
        return status;
    CancelReplayCommand *command = cancel_replay_command_new(context->arena);
    if (command)
        command->replay = (Replay){ .account_id = webhook->account_id, .webhook_id = webhook->id, .id = id };
    status = run_command(context, command ? &command->base : NULL);
    if (status == STATUS_NOT_FOUND)
        return error_set(&context->err, status, "cancel", "This webhook has no such replay.");
    if (!status)
        print_replay(context, &command->replay);
    return status;
}

Status webhook_replays(CliContext *context)
{
    Webhook webhook;
    Status status = webhook_of(context, &webhook);
    if (status)
        return status;
    return args_has(context->args, "cancel") ? cancel_replay(context, &webhook) : list_replays(context, &webhook);
}
