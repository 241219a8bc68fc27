/* What holds for a whole account. */
#ifndef ENGINE_ACCOUNT_H
#define ENGINE_ACCOUNT_H

#include "engine/submit.h"

typedef struct AccountCommand {
    Command base;
    int64_t account_id;
    Str fallback_url; /* where unknown links lead on hosts of its campaigns that name no other; empty: none */
    Account account;  /* out: as it is now */
} AccountCommand;
AccountCommand *account_command_new(Arena *arena) MUST_USE;

#endif
