/* What a webhook missed is sent to it: past events get deliveries, each once, in their order, through the
 * outbox like all others. For receivers that were away. */
#ifndef ENGINE_CATCH_UP_H
#define ENGINE_CATCH_UP_H

#include "engine/engine.h"

typedef enum CatchUpFrom {
    CATCH_UP_NOTHING,
    CATCH_UP_LAST,  /* what was cancelled when its URL was removed, and what happened since then */
    CATCH_UP_EVENT, /* events after that number */
    CATCH_UP_TIME,  /* events from that time on */
} CatchUpFrom;

typedef struct CatchUp {
    CatchUpFrom from;
    int64_t value;      /* the number or the time */
    int64_t count;      /* out: how many it is sent */
    int64_t next_after; /* out: more was missed, after this number; 0: that was all */
} CatchUp;

/* Within a command's run. A bounded number of events; the webhook remembers where to go on (CATCH_UP_LAST).
 * Events about people who were erased are left out. Uses `webhook`: account, id, filters, not_before_us and
 * missed_after. */
Status catch_up(CatchUp *catch_up, const Webhook *webhook, StoreSession *session, Arena *arena) MUST_USE;

#endif
