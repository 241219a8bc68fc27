/* Clicks on links: gathered in memory, written within a second, each as a row and in the counts. What a crash can lose is that
 * second's clicks; nothing else may be lost. Where not even those may, each click is a command.
 *
 * Each loop counts for itself, on its own thread. */
#ifndef ENGINE_CLICKS_H
#define ENGINE_CLICKS_H

#include "engine/submit.h"

#define CLICKS_FLUSH_MS 500 /* a flush under way and the one being counted stay within a second */

typedef struct Clicks Clicks;

/* Whose link it was. */
typedef struct ClickOn {
    int64_t account_id, campaign_id, user_id;
} ClickOn;

/* Who opened it, as far as that is kept. `host` is of the page that led there. Unused bytes are 0, and none
 * lie between. */
typedef struct ClickBy {
    Device device;
    Country country;
    char host[CLICK_HOST_MAX + 1];
} ClickBy;

Clicks *clicks_new(const Engine *engine, LoopSink *sink) MUST_USE;
/* What is not flushed yet is lost: flush and wait first. */
void clicks_free(Clicks **clicks);

void clicks_add(Clicks *clicks, const ClickOn *on, const ClickBy *by, int64_t now_us);
/* Counts one click in a transaction and calls `done` on the loop when it is on disk, with `owner` in the command. A
 * click that can't be written now is counted as by clicks_add. STATUS_NOMEM: nothing was done. */
Status clicks_write(Clicks *clicks, Arena *arena, const ClickOn *on, const ClickBy *by, int64_t now_us,
                    void (*done)(Command *), void *owner) MUST_USE;
/* Sends what was counted to the writer. To be called every CLICKS_FLUSH_MS. */
void clicks_flush(Clicks *clicks);
/* Counted, but not on disk yet. */
bool clicks_pending(const Clicks *clicks);

#endif
