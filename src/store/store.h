/* The store: what the rules need of a database, and the one way to change it.
 *
 * Reads go through a StoreSession, one per thread. Writes are Commands: queued by any thread,
 * run by the writer thread, many in one transaction (group commit), each under a savepoint,
 * answered after the commit. An answered write is on disk.
 *
 *   submit ──▶ queue ──▶ BEGIN · run · run · run · COMMIT ──▶ finish(chain) per sink
 *
 * A failing command is undone alone. Most fail before they write, and then there is nothing to undo:
 * so a batch first runs without savepoints, which cost an eighth of a write, and only when a command
 * fails after it has written is the batch run again with a savepoint around each. When the commit
 * fails, every command of the batch fails with STATUS_UNAVAILABLE, and nothing of it is stored.
 *
 * Every function takes the account: another account's id is simply not found. What must be
 * found without one (a token, a code) has its own small directory table. */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/arena.h"
#include "domain/code.h"
#include "domain/event.h"
#include "domain/reward.h"

typedef struct Store Store;
typedef struct StoreSession StoreSession;

/* ---- opening ----------------------------------------------------------- */

/* Opens the database, creates it or brings its schema up to date, and starts the writer.
 * A newer schema than this program knows is refused. */
Status store_open(Str path, Store **out_store, Error *err) MUST_USE;
/* Runs what is queued, commits, stops the writer; sets the pointer to NULL; takes NULL. */
void store_close(Store **store);
/* The key of the public codes, made when the database was. */
CodeKey store_code_key(const Store *store);

Status store_session_open(Store *store, StoreSession **out_session, Error *err) MUST_USE;
void store_session_close(StoreSession **session);

/* ---- commands ---------------------------------------------------------- */

typedef struct Command Command;
typedef struct CommandSink CommandSink;

struct Command {
    /* On the writer's thread, inside the transaction. It may touch what the command carries; a
     * Status other than OK undoes its writes. Texts it reads go into `arena`. It may run twice: when
     * some command fails after it has written, its batch is rolled back and run again. */
    Status (*run)(Command *command, StoreSession *session);
    /* For the sink to call where the submitter wants it, with `owner` as the submitter's own. */
    void (*done)(Command *command);
    void *owner;
    CommandSink *sink;
    Arena *arena;
    Status status; /* the outcome, valid in finish and done */
    Error error;
    Command *next; /* the store's while it is queued, the sink's afterwards */
};

/* Where finished commands go. */
struct CommandSink {
    /* On the writer's thread, once per batch with every command of this sink, oldest first,
     * linked by `next`. Must be quick. */
    void (*finish)(CommandSink *sink, Command *chain);
};

/* Queues a command. STATUS_BUSY when the queue is full: nothing happened and nothing will. */
Status store_submit(Store *store, Command *command) MUST_USE;
/* Submits and waits; gives command->status. For threads that are no loops (CLI, tests). */
Status store_run(Store *store, Command *command) MUST_USE;

/* The time of the batch under way, or now. */
int64_t store_now_us(const StoreSession *session);

/* What a batch touched, told after its commit on the writer's thread. */
typedef struct StoreNotes {
    bool links;              /* a user or campaign changed or went: link caches are stale */
    bool webhooks;           /* subscriptions changed */
    const int64_t *due;      /* webhooks that got deliveries: account, webhook, account, webhook, … */
    size_t due_count;        /* pairs */
} StoreNotes;
typedef void StoreListener(void *arg, const StoreNotes *notes);
enum { STORE_MAX_LISTENERS = 4 };
/* Before the first command. */
void store_listen(Store *store, StoreListener *listener, void *arg);
/* True once after another process has written (its command line works beside a running server). */
bool store_changed_elsewhere(StoreSession *session);

typedef struct StoreStats {
    uint64_t commands, failed_commands, batches;
    uint64_t queued; /* now */
} StoreStats;
StoreStats store_stats(const Store *store);
/* Can it read? For readiness. */
Status store_ping(StoreSession *session) MUST_USE;

/* ---- accounts and tokens ----------------------------------------------- */

enum { TOKEN_HASH_LEN = 32 };

typedef struct Token {
    int64_t id, account_id;
    Str name;
    int64_t created_us;
} Token;

typedef struct TokenList {
    Token *items;
    size_t count;
} TokenList;

/* The account that the command line works on; made with the database. */
#define STORE_FIRST_ACCOUNT INT64_C(1)

Status store_account_insert(StoreSession *session, Str name, int64_t *out_id) MUST_USE;
Status store_token_insert(StoreSession *session, int64_t account_id, Str name, const uint8_t hash[TOKEN_HASH_LEN],
                          int64_t *out_id) MUST_USE;
/* By the SHA-256 of the token's text. */
Status store_token_find(StoreSession *session, const uint8_t hash[TOKEN_HASH_LEN], int64_t *out_token_id,
                        int64_t *out_account_id) MUST_USE;
Status store_token_list(StoreSession *session, int64_t account_id, Arena *arena, TokenList *out_list) MUST_USE;

