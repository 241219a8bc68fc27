/* The table of who is credited (domain/attribution.h says the rules), read as: with this policy and click window, when
 * somebody of whom this is known shows these traces, this referrer is credited, for these reasons.
 *
 *   policy, window in days · who joins · traces, in the order they are named · credited · a reason for each trace */
#define DAYS(n) ((n) * US_PER_DAY)
#define NOW DAYS(1000)

enum { NOBODY = 0, MARA = 1, NOAH = 2, OLGA = 3 };

/* Who joins. `ago` in days: when the touch was that the referrer is credited for. */
#define SOMEBODY_NEW { .is_known = false }
#define A_LEAD_WHO_WAS_ERASED { .was_lead = true }
#define A_REFERRER { .is_known = true }
#define A_LEAD_OF(who, ago) { .is_known = true, .referrer_id = (who), .touched_us = NOW - DAYS(ago) }
#define QUALIFIED_LEAD_OF(who, ago) \
    { .is_known = true, .referrer_id = (who), .touched_us = NOW - DAYS(ago), .is_qualified = true }
#define BY_HAND_A_REFERRER { .is_known = true, .by_hand = true }
#define BY_HAND_A_LEAD_OF(who, ago) \
    { .is_known = true, .referrer_id = (who), .touched_us = NOW - DAYS(ago), .by_hand = true }
#define BY_HAND_QUALIFIED_LEAD_OF(who) \
    { .is_known = true, .referrer_id = (who), .touched_us = NOW - DAYS(1), .is_qualified = true, .by_hand = true }

/* Traces. */
#define OF(trace_kind, who, ...) \
    { .kind = (trace_kind), .referrer_id = (who), .referrer_campaign_id = CAMPAIGN, __VA_ARGS__ }
#define CLICK(who, ago) OF(TRACE_CLICK, who, .touched_us = NOW - DAYS(ago))
#define CLICK_AHEAD(who) OF(TRACE_CLICK, who, .touched_us = NOW + DAYS(1))
#define COUPON(who) OF(TRACE_COUPON, who)
#define CODE(who) OF(TRACE_CODE, who)
#define CUSTOMER(who) OF(TRACE_CUSTOMER, who)
#define EMAIL(who) OF(TRACE_EMAIL, who)
#define UNKNOWN(trace_kind) { .kind = (trace_kind) }
#define ELSEWHERE(trace_kind, who) { .kind = (trace_kind), .referrer_id = (who), .referrer_campaign_id = CAMPAIGN + 1 }
#define SELF(trace_kind, who) OF(trace_kind, who, .is_self = true)
#define BELOW(trace_kind, who) OF(trace_kind, who, .is_below = true)
#define REJECTED(trace_kind, who) OF(trace_kind, who, .is_rejected = true)

#define FIRST(days) ATTRIBUTION_FIRST, (days) * INT64_C(86400)
#define LAST(days) ATTRIBUTION_LAST, (days) * INT64_C(86400)
#define FOREVER 0

typedef struct AttributionCase {
    const char *name;
    AttributionPolicy policy;
    int64_t click_window_s;
    AttributionFacts person;
    Trace traces[4];
    int64_t credited;
    TraceReason reasons[4];
} AttributionCase;

enum { CAMPAIGN = 7 };

#define WON TRACE_WON

