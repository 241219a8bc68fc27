#include "base/sign_secret.h"

#include <sodium.h>

#include "base/random.h"

#define SECRET_PREFIX STR("whsec_")
#define PUBLIC_PREFIX STR("whpk_")
/* For which use the seed is made of a secret. */
#define SEED_LABEL STR("refmill ed25519 v1a")

_Static_assert(SIGN_PRIVATE_KEY_LEN == crypto_sign_SECRETKEYBYTES &&
                   SIGN_PUBLIC_KEY_LEN == crypto_sign_PUBLICKEYBYTES,
               "libsodium's keys");

SignSecret sign_secret_new(void)
{
    SignSecret secret = { .len = SIGN_SECRET_LEN };
    random_bytes(secret.bytes, secret.len);
    return secret;
}

Status sign_secret_parse(Str text, SignSecret *out_secret, Error *err)
{
    if (str_starts(text, SECRET_PREFIX))
        text = str_skip(text, SECRET_PREFIX.len);
    SignSecret secret;
    bool is_base64 = sodium_base642bin(secret.bytes, sizeof secret.bytes, text.ptr ? text.ptr : "", text.len,
                                       NULL, &secret.len, NULL, sodium_base64_VARIANT_ORIGINAL) == 0;
    if (!is_base64 || secret.len < SIGN_SECRET_MIN_LEN)
        return error_set(err, STATUS_INVALID, "secret",
                         "A webhook's secret is whsec_ and the base64 text of %d to %d random bytes.",
                         SIGN_SECRET_MIN_LEN, SIGN_SECRET_MAX_LEN);
    *out_secret = secret;
    return STATUS_OK;
}

SignSecretText sign_secret_text(Str secret)
{
    SignSecretText out = { "whsec_" };
    size_t at = SECRET_PREFIX.len;
    sodium_bin2base64(out.text + at, sizeof out.text - at, (const uint8_t *)secret.ptr,
                      size_min(secret.len, SIGN_SECRET_MAX_LEN), sodium_base64_VARIANT_ORIGINAL);
    return out;
}

SignKeys sign_keys_of(Str secret)
{
    SignKeys keys;
    uint8_t seed[crypto_sign_SEEDBYTES];
    crypto_generichash(seed, sizeof seed, (const uint8_t *)SEED_LABEL.ptr, SEED_LABEL.len,
                       (const uint8_t *)secret.ptr, size_min(secret.len, SIGN_SECRET_MAX_LEN));
    crypto_sign_seed_keypair(keys.public_key, keys.private_key, seed);
    sodium_memzero(seed, sizeof seed);
    return keys;
}

SignPublicText sign_public_text(Str secret)
{
    SignPublicText out = { "whpk_" };
    SignKeys keys = sign_keys_of(secret);
    size_t at = PUBLIC_PREFIX.len;
    sodium_bin2base64(out.text + at, sizeof out.text - at, keys.public_key, sizeof keys.public_key,
                      sodium_base64_VARIANT_ORIGINAL);
    sodium_memzero(&keys, sizeof keys);
    return out;
}
