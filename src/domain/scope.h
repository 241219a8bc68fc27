/* What a token may do: each API route needs one scope. Pure. */
#ifndef DOMAIN_SCOPE_H
#define DOMAIN_SCOPE_H

#include "domain/names.h"

typedef enum Scope {
    SCOPE_ANY, /* any token will do */
    SCOPE_USERS_READ,
    SCOPE_USERS_WRITE,
    SCOPE_CAMPAIGNS_READ,
    SCOPE_CAMPAIGNS_WRITE,
    SCOPE_REWARDS_READ,
    SCOPE_REWARDS_WRITE,
    SCOPE_WEBHOOKS_READ,
    SCOPE_WEBHOOKS_WRITE,
    SCOPE_EVENTS_READ,
    SCOPE_TOKENS_READ,
    SCOPE_TOKENS_WRITE,
    SCOPE_COUNT,
} Scope;
/* "any", "users:read", … */
extern const NameTable scope_names;

/* A set of scopes: one bit each. */
typedef uint64_t ScopeSet;
_Static_assert(SCOPE_COUNT <= 63, "sets are kept as int64");
#define SCOPES_ALL ((ScopeSet)INT64_MAX) /* also those that are still to come */

/* False with one of those that are missing. */
bool scope_covers(ScopeSet granted, ScopeSet wanted, Scope *out_missing);

static inline bool scope_allows(ScopeSet granted, Scope needed)
{
    return needed == SCOPE_ANY || (granted >> needed & 1);
}

#endif
