/* What is forgotten in time: attempts, settled deliveries, their events, clicks. Part of store/store.h: include
 * that. */
#ifndef STORE_RETENTION_H
#define STORE_RETENTION_H

#include "store/outbox.h"

/* 0: for ever. */
typedef struct Retention {
    int64_t attempts_us; /* how long the log of attempts at an event is kept after it happened */
    int64_t events_us;   /* how long events are kept, with their deliveries */
    int64_t clicks_us;   /* how long clicks are kept; their counts stay */
} Retention;

/* Forgets a bounded number of rows of one account: the one after `*account_id` (0: the first), and sets
 * that; 0 after the last. Nothing goes that still waits, nor an event with such a delivery, nor any event
 * after it. `*out_more`: the account has more to forget. */
Status store_forget_old(StoreSession *session, const Retention *retention, int64_t *account_id,
                        bool *out_more) MUST_USE;

/* ---- people who are erased ---------------------------------------------- */

/* The next event behind `after_seq` that is about `user_id` (or, with `as_other`, that has them as its other person);
 * STATUS_NOT_FOUND: none. Only seq and body are filled in. */
Status store_event_next_of(StoreSession *session, int64_t account_id, int64_t user_id, bool as_other, int64_t after_seq,
                           Arena *arena, Event *out_event) MUST_USE;
/* Replaces an event's body, and forgets what receivers answered to it. `cancels`: what still waits to be sent, or was
 * given up, is cancelled. */
Status store_event_redact(StoreSession *session, int64_t account_id, const Event *event, bool cancels) MUST_USE;
/* Empties the inputs of decisions about a user, and the reasons that were written to their grants. */
Status store_forget_reasons(StoreSession *session, int64_t account_id, int64_t user_id) MUST_USE;

enum { EMAIL_HASH_LEN = 32 };
Status store_erased_lead_put(StoreSession *session, int64_t account_id, int64_t campaign_id,
                             const uint8_t email_hash[EMAIL_HASH_LEN]) MUST_USE;
/* STATUS_NOT_FOUND: no such lead was erased. */
Status store_erased_lead_find(StoreSession *session, int64_t account_id, int64_t campaign_id,
                              const uint8_t email_hash[EMAIL_HASH_LEN]) MUST_USE;

#endif
