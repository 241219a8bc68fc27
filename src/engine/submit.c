#include "engine/submit.h"

#include <pthread.h>

#include "base/alloc.h"

struct LoopSink {
    CommandSink base; /* first: a CommandSink * is a LoopSink * */
    HttpTask task;
    HttpLoop *loop;
    pthread_mutex_t lock;
    Command *first, **end; /* finished, not answered yet; under the lock */
    size_t under_way;      /* submitted, not answered yet; the loop's */
};

static void answer_all(HttpTask *task)
{
    LoopSink *sink = (LoopSink *)(void *)((char *)task - offsetof(LoopSink, task));
    pthread_mutex_lock(&sink->lock);
    Command *chain = sink->first;
    sink->first = NULL;
    sink->end = &sink->first;
    pthread_mutex_unlock(&sink->lock);
    for (Command *command = chain, *next; command; command = next) {
        next = command->next; /* `done` may free the command */
        sink->under_way--;
        command->done(command);
    }
}

static void finish(CommandSink *base, Command *chain)
{
    LoopSink *sink = (LoopSink *)base;
    pthread_mutex_lock(&sink->lock);
    bool was_empty = sink->first == NULL;
    *sink->end = chain;
    while (chain->next)
        chain = chain->next;
    sink->end = &chain->next;
    pthread_mutex_unlock(&sink->lock);
    if (was_empty)
        http_loop_post(sink->loop, &sink->task);
}

static Status run_nothing(Command *command UNUSED, StoreSession *session UNUSED)
{
    return STATUS_OK;
}

void loop_sink_drain(LoopSink *sink, Store *store)
{
    /* Commands finish in order, so once this one has, all before it have. */
    Command barrier = { .run = run_nothing };
    do {
        while (store_run(store, &barrier) == STATUS_BUSY)
            ;
        answer_all(&sink->task);
    } while (sink->under_way); /* an answer may have submitted more */
}

LoopSink *loop_sink_new(HttpLoop *loop)
{
    LoopSink *sink = mem_alloc(sizeof *sink);
    if (sink == NULL)
        return NULL;
    sink->base.finish = finish;
    sink->task.run = answer_all;
    sink->loop = loop;
    sink->end = &sink->first;
    pthread_mutex_init(&sink->lock, NULL);
    return sink;
}

void loop_sink_free(LoopSink **sink)
{
    if (*sink == NULL)
        return;
    pthread_mutex_destroy(&(*sink)->lock);
    mem_free(*sink);
    *sink = NULL;
}

static Status take_by_store(void *store, Command *command)
{
    return store_submit(store, command);
}

void loop_sink_submit(LoopSink *sink, Store *store, Command *command)
{
    loop_sink_lend(sink, take_by_store, store, command);
}

void loop_sink_lend(LoopSink *sink, CommandTaker *take, void *taker, Command *command)
{
    command->sink = &sink->base;
    sink->under_way++;
    Status status = take(taker, command);
    if (status == STATUS_OK)
        return; /* from here on the command is the taker's: it may be done already */
    sink->under_way--;
    command->status = status;
    command->done(command);
}