/* ---- campaigns --------------------------------------------------------- */

typedef struct CampaignList {
    Campaign *items;
    size_t count;
} CampaignList;

/* Sets campaign->id. */
Status store_campaign_insert(StoreSession *session, Campaign *campaign) MUST_USE;
Status store_campaign_get(StoreSession *session, int64_t account_id, int64_t id, Arena *arena,
                          Campaign *out_campaign) MUST_USE;
/* The account of a campaign known by its code. */
Status store_campaign_account(StoreSession *session, int64_t id, int64_t *out_account_id) MUST_USE;
Status store_campaign_list(StoreSession *session, int64_t account_id, Arena *arena, CampaignList *out_list) MUST_USE;

/* ---- users ------------------------------------------------------------- */

/* Sets user->id. STATUS_CONFLICT when the e-mail is in the campaign already. */
Status store_user_insert(StoreSession *session, User *user, Str email_key) MUST_USE;
Status store_user_get(StoreSession *session, int64_t account_id, int64_t id, Arena *arena, User *out_user) MUST_USE;
/* campaign_id 0: the newest user with that e-mail in any campaign. */
Status store_user_by_email(StoreSession *session, int64_t account_id, int64_t campaign_id, Str email_key, Arena *arena,
                           User *out_user) MUST_USE;
/* Where a user known by the code belongs. */
Status store_user_home(StoreSession *session, int64_t id, int64_t *out_account_id, int64_t *out_campaign_id) MUST_USE;
/* 0 clears it. */
Status store_user_set_qualified(StoreSession *session, int64_t account_id, int64_t id, int64_t qualified_us) MUST_USE;
/* Replaces the extra fields. */
Status store_user_set_meta(StoreSession *session, int64_t account_id, int64_t id, Str meta) MUST_USE;

typedef struct UserCounts {
    int64_t reach, referrals, qualified_referrals;
} UserCounts;
/* Adds (or takes away) and gives the new counts when `out_counts` is not NULL. */
Status store_user_count(StoreSession *session, int64_t account_id, int64_t id, UserCounts add,
                        UserCounts *out_counts) MUST_USE;
Status store_campaign_count(StoreSession *session, int64_t account_id, int64_t id, int64_t add_reach) MUST_USE;

/* ---- rewards, grants, coupons ------------------------------------------ */

typedef struct RewardList {
    Reward *items;
    size_t count;
} RewardList;

typedef struct RewardFilter {
    int64_t campaign_id; /* 0: all */
    int issue;           /* an IssueMethod, -1: all */
    int when;            /* a RewardWhen, -1: all */
} RewardFilter;

Status store_reward_insert(StoreSession *session, Reward *reward) MUST_USE;
Status store_reward_get(StoreSession *session, int64_t account_id, int64_t id, Arena *arena,
                        Reward *out_reward) MUST_USE;
Status store_reward_list(StoreSession *session, int64_t account_id, RewardFilter filter, Arena *arena,
                         RewardList *out_list) MUST_USE;

typedef struct GrantList {
    Grant *items;
    size_t count;
} GrantList;

/* Sets grant->id. STATUS_CONFLICT when this recipient has the reward for this referral already. */
Status store_grant_insert(StoreSession *session, Grant *grant) MUST_USE;
/* By what made it. referral_id 0: any that was not cancelled. */
Status store_grant_find(StoreSession *session, int64_t account_id, int64_t reward_id, int64_t recipient_id,
                        int64_t referral_id, Arena *arena, Grant *out_grant) MUST_USE;
Status store_grant_get(StoreSession *session, int64_t account_id, int64_t id, Arena *arena, Grant *out_grant) MUST_USE;
/* Writes state, coupon and issued_us. */
Status store_grant_update(StoreSession *session, const Grant *grant) MUST_USE;
/* Every due grant that a referral caused. */
Status store_grant_list_due_of(StoreSession *session, int64_t account_id, int64_t referral_id, Arena *arena,
                               GrantList *out_list) MUST_USE;
Status store_grant_list(StoreSession *session, int64_t account_id, int64_t campaign_id, Arena *arena,
                        GrantList *out_list) MUST_USE;

typedef struct Coupon {
    int64_t id, account_id, campaign_id;
    Str code;
    int64_t user_id; /* whom it was handed to; 0: free */
} Coupon;

typedef struct CouponList {
    Coupon *items;
    size_t count;
} CouponList;

/* STATUS_CONFLICT when the account has the code already. */
Status store_coupon_insert(StoreSession *session, Coupon *coupon) MUST_USE;
Status store_coupon_find(StoreSession *session, int64_t account_id, Str code, Arena *arena, Coupon *out_coupon) MUST_USE;
/* Hands the campaign's oldest free coupon to a user; STATUS_NOT_FOUND when none is left. */
Status store_coupon_take(StoreSession *session, int64_t account_id, int64_t campaign_id, int64_t user_id,
                         Arena *arena, Coupon *out_coupon) MUST_USE;
Status store_coupon_list(StoreSession *session, int64_t account_id, int64_t campaign_id, Arena *arena,
                         CouponList *out_list) MUST_USE;

