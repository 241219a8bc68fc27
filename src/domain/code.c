#include "domain/code.h"

#include <assert.h>
#include <sodium.h>

#include "domain/base62.h"

enum { ROUNDS = 6, HALF_BITS = 21 };

#define DOMAIN_SIZE INT64_C(3521614606208) /* 62^7 */
#define HALF_MASK ((UINT64_C(1) << HALF_BITS) - 1)

static uint64_t round_value(const CodeKey *key, CodeKind kind, int round, uint64_t half)
{
    _Static_assert(sizeof key->bytes == crypto_shorthash_KEYBYTES, "SipHash key");
    uint8_t in[6] = { (uint8_t)kind,         (uint8_t)round,       (uint8_t)half,
                      (uint8_t)(half >> 8), (uint8_t)(half >> 16), 0 };
    uint64_t out;
    crypto_shorthash((uint8_t *)&out, in, sizeof in, key->bytes);
    return out & HALF_MASK;
}

static uint64_t scramble(const CodeKey *key, CodeKind kind, uint64_t value)
{
    uint64_t left = value >> HALF_BITS, right = value & HALF_MASK;
    for (int round = 0; round < ROUNDS; round++) {
        uint64_t next = left ^ round_value(key, kind, round, right);
        left = right;
        right = next;
    }
    return left << HALF_BITS | right;
}

static uint64_t unscramble(const CodeKey *key, CodeKind kind, uint64_t value)
{
    uint64_t left = value >> HALF_BITS, right = value & HALF_MASK;
    for (int round = ROUNDS - 1; round >= 0; round--) {
        uint64_t before = right ^ round_value(key, kind, round, left);
        right = left;
        left = before;
    }
    return left << HALF_BITS | right;
}

Code code_of(const CodeKey *key, CodeKind kind, int64_t number)
{
    assert(number >= 0 && number < DOMAIN_SIZE);
    uint64_t value = (uint64_t)number;
    do
        value = scramble(key, kind, value);
    while (value >= DOMAIN_SIZE);

    Code code = { .text[0] = (char)kind };
    base62_write(code.text + 1, CODE_LEN - 1, value);
    return code;
}

bool code_parse(const CodeKey *key, CodeKind kind, Str text, int64_t *out_number)
{
    if (text.len != CODE_LEN || text.ptr[0] != (char)kind)
        return false;
    uint64_t value;
    if (!base62_read(str_skip(text, 1), &value))
        return false;
    do
        value = unscramble(key, kind, value);
    while (value >= DOMAIN_SIZE);
    *out_number = (int64_t)value;
    return true;
}
