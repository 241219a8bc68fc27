/* Granting: which grants stand because of what happened. Only engine/ includes this; the commands on single
 * grants are in engine/grant_commands.h.
 *
 * Each grant has a key (domain/reward.h), so that whatever is repeated or undone finds it again: it is made
 * once, falls when what it stands on falls, and returns with it. */
#ifndef ENGINE_GRANT_H
#define ENGINE_GRANT_H

#include "engine/emit.h"

/* Makes what the campaign's rewards owe for `cause`, or lets it return, in the transaction of the cause. */
Status grant_for_cause(const Work *work, const Campaign *campaign, const RewardCause *cause) MUST_USE;

/* `lead` is no longer qualified: all that stands on that falls. `referrer` is NULL when gone; `count` are the
 * referrer's qualified referrals that remain. */
Status grant_fall_unqualified(const Work *work, const Campaign *campaign, const User *lead, const User *referrer,
                              int64_t count) MUST_USE;
/* `lead` is no longer its referrer's: what was for inviting them falls. `count` are the referrals that remain. */
Status grant_fall_uninvited(const Work *work, const Campaign *campaign, const User *lead, int64_t count) MUST_USE;
/* Something of an order was refunded: its commissions are computed again; all of it: what it was paid for falls. */
Status grant_after_refund(const Work *work, const Campaign *campaign, const Conversion *conversion) MUST_USE;
/* The next period of a reward that recurs has come. */
Status grant_next_period(const Work *work, const Recurrence *recurrence) MUST_USE;
/* `user` was held and is no longer: what waited because of them becomes due, if nothing else holds it. The
 * user's row has its new review already. (What a rejected user loses: engine/forfeit.h.) */
Status grant_after_review(const Work *work, const User *user) MUST_USE;
/* Coupons were added to a campaign: due grants that found none take theirs, oldest first; automatic ones are
 * issued. */
Status grant_fill_coupons(const Work *work, int64_t account_id, int64_t campaign_id) MUST_USE;

#endif
