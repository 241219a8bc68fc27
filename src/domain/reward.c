#include "domain/reward.h"

#include "base/limits.h"
#include "domain/text.h"

static const char *const metric_names[] = { "amount", "commission", "coupon", "custom" };
static const char *const for_names[] = { "referrer", "lead" };
static const char *const for_api_names[] = { "person_referring", "person_invited" };
static const char *const when_names[] = { "joined", "invited", "qualified" };
static const char *const issue_names[] = { "manual",     "n8n",    "webhook",       "email",  "paypal",
                                           "tremendous", "stripe", "stripe_coupon", "zapier", "make" };
static const char *const status_names[] = { "active", "draft", "inactive" };
static const char *const frequency_names[] = { "each", "once", "every_n", "milestones", "order", "recurring" };
static const char *const scope_names[] = { "person", "campaign" };

const NameTable reward_metric_names = NAME_TABLE(metric_names);
const NameTable reward_for_names = NAME_TABLE(for_names);
const NameTable reward_for_api_names = NAME_TABLE(for_api_names);
const NameTable reward_when_names = NAME_TABLE(when_names);
const NameTable issue_method_names = NAME_TABLE(issue_names);
const NameTable reward_status_names = NAME_TABLE(status_names);
const NameTable reward_frequency_names = NAME_TABLE(frequency_names);
const NameTable cap_scope_names = NAME_TABLE(scope_names);

/* ---- checking a definition --------------------------------------------- */

static Status check_value(const Reward *reward, int64_t minor, const char *field, Error *err)
{
    if (minor <= 0 && reward->metric != METRIC_COUPON)
        return error_set(err, STATUS_INVALID, field, "The value must be more than zero.");
    if (reward->metric == METRIC_COMMISSION && minor > COMMISSION_WHOLE)
        return error_set(err, STATUS_INVALID, field, "A commission is at most 100 percent.");
    if (minor > LIMIT_MONEY_MINOR)
        return error_set(err, STATUS_INVALID, field, "This value is too large.");
    return STATUS_OK;
}

static Status check_money(const Reward *reward, Error *err)
{
    bool has_currency = reward->currency.code[0] != 0;
    if (reward->metric == METRIC_AMOUNT && !has_currency)
        return error_set(err, STATUS_INVALID, "currency", "A reward of an amount needs a currency.");
    if (reward->metric == METRIC_COMMISSION && reward->when != REWARD_WHEN_QUALIFIED)
        return error_set(err, STATUS_INVALID, "when_referral", "A commission is for qualified referrals: use qualified.");
    if (reward->cap_minor < 0 || reward->cap_minor > LIMIT_MONEY_MINOR)
        return error_set(err, STATUS_INVALID, "cap_minor", "The cap must be zero or more, and not too large.");
    if (reward->cap_minor && (reward->metric != METRIC_COMMISSION || !has_currency))
        return error_set(err, STATUS_INVALID, "cap_minor", "Only a commission with a currency has a cap of its own.");
    return STATUS_OK;
}

static Status check_steps(const Reward *reward, Error *err)
{
    bool milestones = reward->frequency == FREQUENCY_MILESTONES;
    if (milestones && reward->step_count == 0)
        return error_set(err, STATUS_INVALID, "steps", "Milestones need at least one step.");
    if (reward->step_count && !milestones && reward->frequency != FREQUENCY_EACH && reward->frequency != FREQUENCY_ORDER)
        return error_set(err, STATUS_INVALID, "steps", "Steps are for milestones, and for tiers of each and order.");
    if (reward->step_count > LIMIT_REWARD_STEPS)
        return error_set(err, STATUS_INVALID, "steps", "A reward has at most %d steps.", LIMIT_REWARD_STEPS);
    for (size_t i = 0; i < reward->step_count; i++) {
        int64_t before = i ? reward->steps[i - 1].at_count : 0;
        if (reward->steps[i].at_count <= before || reward->steps[i].at_count > LIMIT_REWARD_COUNT)
            return error_set(err, STATUS_INVALID, "steps", "The counts of the steps must rise, from 1 on.");
        Status status = check_value(reward, reward->steps[i].value_minor, "steps", err);
        if (status)
            return status;
    }
    return STATUS_OK;
}

static bool same_cap(const RewardCap *a, const RewardCap *b)
{
    return a->scope == b->scope && a->period == b->period;
}

