/* Unpredictable bytes and texts (libsodium). Any thread. */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include "base/macros.h"

/* Must be called once before anything else here; false when the system has no randomness. */
bool random_init(void) MUST_USE;
void random_bytes(void *out, size_t len);
/* A uniform number in [0, bound). */
uint32_t random_below(uint32_t bound);
/* `len` characters of [0-9A-Za-z] and a NUL: `out` holds len + 1. */
void random_text(char *out, size_t len);

#endif