/* ---- events, webhooks, deliveries -------------------------------------- */

/* Gives the event its number; to be called before its body is rendered. */
Status store_event_number(StoreSession *session, Event *event) MUST_USE;
/* Writes the event, and a delivery for each webhook that wants it. */
Status store_event_insert(StoreSession *session, const Event *event) MUST_USE;

typedef struct WebhookList {
    Webhook *items;
    size_t count;
} WebhookList;

/* By URL, event and reward: inserts, or takes over the row there is (also one that was removed a
 * moment ago, whose waiting deliveries then go on) with the new secret and filters. Deliveries that
 * wait already stay, whether the new filters want them or not; blocked ones wait again. Sets
 * webhook->id and created_us; `*out_created` tells which it was. */
Status store_webhook_upsert(StoreSession *session, Webhook *webhook, bool *out_created) MUST_USE;
/* How many there are, those included that were removed a moment ago. */
Status store_webhook_count(StoreSession *session, int64_t account_id, int64_t *out_count) MUST_USE;
/* Not those that were removed. */
Status store_webhook_get(StoreSession *session, int64_t account_id, int64_t id, Arena *arena,
                         Webhook *out_webhook) MUST_USE;
Status store_webhook_list(StoreSession *session, int64_t account_id, Arena *arena, WebhookList *out_list) MUST_USE;
/* The one bound last to a reward; STATUS_NOT_FOUND when there is none. */
Status store_webhook_newest_of_reward(StoreSession *session, int64_t account_id, int64_t reward_id,
                                      int64_t *out_id) MUST_USE;
/* Marks it as removed: its place is kept until store_webhook_purge. */
Status store_webhook_remove(StoreSession *session, int64_t account_id, int64_t id) MUST_USE;
/* Drops webhooks removed before `before_us`; their waiting deliveries are cancelled, a bounded number
 * in one call. `*out_next_us`: when the oldest one left was removed (call again, soon when that is
 * before `before_us`); 0: none is left. */
Status store_webhook_purge(StoreSession *session, int64_t before_us, int64_t *out_next_us) MUST_USE;

/* A delivery's life (shared spec: webhooks, A7):
 *
 *   pending ──claim──▶ leased ──2xx──▶ delivered
 *      ▲                 │├──failure, schedule left──▶ pending
 *      │                 │├──failure, schedule used up──▶ dead
 *      │                 │└──refused by the address rules──▶ blocked ──start, upsert──▶ pending
 *      └──lease over─────┘
 *   pending, blocked ──webhook gone──▶ cancelled
 */
typedef enum DeliveryState {
    DELIVERY_PENDING,
    DELIVERY_LEASED,
    DELIVERY_DELIVERED,
    DELIVERY_DEAD,
    DELIVERY_BLOCKED,
    DELIVERY_CANCELLED,
    DELIVERY_STATE_COUNT,
} DeliveryState;
extern const NameTable delivery_state_names;

/* A delivery in the hands of the sender. */
typedef struct Claim {
    int64_t account_id, webhook_id, event_seq;
    int64_t attempt; /* 1 for the first */
    int64_t lease;   /* random; the settlement must bring it back */
    EventType event;
    Str body;
} Claim;

typedef struct ClaimList {
    Claim *items;
    size_t count;
    int64_t next_due_us; /* when there is more to claim, or a lease ends; 0: nothing waits */
} ClaimList;

/* Claims up to `most` due deliveries of a webhook, oldest due first: state leased, attempt + 1, a
 * lease until `lease_until_us`. Also takes back what an expired lease left. STATUS_NOT_FOUND when
 * the webhook was removed. A claim without a body has lost its event. */
Status store_delivery_claim(StoreSession *session, int64_t account_id, int64_t webhook_id, size_t most,
                            int64_t lease_until_us, Arena *arena, ClaimList *out_list) MUST_USE;

typedef struct Settlement {
    int64_t account_id, webhook_id, event_seq, lease;
    DeliveryState state; /* DELIVERED, DEAD, BLOCKED, or PENDING to be tried again at due_us */
    int64_t due_us;
    bool uncounted; /* no byte was sent, and not through the receiver's fault: the attempt doesn't count */
    int http_status; /* 0: no answer */
    Str outcome;     /* a class: "ok", "timeout", "refused", … */
} Settlement;

/* Fenced by the lease: `*out_settled` is false when it was lost, and then nothing changes. */
Status store_delivery_settle(StoreSession *session, const Settlement *settlement, bool *out_settled) MUST_USE;
/* Makes up to `most` waiting deliveries of a webhook due now, soonest due first: its receiver answers
 * again. `*out_more`: others may still wait. */
Status store_delivery_hurry(StoreSession *session, int64_t account_id, int64_t webhook_id, size_t most,
                            bool *out_more) MUST_USE;
/* At a server's start: puts back to pending what was blocked, since the address rules may have changed,
 * and what the server before had under way when it was killed. */
Status store_delivery_recover(StoreSession *session) MUST_USE;

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
