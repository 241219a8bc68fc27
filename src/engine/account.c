#include "engine/account.h"

#include "domain/text.h"

static Status run_change(Command *base, StoreSession *session)
{
    AccountCommand *command = (AccountCommand *)base;
    Account *account = &command->account;
    Status status = store_account_get(session, command->account_id, base->arena, account);
    account->fallback_url = command->fallback_url;
    if (!status)
        status = text_check_url(&account->fallback_url, "fallback_url", &base->error);
    return status ? status : store_account_update(session, account);
}

AccountCommand *account_command_new(Arena *arena)
{
    AccountCommand *command = ARENA_NEW(arena, AccountCommand);
    if (command)
        *command = (AccountCommand){ .base = { .run = run_change, .arena = arena } };
    return command;
}
