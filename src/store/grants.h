/* Grants, and rewards that recur. Part of store/store.h: include that. */
#ifndef STORE_GRANTS_H
#define STORE_GRANTS_H

#include "domain/grant.h"
#include "store/command.h"

typedef struct GrantList {
    Grant *items;
    size_t count;
} GrantList;

/* Sets id and created_us. STATUS_CONFLICT when there is one with its key. */
Status store_grant_insert(StoreSession *session, Grant *grant) MUST_USE;
/* Writes what changes in its life: all but key, campaign, referral, metric and created_us. */
Status store_grant_update(StoreSession *session, const Grant *grant) MUST_USE;
Status store_grant_get(StoreSession *session, int64_t account_id, int64_t id, Arena *arena, Grant *out_grant) MUST_USE;
/* The first one with this key; and all: it, and the rests of it, by id. */
Status store_grant_find(StoreSession *session, int64_t account_id, const GrantKey *key, Arena *arena,
                        Grant *out_grant) MUST_USE;
Status store_grant_list_of_key(StoreSession *session, int64_t account_id, const GrantKey *key, Arena *arena,
                               GrantList *out_list) MUST_USE;

/* LIMIT_BATCH_ROWS at most, by id, from behind `after_id`: of what a referral caused; of what a user is or was owed. */
Status store_grant_list_of_referral(StoreSession *session, int64_t account_id, int64_t user_id, int64_t after_id,
                                    Arena *arena, GrantList *out_list) MUST_USE;
Status store_grant_list_of_recipient(StoreSession *session, int64_t account_id, int64_t user_id, int64_t after_id,
                                     Arena *arena, GrantList *out_list) MUST_USE;
/* What a user is or was owed: the newest `limit`, the newest first. */
Status store_grant_list_newest(StoreSession *session, int64_t account_id, int64_t user_id, int64_t limit, Arena *arena,
                               GrantList *out_list) MUST_USE;
/* Lists, by id, of at most LIMIT_LIST_ROWS: of a campaign; of what an order was paid for or computed from. */
Status store_grant_list(StoreSession *session, int64_t account_id, int64_t campaign_id, Arena *arena,
                        GrantList *out_list) MUST_USE;
Status store_grant_list_of_conversion(StoreSession *session, int64_t account_id, int64_t conversion_id, Arena *arena,
                                      GrantList *out_list) MUST_USE;
/* Of a reward that depends on a count: a recipient's, for counts above `count`. */
Status store_grant_list_above(StoreSession *session, int64_t account_id, int64_t reward_id, int64_t recipient_id,
                              int64_t count, Arena *arena, GrantList *out_list) MUST_USE;
/* Due ones of coupons that found none, oldest first, `limit` at most. */
Status store_grant_list_couponless(StoreSession *session, int64_t account_id, int64_t campaign_id, int64_t limit,
                                   Arena *arena, GrantList *out_list) MUST_USE;
/* Of all accounts: held until `now_us` or before, `limit` at most. */
Status store_grant_list_released(StoreSession *session, int64_t now_us, int64_t limit, Arena *arena,
                                 GrantList *out_list) MUST_USE;
/* Has this reward ever been granted? STATUS_NOT_FOUND: no. */
Status store_grant_any_of_reward(StoreSession *session, int64_t account_id, int64_t reward_id) MUST_USE;

/* ---- what recurs ------------------------------------------------------- */

typedef struct Recurrence {
    int64_t account_id, reward_id, recipient_id, referral_id;
    int64_t start_us, first_number; /* period `first_number` began then */
    int64_t next_number, next_us;   /* 0: stopped, or over */
} Recurrence;
typedef struct RecurrenceList {
    Recurrence *items;
    size_t count;
} RecurrenceList;

/* Makes it, or replaces it. */
Status store_recurrence_put(StoreSession *session, const Recurrence *recurrence) MUST_USE;
Status store_recurrence_get(StoreSession *session, int64_t account_id, const GrantKey *key,
                            Recurrence *out_recurrence) MUST_USE;
/* For every reward of this referral. */
Status store_recurrence_stop(StoreSession *session, int64_t account_id, int64_t referral_id) MUST_USE;
/* Of all accounts: those whose next period has come, `limit` at most. */
Status store_recurrence_list_due(StoreSession *session, int64_t now_us, int64_t limit, Arena *arena,
                                 RecurrenceList *out_list) MUST_USE;

/* Is any grant to be released, or any period to begin, now? */
Status store_clock_is_due(StoreSession *session, int64_t now_us, bool *out_due) MUST_USE;

#endif
