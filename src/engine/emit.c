#include "engine/emit.h"

#include "base/limits.h"
#include "engine/view.h"

enum { USUAL_BODY_LEN = 1024 };

bool work_next_page(const Work *work, ArenaMark mark, Status status, size_t row_count)
{
    arena_rewind(work->arena, mark);
    return !status && row_count == LIMIT_BATCH_ROWS;
}

static Buf body_buf(const Work *work)
{
    Buf buf = buf_in_arena(work->arena, LIMIT_EVENT_BODY);
    buf_reserve(&buf, USUAL_BODY_LEN);
    return buf;
}

static Status insert(const Work *work, Event *event, const Buf *body)
{
    event->body = buf_str(body);
    return event->body.ptr ? store_event_insert(work->session, event) : STATUS_NOMEM;
}

/* A user's first event is the joining, so that joins need no count. */
static Status number_for_user(const Work *work, Event *event)
{
    UserCounts counts = { 0 };
    Status status = event->type == EVENT_USER_JOIN
                        ? STATUS_OK
                        : store_user_count(work->session, event->account_id, event->user_id,
                                           (UserCounts){ .events = 1 }, &counts);
    event->sequence = 1 + counts.events;
    return status;
}

/* An event about a user, numbered. */
static Status begin(const Work *work, EventType type, const User *user, Event *out_event)
{
    *out_event = (Event){ .account_id = user->account_id,
                          .type = type,
                          .campaign_id = user->campaign_id,
                          .user_id = user->id,
                          .source = user->source,
                          .occurred_us = store_now_us(work->session) };
    Status status = store_event_number(work->session, out_event);
    return status ? status : number_for_user(work, out_event);
}

/* What is announced is what is counted. */
static Status count(const Work *work, const Event *event, DayCounts add)
{
    return store_day_add(work->session, event->account_id, event->campaign_id, event->occurred_us, add);
}

Status emit_user(const Work *work, EventType type, const User *user, const Campaign *campaign, const User *referrer)
{
    Event event;
    Status status = begin(work, type, user, &event);
    if (status)
        return status;
    event.other_id = referrer ? referrer->id : 0;
    Buf body = body_buf(work);
    JsonOut json = json_out(&body);
    view_user_event(&json, work->engine, &event, user, campaign, referrer);
    status = insert(work, &event, &body);
    DayCounts add = type == EVENT_USER_JOIN ? (DayCounts){ .joins = 1, .referrals = user_is_lead(user) }
                                            : (DayCounts){ .qualified = 1 };
    return status ? status : count(work, &event, add);
}

Status emit_reward_issued(const Work *work, const Grant *grant, const Reward *reward, const Campaign *campaign,
                          const User *recipient, const User *referral)
{
    Event event;
    Status status = begin(work, EVENT_REWARD_ISSUED, recipient, &event);
    if (status)
        return status;
    event.reward_id = reward->id;
    event.other_id = referral && referral->id != recipient->id ? referral->id : 0;
    Buf body = body_buf(work);
    JsonOut json = json_out(&body);
    view_reward_event(&json, work->engine, &event, grant, reward, campaign, recipient, referral);
    status = insert(work, &event, &body);
    return status ? status : count(work, &event, (DayCounts){ .issued = 1 });
}

Status emit_login(const Work *work, const User *user, const Campaign *campaign, int64_t code, int64_t expires_us)
{
    Event event;
    Status status = begin(work, EVENT_LOGIN_REQUESTED, user, &event);
    if (status)
        return status;
    Buf body = body_buf(work);
    JsonOut json = json_out(&body);
    view_login_event(&json, work->engine, &event, user, campaign, &(LoginOffer){ code, expires_us });
    return insert(work, &event, &body);
}

Status emit_trouble(const Work *work, const Webhook *webhook, WebhookTrouble trouble)
{
    Event event = { .account_id = webhook->account_id,
                    .type = EVENT_WEBHOOK_TROUBLE,
                    .campaign_id = webhook->campaign_id,
                    .occurred_us = store_now_us(work->session) };
    Status status = store_event_number(work->session, &event);
    if (status)
        return status;
    Buf body = body_buf(work);
    JsonOut json = json_out(&body);
    view_trouble_event(&json, work->engine, &event, webhook, trouble, true);
    return insert(work, &event, &body);
}
