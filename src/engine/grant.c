#include "engine/grant.h"

#include "base/limits.h"
#include "engine/grant_life.h"

/* ---- what a cause makes ------------------------------------------------ */

static bool same_currency(Currency a, Currency b)
{
    return memcmp(&a, &b, sizeof a) == 0;
}

/* A commission is computed from the cause's order, when that has the reward's currency (or the reward has none). */
static void set_spend(const Reward *reward, const RewardCause *cause, Grant *grant)
{
    const Conversion *order = cause->order;
    if (grant->metric != METRIC_COMMISSION)
        return;
    if (order && (reward->currency.code[0] == 0 || same_currency(order->currency, reward->currency))) {
        grant->currency = order->currency;
        grant->spend_minor = conversion_net(order);
        grant->conversion_id = order->id;
    }
    grant->value_minor = reward_value(reward, grant->rate, grant->spend_minor);
}

static Grant new_grant(const Reward *reward, const RewardCause *cause, const GrantKey *key)
{
    Grant grant = { .account_id = reward->account_id,
                    .campaign_id = reward->campaign_id,
                    .reward_id = reward->id,
                    .recipient_id = key->recipient_id,
                    .per_referral = key->referral_id,
                    .number = key->number,
                    .referral_id = cause->user->id,
                    .conversion_id = cause->is_order ? cause->order->id : 0,
                    .metric = reward->metric,
                    .rate = reward_rate(reward, key, cause->times_for_referrer),
                    .spend_minor = SPEND_UNKNOWN,
                    .currency = reward->currency };
    grant.value_minor = grant.rate;
    set_spend(reward, cause, &grant);
    return grant;
}

static GrantFacts facts_of(const Campaign *campaign, const Reward *reward, const RewardCause *cause, const GrantKey *key)
{
    return (GrantFacts){ .reward = reward,
                         .campaign = campaign,
                         .recipient = key->recipient_id == cause->user->id ? cause->user : cause->referrer,
                         .referral = cause->user };
}

/* ---- what returns ------------------------------------------------------ */

/* How much of what is `left` a grant takes that returns: once issued, no more than what was paid. */
static Status share_of(const Work *work, const Grant *grant, const Grant *whole, int64_t left, int64_t *out_minor)
{
    int64_t paid = 0;
    *out_minor = left;
    if (grant->state != GRANT_REVERSED)
        return STATUS_OK;
    Status status = same_currency(grant->currency, whole->currency) ? grant_sum_paid(work, grant, &paid) : STATUS_OK;
    *out_minor = i64_min(left, paid);
    return status;
}

static Status return_share(const Work *work, const GrantFacts *facts, const Grant *whole, int64_t minor, Grant *grant)
{
    bool foreign = grant->state == GRANT_REVERSED && !same_currency(grant->currency, whole->currency);
    grant->value_minor = minor;
    if (!foreign) { /* else what was paid is of another order, and stays so */
        grant->currency = whole->currency;
        grant->spend_minor = whole->spend_minor;
        grant->conversion_id = whole->conversion_id;
    }
    return grant_return(work, facts, grant);
}

static Status grant_rest(const Work *work, const GrantFacts *facts, const RewardCause *cause, const Grant *whole,
                         int64_t minor)
{
    Grant rest = *whole;
    rest.rest_of = whole->id;
    rest.referral_id = cause->user->id;
    rest.value_minor = minor;
    rest.reason = STR_NONE;
    rest.created_us = rest.issued_us = 0;
    return grant_make(work, facts, &rest, cause->times_for_referrer, NULL);
}

/* What had fallen stands again, worth what the order behind it says now. What was issued takes what was paid at
 * most; more than that is a grant of its own, to be issued for itself. */
static Status return_all(const Work *work, const GrantFacts *facts, const RewardCause *cause, const GrantKey *key)
{
    GrantList list;
    Status status = store_grant_list_of_key(work->session, facts->reward->account_id, key, work->arena, &list);
    if (status)
        return status;
    Grant whole = list.items[list.count - 1]; /* the newest knows the last order */
    set_spend(facts->reward, cause, &whole);
    int64_t left = whole.value_minor, share = 0;
    for (size_t i = 0; i < list.count; i++, left -= share) {
        Grant *grant = &list.items[i];
        status = share_of(work, grant, &whole, left, &share);
        if (status || grant->closed)
            return status;
        if (i > 0 && share == 0)
            continue;
        status = return_share(work, facts, &whole, share, grant);
        if (status || !grant_stands(grant)) /* no room for it: nor for a rest */
            return status;
    }
    return left == 0 ? STATUS_OK : grant_rest(work, facts, cause, &whole, left);
}

