#include "domain/click_id.h"

#include <assert.h>
#include <sodium.h>

#include "base/time.h"
#include "domain/base62.h"

enum { SIGNED_LEN = CODE_LEN + CLICK_TIME_LEN };

static void write_mac(const CodeKey *key, char *text)
{
    uint64_t mac;
    _Static_assert(sizeof mac == crypto_shorthash_BYTES, "SipHash-2-4 gives 64 bits");
    crypto_shorthash((uint8_t *)&mac, (const uint8_t *)text, SIGNED_LEN, key->bytes);
    base62_write(text + SIGNED_LEN, CLICK_MAC_LEN, mac);
}

ClickId click_id_of(const CodeKey *key, Str code, int64_t now_us)
{
    assert(code.len == CODE_LEN);
    ClickId id = { "" };
    memcpy(id.text, code.ptr, CODE_LEN);
    base62_write(id.text + CODE_LEN, CLICK_TIME_LEN, (uint64_t)(now_us / US_PER_SECOND));
    write_mac(key, id.text);
    return id;
}

bool click_id_check(const CodeKey *key, Str text, int64_t *out_clicked_us)
{
    ClickId expected = { "" };
    uint64_t seconds;
    if (text.len != CLICK_ID_LEN)
        return false;
    memcpy(expected.text, text.ptr, SIGNED_LEN);
    write_mac(key, expected.text);
    if (sodium_memcmp(expected.text, text.ptr, CLICK_ID_LEN) != 0)
        return false;
    if (!base62_read((Str){ text.ptr + CODE_LEN, CLICK_TIME_LEN }, &seconds))
        return false;
    *out_clicked_us = (int64_t)seconds * US_PER_SECOND;
    return true;
}

bool click_id_parse(const CodeKey *key, Str text, int64_t *out_user_id, int64_t *out_clicked_us)
{
    return click_id_check(key, text, out_clicked_us) &&
           code_parse(key, CODE_USER, (Str){ text.ptr, CODE_LEN }, out_user_id);
}
