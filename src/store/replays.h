/* Replays of many deliveries: a job that the sender works off beside what is due. Part of store/store.h: include that.
 *
 * A running replay goes through the deliveries of a webhook in the order of their events, and each claim takes from it
 * what it has room for when nothing else is due. So it goes as fast as the receiver takes it, what has just happened
 * overtakes it, it rests with its webhook, and, as its place is written with the claim, it has each delivery once,
 * whatever is killed. */
#ifndef STORE_REPLAYS_H
#define STORE_REPLAYS_H

#include "domain/rate.h"
#include "store/outbox.h"

typedef enum ReplayStatus {
    REPLAY_RUNNING,
    REPLAY_DONE, /* each is on its way, or has ended */
    REPLAY_CANCELLED,
    REPLAY_STATUS_COUNT,
} ReplayStatus;
extern const NameTable replay_status_names;

typedef struct Replay {
    int64_t account_id, webhook_id, id;
    ReplayStatus status;
    DeliveryState state;    /* of the deliveries that go: one of replay_state_find */
    int64_t from_us, to_us; /* when their events happened; 0: open */
    Rate rate;              /* without a burst; count 0: as many as the webhook takes */
    int64_t found;          /* how many there were, counted up to LIMIT_REPLAY_COUNT */
    int64_t replayed;       /* so many were sent again */
    int64_t created_us, ended_us;
} Replay;

typedef struct ReplayList {
    Replay *items;
    size_t count;
} ReplayList;

/* What can be sent again: dead, blocked, delivered. */
bool replay_state_find(Str name, DeliveryState *out_state) MUST_USE;

/* Sets `found`: how many deliveries are of its state and between its times. */
Status store_replay_count(StoreSession *session, Replay *replay) MUST_USE;
/* Starts it, for what there is by now; sets id and created_us. STATUS_CONFLICT while another one of the webhook runs.
 * The oldest of more than LIMIT_REPLAYS are forgotten. */
Status store_replay_insert(StoreSession *session, Replay *replay) MUST_USE;
/* Ends it where it is, unless it has ended. */
Status store_replay_cancel(StoreSession *session, int64_t account_id, int64_t webhook_id, int64_t id) MUST_USE;
Status store_replay_get(StoreSession *session, int64_t account_id, int64_t webhook_id, int64_t id,
                        Replay *out_replay) MUST_USE;
/* The newest first. */
Status store_replay_list(StoreSession *session, int64_t account_id, int64_t webhook_id, Arena *arena,
                         ReplayList *out_list) MUST_USE;

#endif
