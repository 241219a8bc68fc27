/* Accounts and tokens. Part of store/store.h: include that. */
#ifndef STORE_ACCOUNTS_H
#define STORE_ACCOUNTS_H

#include "domain/scope.h"
#include "store/command.h"

enum { TOKEN_HASH_LEN = 32 };

typedef struct Token {
    int64_t id, account_id;
    Str name;
    ScopeSet scopes;
    int64_t created_us;
} Token;

typedef struct TokenList {
    Token *items;
    size_t count;
} TokenList;

/* The account that the command line works on; made with the database. */
#define STORE_FIRST_ACCOUNT INT64_C(1)

Status store_account_insert(StoreSession *session, Str name, int64_t *out_id) MUST_USE;
/* Sets id and created_us. */
Status store_token_insert(StoreSession *session, Token *token, const uint8_t hash[TOKEN_HASH_LEN]) MUST_USE;
/* By the SHA-256 of the token's text; without its name. */
Status store_token_find(StoreSession *session, const uint8_t hash[TOKEN_HASH_LEN], Token *out_token) MUST_USE;
Status store_token_list(StoreSession *session, int64_t account_id, Arena *arena, TokenList *out_list) MUST_USE;

#endif
