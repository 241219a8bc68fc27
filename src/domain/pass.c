#include "domain/pass.h"

#include <sodium.h>

#include "base/time.h"
#include "domain/base62.h"

enum { SIGNED_LEN = CODE_LEN + 1 + PASS_EXPIRY_LEN, EXPIRY_AT = CODE_LEN + 1 };

static void write_mac(const CodeKey *key, char *text)
{
    uint64_t mac[2];
    _Static_assert(sizeof mac == crypto_generichash_BYTES_MIN, "128 bits");
    _Static_assert(sizeof key->bytes >= crypto_generichash_KEYBYTES_MIN, "BLAKE2b's key");
    crypto_generichash((uint8_t *)mac, sizeof mac, (const uint8_t *)text, SIGNED_LEN, key->bytes, sizeof key->bytes);
    base62_write(text + SIGNED_LEN, PASS_MAC_LEN / 2, mac[0]);
    base62_write(text + SIGNED_LEN + PASS_MAC_LEN / 2, PASS_MAC_LEN / 2, mac[1]);
}

Pass pass_of(const CodeKey *key, PassKind kind, int64_t user_id, int64_t expires_us)
{
    Pass pass = { "" };
    memcpy(pass.text, code_of(key, CODE_USER, user_id).text, CODE_LEN);
    pass.text[CODE_LEN] = (char)kind;
    base62_write(pass.text + EXPIRY_AT, PASS_EXPIRY_LEN, (uint64_t)(expires_us / US_PER_SECOND));
    write_mac(key, pass.text);
    return pass;
}

bool pass_parse(const CodeKey *key, PassKind kind, Str text, int64_t now_us, int64_t *out_user_id)
{
    Pass expected = { "" };
    uint64_t seconds;
    if (text.len != PASS_LEN || text.ptr[CODE_LEN] != (char)kind)
        return false;
    memcpy(expected.text, text.ptr, SIGNED_LEN);
    write_mac(key, expected.text);
    if (sodium_memcmp(expected.text, text.ptr, PASS_LEN) != 0)
        return false;
    return base62_read((Str){ text.ptr + EXPIRY_AT, PASS_EXPIRY_LEN }, &seconds) &&
           now_us < (int64_t)seconds * US_PER_SECOND &&
           code_parse(key, CODE_USER, (Str){ text.ptr, CODE_LEN }, out_user_id);
}
