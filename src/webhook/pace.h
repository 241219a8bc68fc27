/* How many requests one receiver gets at once. Pure.
 *
 * A receiver with room answers as fast when it gets one more; one without lets the requests wait, which
 * shows in how long they take. From the shortest time seen lately and the usual one follows how many
 * requests are waiting there rather than worked on:
 *
 *     waiting = limit × (usual − shortest) / usual
 *
 * The limit rises while few wait and falls when many do (TCP Vegas does the same with packets), so an
 * n8n that takes one execution after the other keeps a handful, and nginx gets as many as there are.
 * Every few seconds the limit is halved and the shortest time forgotten: what a receiver can do changes,
 * and a shortest time measured while it is crowded would let the limit creep up. */
#ifndef WEBHOOK_PACE_H
#define WEBHOOK_PACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct Pace {
    size_t limit, least, most; /* the owner's: where it begins, and between what it stays */
    size_t answers; /* since the limit was looked at last */
    int64_t shortest_us, usual_us;
    int64_t forget_at_us, /* when the shortest time is forgotten */
        fell_us;          /* when a failure lowered the limit last */
} Pace;

/* After an answer that took `took_us`. `was_full`: as many were under way as the limit allows, so the
 * answer tells that the limit holds. */
void pace_answered(Pace *pace, int64_t took_us, bool was_full, int64_t now_us);
/* The receiver failed, or asked for less: half of it, once for all that failed together. */
void pace_failed(Pace *pace, int64_t now_us);

#endif
