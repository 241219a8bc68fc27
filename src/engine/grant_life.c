#include "engine/grant_life.h"

#include "base/time.h"
#include "engine/explain.h"

Status grant_facts_load(const Work *work, const Grant *grant, GrantFacts *facts)
{
    Reward *reward = ARENA_NEW(work->arena, Reward);
    Campaign *campaign = ARENA_NEW(work->arena, Campaign);
    User *recipient = ARENA_NEW(work->arena, User), *referral = ARENA_NEW(work->arena, User);
    if (!reward || !campaign || !recipient || !referral)
        return STATUS_NOMEM;
    Status status = STATUS_OK;
    if (!facts->reward)
        status = store_reward_get(work->session, grant->account_id, grant->reward_id, work->arena, reward);
    if (!status && !facts->campaign)
        status = store_campaign_get(work->session, grant->account_id, grant->campaign_id, work->arena, campaign);
    if (status)
        return status == STATUS_NOT_FOUND ? STATUS_INTERNAL : status;
    Status found_recipient =
        store_user_get(work->session, grant->account_id, grant->recipient_id, work->arena, recipient);
    Status found_referral = store_user_get(work->session, grant->account_id, grant->referral_id, work->arena, referral);
    facts->reward = facts->reward ? facts->reward : reward;
    facts->campaign = facts->campaign ? facts->campaign : campaign;
    facts->recipient = found_recipient ? NULL : recipient;
    facts->referral = found_referral ? NULL : referral;
    status = found_recipient && found_recipient != STATUS_NOT_FOUND ? found_recipient : found_referral;
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

/* ---- what each step writes --------------------------------------------- */

/* Posts to the ledger, and counts what the campaign has promised: the budget is spent from that. */
static Status post(const Work *work, const Grant *grant, LedgerKind kind, int64_t amount_minor)
{
    if (amount_minor == 0)
        return STATUS_OK;
    LedgerEntry entries[2];
    ledger_post(grant, kind, amount_minor, entries);
    Status status = store_ledger_insert(work->session, entries);
    bool moves = kind == LEDGER_ISSUE || kind == LEDGER_FAIL; /* between the user's own books */
    if (status || moves || grant->currency.code[0] == 0)
        return status;
    bool taken_back = kind == LEDGER_CANCEL || kind == LEDGER_REVERSE;
    int64_t more = taken_back ? -amount_minor : amount_minor, spent, sum;
    status = store_campaign_spend_get(work->session, grant->account_id, grant->campaign_id, grant->currency, &spent);
    if (!status && !money_add(spent, more, &sum))
        status = error_set(work->err, STATUS_INVALID, "amount", "The campaign's rewards are too large in all.");
    return status ? status
                  : store_campaign_spend_add(work->session, grant->account_id, grant->campaign_id, grant->currency,
                                             more);
}

static void put_currency(JsonOut *json, Currency currency)
{
    json_put_str_opt(json, "currency", currency.code[0] ? str_of(currency.code) : STR_NONE);
}

static void begin_explanation(Explanation *why, const Work *work, const Grant *grant)
{
    explain_begin(why, work, grant->account_id, DECISION_REWARD, grant->recipient_id);
    why->decision.grant_id = grant->id;
    why->decision.conversion_id = grant->conversion_id;
    json_put_int(&why->json, "reward_id", grant->reward_id);
    json_put_int(&why->json, "referral_id", grant->referral_id);
    if (grant->number)
        json_put_int(&why->json, "number", grant->number);
    if (grant->rest_of)
        json_put_int(&why->json, "rest_of", grant->rest_of);
    json_put_int(&why->json, "value_minor", grant->value_minor);
    put_currency(&why->json, grant->currency);
}

/* Why it was granted or not: the counts, the caps and what they had counted. */
static Status explain_grant(const Work *work, const Reward *reward, const Grant *grant, int64_t count,
                            const CapVerdict *verdict)
{
    Explanation why;
    begin_explanation(&why, work, grant);
    JsonOut *json = &why.json;
    json_put_int(json, "count", count);
    if (grant->metric == METRIC_COMMISSION) {
        json_put_int(json, "basis_points", grant->rate);
        if (grant->spend_minor != SPEND_UNKNOWN)
            json_put_int(json, "spend_minor", grant->spend_minor);
    }
    if (verdict->cap) {
        json_put_str(json, "cap_scope", str_of(name_of(cap_scope_names, (int)verdict->cap->scope)));
        json_put_str(json, "cap_period", str_of(name_of(period_names, (int)verdict->cap->period)));
        json_put_int(json, "most_count", verdict->cap->most_count);
        json_put_int(json, "most_minor", verdict->cap->most_minor);
    }
    if (verdict->broken) {
        json_put_int(json, "used_count", verdict->used.granted);
        json_put_int(json, "used_minor", verdict->used.minor);
    } else {
        json_put_str(json, "status", str_of(name_of(grant_state_names, (int)grant->state)));
        json_put_int(json, "hold_s", reward->hold_s);
        json_put_bool(json, "approval", reward->approval);
    }
    return explain_end(&why, name_of(reward_frequency_names, (int)reward->frequency),
                       verdict->broken ? verdict->broken : "granted");
}

Status grant_explain(const Work *work, const Grant *grant, const char *rule)
{
    Explanation why;
    begin_explanation(&why, work, grant);
    if (grant->reason.ptr)
        json_put_str(&why.json, "reason", grant->reason);
    return explain_end(&why, rule, name_of(grant_state_names, (int)grant->state));
}

/* ---- steps ------------------------------------------------------------- */

/* As how many a cap counts it: a rest belongs to a grant that is counted. */
static int64_t counted(const Grant *grant)
{
    return grant->rest_of ? 0 : 1;
}

Status grant_take_coupon(const Work *work, Grant *grant)
{
    if (grant->metric != METRIC_COUPON || grant->coupon.ptr)
        return STATUS_OK;
    Coupon coupon;
    Status status = store_coupon_take(work->session, grant->account_id, grant->campaign_id, grant->recipient_id,
                                      work->arena, &coupon);
    if (!status)
        grant->coupon = coupon.code;
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static bool is_held(const GrantFacts *facts)
{
    const User *recipient = facts->recipient, *referral = facts->referral;
    return (recipient && recipient->review == REVIEW_HELD) || (referral && referral->review == REVIEW_HELD);
}

/* Pending or due. What returns waits anew, for its hold and an approval: it stands on another order, or
 * another word. */
static void begin_waiting(const Work *work, const GrantFacts *facts, Grant *grant)
{
    int64_t now_us = store_now_us(work->session), hold_us = facts->reward->hold_s * US_PER_SECOND;
    grant->approved_us = 0;
    grant->release_us = hold_us ? now_us + hold_us : 0;
    grant->state = grant_waiting_state(grant, facts->reward, is_held(facts), now_us);
}

Status grant_issue(const Work *work, const GrantFacts *facts, Grant *grant)
{
    if (facts->recipient == NULL)
        return error_set(work->err, STATUS_INVALID, NULL, "The person whom this reward is for has been removed.");
    grant->state = GRANT_ISSUED;
    grant->issued_us = store_now_us(work->session);
    Status status = store_grant_update(work->session, grant);
    if (!status)
        status = post(work, grant, LEDGER_ISSUE, grant->value_minor);
    return status ? status
                  : emit_reward_issued(work, grant, facts->reward, facts->campaign, facts->recipient, facts->referral);
}

static Status issue_if_automatic(const Work *work, const GrantFacts *facts, Grant *grant)
{
    if (!facts->reward->automatic || !grant_can_be_issued(grant) || facts->recipient == NULL)
        return STATUS_OK;
    return grant_issue(work, facts, grant);
}

Status grant_make(const Work *work, const GrantFacts *facts, Grant *grant, int64_t count, bool *out_made)
{
    CapVerdict verdict;
    Status status = caps_check(work, facts->campaign, facts->reward, grant, counted(grant), grant->value_minor, &verdict);
    if (out_made)
        *out_made = !status && !verdict.broken;
    if (status)
        return status;
    if (verdict.broken)
        return explain_grant(work, facts->reward, grant, count, &verdict);
    begin_waiting(work, facts, grant);
    status = grant_take_coupon(work, grant);
    if (!status)
        status = store_grant_insert(work->session, grant);
    if (!status)
        status = caps_count(work, facts->reward, grant, counted(grant), grant->value_minor);
    if (!status)
        status = post(work, grant, LEDGER_GRANT, grant->value_minor);
    if (!status)
        status = explain_grant(work, facts->reward, grant, count, &verdict);
    return status ? status : issue_if_automatic(work, facts, grant);
}

Status grant_sum_paid(const Work *work, const Grant *grant, int64_t *out_minor)
{
    LedgerList entries;
    Status status = store_ledger_list_of_grant(work->session, grant->account_id, grant->id, work->arena, &entries);
    *out_minor = 0;
    for (size_t i = 0; !status && i < entries.count; i++)
        if (entries.items[i].book == BOOK_PAID)
            *out_minor += entries.items[i].amount_minor; /* each is at most LIMIT_MONEY_MINOR */
    return status;
}

Status grant_fail(const Work *work, Grant *grant)
{
    int64_t paid_minor;
    bool issued = grant->state == GRANT_ISSUED;
    grant->state = GRANT_FAILED;
    grant->issued_us = 0;
    Status status = store_grant_update(work->session, grant);
    if (!status && issued)
        status = grant_sum_paid(work, grant, &paid_minor);
    if (!status && issued)
        status = post(work, grant, LEDGER_FAIL, paid_minor);
    return status ? status : grant_explain(work, grant, "by_hand");
}

Status grant_fall(const Work *work, const Reward *reward, Grant *grant, const char *rule)
{
    bool issued = grant->state == GRANT_ISSUED;
    grant->state = issued ? GRANT_REVERSED : GRANT_CANCELLED;
    grant->release_us = 0;
    Status status = store_grant_update(work->session, grant);
    if (!status)
        status = caps_count(work, reward, grant, -counted(grant), -grant->value_minor);
    if (!status)
        status = post(work, grant, issued ? LEDGER_REVERSE : LEDGER_CANCEL, grant->value_minor);
    return status ? status : grant_explain(work, grant, rule);
}

Status grant_return(const Work *work, const GrantFacts *facts, Grant *grant)
{
    CapVerdict verdict;
    Status status = caps_check(work, facts->campaign, facts->reward, grant, counted(grant), grant->value_minor, &verdict);
    if (status)
        return status;
    if (verdict.broken)
        return explain_grant(work, facts->reward, grant, grant->number, &verdict);
    if (grant->state == GRANT_REVERSED)
        grant->state = GRANT_ISSUED;
    else
        begin_waiting(work, facts, grant);
    status = grant_take_coupon(work, grant);
    if (!status)
        status = store_grant_update(work->session, grant);
    if (!status)
        status = caps_count(work, facts->reward, grant, counted(grant), grant->value_minor);
    if (!status)
        status = post(work, grant, LEDGER_RETURN, grant->value_minor);
    if (!status)
        status = grant_explain(work, grant, "stands_again");
    return status ? status : issue_if_automatic(work, facts, grant);
}

Status grant_release(const Work *work, const GrantFacts *facts, Grant *grant)
{
    int64_t now_us = store_now_us(work->session);
    if (grant->release_us <= now_us)
        grant->release_us = 0;
    grant->state = grant_waiting_state(grant, facts->reward, is_held(facts), now_us);
    Status status = grant->state == GRANT_DUE ? grant_take_coupon(work, grant) : STATUS_OK;
    if (!status)
        status = store_grant_update(work->session, grant);
    return status || grant->state != GRANT_DUE ? status : issue_if_automatic(work, facts, grant);
}

Status grant_revalue(const Work *work, const GrantFacts *facts, Grant *grant, int64_t value_minor, const char *rule)
{
    int64_t more = value_minor - grant->value_minor;
    bool stands = grant_stands(grant);
    CapVerdict verdict = { 0 };
    Status status = STATUS_OK;
    if (stands && more > 0)
        status = caps_check(work, facts->campaign, facts->reward, grant, 0, more, &verdict);
    if (!status && verdict.broken)
        status = error_set(work->err, STATUS_INVALID, "total", "A cap of the reward or the campaign's budget forbids this total.");
    if (!status && stands && more)
        status = caps_count(work, facts->reward, grant, 0, more);
    if (!status && stands)
        status = post(work, grant, LEDGER_ADJUST, more);
    if (status)
        return status;
    grant->value_minor = value_minor;
    status = store_grant_update(work->session, grant);
    return status || !more ? status : grant_explain(work, grant, rule);
}

Status grant_each(const Work *work, const User *user, GrantLister *list_grants, GrantStep *step)
{
    Status status;
    GrantList list;
    int64_t after = 0;
    ArenaMark mark = arena_mark(work->arena);
    do {
        status = list_grants(work->session, user->account_id, user->id, after, work->arena, &list);
        for (size_t i = 0; !status && i < list.count; i++) {
            after = list.items[i].id;
            status = step(work, user, &list.items[i]);
        }
    } while (work_next_page(work, mark, status, list.count));
    return status;
}