/* Later periods of what recurs return with the first. */
static Status return_periods(const Work *work, const GrantFacts *facts, const GrantKey *key)
{
    Status status;
    GrantList list;
    int64_t after = 0;
    ArenaMark mark = arena_mark(work->arena);
    do {
        status = store_grant_list_of_referral(work->session, facts->reward->account_id, key->referral_id, after, work->arena, &list);
        for (size_t i = 0; !status && i < list.count; i++) {
            Grant *grant = &list.items[i];
            after = grant->id;
            bool same = grant->reward_id == key->reward_id && grant->recipient_id == key->recipient_id;
            if (same && grant->number > 0 && !grant_stands(grant) && !grant->closed)
                status = grant_return(work, facts, grant);
        }
    } while (work_next_page(work, mark, status, list.count));
    return status;
}

/* Begins to recur, or goes on where it was stopped: with a whole period from now. */
static Status begin_recurrence(const Work *work, const GrantFacts *facts, const GrantKey *key)
{
    const Reward *reward = facts->reward;
    int64_t now_us = store_now_us(work->session);
    Recurrence next = { .account_id = reward->account_id,
                        .reward_id = reward->id,
                        .recipient_id = key->recipient_id,
                        .referral_id = key->referral_id,
                        .next_number = 1 };
    Status status = store_recurrence_get(work->session, reward->account_id, key, &next);
    if (status && status != STATUS_NOT_FOUND)
        return status;
    bool known = status == STATUS_OK;
    bool over = reward->periods && next.next_number >= reward->periods;
    next.start_us = now_us;
    next.first_number = next.next_number - 1;
    next.next_us = over ? 0 : period_after(reward->period, now_us, 1);
    status = store_recurrence_put(work->session, &next);
    return status || !known ? status : return_periods(work, facts, key);
}

static Status raise_grant(const Work *work, const Campaign *campaign, const Reward *reward, const RewardCause *cause,
                          const GrantKey *key)
{
    GrantFacts facts = facts_of(campaign, reward, cause, key);
    if (facts.recipient->review == REVIEW_REJECTED)
        return STATUS_OK;
    Grant grant;
    Status status = store_grant_find(work->session, reward->account_id, key, work->arena, &grant);
    if (status == STATUS_NOT_FOUND && reward->status == REWARD_ACTIVE) {
        grant = new_grant(reward, cause, key);
        bool made;
        status = grant_make(work, &facts, &grant, cause->times_for_referrer, &made);
        if (status || !made)
            return status;
    } else if (status == STATUS_OK && !grant_stands(&grant)) {
        status = grant.closed ? STATUS_OK : return_all(work, &facts, cause, key);
    } else {
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    }
    return status || reward->frequency != FREQUENCY_RECURRING ? status : begin_recurrence(work, &facts, key);
}

static Status list_rewards(const Work *work, const Campaign *campaign, RewardWhen when, RewardList *out_list)
{
    RewardFilter filter = { .campaign_id = campaign->id, .issue = -1, .when = (int)when, .status = -1 };
    return store_reward_list(work->session, campaign->account_id, filter, work->arena, out_list);
}

Status grant_for_cause(const Work *work, const Campaign *campaign, const RewardCause *cause)
{
    RewardList rewards;
    if (cause->user->review == REVIEW_REJECTED)
        return STATUS_OK;
    Status status = list_rewards(work, campaign, cause->when, &rewards);
    for (size_t i = 0; !status && i < rewards.count; i++) {
        GrantKey key;
        if (reward_key(&rewards.items[i], cause, &key))
            status = raise_grant(work, campaign, &rewards.items[i], cause, &key);
    }
    return status;
}

/* ---- what falls -------------------------------------------------------- */

static const Reward *find_reward(const RewardList *rewards, int64_t id)
{
    for (size_t i = 0; i < rewards->count; i++)
        if (rewards->items[i].id == id)
            return &rewards->items[i];
    return NULL;
}

/* Of these rewards, what there is for each referral, order or period: all that this lead caused, for one
 * recipient (0: any). */
