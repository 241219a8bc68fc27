#include "engine/attribute.h"

#include <assert.h>

#include "base/limits.h"
#include "base/time.h"
#include "domain/click_id.h"
#include "domain/text.h"
#include "engine/forget.h"

void attribute_begin(Attribution *attribution, const Work *work, const Campaign *campaign,
                     const AttributionPerson *person)
{
    *attribution = (Attribution){ .work = work, .campaign = campaign, .person = *person };
    attribution->facts = (AttributionFacts){ .campaign_id = campaign->id,
                                             .now_us = store_now_us(work->session),
                                             .policy = campaign->attribution,
                                             .click_window_s = campaign->click_window_s,
                                             .by_hand = person->by_hand };
    const User *known = person->known;
    if (known == NULL)
        return;
    attribution->facts.is_known = true;
    attribution->facts.referrer_id = known->referrer_id;
    attribution->facts.touched_us = known->touched_us ? known->touched_us : known->signed_up_us;
    attribution->facts.is_qualified = known->qualified_us != 0;
}

/* ---- who is behind a trace --------------------------------------------- */

static TraceKind kind_of(UserKeyKind kind)
{
    switch (kind) {
    case USER_KEY_CLICK:
        return TRACE_CLICK;
    case USER_KEY_COUPON:
        return TRACE_COUPON;
    case USER_KEY_CUSTOMER:
        return TRACE_CUSTOMER;
    case USER_KEY_EMAIL:
        return TRACE_EMAIL;
    case USER_KEY_ID:
    case USER_KEY_CODE:
    case USER_KEY_NONE:
        break;
    }
    return TRACE_CODE;
}

/* Unlike a coupon that qualifies, one that refers may be anybody's. */
static Status find_holder(const Work *work, int64_t account_id, Str code, User *out_user)
{
    Coupon coupon;
    Status status = store_coupon_find(work->session, account_id, code, work->arena, &coupon);
    if (!status && !coupon.user_id)
        status = STATUS_NOT_FOUND;
    return status ? status : store_user_get(work->session, account_id, coupon.user_id, work->arena, out_user);
}

static Status find_referrer(const Attribution *attribution, UserKey key, User *out_user)
{
    const Work *work = attribution->work;
    int64_t account_id = attribution->campaign->account_id;
    key.campaign_id = attribution->campaign->id; /* e-mails and customer ids are meant within it */
    if (key.kind == USER_KEY_COUPON)
        return find_holder(work, account_id, key.text, out_user);
    return find_user(work->session, work->engine, account_id, key, work->arena, out_user, NULL);
}

static Status is_self(const Attribution *attribution, const User *referrer, bool *out_self)
{
    const AttributionPerson *person = &attribution->person;
    Str email = email_key(attribution->work->arena, referrer->email);
    bool same_customer = person->customer_id.len && str_eq(person->customer_id, referrer->customer_id);
    bool same_user = person->known && person->known->id == referrer->id;
    *out_self = same_user || same_customer || str_eq(email, person->email_key);
    return email.ptr ? STATUS_OK : STATUS_NOMEM;
}

/* Does the person who joins stand among the referrers above this one? A chain that is too long to look
 * through counts as a circle. */
static Status is_below(const Attribution *attribution, const User *referrer, bool *out_below)
{
    const User *known = attribution->person.known;
    int64_t above_id = referrer->referrer_id;
    *out_below = false;
    if (known == NULL)
        return STATUS_OK;
    for (int step = 0; above_id && step < LIMIT_REFERRAL_CHAIN; step++) {
        if (above_id == known->id)
            break;
        Status status = store_user_referrer(attribution->work->session, known->account_id, above_id, &above_id);
        if (status)
            return status == STATUS_NOT_FOUND ? STATUS_OK : status; /* erased: the chain ends there */
    }
    *out_below = above_id != 0;
    return STATUS_OK;
}

