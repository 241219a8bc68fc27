/* Attribution: whose referral somebody is, when several traces of referrers are at hand. Pure.
 *
 * A trace is a click, a coupon, a code …, and leads to one referrer. What rules it out, in this order:
 *
 *   unknown         nobody is behind it
 *   other_campaign  its referrer is in another campaign
 *   self_referral   its referrer is the person who joins
 *   cycle           its referrer was invited, directly or not, by the person who joins
 *   rejected        its referrer was rejected in review
 *   expired         the click is older than the campaign's click window
 *
 * Of those left, one wins: the earliest touch (policy first) or the latest (policy last). A trace without a
 * time counts as now, since it was sent now; so does one from the future, where clocks differ. Of touches at
 * the same time the strongest wins, click > coupon > code > customer > email; of equally strong ones the one
 * that was named first. What loses:
 *
 *   lost_to_earlier, lost_to_later, lost_to_stronger, same_referrer (it leads to whom the winner leads to)
 *
 * Somebody who is known already keeps what was decided (contract 4.3), and the winner is only told why not:
 *
 *   already_joined     a person referring stays one
 *   already_referred   a lead stays with its referrer (policy first)
 *   already_qualified  … also with policy last, once the lead has qualified: credit may have been paid
 *   not_later          … also with policy last, when the winner's touch is no later than the credited one
 *
 * Whoever was a lead of the campaign, was erased and joins again is credited to nobody: credited_before.
 *
 * With policy last a later touch moves a lead that has not qualified. An owner who attaches a referrer by hand
 * overrules all of these but already_qualified. */
#ifndef DOMAIN_ATTRIBUTION_H
#define DOMAIN_ATTRIBUTION_H

#include "domain/campaign.h"

/* From strong to weak. A code, a link and an id name the referrer alike. */
typedef enum TraceKind { TRACE_CLICK, TRACE_COUPON, TRACE_CODE, TRACE_CUSTOMER, TRACE_EMAIL, TRACE_KIND_COUNT } TraceKind;
extern const NameTable trace_kind_names;

typedef enum TraceReason {
    TRACE_WON,
    TRACE_UNKNOWN,
    TRACE_OTHER_CAMPAIGN,
    TRACE_SELF_REFERRAL,
    TRACE_CYCLE,
    TRACE_REJECTED,
    TRACE_EXPIRED,
    TRACE_LOST_TO_EARLIER,
    TRACE_LOST_TO_LATER,
    TRACE_LOST_TO_STRONGER,
    TRACE_SAME_REFERRER,
    TRACE_ALREADY_JOINED,
    TRACE_ALREADY_REFERRED,
    TRACE_ALREADY_QUALIFIED,
    TRACE_NOT_LATER,
    TRACE_CREDITED_BEFORE,
    TRACE_REASON_COUNT,
} TraceReason;
extern const NameTable trace_reason_names;

typedef struct Trace {
    TraceKind kind;
    int64_t touched_us;           /* 0: without a time */
    int64_t referrer_id;          /* 0: unknown */
    int64_t referrer_campaign_id;
    bool is_self;  /* the referrer's e-mail or customer id is that of the person who joins, or it is the very user */
    bool is_below; /* the person who joins stands among the referrer's own referrers */
    bool is_rejected;
    TraceReason reason; /* out */
} Trace;

/* Who joins. */
typedef struct AttributionFacts {
    int64_t campaign_id, now_us;
    AttributionPolicy policy;
    int64_t click_window_s; /* 0: no end */
    bool is_known;          /* a user of the campaign already, with: */
    int64_t referrer_id;    /* 0: a person referring */
    int64_t touched_us;     /* when the touch was for which that referrer is credited */
    bool is_qualified;
    bool by_hand; /* the owner attaches the referrer */
    bool was_lead; /* not known: one of the campaign's leads who was erased */
} AttributionFacts;

/* Sets the reason of each trace, and gives the index of the one to credit, or -1 for none: then nothing
 * changes. For somebody who is known a winner means a new referrer. */
int attribution_decide(const AttributionFacts *facts, Trace *traces, size_t count);

/* How long a campaign's cookie remembers a click, in seconds: never longer than it counts. 0: there is no cookie. */
int64_t attribution_remembers_s(const Campaign *campaign);

/* Somebody who holds a click of `clicked_us` (0: none) opens another link of the campaign: is that remembered instead? */
bool attribution_replaces(AttributionPolicy policy, int64_t remembers_s, int64_t clicked_us, int64_t now_us);

/* The time for which a trace counts. */
int64_t trace_touch_us(const Trace *trace, int64_t now_us);

/* Does what a lead does at `now_us` still count for its referrer (the campaign's credit window)? */
bool attribution_counts(const Campaign *campaign, int64_t signed_up_us, int64_t now_us);

#endif
