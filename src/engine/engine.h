/* The engine: commands (what can change) and views (how things look as JSON).
 *
 * A command reads what a rule needs from the store, asks the rule (domain/), and writes rows,
 * event and deliveries, all in the writer's one transaction. Pages, API, command line and imports
 * build the same commands; there is no other way to change data.
 *
 * Commands live in the request's or job's arena, which must live until `done`. */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include "domain/country.h"
#include "store/store.h"

typedef struct LinkBases LinkBases; /* see engine/domains.h */

typedef struct Engine {
    Store *store;
    Str base_url; /* of links and pages, without a slash at the end */
    LinkBases *link_bases; /* of campaigns with a host of their own; NULL: there are none */
    Str fallback_url; /* where unknown links lead; empty: to the page that says so */
    CodeKey code_key;
    /* May webhooks be sent there? Set by the program: the address rules stand above this folder.
     * NULL allows any. */
    Status (*check_webhook_url)(const void *rules, Str url, Error *err);
    const void *webhook_rules;
    const BurnerList *burners; /* NULL: none are known */
    const Countries *countries; /* of the server only */
    /* Takes a Probe (engine/probe.h) and finishes it through its sink; STATUS_BUSY: not now. */
    Status (*probe)(void *sender, Command *probe);
    void *sender;
    int64_t form_wait_us;      /* forms that come sooner are sent back; 0: none is */
    bool durable_clicks;       /* each is on disk before its visitor is answered */
} Engine;

#endif
