#include "base/random.h"

#include <sodium.h>

bool random_init(void)
{
    return sodium_init() >= 0;
}

void random_bytes(void *out, size_t len)
{
    randombytes_buf(out, len);
}

uint32_t random_below(uint32_t bound)
{
    return randombytes_uniform(bound);
}

void random_text(char *out, size_t len)
{
    static const char letters[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    for (size_t i = 0; i < len; i++)
        out[i] = letters[random_below(sizeof letters - 1)];
    out[len] = 0;
}
