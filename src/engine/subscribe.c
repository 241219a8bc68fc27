#include "engine/subscribe.h"

#include "base/limits.h"
#include "base/sign_secret.h"
#include "base/time.h"
#include "domain/text.h"

/* n8n answers a registration's first deliveries before it has stored the secret: from some 100 ms on
 * it has. */
#define FIRST_DELIVERY_HOLD_US (2 * US_PER_SECOND)

static Status check_campaign(const Webhook *webhook, StoreSession *session, Command *base)
{
    Campaign campaign;
    if (webhook->campaign_id == 0)
        return STATUS_OK;
    Status status = store_campaign_get(session, webhook->account_id, webhook->campaign_id, base->arena, &campaign);
    if (status == STATUS_NOT_FOUND)
        return error_set(&base->error, STATUS_INVALID, "campaign_id", "No campaign has the id %lld.",
                         (long long)webhook->campaign_id);
    return status;
}

static Status check_target(SubscribeCommand *command, StoreSession *session)
{
    Webhook *webhook = &command->webhook;
    Error *err = &command->base.error;
    Status status = text_check_url(&webhook->url, "url", err);
    if (!status && str_is_empty(webhook->url))
        return error_set(err, STATUS_INVALID, "url", "The URL to deliver to is needed.");
    if (!status && command->engine->check_webhook_url)
        status = command->engine->check_webhook_url(command->engine->webhook_rules, webhook->url, err);
    if (status)
        return status;
    status = check_campaign(webhook, session, &command->base);
    if (!status && webhook->reward_id) {
        Reward reward;
        status = store_reward_get(session, webhook->account_id, webhook->reward_id, command->base.arena, &reward);
        if (status == STATUS_NOT_FOUND)
            return error_set(err, status, "reward_id", "No reward has the id %lld.", (long long)webhook->reward_id);
    }
    return status;
}

/* Every event looks at each of them. */
static Status check_count(SubscribeCommand *command, StoreSession *session)
{
    int64_t count = 0;
    Status status = store_webhook_count(session, command->webhook.account_id, &count);
    if (!status && count > LIMIT_WEBHOOKS)
        return error_set(&command->base.error, STATUS_INVALID, NULL,
                         "There are %d webhooks already, as many as an account can have. Remove some first.",
                         LIMIT_WEBHOOKS);
    return status;
}

static Str new_secret(Arena *arena)
{
    SignSecret secret = sign_secret_new();
    return arena_str(arena, sign_secret_bytes(&secret));
}

static Status change_pace(StoreSession *session, const PaceChange *change, Webhook *webhook)
{
    WebhookPace *pace = &webhook->pace;
    if (change->sets_rate) {
        pace->rate.count = change->to.rate.count;
        pace->rate.per_us = change->to.rate.per_us;
    }
    if (change->sets_burst)
        pace->rate.burst = change->to.rate.burst;
    if (change->sets_schedule)
        pace->schedule = change->to.schedule;
    if (change->sets_ordered)
        pace->ordered = change->to.ordered;
    if (change->sets_ed25519)
        pace->ed25519 = change->to.ed25519;
    bool changes = change->sets_rate || change->sets_burst || change->sets_schedule || change->sets_ordered ||
                   change->sets_ed25519;
    return changes ? store_webhook_set_pace(session, webhook) : STATUS_OK;
}

static Status run_subscribe(Command *base, StoreSession *session)
{
    SubscribeCommand *command = (SubscribeCommand *)base;
    Status status = check_target(command, session);
    if (status)
        return status;
    command->webhook.secret = command->own_secret.ptr ? command->own_secret : new_secret(base->arena);
    if (command->webhook.secret.ptr == NULL)
        return STATUS_NOMEM;
    int64_t now_us = store_now_us(session);
    command->webhook.not_before_us = now_us + FIRST_DELIVERY_HOLD_US;
    command->webhook.expires_us = command->expires_in_us ? now_us + command->expires_in_us : 0;
    if (command->moved_id)
        status = store_webhook_move(session, command->moved_id, &command->webhook);
    if (!status)
        status = store_webhook_upsert(session, &command->webhook, &command->created);
    if (!status)
        status = check_count(command, session);
    if (!status) /* one that was there has its pace already */
        status = store_webhook_get(session, command->webhook.account_id, command->webhook.id, base->arena,
                                   &command->webhook);
    if (!status)
        status = change_pace(session, &command->pace, &command->webhook);
    return status ? status : catch_up(&command->catch_up, &command->webhook, session, base->arena);
}

