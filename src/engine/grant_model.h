/* Granting as a slow, plain account of it, for comparing with the real one: see grant_model_test.c. */
#ifndef ENGINE_GRANT_MODEL_H
#define ENGINE_GRANT_MODEL_H

#include "engine/grant_test_kit.h"

enum { LEADS = 4, REFERRERS = 2, REWARDS = 3, EVENTS = 14, ORDERS = EVENTS, GRANTS = 200, PARTS = EVENTS };

/* ---- chance ------------------------------------------------------------ */

/* SplitMix64: small, good enough, and the same everywhere. */
static uint64_t chance_state;

static int below(int bound)
{
    uint64_t z = chance_state += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return (int)((z ^ z >> 31) % (uint64_t)bound);
}

/* ---- the model --------------------------------------------------------- */

/* What was issued is never issued again: what a grant returns for above that is another part. */
typedef struct ModelPart {
    bool stands, issued, closed;
    bool waits; /* for an approval */
    int64_t value, paid;
    int64_t id; /* in the database */
} ModelPart;

typedef struct ModelGrant {
    const Reward *reward;
    int recipient;   /* which referrer */
    int lead;        /* rewards for each referral or order: whose; else -1 */
    int64_t number;  /* the count, the order's place in orders[] plus 1, or the period; else 0 */
    bool wanted;     /* there is a reason for it */
    bool was_wanted; /* there was before this event */
    int order; /* whose net a commission is computed from; -1: not known */
    int64_t rate;
    ModelPart parts[PARTS];
    int part_count;
} ModelGrant;

typedef struct ModelLead {
    int64_t id;
    int referrer;
    bool qualified, by_order;
    bool rejected, gone; /* by a review; erased */
} ModelLead;

typedef struct ModelOrder {
    int lead;
    int64_t id, amount, refunded;
    bool all_back;
} ModelOrder;

/* A reward that recurs, for one lead's referrer. */
typedef struct ModelRecurrence {
    bool runs;
    int64_t next_number; /* 0: it has not begun */
} ModelRecurrence;

typedef struct Model {
    Reward rewards[REWARDS];
    RewardStep steps[REWARDS][2];
    RewardCap caps[REWARDS];
    int64_t min_spend, budget;
    int64_t referrers[REFERRERS];
    ModelLead leads[LEADS];
    int lead_count;
    ModelOrder orders[ORDERS];
    int order_count;
    ModelRecurrence recurrences[REWARDS][LEADS][REFERRERS];
    ModelGrant grants[GRANTS];
    int grant_count;
    int64_t counts[REFERRERS][2]; /* as of the last event: invited, qualified */
} Model;

static int64_t count_of(const Model *model, int referrer, RewardWhen when)
{
    int64_t count = 0;
    for (int i = 0; i < model->lead_count; i++) {
        const ModelLead *lead = &model->leads[i];
        count += lead->referrer == referrer && !lead->gone && (when == REWARD_WHEN_INVITED || lead->qualified);
    }
    return count;
}

static ModelGrant *possible(Model *model, const Reward *reward, int recipient, int lead, int64_t number)
{
    for (int i = 0; i < model->grant_count; i++) {
        ModelGrant *grant = &model->grants[i];
        if (grant->reward == reward && grant->recipient == recipient && grant->lead == lead && grant->number == number)
            return grant;
    }
    ModelGrant *grant = &model->grants[model->grant_count++];
    *grant = (ModelGrant){ .reward = reward, .recipient = recipient, .lead = lead, .number = number, .order = -1 };
    return grant;
}

/* Lists what there is a reason for, in the order in which it is granted: rewards first, then orders. */
static void want(Model *model, const Reward *reward, int recipient, int lead, int64_t number, ModelGrant **list, int *count)
{
    ModelGrant *grant = possible(model, reward, recipient, lead, number);
    grant->wanted = true;
    list[(*count)++] = grant;
}