static Status fall_of_referral(const Work *work, const RewardList *rewards, const User *lead, int64_t recipient_id,
                               const char *rule)
{
    Status status;
    GrantList list;
    int64_t after = 0;
    ArenaMark mark = arena_mark(work->arena);
    do {
        status = store_grant_list_of_referral(work->session, lead->account_id, lead->id, after, work->arena, &list);
        for (size_t i = 0; !status && i < list.count; i++) {
            Grant *grant = &list.items[i];
            const Reward *reward = find_reward(rewards, grant->reward_id);
            bool theirs = recipient_id == 0 || grant->recipient_id == recipient_id;
            after = grant->id;
            if (reward && theirs && grant->per_referral && grant_stands(grant))
                status = grant_fall(work, reward, grant, rule);
        }
    } while (work_next_page(work, mark, status, list.count));
    return status;
}

/* Of a reward that depends on a count: what was granted for higher ones than there are now. */
static Status fall_above(const Work *work, const Reward *reward, int64_t recipient_id, int64_t count)
{
    GrantList list;
    Status status =
        store_grant_list_above(work->session, reward->account_id, reward->id, recipient_id, count, work->arena, &list);
    for (size_t i = 0; !status && i < list.count; i++)
        if (grant_stands(&list.items[i]))
            status = grant_fall(work, reward, &list.items[i], "count_fell");
    return status;
}

static Status fall_above_all(const Work *work, const RewardList *rewards, RewardFor who, int64_t recipient_id,
                             int64_t count)
{
    Status status = STATUS_OK;
    for (size_t i = 0; !status && i < rewards->count; i++)
        if (reward_is_counted(&rewards->items[i]) && rewards->items[i].who == who)
            status = fall_above(work, &rewards->items[i], recipient_id, count);
    return status;
}

Status grant_fall_unqualified(const Work *work, const Campaign *campaign, const User *lead, const User *referrer,
                              int64_t count)
{
    RewardList rewards;
    Status status = list_rewards(work, campaign, REWARD_WHEN_QUALIFIED, &rewards);
    if (!status)
        status = store_recurrence_stop(work->session, lead->account_id, lead->id);
    if (!status)
        status = fall_of_referral(work, &rewards, lead, 0, "unqualified");
    if (!status)
        status = fall_above_all(work, &rewards, REWARD_FOR_LEAD, lead->id, 0);
    return status || !referrer ? status : fall_above_all(work, &rewards, REWARD_FOR_REFERRER, referrer->id, count);
}

Status grant_fall_uninvited(const Work *work, const Campaign *campaign, const User *lead, int64_t count)
{
    RewardList rewards;
    Status status = list_rewards(work, campaign, REWARD_WHEN_INVITED, &rewards);
    if (!status)
        status = fall_of_referral(work, &rewards, lead, lead->referrer_id, "referrer_changed");
    return status ? status : fall_above_all(work, &rewards, REWARD_FOR_REFERRER, lead->referrer_id, count);
}

/* What the grants before `list->items[i]` with its key leave of `value_minor`; a refund never adds to it. */
static int64_t left_of(const GrantList *list, size_t i, int64_t value_minor)
{
    const Grant *grant = &list->items[i];
    for (size_t k = 0; k < i; k++) {
        const Grant *other = &list->items[k];
        if (other->reward_id == grant->reward_id && other->recipient_id == grant->recipient_id &&
            other->per_referral == grant->per_referral && other->number == grant->number)
            value_minor -= other->value_minor;
    }
    return i64_min(i64_max(value_minor, 0), grant->value_minor);
}

Status grant_after_refund(const Work *work, const Campaign *campaign, const Conversion *conversion)
{
    GrantList list;
    Status status = store_grant_list_of_conversion(work->session, conversion->account_id, conversion->id, work->arena, &list);
    for (size_t i = 0; !status && i < list.count; i++) {
        Grant *grant = &list.items[i];
        Reward reward;
        status = store_reward_get(work->session, grant->account_id, grant->reward_id, work->arena, &reward);
        if (status)
            break;
        if (conversion->refunded_us && reward.frequency == FREQUENCY_ORDER) {
            status = grant_stands(grant) ? grant_fall(work, &reward, grant, "refunded") : STATUS_OK;
        } else if (grant->spend_minor != SPEND_UNKNOWN) {
            GrantFacts facts = { .reward = &reward, .campaign = campaign };
            grant->spend_minor = conversion_net(conversion);
            int64_t value = left_of(&list, i, reward_value(&reward, grant->rate, grant->spend_minor));
            status = grant_revalue(work, &facts, grant, value, "refunded");
        }
    }
    return status;
}

