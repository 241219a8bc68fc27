/* Sealing: what must be neither read nor changed where it is kept (XChaCha20-Poly1305, libsodium).
 *
 * A sealed text opens only with its key and for the purpose that it was sealed for, so that none can be
 * put in another's place. It begins with its key's id. Pure but for the random nonce; any thread. */
#ifndef BASE_SEAL_H
#define BASE_SEAL_H

#include "base/str.h"

enum {
    SEAL_KEY_LEN = 32,
    SEAL_KEY_ID_LEN = 4,
    SEAL_EXTRA_LEN = SEAL_KEY_ID_LEN + 24 + 16, /* with nonce and tag */
};

typedef struct SealKey {
    uint8_t bytes[SEAL_KEY_LEN];
} SealKey;

/* "3f9a01c2": tells keys apart and nothing about them. */
typedef struct SealKeyId {
    char text[2 * SEAL_KEY_ID_LEN + 1];
} SealKeyId;

SealKey seal_key_new(void);
SealKeyId seal_key_id(const SealKey *key);

/* Fills `out` with plain.len + SEAL_EXTRA_LEN bytes. */
void seal(const SealKey *key, Str purpose, Str plain, void *out);
/* Fills `out` with sealed.len - SEAL_EXTRA_LEN bytes; false when it doesn't open. */
bool seal_open(const SealKey *key, Str purpose, Str sealed, void *out) MUST_USE;

#endif
