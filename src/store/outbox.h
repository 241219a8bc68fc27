/* Events, webhooks, deliveries. Part of store/store.h: include that. */
#ifndef STORE_OUTBOX_H
#define STORE_OUTBOX_H

#include "domain/event.h"
#include "store/command.h"

/* Gives the event its number; to be called before its body is rendered. */
Status store_event_number(StoreSession *session, Event *event) MUST_USE;
/* Writes the event, and a delivery for each webhook that wants it. */
Status store_event_insert(StoreSession *session, const Event *event) MUST_USE;

typedef struct EventFilter {
    int64_t after; /* the seq before the first one wanted */
    int64_t limit;
    int64_t campaign_id; /* 0: any */
    int type;            /* EventType, -1: any */
} EventFilter;

typedef struct EventPage {
    Event *items; /* type, seq, occurred_us, campaign_id, user_id, body */
    size_t count;
    int64_t next_after; /* where to go on: also behind what the filter left out */
    bool has_more;
} EventPage;

/* Events in their order. A filter that fits few looks through a bounded stretch: then the page may be
 * empty although there is more. */
Status store_event_page(StoreSession *session, int64_t account_id, const EventFilter *filter, Arena *arena,
                        EventPage *out_page) MUST_USE;

/* Numbers of events rise with their time, so a range of times is one of numbers. Gives the first event
 * from `time_us` on, or one past the last. */
Status store_event_first_from(StoreSession *session, int64_t account_id, int64_t time_us, int64_t *out_seq) MUST_USE;

typedef struct WebhookList {
    Webhook *items;
    size_t count;
} WebhookList;

/* By URL, event and reward: inserts, or takes over the row there is (also one that was removed a
 * moment ago, whose waiting deliveries then go on) with the new secret and filters; its pace stays. Deliveries that
 * wait already stay, whether the new filters want them or not; blocked ones wait again. One that has left
 * comes back under its id. Sets webhook->id, created_us and missed_after; `*out_created` tells whether there
 * was no row. */
Status store_webhook_upsert(StoreSession *session, Webhook *webhook, bool *out_created) MUST_USE;
/* Gives a webhook that was removed another URL, before an upsert of that URL, event and reward brings it back under its
 * id. Does nothing unless it has this event and reward, or when the URL has a webhook of its own. */
Status store_webhook_move(StoreSession *session, int64_t id, const Webhook *to) MUST_USE;
/* Writes campaign_id, sources, expects_ack, method, headers and fields. Blocked deliveries wait again; those
 * that wait keep their bodies. */
Status store_webhook_change(StoreSession *session, const Webhook *webhook) MUST_USE;
/* Writes its pace. What waits in an order goes on in it. */
Status store_webhook_set_pace(StoreSession *session, const Webhook *webhook) MUST_USE;
/* How many there are, those included that were removed a moment ago. */
Status store_webhook_count(StoreSession *session, int64_t account_id, int64_t *out_count) MUST_USE;
/* Not those that were removed. */
Status store_webhook_get(StoreSession *session, int64_t account_id, int64_t id, Arena *arena,
                         Webhook *out_webhook) MUST_USE;
Status store_webhook_list(StoreSession *session, int64_t account_id, Arena *arena, WebhookList *out_list) MUST_USE;
/* The one bound last to a reward; STATUS_NOT_FOUND when there is none. */
Status store_webhook_newest_of_reward(StoreSession *session, int64_t account_id, int64_t reward_id,
                                      int64_t *out_id) MUST_USE;
/* Gives it another secret; the one it had signs too until then. The third last signs no more, however long
 * it was to. Blocked deliveries wait again. */
Status store_webhook_rotate(StoreSession *session, int64_t account_id, int64_t id, Str secret,
                            int64_t old_until_us) MUST_USE;
/* Only its secret of today signs any more. */
Status store_webhook_revoke_old(StoreSession *session, int64_t account_id, int64_t id) MUST_USE;
/* Lets it rest or go on; `reason` is why it is disabled. Going on forgets its failures, and blocked
 * deliveries wait again. STATUS_NOT_FOUND when there is none, or when it is disabled and shall be paused. */
Status store_webhook_set_state(StoreSession *session, int64_t account_id, int64_t id, WebhookState state,
                               Str reason) MUST_USE;
/* Counts a failure of its receiver, and a strike when the last one was `apart_us` ago. Gives how many strikes there
 * were since when. */
