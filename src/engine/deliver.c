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

static Status run_replay(Command *base, StoreSession *session)
{
    ReplayCommand *command = (ReplayCommand *)base;
    Webhook webhook;
    Status status = store_webhook_get(session, command->account_id, command->webhook_id, base->arena, &webhook);
    if (!status)
        status = store_delivery_replay(session, command->account_id, command->webhook_id, command->event_seq,
                                       &base->error);
    return status;
}

ReplayCommand *replay_command_new(Arena *arena)
{
    ReplayCommand *command = ARENA_NEW(arena, ReplayCommand);
    if (command)
        *command = (ReplayCommand){ .base = { .run = run_replay, .arena = arena } };
    return command;
}

/* Many would only wait, and nobody could tell why; one goes also while its webhook rests (WH-40). */
static Status run_start_replay(Command *base, StoreSession *session)
{
    Replay *replay = &((StartReplayCommand *)base)->replay;
    Webhook webhook;
    Status status = store_webhook_get(session, replay->account_id, replay->webhook_id, base->arena, &webhook);
    if (!status && webhook.state != WEBHOOK_ACTIVE)
        return error_set(&base->error, STATUS_CONFLICT, NULL, "This webhook is %s. Resume it first.",
                         name_of(webhook_state_names, (int)webhook.state));
    if (!status)
        status = store_replay_insert(session, replay);
    return status == STATUS_CONFLICT ? error_set(&base->error, status, NULL,
                                                 "A replay of this webhook is running. Wait for its end, or cancel it.")
                                     : status;
}

StartReplayCommand *start_replay_command_new(Arena *arena)
{
    StartReplayCommand *command = ARENA_NEW(arena, StartReplayCommand);
    if (command)
        *command = (StartReplayCommand){ .base = { .run = run_start_replay, .arena = arena } };
    return command;
}

static Status run_cancel_replay(Command *base, StoreSession *session)
{
    Replay *replay = &((CancelReplayCommand *)base)->replay;
    Status status = store_replay_cancel(session, replay->account_id, replay->webhook_id, replay->id);
    return status ? status : store_replay_get(session, replay->account_id, replay->webhook_id, replay->id, replay);
}

CancelReplayCommand *cancel_replay_command_new(Arena *arena)
{
    CancelReplayCommand *command = ARENA_NEW(arena, CancelReplayCommand);
    if (command)
        *command = (CancelReplayCommand){ .base = { .run = run_cancel_replay, .arena = arena } };
    return command;
}

static Status run_purge(Command *base, StoreSession *session)
{
    PurgeCommand *command = (PurgeCommand *)base;
    return store_delivery_cancel(session, command->account_id, command->webhook_id, LIMIT_PURGE_ROWS, &command->count);
}

PurgeCommand *purge_command_new(Arena *arena)
{
    PurgeCommand *command = ARENA_NEW(arena, PurgeCommand);
    if (command)
        *command = (PurgeCommand){ .base = { .run = run_purge, .arena = arena } };
    return command;
}
