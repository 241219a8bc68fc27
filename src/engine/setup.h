/* Setting up: tokens, rewards, coupons. */
#ifndef ENGINE_SETUP_H
#define ENGINE_SETUP_H

#include "engine/engine.h"

/* Tokens are 80 characters of [A-Za-z0-9] (contract 1.2); only their SHA-256 is kept. */
enum { TOKEN_LEN = 80 };
void token_hash(Str token, uint8_t out_hash[TOKEN_HASH_LEN]);

typedef struct TokenCommand {
    Command base;
    Token token;              /* in: account_id, name, scopes; out: the rest */
    char text[TOKEN_LEN + 1]; /* out: the only time that it is seen */
} TokenCommand;
TokenCommand *token_command_new(Arena *arena) MUST_USE;

typedef struct RewardCommand {
    Command base;
    Reward reward; /* in, except id, created_us: out */
} RewardCommand;
RewardCommand *reward_command_new(Arena *arena) MUST_USE;

/* Imports all of the codes or, when one is malformed or known already, none. */
typedef struct CouponCommand {
    Command base;
    int64_t account_id, campaign_id;
    const Str *codes;
    size_t count;
} CouponCommand;
CouponCommand *coupon_command_new(Arena *arena) MUST_USE;

#endif
