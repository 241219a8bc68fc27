#include "engine/watch.h"

#include "base/alloc.h"

struct Watch {
    Command command; /* first: a Command * is a Watch * */
    const Engine *engine;
    StoreSession *session;
    LoopSink *sink;
    bool looking; /* the command is the writer's */
};

/* The transaction around it has looked already. */
static Status run_nothing(Command *command UNUSED, StoreSession *session UNUSED)
{
    return STATUS_OK;
}

/* When it failed nobody has looked: then the next change that is seen makes up for it. */
static void looked(Command *command)
{
    ((Watch *)command)->looking = false;
}

Watch *watch_new(const Engine *engine, StoreSession *session, LoopSink *sink)
{
    Watch *watch = mem_alloc(sizeof *watch);
    if (watch)
        *watch = (Watch){ .engine = engine, .session = session, .sink = sink };
    return watch;
}

void watch_free(Watch **watch)
{
    mem_free(*watch);
    *watch = NULL;
}

void watch_look(Watch *watch)
{
    if (watch->looking || !store_changed_elsewhere(watch->session))
        return;
    watch->looking = true;
    watch->command = (Command){ .run = run_nothing, .done = looked };
    loop_sink_submit(watch->sink, watch->engine->store, &watch->command);
}