Status store_webhook_failed(StoreSession *session, int64_t account_id, int64_t id, int64_t apart_us,
                            int64_t *out_strikes, int64_t *out_since_us) MUST_USE;
/* Its receiver does well again. */
Status store_webhook_recovered(StoreSession *session, int64_t account_id, int64_t id) MUST_USE;
/* Notes that its owner is told of this trouble, unless they were within the last `apart_us`. */
Status store_webhook_tell(StoreSession *session, int64_t account_id, int64_t id, WebhookTrouble trouble,
                          int64_t apart_us, bool *out_now) MUST_USE;
/* Marks it as removed: its place is kept until store_webhook_purge. */
Status store_webhook_remove(StoreSession *session, int64_t account_id, int64_t id) MUST_USE;
/* Cancels up to `most` of what waits for it, not what is under way; what waits to be sent again is what it was before.
 * `*out_count`: how many. Those can still be sent by hand, and by catching up. */
Status store_delivery_cancel(StoreSession *session, int64_t account_id, int64_t webhook_id, int64_t most,
                             int64_t *out_count) MUST_USE;
/* Removes what has expired; `*out_next_us`: when the next does, 0: none. */
Status store_webhook_expire(StoreSession *session, int64_t *out_next_us) MUST_USE;
/* Notes that events after this one may not have reached it; -1: none are missing. */
Status store_webhook_set_missed(StoreSession *session, int64_t account_id, int64_t id, int64_t after_seq) MUST_USE;
/* A delivery of a past event, if it has none or that was cancelled; `*out_added` tells. */
Status store_delivery_add_missed(StoreSession *session, const Webhook *webhook, const Event *event,
                                 bool *out_added) MUST_USE;
/* Drops webhooks removed before `before_us`; their waiting deliveries are cancelled, a bounded number
 * in one call. Of as many as an account can have stays which events they missed, for when they come back.
 * `*out_next_us`: when the oldest one left was removed (call again, soon when that is before `before_us`); 0: none is
 * left. */
Status store_webhook_purge(StoreSession *session, int64_t before_us, int64_t *out_next_us) MUST_USE;

/* A delivery's life (shared spec: webhooks, A7):
 *
 *   pending ──claim──▶ leased ──2xx──▶ delivered
 *      ▲                 │├──failure, schedule left──▶ pending
 *      │                 │├──failure, schedule used up──▶ dead
 *      │                 │└──refused by the address rules──▶ blocked ──start, upsert, resume──▶ pending
 *      └──lease over─────┘  (dead when the server was killed at it too often)
 *   pending, blocked, held ──webhook gone──▶ cancelled
 *   held ──the one before it delivered, dead or cancelled──▶ pending
 *
 * Sent again by hand, or earlier since its receiver is well, it goes beyond its schedule (ExtraAttempt):
 *
 *   pending, delivered, dead ──▶ pending, or held in an order ──2xx──▶ delivered
 *                                                          └──failure──▶ as before
 *
 * To a webhook that is ordered only the first unsettled delivery of a user goes; those behind it are held from the
 * start, so that a claim needs not look for them.
 */
typedef enum DeliveryState {
    DELIVERY_PENDING,
    DELIVERY_LEASED,
    DELIVERY_DELIVERED,
    DELIVERY_DEAD,
    DELIVERY_BLOCKED,
    DELIVERY_CANCELLED,
    DELIVERY_HELD,
    DELIVERY_PAUSED, /* how one looks that is pending while its webhook rests; never in the database */
    DELIVERY_STATE_COUNT,
} DeliveryState;
extern const NameTable delivery_state_names;

/* Of a pending delivery that was asked for by hand while its webhook rests: it goes nevertheless, before all others. */
#define DELIVERY_DUE_AT_REST_US 1

/* An attempt beyond the schedule, of what is sent again by hand, or earlier since its receiver is well. When
 * it fails, all is as it was before. */
typedef struct ExtraAttempt {
    bool is_extra;
    DeliveryState state; /* before: PENDING, DELIVERED or DEAD */
    int64_t due_us;      /* of PENDING */
} ExtraAttempt;

/* A delivery in the hands of the sender. */
typedef struct Claim {
    int64_t account_id, webhook_id, event_seq;
    int64_t attempt; /* 1 for the first */
    int64_t extras;  /* so many of those before were beyond the schedule */
    int64_t created_us;
    int64_t lease;   /* random; the settlement must bring it back */
    int64_t ordering_key; /* 0: in no order */
    ExtraAttempt extra;
    EventType event;
    Str body;
} Claim;