static bool causes(const ModelLead *lead, RewardWhen when)
{
    return !lead->gone && !lead->rejected && (when == REWARD_WHEN_INVITED || lead->qualified);
}

/* The first, and of later periods what was granted: those that were refused are not asked again. */
static void list_periods(Model *model, const Reward *reward, int referrer, int lead, ModelGrant **list, int *count)
{
    want(model, reward, referrer, lead, 0, list, count);
    int64_t next = model->recurrences[reward - model->rewards][lead][referrer].next_number;
    for (int64_t n = 1; n < next; n++)
        if (possible(model, reward, referrer, lead, n)->part_count)
            want(model, reward, referrer, lead, n, list, count);
}

static void list_of_referrer(Model *model, const Reward *reward, int referrer, ModelGrant **list, int *count)
{
    int64_t times = count_of(model, referrer, reward->when);
    for (int i = 0; reward->frequency == FREQUENCY_EACH && i < model->lead_count; i++)
        if (model->leads[i].referrer == referrer && causes(&model->leads[i], reward->when))
            want(model, reward, referrer, i, 0, list, count);
    for (int i = 0; reward->frequency == FREQUENCY_RECURRING && i < model->lead_count; i++)
        if (model->leads[i].referrer == referrer && causes(&model->leads[i], reward->when))
            list_periods(model, reward, referrer, i, list, count);
    if (reward->frequency == FREQUENCY_ONCE && times >= 1)
        want(model, reward, referrer, -1, 1, list, count);
    for (int64_t n = 1; n <= times; n++) {
        bool milestone = n == reward->steps[0].at_count || n == reward->steps[1].at_count;
        if ((reward->frequency == FREQUENCY_EVERY_N && n % reward->every == 0) ||
            (reward->frequency == FREQUENCY_MILESTONES && milestone))
            want(model, reward, referrer, -1, n, list, count);
    }
}

static int list_wanted(Model *model, ModelGrant **list)
{
    int count = 0;
    for (int r = 0; r < REWARDS; r++)
        for (int referrer = 0; referrer < REFERRERS; referrer++)
            list_of_referrer(model, &model->rewards[r], referrer, list, &count);
    for (int o = 0; o < model->order_count; o++) {
        const ModelLead *lead = &model->leads[model->orders[o].lead];
        for (int r = 0; r < REWARDS; r++)
            if (model->rewards[r].frequency == FREQUENCY_ORDER && causes(lead, REWARD_WHEN_QUALIFIED) &&
                !model->orders[o].all_back)
                want(model, &model->rewards[r], lead->referrer, model->orders[o].lead, o + 1, list, &count);
    }
    return count;
}

static int64_t net_of(const Model *model, int order)
{
    return model->orders[order].amount - model->orders[order].refunded;
}

static int64_t worth(const Model *model, const ModelGrant *grant)
{
    if (grant->reward->metric != METRIC_COMMISSION)
        return grant->rate;
    int64_t value = grant->order < 0 ? 0 : net_of(model, grant->order) * grant->rate / 10000;
    return grant->reward->cap_minor && value > grant->reward->cap_minor ? grant->reward->cap_minor : value;
}

/* What stands of a reward (NULL: of all), for one recipient or (-1) for all. */
static Usage standing(const Model *model, const Reward *reward, int recipient)
{
    Usage sum = { 0 };
    for (int i = 0; i < model->grant_count; i++) {
        const ModelGrant *grant = &model->grants[i];
        if ((reward && grant->reward != reward) || (recipient >= 0 && grant->recipient != recipient))
            continue;
        for (int p = 0; p < grant->part_count; p++) {
            sum.granted += grant->parts[p].stands && p == 0;
            sum.minor += grant->parts[p].stands ? grant->parts[p].value : 0;
        }
    }
    return sum;
}

