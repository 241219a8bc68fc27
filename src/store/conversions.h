/* Conversions: orders. Part of store/store.h: include that. */
#ifndef STORE_CONVERSIONS_H
#define STORE_CONVERSIONS_H

#include "domain/conversion.h"
#include "store/command.h"

typedef struct ConversionList {
    Conversion *items;
    size_t count;
} ConversionList;

/* Sets id and created_us. STATUS_CONFLICT when the campaign has the order already. */
Status store_conversion_insert(StoreSession *session, Conversion *conversion) MUST_USE;
/* Writes what was refunded. */
Status store_conversion_update(StoreSession *session, const Conversion *conversion) MUST_USE;
Status store_conversion_get(StoreSession *session, int64_t account_id, int64_t id, Arena *arena,
                            Conversion *out_conversion) MUST_USE;
Status store_conversion_by_order(StoreSession *session, int64_t account_id, int64_t campaign_id, Str order_id,
                                 Arena *arena, Conversion *out_conversion) MUST_USE;
/* A lead's, by id, from behind `after_id`, LIMIT_BATCH_ROWS at most. */
Status store_conversion_list_of_user(StoreSession *session, int64_t account_id, int64_t user_id, int64_t after_id,
                                     Arena *arena, ConversionList *out_list) MUST_USE;

#endif
