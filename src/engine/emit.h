/* Events, written in the transaction of their cause with a delivery for each webhook that wants
 * them. Only engine/ includes this. */
#ifndef ENGINE_EMIT_H
#define ENGINE_EMIT_H

#include "engine/engine.h"

/* What one command works with. */
typedef struct Work {
    const Engine *engine;
    StoreSession *session;
    Arena *arena;
    Error *err;
} Work;

/* Long lists are gone through LIMIT_BATCH_ROWS at a time: forgets all that a page and the work on it needed; true when
 * another one may follow. Whoever goes through one marks the arena before the first. */
bool work_next_page(const Work *work, ArenaMark mark, Status status, size_t row_count);

/* user.join or user.qualified. `referrer` is NULL for a person referring. */
Status emit_user(const Work *work, EventType type, const User *user, const Campaign *campaign,
                 const User *referrer) MUST_USE;
Status emit_reward_issued(const Work *work, const Grant *grant, const Reward *reward, const Campaign *campaign,
                          const User *recipient, const User *referral) MUST_USE;

/* login.requested: `code` signs the user in until then, and so does a link that is made here. */
Status emit_login(const Work *work, const User *user, const Campaign *campaign, int64_t code,
                  int64_t expires_us) MUST_USE;

/* webhook.trouble */
Status emit_trouble(const Work *work, const Webhook *webhook, WebhookTrouble trouble) MUST_USE;

#endif