/* For a part of `wanted` that is worth so much. */
static bool has_room(const Model *model, const ModelGrant *wanted, bool is_first, int64_t value)
{
    if (model->budget && value > 0 && standing(model, NULL, -1).minor + value > model->budget)
        return false;
    if (wanted->reward->cap_count == 0)
        return true;
    const RewardCap *cap = wanted->reward->caps;
    Usage used = standing(model, wanted->reward, cap->scope == CAP_PERSON ? wanted->recipient : -1);
    return (!cap->most_count || !is_first || used.granted + 1 <= cap->most_count) &&
           (!cap->most_minor || value <= 0 || used.minor + value <= cap->most_minor);
}

static int64_t rate_now(const Model *model, const ModelGrant *grant)
{
    const Reward *reward = grant->reward;
    int64_t at = reward->frequency == FREQUENCY_MILESTONES ? grant->number : count_of(model, grant->recipient, reward->when);
    int64_t rate = reward->value_minor;
    for (size_t i = 0; i < reward->step_count; i++)
        if (reward->steps[i].at_count <= at)
            rate = reward->steps[i].value_minor;
    return rate;
}

static bool is_computed(const ModelGrant *grant)
{
    return grant->reward->metric != METRIC_COMMISSION || grant->order >= 0;
}

static void issue_in_model(ModelPart *part)
{
    part->issued = true;
    part->paid = part->value;
}

static void issue_if_automatic(const ModelGrant *grant, ModelPart *part)
{
    if (grant->reward->automatic && !part->waits && !part->issued && is_computed(grant))
        issue_in_model(part);
}

/* False: there is no room for it. */
static bool part_stands(const Model *model, ModelGrant *grant, int place, int64_t value)
{
    ModelPart *part = &grant->parts[place];
    if (!has_room(model, grant, place == 0, value))
        return false;
    part->stands = true;
    part->value = value;
    grant->part_count = place < grant->part_count ? grant->part_count : place + 1;
    part->waits = grant->reward->approval && !part->issued;
    issue_if_automatic(grant, part);
    return true;
}

/* `order`: which one made this event qualify, or -1. */
static void grant_in_model(Model *model, ModelGrant *grant, int order)
{
    const Reward *reward = grant->reward;
    int order_before = grant->order;
    if (!grant->part_count)
        grant->rate = rate_now(model, grant);
    if (reward->metric == METRIC_COMMISSION && reward->frequency == FREQUENCY_ORDER)
        grant->order = (int)grant->number - 1;
    else if (reward->metric == METRIC_COMMISSION && order >= 0)
        grant->order = order;
    int64_t left = worth(model, grant);
    for (int p = 0; p < PARTS; p++) {
        const ModelPart *part = &grant->parts[p];
        int64_t share = part->issued && part->paid < left ? part->paid : left;
        if (p > 0 && left == 0 && p >= grant->part_count)
            break;
        if (part->closed || ((p == 0 || share > 0) && !part_stands(model, grant, p, share)))
            break;
        left -= share;
    }
    if (!grant->parts[0].stands) /* refused: then nothing of it is kept */
        grant->order = order_before;
}

/* Begins when its first is granted, and goes on when that has a reason again. */
static void recur(Model *model, const ModelGrant *first)
{
    const Reward *reward = first->reward;
    ModelRecurrence *recurrence = &model->recurrences[reward - model->rewards][first->lead][first->recipient];
    if (!first->part_count)
        return;
    recurrence->next_number = recurrence->next_number ? recurrence->next_number : 1;
    recurrence->runs = reward->periods == 0 || recurrence->next_number < reward->periods;
}

static void period_passes(Model *model, const Reward *reward, int lead, int referrer)
{
    ModelRecurrence *recurrence = &model->recurrences[reward - model->rewards][lead][referrer];
    if (!recurrence->runs)
        return;
    ModelGrant *grant = possible(model, reward, referrer, lead, recurrence->next_number++);
    grant_in_model(model, grant, -1);
    grant->wanted = grant->part_count > 0;
    recurrence->runs = reward->periods == 0 || recurrence->next_number < reward->periods;
}

