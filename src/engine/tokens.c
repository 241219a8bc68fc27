#include "engine/tokens.h"

#include <sodium.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "base/random.h"
#include "domain/text.h"

void token_hash(Str token, uint8_t out_hash[TOKEN_HASH_LEN])
{
    _Static_assert(crypto_hash_sha256_BYTES == TOKEN_HASH_LEN, "SHA-256");
    crypto_hash_sha256(out_hash, (const unsigned char *)token.ptr, token.len);
}

/* ---- making ------------------------------------------------------------ */

static Status check_token(Token *token, int64_t now_us, Error *err)
{
    if (token->expires_us && token->expires_us <= now_us)
        return error_set(err, STATUS_INVALID, "expires_at", "This time is over. Leave it out for a token without an end.");
    if (token->kind == TOKEN_INBOUND && token->is_main)
        return error_set(err, STATUS_INVALID, "main", "Only a token of the API can be the main one.");
    return text_check_title(&token->name, "name", err);
}

static Status check_count(StoreSession *session, int64_t account_id, Error *err)
{
    int64_t count = 0;
    Status status = store_token_count(session, account_id, &count);
    if (!status && count >= LIMIT_TOKENS)
        return error_set(err, STATUS_INVALID, NULL, "There are %d tokens already, as many as an account can have. Remove some first.",
                         LIMIT_TOKENS);
    return status;
}

static Status run_token(Command *base, StoreSession *session)
{
    TokenCommand *command = (TokenCommand *)base;
    Token *token = &command->token;
    Status status = check_token(token, store_now_us(session), &base->error);
    if (!status)
        status = check_count(session, token->account_id, &base->error);
    if (!status && token->is_main)
        status = store_token_remove_main(session, token->account_id);
    if (status)
        return status;
    uint8_t hash[TOKEN_HASH_LEN];
    random_text(command->text, TOKEN_LEN);
    token_hash((Str){ command->text, TOKEN_LEN }, hash);
    return store_token_insert(session, token, hash);
}

TokenCommand *token_command_new(Arena *arena)
{
    TokenCommand *command = ARENA_NEW(arena, TokenCommand);
    if (command)
        *command = (TokenCommand){ .base = { .run = run_token, .arena = arena } };
    return command;
}

/* ---- revoking ---------------------------------------------------------- */

static bool opens_all(const Token *token, int64_t now_us)
{
    return token->kind == TOKEN_API && token->scopes == SCOPES_ALL && (!token->expires_us || token->expires_us > now_us);
}

static Status check_not_last(const TokenRevokeCommand *command, StoreSession *session, Error *err)
{
    TokenList list;
    bool opens = false, others_open = false;
    int64_t now_us = store_now_us(session);
    Status status = store_token_list(session, command->account_id, command->base.arena, &list);
    for (size_t i = 0; !status && i < list.count; i++)
        *(list.items[i].id == command->id ? &opens : &others_open) |= opens_all(&list.items[i], now_us);
    if (!status && opens && !others_open)
        status = error_set(err, STATUS_CONFLICT, NULL,
                           "This is the last token that may do everything. Make another one before you revoke it.");
    return status;
}

static Status run_revoke(Command *base, StoreSession *session)
{
    TokenRevokeCommand *command = (TokenRevokeCommand *)base;
    Status status = command->leaves_one ? check_not_last(command, session, &base->error) : STATUS_OK;
    if (!status)
        status = store_token_remove(session, command->account_id, command->id);
    return status == STATUS_NOT_FOUND ? error_set(&base->error, status, NULL, "There is no such token.") : status;
}

TokenRevokeCommand *token_revoke_command_new(Arena *arena)
{
    TokenRevokeCommand *command = ARENA_NEW(arena, TokenRevokeCommand);
    if (command)
        *command = (TokenRevokeCommand){ .base = { .run = run_revoke, .arena = arena } };
    return command;
}

/* ---- last use ---------------------------------------------------------- */

typedef struct TokenUseCommand {
    Command base;
    int64_t account_id, id;
} TokenUseCommand;

static Status run_use(Command *base, StoreSession *session)
{
    const TokenUseCommand *command = (TokenUseCommand *)base;
    return store_token_set_used(session, command->account_id, command->id);
}

/* Nobody waits for it, and when it failed the next minute tells again. */
static void done_use(Command *base)
{
    mem_free(base);
}

void token_note_use(const Engine *engine, LoopSink *sink, int64_t account_id, int64_t token_id)
{
    TokenUseCommand *command = mem_alloc(sizeof *command);
    if (command == NULL)
        return;
    *command = (TokenUseCommand){
        .base = { .run = run_use, .done = done_use }, .account_id = account_id, .id = token_id
    };
    loop_sink_submit(sink, engine->store, &command->base);
}
