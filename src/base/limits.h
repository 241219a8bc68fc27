/* Every maximum of an input, in one place. Lengths are bytes unless the name says otherwise. */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

#include <stdint.h>

/* Of one value, in minor units: sums of nearly a million of them stay within int64. */
#define LIMIT_MONEY_MINOR INT64_C(10000000000000)

enum {
    /* HTTP (http/) */
    LIMIT_REQUEST_LINE_LEN = 8 * 1024,
    LIMIT_HEADERS_LEN = 32 * 1024,
    LIMIT_HEADERS = 100,
    LIMIT_BODY_LEN = 1024 * 1024,
    LIMIT_BULK_BODY_LEN = 8 * 1024 * 1024, /* of calls with many rows */
    LIMIT_CONNECTIONS = 10000,
    LIMIT_REQUEST_SECONDS = 60, /* for a whole request to arrive, however slowly it drips */
    LIMIT_IDLE_SECONDS = 60,
    LIMIT_REQUEST_ARENA = 64 * 1024 * 1024, /* a ceiling: it grows as it is used */
    LIMIT_RESPONSE_LEN = 64 * 1024 * 1024,

    /* JSON */
    LIMIT_JSON_DEPTH = 64,

    /* Forms and query strings */
    LIMIT_FORM_PAIRS = 1000,
    LIMIT_FORM_DEPTH = 8,
    LIMIT_QUERY_VALUE_LEN = 1000, /* of parameters that need no more */

    /* Texts of people, in characters */
    LIMIT_NAME_CHARS = 100,
    LIMIT_EMAIL_LEN = 254, /* RFC 5321, 4.5.3.1.3, less the angle brackets */
    LIMIT_TITLE_CHARS = 200,
    LIMIT_TEXT_CHARS = 2000,
    LIMIT_URL_LEN = 2048,
    LIMIT_COUPON_LEN = 100,
    LIMIT_META_FIELDS = 50,
    LIMIT_META_LEN = 16 * 1024,
    LIMIT_CUSTOMER_ID_LEN = 200,
    LIMIT_TRACE_LEN = 200, /* a click id as it came back; ours are shorter */
    LIMIT_IP_LEN = 45,
    LIMIT_REFERRAL_CHAIN = 1000, /* referrers above a referrer that are looked through for circles */
    LIMIT_TOKEN_LEN = 200,
    LIMIT_TOKENS = 1000, /* per account */
    LIMIT_IDEMPOTENCY_KEY_LEN = 255,

    /* Campaigns */
    LIMIT_FORM_FIELDS = 50, /* extra fields, for each kind of people */
    LIMIT_FORM_LEN = 32 * 1024,
    LIMIT_FORMS_PER_HOUR = 100, /* of one IP address, on one loop */
    LIMIT_ANSWER_CHARS = 500, /* in one of them */
    LIMIT_WINDOW_SECONDS = 10 * 366 * 24 * 3600,

    LIMIT_CSS_LEN = 8 * 1024,
    LIMIT_FORM_AGE_SECONDS = 7 * 24 * 3600, /* a page may be kept open so long */
    LIMIT_WORDING_LEN = 8 * 1024, /* all texts of its own together */
    LIMIT_WORDING_CHARS = 300,    /* each of them */
    LIMIT_PLACEHOLDERS = 20,      /* in a text */
    LIMIT_COOKIE_DAYS = 400, /* no browser keeps one longer */
    LIMIT_EMBED_ORIGINS = 10,

    /* Portal */
    LIMIT_PASS_SECONDS = 30 * 24 * 3600, /* how long a signed link opens it */
    LIMIT_PORTAL_ROWS = 50,              /* of referrals, of rewards: the newest */

    /* Lists */
    LIMIT_BURNER_LIST_LEN = 8 * 1024 * 1024,
    LIMIT_LIST_ROWS = 10000, /* answers without paging (/api/n8n) */
    LIMIT_BULK_ROWS = 10000, /* in one call */
    LIMIT_EVENTS = 1000, /* in one answer of the feed */
    LIMIT_CLICKS = 1000, /* in one answer */
    LIMIT_DOMAINS = 10, /* of a campaign */
    LIMIT_DELIVERY_ROWS = 1000, /* of a webhook, in one answer */
    LIMIT_LOST_ATTEMPTS = 40,    /* so many, and the server killed at the last: given up. More than a schedule has */
    LIMIT_REPLAY_COUNT = 100000, /* counted before a replay */
    LIMIT_REPLAY_STRETCH = 500,  /* deliveries a replay looks at, at a time */
    LIMIT_REPLAYS = 100,         /* of a webhook: the older ones are forgotten */
    LIMIT_PURGE_ROWS = 1000,     /* given up at a time */
    LIMIT_CATCH_UP_PAGES = 10,  /* that a webhook which comes back is sent at once */
    LIMIT_CATCH_UP_ROWS = 100,  /* in each of them */
    LIMIT_WEBHOOK_EXPIRY_SECONDS = 7 * 24 * 3600,
    LIMIT_ATTEMPT_ROWS = 100,
    LIMIT_ATTEMPT_ANSWER = 16 * 1024, /* kept of an answer, in bytes */
    LIMIT_SECRET_GRACE_SECONDS = 7 * 24 * 3600,
    LIMIT_RATE = 10000, /* of a webhook, a second or a minute; and of its burst */
    LIMIT_SCHEDULE_LEN = 250,
    LIMIT_WEBHOOK_HEADERS = 10,
    LIMIT_HEADER_NAME_LEN = 100,
    LIMIT_HEADER_VALUE_LEN = 1000,
    LIMIT_WEBHOOK_FIELDS = 50,
    LIMIT_WEBHOOK_FIELD_LEN = 100,
    LIMIT_WEBHOOKS = 1000, /* per account: every event looks at each */
    LIMIT_COUPON_IMPORT_LEN = 50 * 1024 * 1024,

    /* Pages, filters and sorting of lists */
    LIMIT_PAGE_ROWS = 250,
    LIMIT_PAGE_ROWS_DEFAULT = 25,
    LIMIT_FILTER_DEPTH = 8,       /* groups within groups */
    LIMIT_FILTER_CONDITIONS = 50,
    LIMIT_FILTER_VALUES = 500,    /* of all conditions */
    LIMIT_FILTER_VALUE_LEN = 400,
    LIMIT_LIKE_WILDCARDS = 4,     /* each multiplies what a comparison costs */
    LIMIT_SORT_ROWS = 50000,      /* sorted without an index */

    /* Statistics */
    LIMIT_STATS_DAYS = 1100, /* three years */
    LIMIT_LEADERS = 100,

    /* Queues */
    LIMIT_COMMAND_QUEUE = 8192,
    LIMIT_COMMAND_BATCH = 256,
    LIMIT_EVENT_BODY = 256 * 1024,

    /* Rewards and orders */
    LIMIT_REWARD_STEPS = 50,
    LIMIT_REWARD_CAPS = 8,
    LIMIT_REWARD_COUNT = 1000000, /* of milestones, every N-th, periods, caps */
    LIMIT_HOLD_SECONDS = 10 * 366 * 24 * 3600,
    LIMIT_ORDER_ID_LEN = 200,
    LIMIT_REASON_CHARS = 500,
    LIMIT_COUPON_UPLOAD = 10000, /* codes in one call */
    LIMIT_BATCH_ROWS = 256,      /* read at a time of lists that are gone through, and in one run of the clock */
};

#endif
