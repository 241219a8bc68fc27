/* How things look as JSON, in API answers and in events alike (contract 2.3 and 3.1). */
#ifndef ENGINE_VIEW_H
#define ENGINE_VIEW_H

#include "base/json_out.h"
#include "engine/engine.h"
#include "engine/probe.h"

/* "{base}/{code}", the base being the campaign's own host when it has one. */
void view_user_url(Buf *buf, const Engine *engine, const User *user);
/* A member with the link of a user's or campaign's code, and a path behind it. */
void view_link(JsonOut *json, const char *name, const Engine *engine, int64_t campaign_id, const Code *code,
               const char *path);

/* As a value: what signs the user in to their portal until then. */
void view_portal_url(JsonOut *json, const Engine *engine, const User *user, int64_t expires_us);

/* Where a user's link can be shared: an array of {social, url}. */
void view_socials(JsonOut *json, const Engine *engine, const User *user);

/* The v1 User and Campaign as whole objects (contract 2.2). `campaign` is NULL unless asked for. */
void view_user_v1(JsonOut *json, const Engine *engine, const User *user, const Campaign *campaign);
void view_campaign_v1(JsonOut *json, const Engine *engine, const Campaign *campaign);

/* The v2 User as a whole object. */
void view_user(JsonOut *json, const Engine *engine, const User *user);
/* Members of a Campaign that the compatible API does not know. */
void view_campaign_settings(JsonOut *json, const Campaign *campaign);
/* The same with the counts that with=user.analytics asks for. */
void view_user_analytics(JsonOut *json, const Engine *engine, const User *user);
/* The v2 Campaign as a whole object; `totals` (with=campaign.analytics) may be NULL. */
void view_campaign(JsonOut *json, const Engine *engine, const Campaign *campaign, const CampaignTotals *totals);
/* The v1 Reward. */
void view_reward_short(JsonOut *json, const Reward *reward);
/* The Reward of R1 and R2: what a definition has led to. */
void view_reward_totals(JsonOut *json, const Reward *reward, const RewardTotals *totals);
/* DueReward and IssuedReward (R3 to R6) as a whole object. */
void view_grant(JsonOut *json, const Grant *grant);
/* The same without its braces, for objects that have more. */
void view_grant_members(JsonOut *json, const Grant *grant);
/* With all that has happened to it. */
void view_grant_history(JsonOut *json, const Grant *grant, const LedgerList *ledger, const DecisionList *decisions);
/* A whole definition, which begins with what view_reward_short shows. */
void view_reward(JsonOut *json, const Reward *reward);
void view_reward_members(JsonOut *json, const Reward *reward);
void view_conversion(JsonOut *json, const Conversion *conversion);
void view_decision(JsonOut *json, const Decision *decision);
/* Members: "grants", "decisions", "balances". */
void view_grants(JsonOut *json, const GrantList *grants);
void view_decisions(JsonOut *json, const DecisionList *decisions);
void view_balances(JsonOut *json, const BalanceList *balances);

/* Members that tell how a webhook does. */
void view_webhook_health(JsonOut *json, const Webhook *webhook);
void view_delivery(JsonOut *json, const Engine *engine, int64_t account_id, const DeliveryEntry *entry);
void view_attempt(JsonOut *json, const AttemptEntry *entry);
/* Begun or only counted: then without id and status. */
void view_replay(JsonOut *json, const Replay *replay);
/* Members "delivered", "event_id", "request", "attempt" and "answer_headers": what was sent for a try, and what came back. */
void view_probe(JsonOut *json, const Engine *engine, const Probe *probe);

/* Bodies of events, whole objects. `referrer` is NULL for a person referring. */
void view_user_event(JsonOut *json, const Engine *engine, const Event *event, const User *user,
                     const Campaign *campaign, const User *referrer);
/* What signs somebody in. */
typedef struct LoginOffer {
    int64_t code, expires_us;
} LoginOffer;
void view_login_event(JsonOut *json, const Engine *engine, const Event *event, const User *user,
                      const Campaign *campaign, const LoginOffer *offer);
/* What a URL is asked to repeat before it is registered. */
void view_challenge(JsonOut *json, const Engine *engine, const Event *event, Str challenge);
void view_trouble_event(JsonOut *json, const Engine *engine, const Event *event, const Webhook *webhook,
                        WebhookTrouble trouble, bool live);
void view_reward_event(JsonOut *json, const Engine *engine, const Event *event, const Grant *grant,
                       const Reward *reward, const Campaign *campaign, const User *recipient, const User *referral);

#endif
