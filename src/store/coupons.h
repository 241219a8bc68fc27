/* Coupons. Part of store/store.h: include that. */
#ifndef STORE_COUPONS_H
#define STORE_COUPONS_H

#include "store/command.h"

typedef struct Coupon {
    int64_t id, account_id, campaign_id;
    Str code;
    int64_t user_id; /* whom it was handed to; 0: free */
    int64_t voided_us; /* 0: not */
} Coupon;

typedef struct CouponList {
    Coupon *items;
    size_t count;
} CouponList;

/* How many coupons of a campaign (0: of any) are free. */
Status store_coupon_free(StoreSession *session, int64_t account_id, int64_t campaign_id, int64_t *out_count) MUST_USE;
/* STATUS_CONFLICT when the account has the code already. */
Status store_coupon_insert(StoreSession *session, Coupon *coupon) MUST_USE;
Status store_coupon_get(StoreSession *session, int64_t account_id, int64_t id, Arena *arena,
                        Coupon *out_coupon) MUST_USE;
/* Takes a free one out of use. */
Status store_coupon_void(StoreSession *session, Coupon *coupon) MUST_USE;
Status store_coupon_find(StoreSession *session, int64_t account_id, Str code, Arena *arena, Coupon *out_coupon) MUST_USE;
/* Hands the campaign's oldest free coupon to a user; STATUS_NOT_FOUND when none is left. */
Status store_coupon_take(StoreSession *session, int64_t account_id, int64_t campaign_id, int64_t user_id,
                         Arena *arena, Coupon *out_coupon) MUST_USE;
Status store_coupon_list(StoreSession *session, int64_t account_id, int64_t campaign_id, Arena *arena,
                         CouponList *out_list) MUST_USE;

#endif
