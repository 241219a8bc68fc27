/* What happens by time alone: holds end, and what recurs comes again. One loop of the server looks once a second
 * (one look-up in an index) and, when something is due, has the writer do it, a bounded batch at a time. */
#ifndef ENGINE_CLOCK_H
#define ENGINE_CLOCK_H

#include "engine/submit.h"

enum { CLOCK_TICK_MS = 1000, CLOCK_AGAIN_S = 3600 };

/* Releases grants whose hold is over and makes the next grants of what recurs: the oldest LIMIT_BATCH_ROWS of
 * each; the rest waits for the next run. One that fails is undone alone and tried again in CLOCK_AGAIN_S, so that it
 * keeps nobody else's waiting. Safe to run at any time, also twice. */
typedef struct ClockCommand {
    Command base;
    const Engine *engine;
    /* out: how many failed, and of the last one: */
    int64_t failed, account_id, reward_id, recipient_id;
    Status reason;
} ClockCommand;
ClockCommand *clock_command_new(const Engine *engine, Arena *arena) MUST_USE;

/* On one loop's thread. */
typedef struct Clock Clock;
/* `report` is told of each run in which something failed. */
typedef void ClockReport(const ClockCommand *command);
Clock *clock_new(const Engine *engine, StoreSession *session, LoopSink *sink, ClockReport *report) MUST_USE;
/* After its loop's sink was drained. Sets the pointer to NULL; takes NULL. */
void clock_free(Clock **clock);
void clock_tick(Clock *clock);

#endif
