/* From a link's code to where it leads, without asking the database for the links that are hot.
 * One per loop, used on its thread only; bounded, set-associative; dropped as a whole when a user or
 * campaign changes (link_epoch_raise), which is rare beside clicks. */
#ifndef ENGINE_LINK_CACHE_H
#define ENGINE_LINK_CACHE_H

#include <stdatomic.h>

#include "domain/attribution.h"
#include "engine/clicks.h"

/* Shared by all loops of a process. */
typedef struct LinkEpoch {
    _Atomic uint64_t number;
} LinkEpoch;
/* Any thread. */
void link_epoch_raise(LinkEpoch *epoch);

typedef struct LinkCache LinkCache;

/* Valid until the next look-up. */
typedef struct LinkTarget {
    ClickOn user;
    const Campaign *campaign; /* its reach is that of some time ago */
    struct LinkSlot *slot;    /* the cache's own */
} LinkTarget;

LinkCache *link_cache_new(const Engine *engine, StoreSession *session, const LinkEpoch *epoch) MUST_USE;
void link_cache_free(LinkCache **cache);
/* STATUS_NOT_FOUND when no user has this code. */
Status link_cache_find(LinkCache *cache, Str user_code, LinkTarget *out_target) MUST_USE;
/* Of the user whose link was just found; valid as long, and as `arena`. */
Status link_cache_first_name(LinkCache *cache, const LinkTarget *target, Arena *arena,
                             Str *out_name) MUST_USE;

#endif
