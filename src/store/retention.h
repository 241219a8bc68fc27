/* What is forgotten in time: attempts, settled deliveries, their events. Part of store/store.h: include
 * that. */
#ifndef STORE_RETENTION_H
#define STORE_RETENTION_H

#include "store/outbox.h"

/* 0: for ever. */
typedef struct Retention {
    int64_t attempts_us; /* how long the log of attempts at an event is kept after it happened */
    int64_t events_us;   /* how long events are kept, with their deliveries */
} Retention;

/* Forgets a bounded number of rows of one account: the one after `*account_id` (0: the first), and sets
 * that; 0 after the last. Nothing goes that still waits, nor an event with such a delivery, nor any event
 * after it. `*out_more`: the account has more to forget. */
Status store_forget_old(StoreSession *session, const Retention *retention, int64_t *account_id,
                        bool *out_more) MUST_USE;

#endif
