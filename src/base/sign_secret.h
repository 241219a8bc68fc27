/* Secrets that webhooks are signed with, as bytes and as receivers get them: "whsec_" and base64 (Standard
 * Webhooks). Pure but for new ones. */
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

SignSecret sign_secret_new(void);
/* With or without "whsec_" before it. */
Status sign_secret_parse(Str text, SignSecret *out_secret, Error *err) MUST_USE;
/* `secret` as bytes, at most SIGN_SECRET_MAX_LEN of them. */
SignSecretText sign_secret_text(Str secret);

static inline Str sign_secret_bytes(const SignSecret *secret)
{
    return (Str){ (const char *)secret->bytes, secret->len };
}

#endif
