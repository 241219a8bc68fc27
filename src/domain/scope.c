#include "domain/scope.h"

static const char *const names[] = {
    "any",           "users:read",    "users:write",    "campaigns:read", "campaigns:write", "rewards:read",
    "rewards:write", "webhooks:read", "webhooks:write", "events:read",    "tokens:read",     "tokens:write"
};
const NameTable scope_names = NAME_TABLE(names);
_Static_assert(ARRAY_LEN(names) == SCOPE_COUNT, "each scope has a name");

bool scope_covers(ScopeSet granted, ScopeSet wanted, Scope *out_missing)
{
    ScopeSet missing = wanted & ~granted & ~(UINT64_C(1) << SCOPE_ANY);
    for (int scope = 1; missing; scope++) {
        if ((missing >> scope & 1) == 0)
            continue;
        *out_missing = (Scope)scope;
        return false;
    }
    return true;
}
