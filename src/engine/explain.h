/* Explaining: every decision stores its rule, its inputs and its outcome at the time it is made, in the
 * same transaction. Only engine/ includes this.
 *
 *   Explanation why;
 *   explain_begin(&why, work, lead->account_id, DECISION_ATTRIBUTION, lead->id);
 *   json_put_int(&why.json, "referrer_id", referrer->id);
 *   status = explain_end(&why, "first_touch", "won"); */
#ifndef ENGINE_EXPLAIN_H
#define ENGINE_EXPLAIN_H

#include "base/json_out.h"
#include "engine/emit.h"

typedef struct Explanation {
    const Work *work;
    Decision decision; /* grant_id and conversion_id may be set in between */
    Buf buf;
    JsonOut json; /* inside the object of inputs */
} Explanation;

void explain_begin(Explanation *why, const Work *work, int64_t account_id, DecisionKind kind, int64_t user_id);
Status explain_end(Explanation *why, const char *rule, const char *outcome) MUST_USE;

#endif