static const AttributionCase cases[] = {
    /* One trace. */
    { "no trace credits nobody", FIRST(30), SOMEBODY_NEW, { { 0 } }, NOBODY, { 0 } },
    { "a code credits its owner", FIRST(30), SOMEBODY_NEW, { CODE(MARA) }, MARA, { WON } },
    { "a coupon credits whom it was handed to", FIRST(30), SOMEBODY_NEW, { COUPON(MARA) }, MARA, { WON } },
    { "an e-mail credits its owner", FIRST(30), SOMEBODY_NEW, { EMAIL(MARA) }, MARA, { WON } },
    { "a customer id credits its owner", FIRST(30), SOMEBODY_NEW, { CUSTOMER(MARA) }, MARA, { WON } },
    { "a click credits whose link it was", FIRST(30), SOMEBODY_NEW, { CLICK(MARA, 2) }, MARA, { WON } },
    { "a click of this moment counts", FIRST(30), SOMEBODY_NEW, { CLICK(MARA, 0) }, MARA, { WON } },
    { "one trace wins with policy last too", LAST(30), SOMEBODY_NEW, { CODE(MARA) }, MARA, { WON } },

    /* The click window. */
    { "a click counts to the last moment of the window", FIRST(30), SOMEBODY_NEW, { CLICK(MARA, 30) }, MARA, { WON } },
    { "an older click has expired", FIRST(30), SOMEBODY_NEW, { CLICK(MARA, 31) }, NOBODY, { TRACE_EXPIRED } },
    { "an older click has expired with policy last", LAST(30), SOMEBODY_NEW, { CLICK(MARA, 31) }, NOBODY, { TRACE_EXPIRED } },
    { "without a window a click never expires", FIRST(FOREVER), SOMEBODY_NEW, { CLICK(MARA, 900) }, MARA, { WON } },
    { "a short window ends soon", FIRST(1), SOMEBODY_NEW, { CLICK(MARA, 2) }, NOBODY, { TRACE_EXPIRED } },
    { "a click from the future counts as now", FIRST(1), SOMEBODY_NEW, { CLICK_AHEAD(MARA) }, MARA, { WON } },
    { "an expired click leaves the field to a code", FIRST(30), SOMEBODY_NEW, { CLICK(MARA, 31), CODE(NOAH) }, NOAH, { TRACE_EXPIRED, WON } },
    { "an expired click leaves the field to a younger one", FIRST(30), SOMEBODY_NEW, { CLICK(MARA, 31), CLICK(NOAH, 3) }, NOAH, { TRACE_EXPIRED, WON } },
    { "traces without a time never expire", FIRST(1), SOMEBODY_NEW, { COUPON(MARA) }, MARA, { WON } },
    { "two expired clicks credit nobody", LAST(1), SOMEBODY_NEW, { CLICK(MARA, 5), CLICK(NOAH, 3) }, NOBODY, { TRACE_EXPIRED, TRACE_EXPIRED } },

    /* First touch. */
    { "first: the earlier of two clicks", FIRST(30), SOMEBODY_NEW, { CLICK(MARA, 5), CLICK(NOAH, 2) }, MARA, { WON, TRACE_LOST_TO_EARLIER } },
    { "first: the order in which they are named is nothing", FIRST(30), SOMEBODY_NEW, { CLICK(NOAH, 2), CLICK(MARA, 5) }, MARA, { TRACE_LOST_TO_EARLIER, WON } },
    { "first: a click before a code of now", FIRST(30), SOMEBODY_NEW, { CODE(NOAH), CLICK(MARA, 1) }, MARA, { TRACE_LOST_TO_EARLIER, WON } },
    { "first: a click before a coupon of now", FIRST(30), SOMEBODY_NEW, { COUPON(NOAH), CLICK(MARA, 1) }, MARA, { TRACE_LOST_TO_EARLIER, WON } },
    { "first: the earliest of three", FIRST(30), SOMEBODY_NEW, { CLICK(OLGA, 2), CLICK(MARA, 9), CLICK(NOAH, 5) }, MARA, { TRACE_LOST_TO_EARLIER, WON, TRACE_LOST_TO_EARLIER } },
    { "first: a click ahead of time is no earlier than a code", FIRST(30), SOMEBODY_NEW, { CODE(NOAH), CLICK_AHEAD(MARA) }, MARA, { TRACE_LOST_TO_STRONGER, WON } },

    /* Last touch. */
    { "last: the later of two clicks", LAST(30), SOMEBODY_NEW, { CLICK(MARA, 5), CLICK(NOAH, 2) }, NOAH, { TRACE_LOST_TO_LATER, WON } },
    { "last: the order in which they are named is nothing", LAST(30), SOMEBODY_NEW, { CLICK(NOAH, 2), CLICK(MARA, 5) }, NOAH, { WON, TRACE_LOST_TO_LATER } },
    { "last: a code of now after a click", LAST(30), SOMEBODY_NEW, { CLICK(MARA, 1), CODE(NOAH) }, NOAH, { TRACE_LOST_TO_LATER, WON } },
    { "last: even an e-mail of now after a click", LAST(30), SOMEBODY_NEW, { CLICK(MARA, 1), EMAIL(NOAH) }, NOAH, { TRACE_LOST_TO_LATER, WON } },
    { "last: the latest of three", LAST(30), SOMEBODY_NEW, { CLICK(OLGA, 2), CLICK(MARA, 9), CLICK(NOAH, 5) }, OLGA, { WON, TRACE_LOST_TO_LATER, TRACE_LOST_TO_LATER } },

    /* The same moment: the stronger. */
    { "a click of now before a coupon", FIRST(30), SOMEBODY_NEW, { COUPON(NOAH), CLICK(MARA, 0) }, MARA, { TRACE_LOST_TO_STRONGER, WON } },
    { "a coupon before a code", FIRST(30), SOMEBODY_NEW, { CODE(NOAH), COUPON(MARA) }, MARA, { TRACE_LOST_TO_STRONGER, WON } },
    { "a coupon before a code with policy last", LAST(30), SOMEBODY_NEW, { CODE(NOAH), COUPON(MARA) }, MARA, { TRACE_LOST_TO_STRONGER, WON } },
    { "a code before a customer id", FIRST(30), SOMEBODY_NEW, { CUSTOMER(NOAH), CODE(MARA) }, MARA, { TRACE_LOST_TO_STRONGER, WON } },
    { "a customer id before an e-mail", FIRST(30), SOMEBODY_NEW, { EMAIL(NOAH), CUSTOMER(MARA) }, MARA, { TRACE_LOST_TO_STRONGER, WON } },
    { "a code before an e-mail", LAST(30), SOMEBODY_NEW, { EMAIL(NOAH), CODE(MARA) }, MARA, { TRACE_LOST_TO_STRONGER, WON } },
    { "of two codes the one named first", FIRST(30), SOMEBODY_NEW, { CODE(MARA), CODE(NOAH) }, MARA, { WON, TRACE_LOST_TO_STRONGER } },
    { "of two codes the one named first, with policy last too", LAST(30), SOMEBODY_NEW, { CODE(MARA), CODE(NOAH) }, MARA, { WON, TRACE_LOST_TO_STRONGER } },
    { "of two clicks at the same time the one named first", FIRST(30), SOMEBODY_NEW, { CLICK(MARA, 3), CLICK(NOAH, 3) }, MARA, { WON, TRACE_LOST_TO_STRONGER } },

    /* Traces that agree. */
    { "code and click of one referrer agree", FIRST(30), SOMEBODY_NEW, { CODE(MARA), CLICK(MARA, 3) }, MARA, { TRACE_SAME_REFERRER, WON } },
    { "what agrees with the winner has not lost", LAST(30), SOMEBODY_NEW, { CLICK(MARA, 3), CODE(MARA), CLICK(NOAH, 2) }, MARA, { TRACE_SAME_REFERRER, WON, TRACE_LOST_TO_LATER } },

    /* What rules a trace out. */
    { "an unknown code credits nobody", FIRST(30), SOMEBODY_NEW, { UNKNOWN(TRACE_CODE) }, NOBODY, { TRACE_UNKNOWN } },
    { "an unknown coupon leaves the field to a code", FIRST(30), SOMEBODY_NEW, { UNKNOWN(TRACE_COUPON), CODE(MARA) }, MARA, { TRACE_UNKNOWN, WON } },
    { "a forged click leaves the field to an e-mail", LAST(30), SOMEBODY_NEW, { UNKNOWN(TRACE_CLICK), EMAIL(MARA) }, MARA, { TRACE_UNKNOWN, WON } },
    { "another campaign's code credits nobody", FIRST(30), SOMEBODY_NEW, { ELSEWHERE(TRACE_CODE, MARA) }, NOBODY, { TRACE_OTHER_CAMPAIGN } },
    { "another campaign's click leaves the field to a code", FIRST(30), SOMEBODY_NEW, { ELSEWHERE(TRACE_CLICK, MARA), CODE(NOAH) }, NOAH, { TRACE_OTHER_CAMPAIGN, WON } },
    { "nobody refers themselves by code", FIRST(30), SOMEBODY_NEW, { SELF(TRACE_CODE, MARA) }, NOBODY, { TRACE_SELF_REFERRAL } },
    { "nobody refers themselves by coupon", FIRST(30), SOMEBODY_NEW, { SELF(TRACE_COUPON, MARA) }, NOBODY, { TRACE_SELF_REFERRAL } },
    { "one's own click leaves the field to a friend's code", FIRST(30), SOMEBODY_NEW, { SELF(TRACE_CLICK, MARA), CODE(NOAH) }, NOAH, { TRACE_SELF_REFERRAL, WON } },
    { "who was rejected refers nobody", FIRST(30), SOMEBODY_NEW, { REJECTED(TRACE_CODE, MARA) }, NOBODY, { TRACE_REJECTED } },
    { "who was rejected leaves the field to another", LAST(30), SOMEBODY_NEW, { REJECTED(TRACE_CODE, MARA), CLICK(NOAH, 9) }, NOAH, { TRACE_REJECTED, WON } },
    { "all ruled out credits nobody", FIRST(30), SOMEBODY_NEW, { UNKNOWN(TRACE_COUPON), SELF(TRACE_CODE, MARA), CLICK(NOAH, 99) }, NOBODY, { TRACE_UNKNOWN, TRACE_SELF_REFERRAL, TRACE_EXPIRED } },
    { "being oneself is said before being expired", FIRST(1), SOMEBODY_NEW, { OF(TRACE_CLICK, MARA, .touched_us = NOW - DAYS(9), .is_self = true) }, NOBODY, { TRACE_SELF_REFERRAL } },

    /* Somebody who joined without a referrer. */
    { "a person referring stays one", FIRST(30), A_REFERRER, { CODE(MARA) }, NOBODY, { TRACE_ALREADY_JOINED } },
    { "a person referring stays one with policy last", LAST(30), A_REFERRER, { CLICK(MARA, 1) }, NOBODY, { TRACE_ALREADY_JOINED } },
    { "a person referring who joins again without a trace", FIRST(30), A_REFERRER, { { 0 } }, NOBODY, { 0 } },
    { "one's own lead can't become one's referrer", FIRST(30), A_REFERRER, { BELOW(TRACE_CODE, MARA) }, NOBODY, { TRACE_CYCLE } },

    /* A lead that joins again. */
    { "first: a lead keeps its referrer", FIRST(30), A_LEAD_OF(MARA, 5), { CODE(NOAH) }, NOBODY, { TRACE_ALREADY_REFERRED } },
    { "first: even against an earlier click", FIRST(30), A_LEAD_OF(MARA, 5), { CLICK(NOAH, 9) }, NOBODY, { TRACE_ALREADY_REFERRED } },
    { "the same referrer again is nothing new", FIRST(30), A_LEAD_OF(MARA, 5), { CODE(MARA) }, NOBODY, { TRACE_SAME_REFERRER } },
    { "last: a later code moves a lead", LAST(30), A_LEAD_OF(MARA, 5), { CODE(NOAH) }, NOAH, { WON } },
    { "last: a later click moves a lead", LAST(30), A_LEAD_OF(MARA, 5), { CLICK(NOAH, 2) }, NOAH, { WON } },
    { "last: an earlier click does not", LAST(30), A_LEAD_OF(MARA, 5), { CLICK(NOAH, 9) }, NOBODY, { TRACE_NOT_LATER } },
    { "last: a click at the same time does not", LAST(30), A_LEAD_OF(MARA, 5), { CLICK(NOAH, 5) }, NOBODY, { TRACE_NOT_LATER } },
    { "last: an expired click does not", LAST(3), A_LEAD_OF(MARA, 9), { CLICK(NOAH, 5) }, NOBODY, { TRACE_EXPIRED } },
    { "last: the latest of two moves a lead", LAST(30), A_LEAD_OF(MARA, 9), { CLICK(NOAH, 5), CLICK(OLGA, 2) }, OLGA, { TRACE_LOST_TO_LATER, WON } },
    { "last: the same referrer again is nothing new", LAST(30), A_LEAD_OF(MARA, 5), { CLICK(MARA, 1) }, NOBODY, { TRACE_SAME_REFERRER } },
    { "last: a qualified lead stays", LAST(30), QUALIFIED_LEAD_OF(MARA, 5), { CODE(NOAH) }, NOBODY, { TRACE_ALREADY_QUALIFIED } },
    { "first: a qualified lead stays", FIRST(30), QUALIFIED_LEAD_OF(MARA, 5), { CODE(NOAH) }, NOBODY, { TRACE_ALREADY_QUALIFIED } },
    { "last: a lead is not moved below itself", LAST(30), A_LEAD_OF(MARA, 5), { BELOW(TRACE_CODE, NOAH) }, NOBODY, { TRACE_CYCLE } },
    { "last: a lead is not moved to itself", LAST(30), A_LEAD_OF(MARA, 5), { SELF(TRACE_CODE, NOAH) }, NOBODY, { TRACE_SELF_REFERRAL } },
    { "last: a lead is not moved to who was rejected", LAST(30), A_LEAD_OF(MARA, 5), { REJECTED(TRACE_CODE, NOAH) }, NOBODY, { TRACE_REJECTED } },

    /* By hand. */
    { "by hand: a person referring becomes a lead", FIRST(30), BY_HAND_A_REFERRER, { CODE(MARA) }, MARA, { WON } },
    { "by hand: a lead is moved in spite of first touch", FIRST(30), BY_HAND_A_LEAD_OF(MARA, 5), { EMAIL(NOAH) }, NOAH, { WON } },
    { "by hand: a lead is moved to an earlier click", LAST(30), BY_HAND_A_LEAD_OF(MARA, 5), { CLICK(NOAH, 9) }, NOAH, { WON } },
    { "by hand: not once it has qualified", FIRST(30), BY_HAND_QUALIFIED_LEAD_OF(MARA), { CODE(NOAH) }, NOBODY, { TRACE_ALREADY_QUALIFIED } },
    { "by hand: the same referrer is nothing new", FIRST(30), BY_HAND_A_LEAD_OF(MARA, 5), { CODE(MARA) }, NOBODY, { TRACE_SAME_REFERRER } },
    { "by hand: nobody refers themselves", FIRST(30), BY_HAND_A_REFERRER, { SELF(TRACE_CODE, MARA) }, NOBODY, { TRACE_SELF_REFERRAL } },
    { "by hand: no circles", FIRST(30), BY_HAND_A_REFERRER, { BELOW(TRACE_CODE, MARA) }, NOBODY, { TRACE_CYCLE } },
    { "by hand: not across campaigns", FIRST(30), BY_HAND_A_REFERRER, { ELSEWHERE(TRACE_CODE, MARA) }, NOBODY, { TRACE_OTHER_CAMPAIGN } },

    /* Who was erased. */
    { "an erased lead who comes again credits nobody", LAST(30), A_LEAD_WHO_WAS_ERASED, { CODE(MARA) }, NOBODY, { TRACE_CREDITED_BEFORE } },
    { "… whatever else they show", FIRST(30), A_LEAD_WHO_WAS_ERASED, { CODE(NOAH), CLICK(MARA, 1) }, NOBODY,
      { TRACE_LOST_TO_EARLIER, TRACE_CREDITED_BEFORE } },
};
