/* What each HTTP loop has for its handlers: http_loop_state(request->loop) is one of these. */
#ifndef ENGINE_LOOP_H
#define ENGINE_LOOP_H

#include "engine/clicks.h"
#include "engine/clock.h"
#include "engine/ip_tally.h"
#include "engine/link_cache.h"
#include "engine/submit.h"
#include "engine/watch.h"

typedef struct LoopContext {
    const Engine *engine;
    StoreSession *session; /* for reads, answered at once */
    LoopSink *sink;        /* for commands */
    Clicks *clicks;
    LinkCache *links;
    Watch *watch;
    Clock *clock; /* of the first loop only */
    IpTally *guesses; /* codes that nobody has */
    IpTally *forms;   /* that were taken */
} LoopContext;

static inline LoopContext *loop_context(const HttpRequest *request)
{
    return http_loop_state(request->loop);
}

#endif
