/* What people do with deliveries: let a webhook rest or go on, send again. */
#ifndef ENGINE_DELIVER_H
#define ENGINE_DELIVER_H

#include "engine/engine.h"

/* Pauses a webhook or lets it go on. What it waits for is kept meanwhile. Also for one that was disabled. */
typedef struct WebhookStateCommand {
    Command base;
    int64_t account_id, webhook_id;
    WebhookState state; /* in: WEBHOOK_ACTIVE or WEBHOOK_PAUSED */
    Webhook webhook;    /* out */
} WebhookStateCommand;

WebhookStateCommand *webhook_state_command_new(Arena *arena) MUST_USE;

/* Makes one delivery due now, also while its webhook rests, which it does not wake: same id, same bytes, today's secret
 * and URL. */
typedef struct ReplayCommand {
    Command base;
    int64_t account_id, webhook_id, event_seq;
} ReplayCommand;

ReplayCommand *replay_command_new(Arena *arena) MUST_USE;

/* Begins to send many again, which needs a webhook that is active. */
typedef struct StartReplayCommand {
    Command base;
    Replay replay; /* in: what store_replay_count has counted; out: as it was begun */
} StartReplayCommand;

StartReplayCommand *start_replay_command_new(Arena *arena) MUST_USE;

/* Ends it, unless it has ended; what it has sent stays sent. */
typedef struct CancelReplayCommand {
    Command base;
    Replay replay; /* in: account, webhook and id; out: as it ended */
} CancelReplayCommand;

CancelReplayCommand *cancel_replay_command_new(Arena *arena) MUST_USE;

/* Gives up what waits for a webhook, LIMIT_PURGE_ROWS at a time; what is under way ends. */
typedef struct PurgeCommand {
    Command base;
    int64_t account_id, webhook_id;
    int64_t count; /* out; LIMIT_PURGE_ROWS: more may wait */
} PurgeCommand;

PurgeCommand *purge_command_new(Arena *arena) MUST_USE;

#endif
