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
    int64_t most_bytes;  /* in use in the database; above that it is squeezed. 0: no limit */
} Retention;

/* Longer than deliveries are tried: receivers can catch up with what they missed. */
enum { RETENTION_LEAST_EVENT_DAYS = 5, RETENTION_MOST_SQUEEZED = 16 };
/* The same for a database that is too large: each time `squeezed` rises, all is kept half as long. Events not shorter
 * than the least. */
Retention retention_squeezed(const Retention *retention, int squeezed);

typedef struct Forgotten {
    int64_t account_id; /* in: the account before; out: the one that something was forgotten of, 0 after the last */
    bool more;          /* out: it has more to forget */
    bool too_large;     /* out: the database */
} Forgotten;

/* Forgets a bounded number of rows of one account, and gives back some of the room that is free. Nothing goes that
 * still waits, nor an event with such a delivery, nor any event after it (WH-51). */
Status store_forget_old(StoreSession *session, const Retention *retention, Forgotten *forgotten) MUST_USE;

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