SubscribeCommand *subscribe_command_new(const Engine *engine, Arena *arena)
{
    SubscribeCommand *command = ARENA_NEW(arena, SubscribeCommand);
    if (command)
        *command = (SubscribeCommand){ .base = { .run = run_subscribe, .arena = arena }, .engine = engine };
    return command;
}

static Status run_resubscribe(Command *base, StoreSession *session)
{
    ResubscribeCommand *command = (ResubscribeCommand *)base;
    Webhook *webhook = &command->webhook;
    Status status = store_webhook_get(session, webhook->account_id, webhook->id, base->arena, webhook);
    if (status)
        return status;
    if (command->sets_campaign)
        webhook->campaign_id = command->to.campaign_id;
    if (command->sets_sources)
        webhook->sources = webhook->event == EVENT_USER_JOIN ? command->to.sources : 0;
    if (command->sets_expects_ack)
        webhook->expects_ack = command->to.expects_ack;
    if (command->sets_method)
        webhook->method = command->to.method;
    if (command->sets_headers)
        webhook->headers = command->to.headers;
    if (command->sets_fields)
        webhook->fields = command->to.fields;
    status = check_campaign(webhook, session, base);
    if (!status)
        status = store_webhook_change(session, webhook);
    if (!status)
        status = change_pace(session, &command->pace, webhook);
    return status || command->catch_up.from == CATCH_UP_NOTHING
               ? status
               : catch_up(&command->catch_up, webhook, session, base->arena);
}

ResubscribeCommand *resubscribe_command_new(Arena *arena)
{
    ResubscribeCommand *command = ARENA_NEW(arena, ResubscribeCommand);
    if (command)
        *command = (ResubscribeCommand){ .base = { .run = run_resubscribe, .arena = arena } };
    return command;
}

/* The one that is meant: by its id, which must be the reward's when both are named, or the newest. */
static Status find_bound(const UnsubscribeCommand *command, StoreSession *session, int64_t *out_id)
{
    if (!command->webhook_id)
        return store_webhook_newest_of_reward(session, command->account_id, command->reward_id, out_id);
    Webhook webhook;
    Status status = store_webhook_get(session, command->account_id, command->webhook_id, command->base.arena, &webhook);
    *out_id = command->webhook_id;
    if (!status && command->reward_id && webhook.reward_id != command->reward_id)
        return STATUS_NOT_FOUND;
    return status;
}

static Status run_unsubscribe(Command *base, StoreSession *session)
{
    UnsubscribeCommand *command = (UnsubscribeCommand *)base;
    int64_t id = 0;
    Status status = find_bound(command, session, &id);
    if (!status)
        status = store_webhook_remove(session, command->account_id, id);
    command->removed = status == STATUS_OK;
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

UnsubscribeCommand *unsubscribe_command_new(Arena *arena)
{
    UnsubscribeCommand *command = ARENA_NEW(arena, UnsubscribeCommand);
    if (command)
        *command = (UnsubscribeCommand){ .base = { .run = run_unsubscribe, .arena = arena } };
    return command;
}

static Status run_rotate(Command *base, StoreSession *session)
{
    RotateCommand *command = (RotateCommand *)base;
    Status status = STATUS_OK;
    command->old_until_us = store_now_us(session) + command->grace_us;
    if (!command->revokes) {
        command->secret = command->own_secret.ptr ? command->own_secret : new_secret(base->arena);
        if (command->secret.ptr == NULL)
            return STATUS_NOMEM;
        status = store_webhook_rotate(session, command->account_id, command->webhook_id, command->secret,
                                      command->old_until_us);
    }
    if (!status && command->grace_us == 0)
        status = store_webhook_revoke_old(session, command->account_id, command->webhook_id);
    return status;
}

RotateCommand *rotate_command_new(Arena *arena)
{
    RotateCommand *command = ARENA_NEW(arena, RotateCommand);
    if (command)
        *command = (RotateCommand){ .base = { .run = run_rotate, .arena = arena } };
    return command;
}

void webhook_secret_text(Buf *buf, Str secret)
{
    buf_append(buf, str_of(sign_secret_text(secret).text));
}