static Status check_caps(const Reward *reward, Error *err)
{
    if (reward->cap_count > LIMIT_REWARD_CAPS)
        return error_set(err, STATUS_INVALID, "caps", "A reward has at most %d caps.", LIMIT_REWARD_CAPS);
    for (size_t i = 0; i < reward->cap_count; i++) {
        const RewardCap *cap = &reward->caps[i];
        if (cap->period > PERIOD_MONTH)
            return error_set(err, STATUS_INVALID, "caps", "The period of a cap is day, week, month or ever.");
        if (cap->most_count < 0 || cap->most_minor < 0 || (cap->most_count == 0 && cap->most_minor == 0))
            return error_set(err, STATUS_INVALID, "caps", "A cap needs a count or a total of more than zero.");
        if (cap->most_count > LIMIT_REWARD_COUNT || cap->most_minor > LIMIT_MONEY_MINOR)
            return error_set(err, STATUS_INVALID, "caps", "A cap is too large.");
        if (cap->most_minor && reward->metric == METRIC_COMMISSION && reward->currency.code[0] == 0)
            return error_set(err, STATUS_INVALID, "caps", "A total of commissions needs the reward's currency.");
        for (size_t k = 0; k < i; k++)
            if (same_cap(cap, &reward->caps[k]))
                return error_set(err, STATUS_INVALID, "caps", "Two caps have the same scope and period.");
    }
    return STATUS_OK;
}

static Status check_frequency(const Reward *reward, Error *err)
{
    RewardFrequency frequency = reward->frequency;
    bool counted = frequency == FREQUENCY_EVERY_N || frequency == FREQUENCY_MILESTONES;
    if (counted && reward->when == REWARD_WHEN_JOINED)
        return error_set(err, STATUS_INVALID, "every", "Everybody joins once: every is for rewards on invited or qualified.");
    if (counted && reward->who == REWARD_FOR_LEAD)
        return error_set(err, STATUS_INVALID, "every", "A lead is rewarded once anyway: every is for referrers.");
    if (frequency == FREQUENCY_EVERY_N && (reward->every < 1 || reward->every > LIMIT_REWARD_COUNT))
        return error_set(err, STATUS_INVALID, "every", "Every which time? Give 1 or more.");
    if ((frequency == FREQUENCY_ORDER || frequency == FREQUENCY_RECURRING) && reward->when != REWARD_WHEN_QUALIFIED)
        return error_set(err, STATUS_INVALID, "frequency", "Orders and what recurs pay for qualified leads: use qualified.");
    if ((frequency == FREQUENCY_RECURRING) != (reward->period != PERIOD_EVER))
        return error_set(err, STATUS_INVALID, "period", "A recurring reward, and only that, has a period.");
    if (frequency == FREQUENCY_RECURRING && reward->period == PERIOD_DAY)
        return error_set(err, STATUS_INVALID, "period", "A reward recurs each week, month, quarter or year.");
    if (reward->periods < 0 || reward->periods > LIMIT_REWARD_COUNT)
        return error_set(err, STATUS_INVALID, "periods", "The number of periods must be zero (without end) or more.");
    if (reward->metric == METRIC_COUPON && frequency == FREQUENCY_RECURRING)
        return error_set(err, STATUS_INVALID, "frequency", "Coupons do not recur.");
    return STATUS_OK;
}

Status reward_check(Reward *reward, Error *err)
{
    Status status = text_check_title(&reward->name, "name", err);
    if (status)
        return status;
    if (reward->when == REWARD_WHEN_JOINED && reward->who == REWARD_FOR_LEAD)
        return error_set(err, STATUS_INVALID, "reward_for",
                         "A reward for joining goes to the person referring who joins. For leads use invited.");
    if (reward->hold_s < 0 || reward->hold_s > LIMIT_HOLD_SECONDS)
        return error_set(err, STATUS_INVALID, "hold_s", "The hold is at most ten years.");
    status = check_money(reward, err);
    if (!status && reward->frequency != FREQUENCY_MILESTONES)
        status = check_value(reward, reward->value_minor, "value_minor", err);
    if (!status)
        status = check_frequency(reward, err);
    if (!status)
        status = check_steps(reward, err);
    return status ? status : check_caps(reward, err);
}

/* ---- changing ---------------------------------------------------------- */

#define PART(member) { offsetof(Reward, member), sizeof((Reward){ 0 }.member) }

/* Where each part lies; those of two members stand twice. */
static const struct {
    RewardPart part;
    struct {
        size_t offset, len;
    } at;
} parts[] = {
    { REWARD_PART_NAME, PART(name) },         { REWARD_PART_STATUS, PART(status) },
    { REWARD_PART_METRIC, PART(metric) },     { REWARD_PART_VALUE, PART(value_minor) },
    { REWARD_PART_CAP, PART(cap_minor) },     { REWARD_PART_CURRENCY, PART(currency) },
    { REWARD_PART_FOR, PART(who) },           { REWARD_PART_WHEN, PART(when) },
    { REWARD_PART_EVERY, PART(every) },       { REWARD_PART_FREQUENCY, PART(frequency) },
    { REWARD_PART_PERIOD, PART(period) },     { REWARD_PART_PERIODS, PART(periods) },
    { REWARD_PART_STEPS, PART(steps) },       { REWARD_PART_STEPS, PART(step_count) },
    { REWARD_PART_CAPS, PART(caps) },         { REWARD_PART_CAPS, PART(cap_count) },
    { REWARD_PART_HOLD, PART(hold_s) },       { REWARD_PART_APPROVAL, PART(approval) },
    { REWARD_PART_ISSUE, PART(issue) },       { REWARD_PART_AUTOMATIC, PART(automatic) },
};

