/* What grants count against: a reward's caps and the campaign's budget. Only engine/ includes this. */
#ifndef ENGINE_GRANT_CAPS_H
#define ENGINE_GRANT_CAPS_H

#include "engine/emit.h"

/* What stands in the way of a grant. */
typedef struct CapVerdict {
    const char *broken;   /* "cap_reached" or "budget_spent"; NULL: nothing */
    const RewardCap *cap; /* which; NULL for the budget */
    Usage used;           /* before this grant */
} CapVerdict;

/* Would `count` more grants of `minor` more in all fit? A grant counts in the periods in which it was made, or
 * would be now. A commission whose spend is not known yet counts as nothing and is asked again. */
Status caps_check(const Work *work, const Campaign *campaign, const Reward *reward, const Grant *grant, int64_t count,
                  int64_t minor, CapVerdict *out_verdict) MUST_USE;
/* Counts it, or takes it away; the budget is counted by the ledger's postings. */
Status caps_count(const Work *work, const Reward *reward, const Grant *grant, int64_t count, int64_t minor) MUST_USE;

#endif
