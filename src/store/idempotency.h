/* Answers of writes that named an Idempotency-Key, kept for a day. Part of store/store.h: include that. */
#ifndef STORE_IDEMPOTENCY_H
#define STORE_IDEMPOTENCY_H

#include "base/time.h"
#include "store/command.h"

enum { IDEMPOTENCY_HASH_LEN = 32 };
#define IDEMPOTENCY_KEPT_US US_PER_DAY

typedef struct KeptAnswer {
    int64_t account_id;
    uint8_t key_hash[IDEMPOTENCY_HASH_LEN];
    uint8_t request_hash[IDEMPOTENCY_HASH_LEN]; /* of what was asked for */
    int http_status;
    Str body; /* as the caller gives it: sealed */
} KeptAnswer;

/* By account_id and key_hash of `answer`, the rest of which it fills. STATUS_NOT_FOUND also for what is
 * older than a day. */
Status store_answer_find(StoreSession *session, Arena *arena, KeptAnswer *answer) MUST_USE;
/* Keeps it, and drops some of those that are older than a day: more than come in, so they never pile up. */
Status store_answer_keep(StoreSession *session, const KeptAnswer *answer) MUST_USE;

#endif
