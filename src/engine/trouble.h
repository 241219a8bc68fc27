/* Tells the owners of webhooks what is wrong with them (WH-81). */
#ifndef ENGINE_TROUBLE_H
#define ENGINE_TROUBLE_H

#include "engine/engine.h"

#define TROUBLE_TOLD_EVERY_US US_PER_HOUR
/* A first attempt so long after its event is late. */
#define TROUBLE_LATE_US US_PER_HOUR

/* In the writer's transaction: an event webhook.trouble, unless the same was told of this webhook within the hour.
 * Of those that wait for such events themselves none is made, or one that fails would go on for ever.
 * `*out_told`: it is news. Leaves nothing in `arena`. */
Status trouble_tell(const Engine *engine, StoreSession *session, Arena *arena, int64_t account_id, int64_t webhook_id,
                    WebhookTrouble trouble, bool *out_told) MUST_USE;

#endif