static void stop_recurring(Model *model, const ModelLead *lead)
{
    for (int r = 0; r < REWARDS; r++)
        for (int referrer = 0; referrer < REFERRERS; referrer++)
            model->recurrences[r][lead - model->leads][referrer].runs = false;
}

/* What an event does besides. */
typedef struct Effect {
    int order;      /* which one made it qualify; -1: none */
    bool by_nobody; /* its lead is rejected: nothing is granted for it */
    bool erases;    /* counts go down, but what they had reached stays */
} Effect;

static const Effect plain = { .order = -1 };

static Effect effect_of(const ModelLead *lead, int order)
{
    return (Effect){ .order = order, .by_nobody = lead->rejected };
}

typedef struct Change {
    bool more, less;
} Change;

static bool is_kept(const Model *model, const ModelGrant *grant, Change change)
{
    if (grant->lead < 0) /* for a count, and that falls with the next one only */
        return grant->wanted || !change.less || grant->number <= count_of(model, grant->recipient, grant->reward->when);
    const ModelLead *lead = &model->leads[grant->lead];
    bool was_invited_then = grant->reward->when == REWARD_WHEN_INVITED && lead->rejected && lead->referrer == grant->recipient;
    return grant->wanted || lead->gone || was_invited_then;
}

/* What no longer stands goes, and of what does the order's net is shared out anew. */
static void drop(const Model *model, ModelGrant *grant, Change change)
{
    int64_t left = grant->order >= 0 ? worth(model, grant) : INT64_MAX;
    bool kept = is_kept(model, grant, change);
    for (int p = 0; p < grant->part_count; p++) {
        ModelPart *part = &grant->parts[p];
        part->value = part->value < left ? part->value : left;
        part->stands = part->stands && kept;
        left -= part->value;
    }
}

/* What cap or budget refused once is tried again with the next referral, if it is for any of them. */
static bool is_new(const ModelGrant *grant, Change change)
{
    return !grant->was_wanted || (grant->reward->frequency == FREQUENCY_ONCE && change.more);
}

/* Brings the model's grants up to what should stand now. */
static void settle(Model *model, Effect effect)
{
    ModelGrant *list[GRANTS];
    Change changes[REFERRERS][2];
    for (int referrer = 0; referrer < REFERRERS; referrer++)
        for (int when = 0; when < 2; when++) {
            int64_t before = model->counts[referrer][when];
            int64_t now = count_of(model, referrer, when ? REWARD_WHEN_QUALIFIED : REWARD_WHEN_INVITED);
            changes[referrer][when] = (Change){ .more = now > before, .less = now < before && !effect.erases };
            model->counts[referrer][when] = now;
        }
#define CHANGE_FOR(grant) changes[(grant)->recipient][(grant)->reward->when == REWARD_WHEN_QUALIFIED]
    for (int i = 0; i < model->grant_count; i++) {
        model->grants[i].was_wanted = model->grants[i].wanted;
        model->grants[i].wanted = false;
    }
    int count = list_wanted(model, list);
    for (int i = 0; i < model->grant_count; i++)
        drop(model, &model->grants[i], CHANGE_FOR(&model->grants[i]));
    for (int i = 0; i < model->lead_count; i++)
        if (!causes(&model->leads[i], REWARD_WHEN_QUALIFIED))
            stop_recurring(model, &model->leads[i]);
    for (int i = 0; i < count && !effect.by_nobody; i++) {
        if (!is_new(list[i], CHANGE_FOR(list[i])) || list[i]->parts[0].stands)
            continue;
        if (!list[i]->parts[0].closed)
            grant_in_model(model, list[i], effect.order);
        if (list[i]->reward->frequency == FREQUENCY_RECURRING && list[i]->number == 0)
            recur(model, list[i]);
    }
#undef CHANGE_FOR
}

#endif