Status attribute_add(Attribution *attribution, UserKey key, const char *field)
{
    assert(attribution->count < ATTRIBUTION_TRACES);
    size_t index = attribution->count++;
    Trace *trace = &attribution->traces[index];
    User *referrer = &attribution->referrers[index];
    attribution->fields[index] = field;
    trace->kind = kind_of(key.kind);
    int64_t clicked_id;
    if (key.kind == USER_KEY_CLICK)
        (void)click_id_parse(&attribution->work->engine->code_key, key.text, &clicked_id, &trace->touched_us);
    Status status = find_referrer(attribution, key, referrer);
    if (status)
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    trace->referrer_id = referrer->id;
    trace->referrer_campaign_id = referrer->campaign_id;
    trace->is_rejected = referrer->review == REVIEW_REJECTED;
    status = is_self(attribution, referrer, &trace->is_self);
    return status ? status : is_below(attribution, referrer, &trace->is_below);
}

/* ---- deciding ---------------------------------------------------------- */

/* What the sender of a trace that must fit is told; NULL: it did fit, or lost to another. */
static const char *refusal(TraceReason reason)
{
    switch (reason) {
    case TRACE_UNKNOWN:
        return "Nobody of this campaign is the referrer named here.";
    case TRACE_OTHER_CAMPAIGN:
        return "The referrer is not in this campaign.";
    case TRACE_SELF_REFERRAL:
        return "People can't refer themselves.";
    case TRACE_CYCLE:
        return "The referrer was invited by this very person. Referrals can't go in a circle.";
    case TRACE_REJECTED:
        return "This referrer was rejected in review and can't refer anybody.";
    case TRACE_EXPIRED:
        return "This click is too old for the campaign's click window.";
    default:
        return NULL;
    }
}

Status attribute_decide(Attribution *attribution)
{
    AttributionFacts *facts = &attribution->facts;
    Status status = STATUS_OK;
    if (attribution->count && !facts->is_known)
        status = forget_find_lead(attribution->work, attribution->campaign, attribution->person.email_key, &facts->was_lead);
    if (status)
        return status;
    int winner = attribution_decide(facts, attribution->traces, attribution->count);
    attribution->winner = winner < 0 ? NULL : &attribution->referrers[winner];
    if (winner >= 0)
        attribution->touched_us = trace_touch_us(&attribution->traces[winner], facts->now_us);
    for (size_t i = 0; i < attribution->count; i++) {
        const char *text = refusal(attribution->traces[i].reason);
        bool own_email = attribution->traces[i].reason == TRACE_SELF_REFERRAL; /* that is what to change */
        if (text && attribution->fields[i])
            return error_set(attribution->work->err, STATUS_INVALID, own_email ? "email" : attribution->fields[i],
                             "%s", text);
    }
    return STATUS_OK;
}

/* ---- explaining -------------------------------------------------------- */

static void put_trace(JsonOut *json, const Trace *trace)
{
    json_begin_object(json);
    json_put_str(json, "by", str_of(name_of(trace_kind_names, (int)trace->kind)));
    json_put_id_opt(json, "referrer_id", trace->referrer_id);
    json_put_str_opt(json, "touched_at",
                     trace->touched_us ? str_of(time_iso8601(trace->touched_us).text) : STR_NONE);
    json_put_str(json, "reason", str_of(name_of(trace_reason_names, (int)trace->reason)));
    json_end_object(json);
}

static bool says_something_new(const Attribution *attribution)
{
    for (size_t i = 0; i < attribution->count; i++)
        if (attribution->traces[i].reason != TRACE_SAME_REFERRER)
            return true;
    return false;
}

Status attribute_explain(const Attribution *attribution, int64_t user_id, const char *rule)
{
    Explanation why;
    const AttributionFacts *facts = &attribution->facts;
    if (!says_something_new(attribution))
        return STATUS_OK;
    explain_begin(&why, attribution->work, attribution->campaign->account_id, DECISION_ATTRIBUTION, user_id);
    json_put_id_opt(&why.json, "referrer_id", attribution->winner ? attribution->winner->id : facts->referrer_id);
    if (facts->is_known)
        json_put_id_opt(&why.json, "referrer_id_before", facts->referrer_id);
    if (attribution->reason.len)
        json_put_str(&why.json, "reason", attribution->reason);
    json_put_int(&why.json, "click_window_s", facts->click_window_s);
    json_key(&why.json, "traces");
    json_begin_array(&why.json);
    for (size_t i = 0; i < attribution->count; i++)
        put_trace(&why.json, &attribution->traces[i]);
    json_end_array(&why.json);
    return explain_end(&why, rule, attribution->winner ? "credited" : facts->is_known ? "unchanged" : "nobody");
}
