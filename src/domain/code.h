/* Public codes of users ("uK3p9ZtQ"), campaigns ("cR4tYp2a") and events: a letter for the kind
 * and seven of [0-9A-Za-z].
 *
 * A code is its number, scrambled by a keyed permutation of 0 … 62^7-1. So codes look random and
 * can't be guessed or counted without the key, need no index to be found by, and never collide.
 * The permutation is a Feistel network over 42 bits (SipHash-2-4 as its round function), walked
 * until the value lies in range (cycle walking: Black and Rogaway, "Ciphers with arbitrary finite
 * domains", 2002). Pure, any thread. */
#ifndef DOMAIN_CODE_H
#define DOMAIN_CODE_H

#include "base/str.h"

typedef enum CodeKind { CODE_USER = 'u', CODE_CAMPAIGN = 'c', CODE_EVENT = 'e' } CodeKind;

enum { CODE_LEN = 8, CODE_KEY_LEN = 16 };

typedef struct CodeKey {
    uint8_t bytes[CODE_KEY_LEN];
} CodeKey;

typedef struct Code {
    char text[CODE_LEN + 1];
} Code;

/* `number` must be in [0, 62^7), some 3.5 billion thousands; beyond that it is a defect. */
Code code_of(const CodeKey *key, CodeKind kind, int64_t number);

/* False when `text` is no code of that kind. Says nothing of whether the number exists. */
bool code_parse(const CodeKey *key, CodeKind kind, Str text, int64_t *out_number);

#endif