typedef struct ClaimList {
    Claim *items;
    size_t count;
    int64_t next_due_us; /* when there is more to claim, or a lease ends; 0: nothing waits */
} ClaimList;

/* Claims up to `most` due deliveries of a webhook, oldest due first: state leased, attempt + 1, a
 * lease until `lease_until_us`. Also takes back what an expired lease left. Of a webhook that rests only what was
 * asked for by hand. STATUS_NOT_FOUND when the webhook was removed. A claim without a body has lost its event. */
Status store_delivery_claim(StoreSession *session, int64_t account_id, int64_t webhook_id, size_t most,
                            int64_t lease_until_us, Arena *arena, ClaimList *out_list) MUST_USE;

/* What happened at a try. Times of the parts are from its start; 0: not reached. */
typedef struct AttemptEntry {
    int64_t started_us; /* 0: nothing to be noted */
    int64_t number;
    int64_t took_us, resolve_us, connect_us, tls_us, first_byte_us;
    Str address; /* that was dialled */
    int http_status;
    Str outcome;
    Str answer; /* the first bytes of its body, as text */
} AttemptEntry;

typedef struct Settlement {
    int64_t account_id, webhook_id, event_seq, lease;
    int64_t ordering_key; /* the claim's */
    DeliveryState state; /* DELIVERED, DEAD, BLOCKED, or PENDING to be tried again at due_us */
    int64_t due_us;
    bool fixed;     /* nothing makes that earlier */
    bool uncounted; /* no byte was sent, and not through the receiver's fault: the attempt doesn't count */
    bool extra_failed, extra_again; /* of an extra attempt: it has failed; it will be made again */
    int http_status; /* 0: no answer */
    Str outcome;     /* a class: "ok", "timeout", "refused", … */
    AttemptEntry log; /* without status and outcome */
} Settlement;

/* Fenced by the lease: `*out_settled` is false when it was lost, and then nothing changes. */
Status store_delivery_settle(StoreSession *session, const Settlement *settlement, bool *out_settled) MUST_USE;
/* Makes up to `most` waiting deliveries of a webhook due now, soonest due first: its receiver answers
 * again. Each gets an extra attempt; not those whose time is fixed. `*out_more`: others may still wait. */
Status store_delivery_hurry(StoreSession *session, int64_t account_id, int64_t webhook_id, size_t most,
                            bool *out_more) MUST_USE;
/* At a server's start: puts back to pending what was blocked, since the address rules may have changed,
 * and what the server before had under way when it was killed (`*out_lost`: how many; after LIMIT_LOST_ATTEMPTS it is
 * dead); makes due what was put off by a clock that was years ahead. */
Status store_delivery_recover(StoreSession *session, size_t *out_lost) MUST_USE;

/* The clock was set ahead by so much: what is under way is not taken back for that. */
Status store_delivery_extend_leases(StoreSession *session, int64_t ahead_us) MUST_USE;
/* The clock was set back by so much: what is due later by the old one is due as much earlier. Leases last `lease_us`. */
Status store_delivery_follow_clock(StoreSession *session, int64_t back_us, int64_t lease_us) MUST_USE;

typedef struct Delivery {
    int64_t webhook_id, event_seq;
    DeliveryState state;
    int64_t attempt, due_us;
    int http_status;
    Str outcome;
} Delivery;

typedef struct DeliveryList {
    Delivery *items;
    size_t count;
} DeliveryList;

typedef struct WebhookDue {
    int64_t account_id, webhook_id, due_us; /* due_us: when the next delivery is due, or a lease ends */
} WebhookDue;

typedef struct WebhookDueList {
    WebhookDue *items;
    size_t count;
} WebhookDueList;

/* Every webhook with something pending or leased, with one look-up each: cheap under a large backlog. */
Status store_webhook_due(StoreSession *session, Arena *arena, WebhookDueList *out_list) MUST_USE;
/* How many wait (pending or leased), counted up to `most`; for metrics. */
Status store_delivery_backlog(StoreSession *session, int64_t most, int64_t *out_waiting) MUST_USE;
/* Deliveries of one event in the order of their webhooks; for the API, the command line and tests. */
Status store_delivery_list(StoreSession *session, int64_t account_id, int64_t event_seq, Arena *arena,
                           DeliveryList *out_list) MUST_USE;

#endif
