#include "domain/code.h"

#include <assert.h>
#include <sodium.h>

enum { BASE = 62, ROUNDS = 6, HALF_BITS = 21 };

#define DOMAIN_SIZE INT64_C(3521614606208) /* 62^7 */
#define HALF_MASK ((UINT64_C(1) << HALF_BITS) - 1)

static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

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
    for (int i = CODE_LEN - 1; i >= 1; i--) {
        code.text[i] = digits[value % BASE];
        value /= BASE;
    }
    return code;
}

static int digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'Z')
        return c - 'A' + 10;
    return c >= 'a' && c <= 'z' ? c - 'a' + 36 : -1;
}

bool code_parse(const CodeKey *key, CodeKind kind, Str text, int64_t *out_number)
{
    if (text.len != CODE_LEN || text.ptr[0] != (char)kind)
        return false;
    uint64_t value = 0;
    for (size_t i = 1; i < CODE_LEN; i++) {
        int digit = digit_value(text.ptr[i]);
        if (digit < 0)
            return false;
        value = value * BASE + (uint64_t)digit;
    }
    do
        value = unscramble(key, kind, value);
    while (value >= DOMAIN_SIZE);
    *out_number = (int64_t)value;
    return true;
}
