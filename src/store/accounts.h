/* Accounts and tokens. Part of store/store.h: include that. */
#ifndef STORE_ACCOUNTS_H
#define STORE_ACCOUNTS_H

#include "domain/scope.h"
#include "store/command.h"

enum { TOKEN_HASH_LEN = 32 };

typedef enum TokenKind { TOKEN_API, TOKEN_INBOUND, TOKEN_KIND_COUNT } TokenKind;
/* "api", "inbound" */
extern const NameTable token_kind_names;

typedef struct Token {
    int64_t id, account_id;
    Str name;
    TokenKind kind;
    ScopeSet scopes;
    bool is_main;
    int64_t created_us;
    int64_t expires_us; /* 0: never */
    int64_t used_us;    /* 0: not yet; some minute's worth late */
} Token;

typedef struct TokenList {
    Token *items;
    size_t count;
} TokenList;

/* The account that the command line works on; made with the database. */
#define STORE_FIRST_ACCOUNT INT64_C(1)

Status store_account_insert(StoreSession *session, Str name, int64_t *out_id) MUST_USE;

typedef struct Account {
    int64_t id;
    Str name;
    Str fallback_url; /* where unknown links lead on hosts of its campaigns; empty: none */
} Account;

Status store_account_get(StoreSession *session, int64_t id, Arena *arena, Account *out_account) MUST_USE;
/* Writes the fallback. */
Status store_account_update(StoreSession *session, const Account *account) MUST_USE;
/* Sets id and created_us. */
Status store_token_insert(StoreSession *session, Token *token, const uint8_t hash[TOKEN_HASH_LEN]) MUST_USE;
/* By the SHA-256 of the token's text; without its name. STATUS_NOT_FOUND also for one that has expired. */
Status store_token_find(StoreSession *session, const uint8_t hash[TOKEN_HASH_LEN], TokenKind kind,
                        Token *out_token) MUST_USE;
Status store_token_remove(StoreSession *session, int64_t account_id, int64_t id) MUST_USE;
Status store_token_remove_main(StoreSession *session, int64_t account_id) MUST_USE;
Status store_token_count(StoreSession *session, int64_t account_id, int64_t *out_count) MUST_USE;
/* It was used now. */
Status store_token_set_used(StoreSession *session, int64_t account_id, int64_t id) MUST_USE;
Status store_token_get(StoreSession *session, int64_t account_id, int64_t id, Arena *arena, Token *out_token) MUST_USE;
Status store_token_list(StoreSession *session, int64_t account_id, Arena *arena, TokenList *out_list) MUST_USE;

#endif
