/* Tokens: what callers show. Two kinds: of the API, and inbound ones, which stand in the path of a URL that
 * other systems post to and can do nothing else. */
#ifndef ENGINE_TOKENS_H
#define ENGINE_TOKENS_H

#include "engine/submit.h"

/* Tokens are 80 characters of [A-Za-z0-9] (contract 1.2); only their SHA-256 is kept. */
enum { TOKEN_LEN = 80 };
void token_hash(Str token, uint8_t out_hash[TOKEN_HASH_LEN]);

/* Makes a token. A main one takes the place of the main one there was, which is gone at once (Q23). */
typedef struct TokenCommand {
    Command base;
    Token token;              /* in: account_id, name, kind, scopes, is_main, expires_us; out: the rest */
    char text[TOKEN_LEN + 1]; /* out: the only time that it is seen */
} TokenCommand;
TokenCommand *token_command_new(Arena *arena) MUST_USE;

/* STATUS_NOT_FOUND when there is none of that id. With `leaves_one`, STATUS_CONFLICT for the last token that may do
 * everything: without it nobody could make another by the API. */
typedef struct TokenRevokeCommand {
    Command base;
    int64_t account_id, id;
    bool leaves_one;
} TokenRevokeCommand;
TokenRevokeCommand *token_revoke_command_new(Arena *arena) MUST_USE;

/* Keeps that a token was used now, some time soon; to be called rarely. On the loop's thread. */
void token_note_use(const Engine *engine, LoopSink *sink, int64_t account_id, int64_t token_id);

#endif
