#include "engine/probe.h"

#include <sodium.h>

#include "base/json_pick.h"
#include "base/limits.h"
#include "base/random.h"
#include "engine/view.h"

/* Behind all numbers that are given out: nobody has them, and what they sign leads nowhere. */
#define MADE_UP INT64_C(3000000000000)

static void put_event(JsonOut *json, const Engine *engine, const Event *event)
{
    Campaign campaign = { .id = event->campaign_id, .name = STR("Example"), .lang = STR("en"), .live = false };
    User referrer = { .id = MADE_UP + 1, .first_name = STR("Mara"), .email = STR("mara@example.org") };
    User lead = { .id = MADE_UP + 2,
                  .campaign_id = campaign.id,
                  .referrer_id = referrer.id,
                  .first_name = STR("Lee"),
                  .email = STR("lee@example.org"),
                  .source = SOURCE_REFERRED,
                  .signed_up_us = event->occurred_us,
                  .qualified_us = event->type == EVENT_USER_QUALIFIED ? event->occurred_us : 0 };
    Reward reward = { .id = event->reward_id, .campaign_id = campaign.id, .name = STR("Example") };
    Grant grant = { .id = MADE_UP + 3,
                    .reward_id = reward.id,
                    .recipient_id = referrer.id,
                    .state = GRANT_ISSUED,
                    .metric = METRIC_AMOUNT,
                    .value_minor = 2500,
                    .currency = { "USD" },
                    .issued_us = event->occurred_us };
    LoginOffer offer = { .code = 123456, .expires_us = event->occurred_us };
    Webhook webhook = { .id = MADE_UP + 4,
                        .url = STR("https://n8n.example.com/webhook/example"),
                        .state = WEBHOOK_ACTIVE,
                        .failures = 12,
                        .failing_since_us = event->occurred_us };
    if (event->type == EVENT_WEBHOOK_TROUBLE)
        view_trouble_event(json, engine, event, &webhook, TROUBLE_FAILING, false);
    else if (event->type == EVENT_REWARD_ISSUED)
        view_reward_event(json, engine, event, &grant, &reward, &campaign, &referrer, &lead);
    else if (event->type == EVENT_LOGIN_REQUESTED)
        view_login_event(json, engine, event, &referrer, &campaign, &offer);
    else
        view_user_event(json, engine, event, &lead, &campaign, &referrer);
}

/* { NULL, 0 } without memory. */
static Str picked(Str body, Str fields, Arena *arena)
{
    JsonDoc doc;
    Buf buf = buf_in_arena(arena, LIMIT_EVENT_BODY);
    if (json_parse(body, &doc, NULL) != STATUS_OK)
        return STR_NONE;
    json_pick(doc.root, fields, &buf);
    json_doc_free(&doc);
    return buf_str(&buf);
}

static Probe *blank(const Webhook *webhook, int64_t now_us, Arena *arena)
{
    Probe *probe = ARENA_NEW(arena, Probe);
    if (probe)
        *probe = (Probe){ .base = { .arena = arena },
                          .webhook = *webhook,
                          .event = { .account_id = webhook->account_id,
                                     .seq = MADE_UP + random_below(UINT32_MAX),
                                     .type = webhook->event,
                                     .campaign_id = webhook->campaign_id ? webhook->campaign_id : MADE_UP,
                                     .reward_id = webhook->reward_id ? webhook->reward_id : MADE_UP,
                                     .occurred_us = now_us } };
    return probe;
}

Probe *probe_new(const Engine *engine, const Webhook *webhook, int64_t now_us, Arena *arena)
{
    Probe *probe = blank(webhook, now_us, arena);
    if (probe == NULL)
        return NULL;
    probe->event.sequence = webhook->event != EVENT_WEBHOOK_TROUBLE; /* the first about somebody */
    Buf body = buf_in_arena(arena, LIMIT_EVENT_BODY);
    JsonOut json = json_out(&body);
    put_event(&json, engine, &probe->event);
    Str whole = buf_str(&body);
    probe->event.body = whole.ptr && webhook->fields.ptr ? picked(whole, webhook->fields, arena) : whole;
    return probe->event.body.ptr ? probe : NULL;
}

Probe *probe_new_challenge(const Engine *engine, const Webhook *webhook, int64_t now_us, Arena *arena)
{
    uint8_t bytes[CHALLENGE_LEN / 2];
    Probe *probe = blank(webhook, now_us, arena);
    if (probe == NULL)
        return NULL;
    probe->webhook.expects_ack = false; /* the challenge is more than that */
    random_bytes(bytes, sizeof bytes);
    sodium_bin2hex(probe->challenge, sizeof probe->challenge, bytes, sizeof bytes);
    Buf body = buf_in_arena(arena, LIMIT_EVENT_BODY);
    JsonOut json = json_out(&body);
    view_challenge(&json, engine, &probe->event, str_of(probe->challenge));
    probe->event.body = buf_str(&body);
    return probe->event.body.ptr ? probe : NULL;
}

bool probe_is_met(const Probe *probe)
{
    Str answer = probe->entry.answer;
    return str_is(probe->entry.outcome, "ok") && answer.len &&
           memmem(answer.ptr, answer.len, probe->challenge, CHALLENGE_LEN);
}
