/* From a loop to the writer and back: the commands of a loop's requests are answered on that loop,
 * all of a batch with one wake-up. */
#ifndef ENGINE_SUBMIT_H
#define ENGINE_SUBMIT_H

#include "engine/engine.h"
#include "http/http.h"

typedef struct LoopSink LoopSink;

/* One per loop; freed when nothing of it is queued any more. */
LoopSink *loop_sink_new(HttpLoop *loop) MUST_USE;
void loop_sink_free(LoopSink **sink);
/* At the end of a loop, on its thread: answers what has been queued before, waiting for it. */
void loop_sink_drain(LoopSink *sink, Store *store);

/* Like this, for a command that somebody else than the store takes and finishes. */
void loop_sink_lend(LoopSink *sink, CommandTaker *take, void *taker, Command *command);
/* Queues `command`; command->done is called on the loop later, or at once when the queue is full
 * (command->status is STATUS_BUSY then). To be called on the loop's thread. */
void loop_sink_submit(LoopSink *sink, Store *store, Command *command);

#endif
