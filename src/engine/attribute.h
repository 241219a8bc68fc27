/* Whose referral somebody is: finds who is behind each trace, asks the rule (domain/attribution.h), stores why.
 * Only engine/ includes this.
 *
 *   Attribution attribution;
 *   attribute_begin(&attribution, &work, &campaign, &person);
 *   status = attribute_add(&attribution, key, "referrer");   … for each trace
 *   status = attribute_decide(&attribution);                 → attribution.winner, or NULL
 *   status = attribute_explain(&attribution, user_id, rule); once the user has an id
 *
 * A trace that names a person (a referrer's id, code, e-mail …) must fit: when it is ruled out the whole call
 * fails, and the sender learns why. Other traces, which came along with a visitor (click, coupon), may turn out
 * worthless: then they credit nobody, and the decision says so. */
#ifndef ENGINE_ATTRIBUTE_H
#define ENGINE_ATTRIBUTE_H

#include "domain/attribution.h"
#include "engine/explain.h"
#include "engine/find.h"

enum { ATTRIBUTION_TRACES = 4 };

/* Who joins. */
typedef struct AttributionPerson {
    Str email_key, customer_id;
    const User *known; /* a user already; NULL: somebody new */
    bool by_hand;
} AttributionPerson;

typedef struct Attribution {
    const Work *work;
    const Campaign *campaign;
    AttributionPerson person;
    AttributionFacts facts;
    size_t count;
    Trace traces[ATTRIBUTION_TRACES];
    User referrers[ATTRIBUTION_TRACES];
    const char *fields[ATTRIBUTION_TRACES]; /* of the input that must fit; NULL: it need not */
    Str reason;                             /* the owner's words for the decision; { NULL, 0 }: none */
    const User *winner;                     /* out: whom to credit; NULL: nobody, or no change */
    int64_t touched_us;                     /* out: when the winner's touch was */
} Attribution;

void attribute_begin(Attribution *attribution, const Work *work, const Campaign *campaign,
                     const AttributionPerson *person);
/* `field` names the input that must fit; NULL: it need not. At most ATTRIBUTION_TRACES. */
Status attribute_add(Attribution *attribution, UserKey key, const char *field) MUST_USE;
/* STATUS_INVALID when a trace that must fit is ruled out. */
Status attribute_decide(Attribution *attribution) MUST_USE;
/* Stores the decision, unless there is nothing to explain: no traces, or what they say is known. */
Status attribute_explain(const Attribution *attribution, int64_t user_id, const char *rule) MUST_USE;

#endif
