/* The Idempotency-Keys of the calls that are not answered yet, of all loops. In memory: with the process its calls
 * are gone too. Any thread. */
#ifndef API_KEYS_UNDER_WAY_H
#define API_KEYS_UNDER_WAY_H

#include <uthash.h>

#include "store/store.h"

typedef struct KeysUnderWay KeysUnderWay;

/* One of them; its owner's memory, until it is removed. */
typedef struct KeyUnderWay {
    int64_t account_id;
    uint8_t key_hash[IDEMPOTENCY_HASH_LEN];
    UT_hash_handle hh;
} KeyUnderWay;

KeysUnderWay *keys_under_way_new(void) MUST_USE;
void keys_under_way_free(KeysUnderWay **keys);
/* False when another call has it. */
bool keys_under_way_add(KeysUnderWay *keys, KeyUnderWay *key) MUST_USE;
/* Takes one that was never added. */
void keys_under_way_remove(KeysUnderWay *keys, KeyUnderWay *key);

#endif
