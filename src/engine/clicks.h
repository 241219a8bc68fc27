/* Clicks on links: counted in memory, flushed within a second. What a crash can lose is that
 * second's clicks; nothing else may be lost.
 *
 * Each loop counts for itself, on its own thread. */
#ifndef ENGINE_CLICKS_H
#define ENGINE_CLICKS_H

#include "engine/submit.h"

#define CLICKS_FLUSH_MS 500 /* a flush under way and the one being counted stay within a second */

typedef struct Clicks Clicks;

Clicks *clicks_new(const Engine *engine, LoopSink *sink) MUST_USE;
/* What is not flushed yet is lost: flush and wait first. */
void clicks_free(Clicks **clicks);

void clicks_add(Clicks *clicks, int64_t account_id, int64_t campaign_id, int64_t user_id);
/* Sends what was counted to the writer. To be called every CLICKS_FLUSH_MS. */
void clicks_flush(Clicks *clicks);
/* Counted, but not on disk yet. */
bool clicks_pending(const Clicks *clicks);

#endif
