/* Numbers as digits of [0-9A-Za-z], which need no encoding anywhere. Pure. */
#ifndef DOMAIN_BASE62_H
#define DOMAIN_BASE62_H

#include "base/str.h"

#define BASE62 62

/* The last `len` digits, without a NUL. */
static inline void base62_write(char *out, size_t len, uint64_t value)
{
    static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    while (len-- > 0) {
        out[len] = digits[value % BASE62];
        value /= BASE62;
    }
}

static inline int base62_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'Z')
        return c - 'A' + 10;
    return c >= 'a' && c <= 'z' ? c - 'a' + 36 : -1;
}

/* False when something else is in it. At most ten digits: more may not fit. */
static inline bool base62_read(Str text, uint64_t *out_value)
{
    *out_value = 0;
    for (size_t i = 0; i < text.len; i++) {
        int digit = base62_digit(text.ptr[i]);
        if (digit < 0 || text.len > 10)
            return false;
        *out_value = *out_value * BASE62 + (uint64_t)digit;
    }
    return true;
}

#endif
