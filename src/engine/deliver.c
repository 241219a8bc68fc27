#include "engine/deliver.h"

#include "base/limits.h"

static Status run_state(Command *base, StoreSession *session)
{
    WebhookStateCommand *command = (WebhookStateCommand *)base;
    Status status = store_webhook_get(session, command->account_id, command->webhook_id, base->arena, &command->webhook);
    if (status)
        return status;
    if (command->state == WEBHOOK_PAUSED && command->webhook.state == WEBHOOK_DISABLED)
        return error_set(&base->error, STATUS_CONFLICT, NULL, "This webhook is disabled: it rests already.");
    status = store_webhook_set_state(session, command->account_id, command->webhook_id, command->state, STR_NONE);
    return status ? status
                  : store_webhook_get(session, command->account_id, command->webhook_id, base->arena, &command->webhook);
}

WebhookStateCommand *webhook_state_command_new(Arena *arena)
{
    WebhookStateCommand *command = ARENA_NEW(arena, WebhookStateCommand);
    if (command)
        *command = (WebhookStateCommand){ .base = { .run = run_state, .arena = arena } };
    return command;
}

/* Many would only wait, and nobody could tell why; one goes also while its webhook rests (WH-40). */
static Status check_webhook(ReplayCommand *command, StoreSession *session)
{
    Webhook webhook;
    Status status = store_webhook_get(session, command->range.account_id, command->range.webhook_id,
                                      command->base.arena, &webhook);
    if (!status && webhook.state != WEBHOOK_ACTIVE && command->event_seq == 0)
        return error_set(&command->base.error, STATUS_CONFLICT, NULL, "This webhook is %s. Resume it first.",
                         name_of(webhook_state_names, (int)webhook.state));
    return status;
}

static Status replay_one(ReplayCommand *command, StoreSession *session)
{
    const ReplayRange *range = &command->range;
    Status status = store_delivery_replay(session, range->account_id, range->webhook_id, command->event_seq);
    command->count = status == STATUS_OK;
    if (status == STATUS_CONFLICT)
        return error_set(&command->base.error, status, NULL, "It is being sent right now.");
    return status;
}

static Status replay_range(ReplayCommand *command, StoreSession *session)
{
    int64_t left = 0;
    command->range.most = LIMIT_REPLAY_ROWS;
    Status status = store_delivery_replay_range(session, &command->range, &command->count);
    command->range.most = 1;
    if (!status)
        status = store_delivery_replay_count(session, &command->range, &left);
    command->more = left > 0;
    return status;
}

static Status run_replay(Command *base, StoreSession *session)
{
    ReplayCommand *command = (ReplayCommand *)base;
    command->count = 0;
    command->more = false;
    Status status = check_webhook(command, session);
    if (status)
        return status;
    return command->event_seq ? replay_one(command, session) : replay_range(command, session);
}

ReplayCommand *replay_command_new(Arena *arena)
{
    ReplayCommand *command = ARENA_NEW(arena, ReplayCommand);
    if (command)
        *command = (ReplayCommand){ .base = { .run = run_replay, .arena = arena } };
    return command;
}

static Status run_purge(Command *base, StoreSession *session)
{
    PurgeCommand *command = (PurgeCommand *)base;
    return store_delivery_cancel(session, command->account_id, command->webhook_id, LIMIT_REPLAY_ROWS, &command->count);
}

PurgeCommand *purge_command_new(Arena *arena)
{
    PurgeCommand *command = ARENA_NEW(arena, PurgeCommand);
    if (command)
        *command = (PurgeCommand){ .base = { .run = run_purge, .arena = arena } };
    return command;
}
