#include "domain/proof.h"

#include <sodium.h>

enum { PROOF_MAX_LEN = 20 };
_Static_assert(PROOF_BITS <= 32, "they are looked for in the first four bytes");

bool proof_is_good(Str stamp, Str email, Str proof)
{
    uint8_t hash[crypto_hash_sha256_BYTES];
    crypto_hash_sha256_state state;
    if (str_is_empty(stamp) || str_is_empty(proof) || proof.len > PROOF_MAX_LEN)
        return false;
    crypto_hash_sha256_init(&state);
    crypto_hash_sha256_update(&state, (const uint8_t *)stamp.ptr, stamp.len);
    crypto_hash_sha256_update(&state, (const uint8_t *)"\n", 1);
    crypto_hash_sha256_update(&state, (const uint8_t *)email.ptr, email.len);
    crypto_hash_sha256_final(&state, hash);
    crypto_hash_sha256_init(&state);
    crypto_hash_sha256_update(&state, hash, sizeof hash);
    crypto_hash_sha256_update(&state, (const uint8_t *)proof.ptr, proof.len);
    crypto_hash_sha256_final(&state, hash);
    uint32_t head = (uint32_t)hash[0] << 24 | (uint32_t)hash[1] << 16 | (uint32_t)hash[2] << 8 | hash[3];
    return head >> (32 - PROOF_BITS) == 0;
}