void reward_apply(Reward *reward, const RewardChange *change)
{
    for (size_t i = 0; i < ARRAY_LEN(parts); i++)
        if (change->parts >> parts[i].part & 1)
            memcpy((char *)reward + parts[i].at.offset, (const char *)&change->to + parts[i].at.offset,
                   parts[i].at.len);
}

static bool same_counting(const Reward *a, const Reward *b)
{
    return a->metric == b->metric && a->who == b->who && a->when == b->when && a->frequency == b->frequency &&
           a->every == b->every && a->period == b->period && a->cap_minor == b->cap_minor &&
           memcmp(&a->currency, &b->currency, sizeof a->currency) == 0;
}

static bool same_caps(const Reward *a, const Reward *b)
{
    bool same = a->cap_count == b->cap_count;
    for (size_t i = 0; same && i < a->cap_count; i++)
        same = same_cap(&a->caps[i], &b->caps[i]) && a->caps[i].most_count == b->caps[i].most_count &&
               a->caps[i].most_minor == b->caps[i].most_minor;
    return same;
}

Status reward_check_change(const Reward *reward, const Reward *changed, Error *err)
{
    if (!same_counting(reward, changed))
        return error_set(err, STATUS_INVALID, "frequency",
                         "This reward has been granted: what it is for and how often stays. Archive it and make another.");
    if (!same_caps(reward, changed))
        return error_set(err, STATUS_INVALID, "caps",
                         "This reward has been granted: its caps stay. Archive it and make another.");
    return STATUS_OK;
}

/* ---- what a cause gives ------------------------------------------------ */

static int64_t recipient_of(const Reward *reward, const RewardCause *cause)
{
    if (cause->when == REWARD_WHEN_JOINED || reward->who == REWARD_FOR_LEAD)
        return cause->user->id;
    return cause->referrer ? cause->referrer->id : 0;
}

static bool has_milestone(const Reward *reward, int64_t count)
{
    for (size_t i = 0; i < reward->step_count; i++)
        if (reward->steps[i].at_count == count)
            return true;
    return false;
}

bool reward_is_counted(const Reward *reward)
{
    return reward->frequency == FREQUENCY_ONCE || reward->frequency == FREQUENCY_EVERY_N ||
           reward->frequency == FREQUENCY_MILESTONES;
}

bool reward_key(const Reward *reward, const RewardCause *cause, GrantKey *out_key)
{
    bool for_order = reward->frequency == FREQUENCY_ORDER;
    int64_t count = cause->times_for_referrer;
    *out_key = (GrantKey){ .reward_id = reward->id, .recipient_id = recipient_of(reward, cause) };
    if (reward->when != cause->when || for_order != cause->is_order || out_key->recipient_id == 0)
        return false;
    switch (reward->frequency) {
    case FREQUENCY_EACH:
    case FREQUENCY_RECURRING: /* its first period; the clock makes the others */
        out_key->referral_id = cause->user->id;
        return true;
    case FREQUENCY_ORDER:
        out_key->referral_id = cause->user->id;
        out_key->number = cause->order->id;
        return true;
    case FREQUENCY_ONCE:
        out_key->number = 1;
        return true;
    case FREQUENCY_EVERY_N:
        out_key->number = count;
        return count > 0 && count % reward->every == 0;
    case FREQUENCY_MILESTONES:
        out_key->number = count;
        return has_milestone(reward, count);
    }
    return false;
}

static int64_t value_at(const Reward *reward, int64_t count)
{
    int64_t value = reward->value_minor;
    for (size_t i = 0; i < reward->step_count && reward->steps[i].at_count <= count; i++)
        value = reward->steps[i].value_minor;
    return value;
}

int64_t reward_rate(const Reward *reward, const GrantKey *key, int64_t times_for_referrer)
{
    if (reward->metric == METRIC_COUPON)
        return COUPON_VALUE;
    return value_at(reward, reward->frequency == FREQUENCY_MILESTONES ? key->number : times_for_referrer);
}

int64_t reward_value(const Reward *reward, int64_t rate, int64_t spend_minor)
{
    if (reward->metric != METRIC_COMMISSION)
        return rate;
    /* Split, so that the product can't overflow: a rate is at most a whole. */
    int64_t spend = i64_max(spend_minor, 0);
    int64_t value = spend / COMMISSION_WHOLE * rate + spend % COMMISSION_WHOLE * rate / COMMISSION_WHOLE;
    return reward->cap_minor ? i64_min(value, reward->cap_minor) : value;
}
