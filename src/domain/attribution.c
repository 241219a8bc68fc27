#include "domain/attribution.h"

#include "base/time.h"

static const char *const kind_names[] = { "click_id", "coupon", "code", "customer_id", "email" };
const NameTable trace_kind_names = NAME_TABLE(kind_names);
_Static_assert(ARRAY_LEN(kind_names) == TRACE_KIND_COUNT, "each kind has a name");

static const char *const reason_names[] = {
    "won",           "unknown",          "other_campaign",  "self_referral",    "cycle",
    "rejected",      "expired",          "lost_to_earlier", "lost_to_later",    "lost_to_stronger",
    "same_referrer", "already_joined",   "already_referred", "already_qualified", "not_later",
    "credited_before",
};
const NameTable trace_reason_names = NAME_TABLE(reason_names);
_Static_assert(ARRAY_LEN(reason_names) == TRACE_REASON_COUNT, "each reason has a name");

int64_t trace_touch_us(const Trace *trace, int64_t now_us)
{
    return trace->touched_us && trace->touched_us < now_us ? trace->touched_us : now_us;
}

static bool is_within(int64_t from_us, int64_t now_us, int64_t window_s)
{
    return window_s == 0 || now_us - from_us <= window_s * US_PER_SECOND;
}

/* What rules a trace out on its own; TRACE_WON: nothing. */
static TraceReason judge_alone(const AttributionFacts *facts, const Trace *trace)
{
    if (!trace->referrer_id)
        return TRACE_UNKNOWN;
    if (trace->referrer_campaign_id != facts->campaign_id)
        return TRACE_OTHER_CAMPAIGN;
    if (trace->is_self)
        return TRACE_SELF_REFERRAL;
    if (trace->is_below)
        return TRACE_CYCLE;
    if (trace->is_rejected)
        return TRACE_REJECTED;
    bool counts = is_within(trace_touch_us(trace, facts->now_us), facts->now_us, facts->click_window_s);
    return counts ? TRACE_WON : TRACE_EXPIRED;
}

/* Does `a` come before `b`? Of equals the one that was named first stays. */
static bool is_better(const AttributionFacts *facts, const Trace *a, const Trace *b)
{
    int64_t a_us = trace_touch_us(a, facts->now_us), b_us = trace_touch_us(b, facts->now_us);
    if (a_us != b_us)
        return (a_us < b_us) == (facts->policy == ATTRIBUTION_FIRST);
    return a->kind < b->kind;
}

static TraceReason why_lost(const AttributionFacts *facts, const Trace *loser, const Trace *winner)
{
    if (loser->referrer_id == winner->referrer_id)
        return TRACE_SAME_REFERRER;
    if (trace_touch_us(loser, facts->now_us) == trace_touch_us(winner, facts->now_us))
        return TRACE_LOST_TO_STRONGER;
    return facts->policy == ATTRIBUTION_FIRST ? TRACE_LOST_TO_EARLIER : TRACE_LOST_TO_LATER;
}

/* What keeps the winner from somebody who is known already; TRACE_WON: nothing. */
static TraceReason judge_known(const AttributionFacts *facts, const Trace *winner)
{
    if (!facts->is_known)
        return facts->was_lead ? TRACE_CREDITED_BEFORE : TRACE_WON;
    if (facts->referrer_id == winner->referrer_id)
        return TRACE_SAME_REFERRER;
    if (facts->is_qualified)
        return TRACE_ALREADY_QUALIFIED;
    if (facts->by_hand)
        return TRACE_WON;
    if (!facts->referrer_id)
        return TRACE_ALREADY_JOINED;
    if (facts->policy == ATTRIBUTION_FIRST)
        return TRACE_ALREADY_REFERRED;
    return trace_touch_us(winner, facts->now_us) > facts->touched_us ? TRACE_WON : TRACE_NOT_LATER;
}

int attribution_decide(const AttributionFacts *facts, Trace *traces, size_t count)
{
    int winner = -1;
    for (size_t i = 0; i < count; i++) {
        traces[i].reason = judge_alone(facts, &traces[i]);
        if (traces[i].reason == TRACE_WON && (winner < 0 || is_better(facts, &traces[i], &traces[winner])))
            winner = (int)i;
    }
    if (winner < 0)
        return -1;
    for (size_t i = 0; i < count; i++)
        if (traces[i].reason == TRACE_WON && (int)i != winner)
            traces[i].reason = why_lost(facts, &traces[i], &traces[winner]);
    traces[winner].reason = judge_known(facts, &traces[winner]);
    return traces[winner].reason == TRACE_WON ? winner : -1;
}

int64_t attribution_remembers_s(const Campaign *campaign)
{
    int64_t life_s = campaign->cookie_days * 24 * 3600;
    return campaign->click_window_s && campaign->click_window_s < life_s ? campaign->click_window_s : life_s;
}

bool attribution_replaces(AttributionPolicy policy, int64_t remembers_s, int64_t clicked_us, int64_t now_us)
{
    return policy == ATTRIBUTION_LAST || now_us - clicked_us > remembers_s * US_PER_SECOND;
}

bool attribution_counts(const Campaign *campaign, int64_t signed_up_us, int64_t now_us)
{
    return is_within(signed_up_us, now_us, campaign->credit_window_s);
}
