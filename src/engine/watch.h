/* Notices what other processes write: the command line works beside a running server, and a link must not
 * lead on after its campaign was paused there.
 *
 * A reader sees that somebody has committed, and only the writer can tell whether it was this process. So
 * after any commit each loop has the writer look, by a command that does nothing: at most one a time and
 * none while nothing is written. The writer then raises StoreNotes.links. One per loop, on its thread. */
#ifndef ENGINE_WATCH_H
#define ENGINE_WATCH_H

#include "engine/submit.h"

typedef struct Watch Watch;

Watch *watch_new(const Engine *engine, StoreSession *session, LoopSink *sink) MUST_USE;
/* After the loop's sink was drained. Sets the pointer to NULL; takes NULL. */
void watch_free(Watch **watch);
/* To be called as often as changes should be noticed. */
void watch_look(Watch *watch);

#endif
