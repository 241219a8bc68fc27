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

/* Makes one delivery due now, or up to LIMIT_REPLAY_ROWS of those in a range: same id, same bytes, today's
 * secret and URL. One goes also while its webhook rests, which it does not wake; many need one that is active. */
typedef struct ReplayCommand {
    Command base;
    ReplayRange range; /* account and webhook; the rest when event_seq is 0 */
    int64_t event_seq;
    int64_t count; /* out */
    bool more;     /* out: others of the range are left */
} ReplayCommand;

ReplayCommand *replay_command_new(Arena *arena) MUST_USE;

/* Gives up what waits for a webhook, LIMIT_REPLAY_ROWS at a time; what is under way ends. */
typedef struct PurgeCommand {
    Command base;
    int64_t account_id, webhook_id;
    int64_t count; /* out; LIMIT_REPLAY_ROWS: more may wait */
} PurgeCommand;

PurgeCommand *purge_command_new(Arena *arena) MUST_USE;

#endif
