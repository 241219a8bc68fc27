#include "base/seal.h"

#include <sodium.h>

#include "base/random.h"

enum { NONCE_LEN = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES, TAG_LEN = crypto_aead_xchacha20poly1305_ietf_ABYTES };

_Static_assert(SEAL_KEY_LEN == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "the cipher's key");
_Static_assert(SEAL_EXTRA_LEN == SEAL_KEY_ID_LEN + NONCE_LEN + TAG_LEN, "id, nonce, tag");

SealKey seal_key_new(void)
{
    SealKey key;
    random_bytes(key.bytes, sizeof key.bytes);
    return key;
}

static void id_of(const SealKey *key, uint8_t out_id[SEAL_KEY_ID_LEN])
{
    uint8_t hash[crypto_generichash_BYTES];
    crypto_generichash(hash, sizeof hash, key->bytes, sizeof key->bytes, NULL, 0);
    memcpy(out_id, hash, SEAL_KEY_ID_LEN);
}

SealKeyId seal_key_id(const SealKey *key)
{
    uint8_t id[SEAL_KEY_ID_LEN];
    SealKeyId out;
    id_of(key, id);
    sodium_bin2hex(out.text, sizeof out.text, id, sizeof id);
    return out;
}

void seal(const SealKey *key, Str purpose, Str plain, void *out)
{
    uint8_t *id = out, *nonce = id + SEAL_KEY_ID_LEN, *box = nonce + NONCE_LEN;
    id_of(key, id);
    random_bytes(nonce, NONCE_LEN);
    crypto_aead_xchacha20poly1305_ietf_encrypt(box, NULL, (const uint8_t *)plain.ptr, plain.len,
                                               (const uint8_t *)purpose.ptr, purpose.len, NULL, nonce, key->bytes);
}

bool seal_open(const SealKey *key, Str purpose, Str sealed, void *out)
{
    if (sealed.len < SEAL_EXTRA_LEN)
        return false;
    const uint8_t *nonce = (const uint8_t *)sealed.ptr + SEAL_KEY_ID_LEN, *box = nonce + NONCE_LEN;
    return crypto_aead_xchacha20poly1305_ietf_decrypt(out, NULL, NULL, box, sealed.len - SEAL_KEY_ID_LEN - NONCE_LEN,
                                                      (const uint8_t *)purpose.ptr, purpose.len, nonce,
                                                      key->bytes) == 0;
}
