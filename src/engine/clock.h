/* What happens by time alone: holds end, and what recurs comes again. One loop of the server looks once a second
 * (one look-up in an index) and, when something is due, has the writer do it, a bounded batch at a time. */
#ifndef ENGINE_CLOCK_H
#define ENGINE_CLOCK_H

#include "engine/submit.h"

enum { CLOCK_TICK_MS = 1000 };

/* Releases grants whose hold is over and makes the next grants of what recurs: the oldest LIMIT_BATCH_ROWS of
 * each; the rest waits for the next run. Safe to run at any time, also twice. */
typedef struct ClockCommand {
    Command base;
    const Engine *engine;
} ClockCommand;
ClockCommand *clock_command_new(const Engine *engine, Arena *arena) MUST_USE;

/* On one loop's thread. */
typedef struct Clock Clock;
Clock *clock_new(const Engine *engine, StoreSession *session, LoopSink *sink) MUST_USE;
/* After its loop's sink was drained. Sets the pointer to NULL; takes NULL. */
void clock_free(Clock **clock);
void clock_tick(Clock *clock);

#endif
