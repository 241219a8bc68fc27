/* Deliveries as people see them: lists, the log of attempts, sending again. Part of store/store.h:
 * include that. */
#ifndef STORE_DELIVERIES_H
#define STORE_DELIVERIES_H

#include "store/outbox.h"

typedef struct DeliveryEntry {
    int64_t event_seq;
    EventType event;
    DeliveryState state;
    int64_t attempt, due_us; /* due_us: of those that wait */
    int http_status;
    Str outcome; /* of the last attempt; { NULL, 0 }: none yet */
    int64_t created_us, settled_us;
} DeliveryEntry;

typedef struct DeliveryEntryList {
    DeliveryEntry *items;
    size_t count;
} DeliveryEntryList;

/* What can be asked for by name: pending (those under way too), paused, held, dead, blocked. */
bool delivery_state_find(Str name, int *out_state) MUST_USE;

typedef struct DeliveryQuery {
    int64_t account_id, webhook_id;
    int state;          /* one of delivery_state_find; -1: all */
    bool rests;         /* its webhook does: what is pending is paused */
    int64_t before_seq; /* only older events; 0: from the newest on */
    size_t most;
} DeliveryQuery;

/* Newest event first. */
Status store_delivery_search(StoreSession *session, const DeliveryQuery *query, Arena *arena,
                             DeliveryEntryList *out_list) MUST_USE;

/* How many there are of what does not go further at once, each counted up to some number. */
typedef struct DeliveryDepths {
    int64_t waiting; /* pending, leased or paused */
    int64_t paused, held, blocked, dead;
    int64_t oldest_due_us; /* of webhooks that are active; 0: nothing waits */
    int64_t webhooks[WEBHOOK_STATE_COUNT];
} DeliveryDepths;
Status store_delivery_depths(StoreSession *session, int64_t most, DeliveryDepths *out_depths) MUST_USE;

typedef struct AttemptList {
    AttemptEntry *items;
    size_t count;
} AttemptList;

/* Oldest first; the latest LIMIT_ATTEMPT_ROWS. */
Status store_attempt_list(StoreSession *session, int64_t account_id, int64_t webhook_id, int64_t event_seq,
                          Arena *arena, AttemptList *out_list) MUST_USE;

/* Makes a delivery due now, whatever became of it, also while its webhook rests (WH-40). What was
 * delivered or given up gets one attempt more, and is that again when it fails; one that waits, too. In an
 * order it is held while another of its user is under way. STATUS_CONFLICT while it is under way or held
 * itself, or when somebody was erased from its event. */
Status store_delivery_replay(StoreSession *session, int64_t account_id, int64_t webhook_id, int64_t event_seq,
                             Error *err) MUST_USE;

#endif
