/* Subscriptions: webhooks that n8n and other receivers register and remove. */
#ifndef ENGINE_SUBSCRIBE_H
#define ENGINE_SUBSCRIBE_H

#include "base/buf.h"
#include "engine/catch_up.h"

/* What of a webhook's pace is set. */
typedef struct PaceChange {
    bool sets_rate, sets_burst, sets_schedule, sets_ordered, sets_ed25519;
    WebhookPace to;
} PaceChange;

/* Registers, or takes over the subscription there is for the same URL, event and reward. Each time the
 * secret is a new one: whoever registers is the one who needs it. One that was removed at another URL can
 * be brought back: whoever registered it has moved. */
typedef struct SubscribeCommand {
    Command base;
    const Engine *engine;
    int64_t expires_in_us; /* 0: never */
    int64_t moved_id;      /* what was removed at the URL before; 0: none */
    CatchUp catch_up;
    Str own_secret;        /* the bytes; { NULL, 0 }: a new one is made */
    PaceChange pace;
    Webhook webhook; /* in: account, url, event, filters, expects_ack, shape; out: as it is now */
    bool created;    /* out */
} SubscribeCommand;

SubscribeCommand *subscribe_command_new(const Engine *engine, Arena *arena) MUST_USE;

/* Changes what a webhook is sent; its URL, event, reward and secret stay. */
typedef struct ResubscribeCommand {
    Command base;
    bool sets_campaign, sets_sources, sets_expects_ack, sets_method, sets_headers, sets_fields;
    CatchUp catch_up;
    Webhook to;      /* what they are set to */
    PaceChange pace;
    Webhook webhook; /* in: account, id; out: the rest */
} ResubscribeCommand;

ResubscribeCommand *resubscribe_command_new(Arena *arena) MUST_USE;

/* Removes by id (with a reward named: only if it is bound to that), or (id 0) what was bound last to the
 * reward. What isn't there any more is no failure. */
typedef struct UnsubscribeCommand {
    Command base;
    int64_t account_id, webhook_id, reward_id;
    bool removed; /* out */
} UnsubscribeCommand;

UnsubscribeCommand *unsubscribe_command_new(Arena *arena) MUST_USE;

/* A new secret for a webhook. The old one signs too for the grace, so that its receiver can change over;
 * with none, only the new one signs from now on. Or, if it `revokes`, no new one: those before it end now. */
typedef struct RotateCommand {
    Command base;
    int64_t account_id, webhook_id, grace_us;
    bool revokes;
    Str own_secret;       /* the new one; { NULL, 0 }: it is made */
    Str secret;           /* out: the bytes; { NULL, 0 } if it revokes */
    int64_t old_until_us; /* out */
} RotateCommand;

RotateCommand *rotate_command_new(Arena *arena) MUST_USE;

/* "whsec_" + base64: a secret as its receiver gets it (Standard Webhooks). */
void webhook_secret_text(Buf *buf, Str secret);

#endif
