/* The steps of a grant's life (domain/grant.h). Each writes the grant, what caps count, the ledger, the decision
 * and the event in the transaction of its cause. Only engine/ includes this. */
#ifndef ENGINE_GRANT_LIFE_H
#define ENGINE_GRANT_LIFE_H

#include "engine/grant_caps.h"

/* Whom and what a grant is about. */
typedef struct GrantFacts {
    const Reward *reward;
    const Campaign *campaign;
    const User *recipient; /* NULL: gone; then nothing is issued any more */
    const User *referral;  /* who caused it; NULL: gone */
} GrantFacts;

/* Reads them. `reward` and `campaign` may be set already. */
Status grant_facts_load(const Work *work, const Grant *grant, GrantFacts *facts) MUST_USE;

/* Makes a new grant, filled in except for its state, if the caps let it. `count` is the referrer's, for the
 * explanation. What is automatic and lacks nothing is issued at once. `*out_made` may be NULL. */
Status grant_make(const Work *work, const GrantFacts *facts, Grant *grant, int64_t count, bool *out_made) MUST_USE;
/* It falls: cancelled, or reversed when it was issued. `rule` says why; grant->closed: for good. */
Status grant_fall(const Work *work, const Reward *reward, Grant *grant, const char *rule) MUST_USE;
/* What had fallen stands again with its value, if the caps let it; what was issued is issued, without another event. */
Status grant_return(const Work *work, const GrantFacts *facts, Grant *grant) MUST_USE;
/* What was paid for it so far: a refund may have changed its value since. */
Status grant_sum_paid(const Work *work, const Grant *grant, int64_t *out_minor) MUST_USE;
/* Issuing it did not work: it is owed again. */
Status grant_fail(const Work *work, Grant *grant) MUST_USE;
/* A pending or failed grant becomes due, if nothing holds it any more. */
Status grant_release(const Work *work, const GrantFacts *facts, Grant *grant) MUST_USE;
/* Due → issued. The caller has asked grant_check_issue. */
Status grant_issue(const Work *work, const GrantFacts *facts, Grant *grant) MUST_USE;
/* Takes a coupon for what needs one and has none; nothing happens when none is left. */
Status grant_take_coupon(const Work *work, Grant *grant) MUST_USE;
/* Its value becomes another; the ledger gets the difference when it stands. STATUS_INVALID when a cap or the
 * budget forbids a rise. */
Status grant_revalue(const Work *work, const GrantFacts *facts, Grant *grant, int64_t value_minor,
                     const char *rule) MUST_USE;

/* Does `step` with each grant that has to do with `user`: those that a list of the store names. */
typedef Status GrantLister(StoreSession *session, int64_t account_id, int64_t user_id, int64_t after_id, Arena *arena,
                           GrantList *out_list);
typedef Status GrantStep(const Work *work, const User *user, Grant *grant);
Status grant_each(const Work *work, const User *user, GrantLister *list_grants, GrantStep *step) MUST_USE;

/* Stores why it is in its state now. */
Status grant_explain(const Work *work, const Grant *grant, const char *rule) MUST_USE;

#endif
