/* Users. Part of store/store.h: include that. */
#ifndef STORE_USERS_H
#define STORE_USERS_H

#include "domain/user.h"
#include "store/command.h"

/* Sets user->id. STATUS_CONFLICT when the e-mail is in the campaign already. */
Status store_user_insert(StoreSession *session, User *user, Str email_key) MUST_USE;
Status store_user_get(StoreSession *session, int64_t account_id, int64_t id, Arena *arena, User *out_user) MUST_USE;
/* All that a landing page says of them. */
Status store_user_first_name(StoreSession *session, int64_t account_id, int64_t id, Arena *arena,
                             Str *out_name) MUST_USE;
/* campaign_id 0: the newest user with that e-mail in any campaign. */
Status store_user_by_email(StoreSession *session, int64_t account_id, int64_t campaign_id, Str email_key, Arena *arena,
                           User *out_user) MUST_USE;
Status store_user_by_customer(StoreSession *session, int64_t account_id, int64_t campaign_id, Str customer_id,
                              Arena *arena, User *out_user) MUST_USE;
typedef struct UserList {
    User *items;
    size_t count;
} UserList;
/* Whom somebody has invited: the newest `limit`, the newest first. */
Status store_user_list_of_referrer(StoreSession *session, int64_t account_id, int64_t referrer_id, int64_t limit,
                                   Arena *arena, UserList *out_list) MUST_USE;
/* 0: nobody invited them. */
Status store_user_referrer(StoreSession *session, int64_t account_id, int64_t id, int64_t *out_referrer_id) MUST_USE;
/* Makes `user` the lead that it now is: its referrer, source and touch. `before` is the user as it was. */
Status store_user_set_referrer(StoreSession *session, const User *before, const User *user) MUST_USE;
/* Where a user known by the code belongs. */
Status store_user_home(StoreSession *session, int64_t id, int64_t *out_account_id, int64_t *out_campaign_id) MUST_USE;
/* What made a lead qualify: somebody said so, or an order. */
typedef enum QualifiedBy { QUALIFIED_BY_HAND, QUALIFIED_BY_ORDER } QualifiedBy;
/* Writes qualified_us and qualified_late. */
Status store_user_set_qualified(StoreSession *session, const User *user, QualifiedBy by) MUST_USE;
Status store_user_qualified_by(StoreSession *session, int64_t account_id, int64_t id, QualifiedBy *out_by) MUST_USE;
/* Replaces first name, e-mail, extra fields and customer id. STATUS_CONFLICT when somebody else of the campaign
 * has the e-mail or customer id. */
Status store_user_update(StoreSession *session, const User *user, Str email_key) MUST_USE;

/* Erases the user with counts, home and fraud signals; the link leads nowhere at once. */
Status store_user_delete(StoreSession *session, const User *user) MUST_USE;

typedef struct UserCounts {
    int64_t reach, referrals, qualified_referrals;
    int64_t events; /* about this user, after the joining */
} UserCounts;
/* Adds (or takes away) and gives the new counts when `out_counts` is not NULL. */
Status store_user_count(StoreSession *session, int64_t account_id, int64_t id, UserCounts add,
                        UserCounts *out_counts) MUST_USE;
Status store_campaign_count(StoreSession *session, int64_t account_id, int64_t id, int64_t add_reach) MUST_USE;

#endif
