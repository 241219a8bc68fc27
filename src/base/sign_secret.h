/* Secrets that webhooks are signed with, as bytes and as receivers get them: "whsec_" and base64 (Standard
 * Webhooks). A secret is the seed of a pair of ed25519 keys, too: so these come, change and end with it. Pure
 * but for new ones. */
#ifndef BASE_SIGN_SECRET_H
#define BASE_SIGN_SECRET_H

#include "base/status.h"
#include "base/str.h"

enum {
    SIGN_SECRET_LEN = 32, /* of those we make */
    SIGN_SECRET_MIN_LEN = 24,
    SIGN_SECRET_MAX_LEN = 64,
};

typedef struct SignSecret {
    uint8_t bytes[SIGN_SECRET_MAX_LEN];
    size_t len;
} SignSecret;

typedef struct SignSecretText {
    char text[6 + (SIGN_SECRET_MAX_LEN + 2) / 3 * 4 + 1];
} SignSecretText;

enum {
    SIGN_PRIVATE_KEY_LEN = 64,
    SIGN_PUBLIC_KEY_LEN = 32,
};

typedef struct SignKeys {
    uint8_t private_key[SIGN_PRIVATE_KEY_LEN];
    uint8_t public_key[SIGN_PUBLIC_KEY_LEN];
} SignKeys;

typedef struct SignPublicText {
    char text[5 + (SIGN_PUBLIC_KEY_LEN + 2) / 3 * 4 + 1];
} SignPublicText;

SignSecret sign_secret_new(void);
/* With or without "whsec_" before it. */
Status sign_secret_parse(Str text, SignSecret *out_secret, Error *err) MUST_USE;
/* `secret` as bytes, at most SIGN_SECRET_MAX_LEN of them. */
SignSecretText sign_secret_text(Str secret);
SignKeys sign_keys_of(Str secret);
/* "whpk_" and base64: for receivers that shall be able to verify and not to sign. */
SignPublicText sign_public_text(Str secret);

static inline Str sign_secret_bytes(const SignSecret *secret)
{
    return (Str){ (const char *)secret->bytes, secret->len };
}

#endif
