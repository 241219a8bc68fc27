#include "api/keys_under_way.h"

#include <pthread.h>

#include "base/alloc.h"

struct KeysUnderWay {
    pthread_mutex_t lock;
    KeyUnderWay *first;
};

enum { KEY_LEN = offsetof(KeyUnderWay, hh) }; /* account and hash, which leave no gap */
_Static_assert(KEY_LEN == sizeof(int64_t) + IDEMPOTENCY_HASH_LEN, "padding would be compared");

KeysUnderWay *keys_under_way_new(void)
{
    KeysUnderWay *keys = mem_alloc(sizeof *keys);
    if (keys)
        pthread_mutex_init(&keys->lock, NULL);
    return keys;
}

void keys_under_way_free(KeysUnderWay **keys)
{
    if (*keys == NULL)
        return;
    HASH_CLEAR(hh, (*keys)->first);
    pthread_mutex_destroy(&(*keys)->lock);
    mem_free(*keys);
    *keys = NULL;
}

bool keys_under_way_add(KeysUnderWay *keys, KeyUnderWay *key)
{
    KeyUnderWay *other;
    pthread_mutex_lock(&keys->lock);
    HASH_FIND(hh, keys->first, &key->account_id, KEY_LEN, other);
    if (other == NULL)
        HASH_ADD(hh, keys->first, account_id, KEY_LEN, key);
    pthread_mutex_unlock(&keys->lock);
    return other == NULL;
}

void keys_under_way_remove(KeysUnderWay *keys, KeyUnderWay *key)
{
    if (key->hh.tbl == NULL)
        return;
    pthread_mutex_lock(&keys->lock);
    HASH_DEL(keys->first, key);
    pthread_mutex_unlock(&keys->lock);
    key->hh.tbl = NULL;
}
