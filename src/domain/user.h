/* A user: a person in a campaign, referring or invited; and the rule of qualification. Pure: values in,
 * values out. */
#ifndef DOMAIN_USER_H
#define DOMAIN_USER_H

#include "domain/campaign.h"

/* Contract 4.4, in its order; the names are the ids in the API. A set of them is a bit mask. */
typedef enum UserSource {
    SOURCE_DIRECT,
    SOURCE_REFERRED,
    SOURCE_API,
    SOURCE_ADDED,
    SOURCE_ZAPIER,
    SOURCE_WIDGET,
    SOURCE_POPUP,
    SOURCE_EMBED,
    SOURCE_TEST,
    SOURCE_MAKE,
    SOURCE_N8N,
    SOURCE_COUNT,
} UserSource;
extern const NameTable user_source_names;

/* Where a user stands in the queue of what fraud rules held back. A held user's rewards wait. */
typedef enum UserReview { REVIEW_NONE, REVIEW_HELD, REVIEW_APPROVED, REVIEW_REJECTED } UserReview;
extern const NameTable user_review_names;

typedef struct User {
    int64_t id, account_id, campaign_id;
    int64_t referrer_id; /* 0: a person referring, else a person invited */
    Str first_name, email;
    UserSource source;
    Str ip;   /* { NULL, 0 } when not known */
    Str meta; /* JSON array of {field, value}; { NULL, 0 } for none */
    int64_t signed_up_us;
    int64_t qualified_us, unsubscribed_us, consented_us; /* 0: not */
    bool qualified_late; /* after the campaign's credit window: not to the referrer's credit */
    int64_t touched_us; /* a lead's: when the touch was that the referrer is credited for; 0: not known */
    Str customer_id;    /* the shop's own name for this person; { NULL, 0 }: none */
    UserReview review;
    int64_t reach, referrals, qualified_referrals;
    Str share_subject, share_text; /* their campaign's; may be empty */
} User;

static inline bool user_is_lead(const User *user)
{
    return user->referrer_id != 0;
}

typedef enum QualifyOutcome { QUALIFY_NOTHING, QUALIFY_SET, QUALIFY_CLEARED } QualifyOutcome;

/* What marking `user` as qualified (or not) does: only leads can be (contract, Q13), and doing it
 * again is nothing. */
Status qualify_decide(const User *user, bool qualified, QualifyOutcome *out_outcome, Error *err) MUST_USE;

#endif
