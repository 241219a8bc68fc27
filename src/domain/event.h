/* Events: immutable facts, numbered per account, and which webhooks want them. Pure. */
#ifndef DOMAIN_EVENT_H
#define DOMAIN_EVENT_H

#include "domain/code.h"
#include "domain/rate.h"
#include "domain/user.h"

typedef enum EventType {
    EVENT_USER_JOIN,
    EVENT_USER_QUALIFIED,
    EVENT_REWARD_ISSUED,
    EVENT_LOGIN_REQUESTED, /* ours: somebody wants a code by mail */
    EVENT_WEBHOOK_TROUBLE, /* ours: a webhook's owner should look after it */
} EventType;
/* "user.join", "user.qualified", "reward_issued" (contract 3.1), "login.requested", "webhook.trouble" */
extern const NameTable event_type_names;
/* What a URL is sent before it is registered, when its owner wants it; no event. */
#define WEBHOOK_CHALLENGE "webhook.challenge"

typedef struct Event {
    int64_t account_id, seq;
    int64_t sequence; /* among those about this user, from 1 */
    EventType type;
    int64_t campaign_id, user_id; /* user_id: who joined, qualified or is rewarded; both 0: of no one's */
    int64_t other_id;             /* who else is in the body: the referrer, or who caused the reward; 0: nobody */
    int64_t reward_id;            /* reward_issued only */
    UserSource source;            /* of the user */
    int64_t occurred_us;
    Str body; /* JSON, rendered once */
} Event;

/* "evt_" and two scrambled numbers: what receivers know an event by. The same for every attempt,
 * unique in the database, without a dot (Standard Webhooks). */
enum { EVENT_PUBLIC_ID_LEN = 18 };
void event_public_id(const CodeKey *key, int64_t account_id, int64_t seq, char out_id[EVENT_PUBLIC_ID_LEN + 1]);

/* Only an active one is sent to; what happens meanwhile waits. */
typedef enum WebhookState {
    WEBHOOK_ACTIVE,
    WEBHOOK_PAUSED,   /* by its owner */
    WEBHOOK_DISABLED, /* by us: its receiver is gone, or has failed for days */
    WEBHOOK_STATE_COUNT,
} WebhookState;
/* "active", "paused", "disabled" */
extern const NameTable webhook_state_names;

/* GET sends the body's members that are no objects and no arrays as a query string. */
typedef enum WebhookMethod { WEBHOOK_POST, WEBHOOK_PUT, WEBHOOK_PATCH, WEBHOOK_GET } WebhookMethod;
extern const NameTable webhook_method_names;

/* A secret that was replaced, and signs too for a while. */
typedef struct OldSecret {
    Str secret; /* the bytes; { NULL, 0 }: none */
    int64_t until_us;
} OldSecret;

enum { WEBHOOK_SECRET_MAX_LEN = 64 };
enum { WEBHOOK_OLD_SECRETS = 2 }; /* with the one of today: three live ones (WH-61) */

/* How its deliveries go. */
typedef struct WebhookPace {
    Rate rate;
    Str schedule; /* its own, see domain/schedule.h; { NULL, 0 }: the server's */
    bool ordered; /* what is about the same user goes one after the other */
    bool ed25519; /* signed with it (v1a) too */
} WebhookPace;

/* A subscription. */
typedef struct Webhook {
    int64_t id, account_id;
    Str url;
    EventType event;
    int64_t campaign_id; /* 0: any */
    int64_t reward_id;   /* reward_issued: which one, 0: any */
    uint32_t sources;    /* user.join: a set of UserSource bits, 0: any */
    bool expects_ack;    /* only JSON with "received": true counts as delivered */
    WebhookMethod method;
    Str headers;         /* that go along: lines of "Name: value", see domain/header.h; { NULL, 0 }: none */
    Str fields;          /* what is sent: lines of "path=name", see base/json_pick.h; { NULL, 0 }: all */
    WebhookPace pace;
    Str secret;          /* the bytes, not their text; { NULL, 0 }: it can't be opened */
    int64_t created_us;
    int64_t not_before_us; /* nothing is sent earlier */
    int64_t expires_us;    /* when it is removed by itself, 0: never */
    int64_t removed_us;    /* 0, or when it was removed: its place is kept for some seconds */
    int64_t missed_after;  /* events after this one may not have reached it, -1: none are missing */
    WebhookState state;
    Str state_reason;         /* why it is disabled: "gone", "failing" */
    int64_t failing_since_us; /* 0: its receiver does well */
    int64_t failures;         /* since then */
    OldSecret old_secrets[WEBHOOK_OLD_SECRETS]; /* the one replaced last first */
} Webhook;

/* What is wrong with a webhook. */
typedef enum WebhookTrouble {
    TROUBLE_DELAYED,   /* a delivery waited over an hour for its first attempt */
    TROUBLE_EXHAUSTED, /* one was given up */
    TROUBLE_FAILING,   /* it will be disabled if nothing changes */
    TROUBLE_DISABLED,
    TROUBLE_COUNT,
} WebhookTrouble;
extern const NameTable webhook_trouble_names;

bool webhook_wants(const Webhook *webhook, const Event *event);

#endif