/* ---- time, reviews, coupons -------------------------------------------- */

static Status recur(const Work *work, const Recurrence *recurrence, const Reward *reward)
{
    GrantKey key = { recurrence->reward_id, recurrence->recipient_id, recurrence->referral_id, recurrence->next_number };
    User lead, referrer;
    Campaign campaign;
    Status status = store_user_get(work->session, recurrence->account_id, key.referral_id, work->arena, &lead);
    if (!status)
        status = store_user_get(work->session, recurrence->account_id, lead.referrer_id, work->arena, &referrer);
    bool has_referrer = status == STATUS_OK;
    if (status == STATUS_NOT_FOUND && reward->who == REWARD_FOR_REFERRER)
        return STATUS_OK; /* somebody is gone: nothing is owed any more */
    if (status && status != STATUS_NOT_FOUND)
        return status;
    status = store_campaign_get(work->session, recurrence->account_id, reward->campaign_id, work->arena, &campaign);
    if (status)
        return status;
    RewardCause cause = { .when = REWARD_WHEN_QUALIFIED, .user = &lead, .referrer = has_referrer ? &referrer : NULL };
    cause.times_for_referrer = has_referrer ? referrer.qualified_referrals : 0;
    GrantFacts facts = facts_of(&campaign, reward, &cause, &key);
    if (facts.recipient->review == REVIEW_REJECTED)
        return STATUS_OK;
    Grant grant = new_grant(reward, &cause, &key);
    return grant_make(work, &facts, &grant, cause.times_for_referrer, NULL);
}

Status grant_next_period(const Work *work, const Recurrence *recurrence)
{
    Reward reward;
    Recurrence next = *recurrence;
    Status status =
        store_reward_get(work->session, recurrence->account_id, recurrence->reward_id, work->arena, &reward);
    if (status)
        return status;
    if (reward.status == REWARD_ACTIVE) {
        status = recur(work, recurrence, &reward);
        next.next_number++;
    } else { /* this period passes without it, and the number waits */
        next.start_us = recurrence->next_us;
        next.first_number = next.next_number - 1;
    }
    bool over = reward.periods && next.next_number >= reward.periods;
    next.next_us = over ? 0 : period_after(reward.period, next.start_us, next.next_number - next.first_number);
    return status ? status : store_recurrence_put(work->session, &next);
}

static Status release_one(const Work *work, const User *user UNUSED, Grant *grant)
{
    GrantFacts facts = { 0 };
    if (grant->state != GRANT_PENDING)
        return STATUS_OK;
    Status status = grant_facts_load(work, grant, &facts);
    return status ? status : grant_release(work, &facts, grant);
}

Status grant_after_review(const Work *work, const User *user)
{
    Status status = grant_each(work, user, store_grant_list_of_referral, release_one);
    return status ? status : grant_each(work, user, store_grant_list_of_recipient, release_one);
}

static Status fill_coupon(const Work *work, Grant *grant)
{
    GrantFacts facts = { 0 };
    Status status = grant_take_coupon(work, grant);
    if (!status && grant->coupon.ptr)
        status = store_grant_update(work->session, grant);
    if (status || !grant->coupon.ptr)
        return status;
    status = grant_facts_load(work, grant, &facts);
    return status || !facts.reward->automatic || !facts.recipient ? status : grant_issue(work, &facts, grant);
}

Status grant_fill_coupons(const Work *work, int64_t account_id, int64_t campaign_id)
{
    GrantList list;
    bool filled = true;
    ArenaMark mark = arena_mark(work->arena);
    Status status;
    do { /* those that are filled leave the list */
        status = store_grant_list_couponless(work->session, account_id, campaign_id, LIMIT_BATCH_ROWS, work->arena, &list);
        for (size_t i = 0; !status && filled && i < list.count; i++) {
            status = fill_coupon(work, &list.items[i]);
            filled = list.items[i].coupon.ptr != NULL;
        }
    } while (work_next_page(work, mark, status, list.count) && filled);
    return status;
}
