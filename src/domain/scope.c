#include "domain/scope.h"

static const char *const names[] = {
    "any",           "users:read",    "users:write",    "campaigns:read", "campaigns:write", "rewards:read",
    "rewards:write", "webhooks:read", "webhooks:write", "events:read",    "tokens:read",     "tokens:write"
};
const NameTable scope_names = NAME_TABLE(names);
_Static_assert(ARRAY_LEN(names) == SCOPE_COUNT, "each scope has a name");
