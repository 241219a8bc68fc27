#include "store/writer.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/alloc.h"
#include "base/failpoint.h"
#include "base/limits.h"
#include "base/time.h"

typedef struct Listener {
    StoreListener *call;
    void *arg;
} Listener;

struct Writer {
    StoreSession *session;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    /* Under the lock: */
    Command *first, **end;
    size_t queued;
    bool stop;
    /* Set before the first command: */
    Listener listeners[STORE_MAX_LISTENERS];
    size_t listener_count;

    _Atomic uint64_t commands, failed_commands, batches, replays;
};

/* Up to LIMIT_COMMAND_BATCH commands, oldest first; waits for one. NULL: stopped and empty. */
static Command *take_batch(Writer *writer)
{
    pthread_mutex_lock(&writer->lock);
    while (writer->first == NULL && !writer->stop)
        pthread_cond_wait(&writer->wake, &writer->lock);
    Command *batch = writer->first, *last = batch;
    size_t count = batch != NULL;
    for (; last && last->next && count < LIMIT_COMMAND_BATCH; count++)
        last = last->next;
    if (last) {
        writer->first = last->next;
        last->next = NULL;
        writer->queued -= count;
        if (writer->first == NULL)
            writer->end = &writer->first;
    }
    pthread_mutex_unlock(&writer->lock);
    return batch;
}

/* `*out_spoiled` when it failed after it had written, so that there is something to undo. */
static void run_bare(StoreSession *session, Command *command, bool *out_spoiled)
{
    int64_t before = sql_total_changes(session->sql);
    command->status = command->run(command, session);
    *out_spoiled = command->status != STATUS_OK && sql_total_changes(session->sql) != before;
}

static void run_in_savepoint(StoreSession *session, Command *command)
{
    command->status = sql_savepoint(session->sql);
    if (command->status != STATUS_OK)
        return;
    command->status = command->run(command, session);
    if (command->status == STATUS_OK)
        command->status = sql_savepoint_release(session->sql);
    if (command->status != STATUS_OK)
        sql_savepoint_rollback(session->sql);
}

Status store_run_part(StoreSession *session, Status (*part)(void *arg), void *arg)
{
    Status status = sql_savepoint(session->sql);
    if (status)
        return status;
    status = part(arg);
    if (!sql_in_transaction(session->sql))
        return STATUS_UNAVAILABLE;
    if (status == STATUS_OK)
        return sql_savepoint_release(session->sql);
    sql_savepoint_rollback(session->sql);
    return status;
}

/* `*out_spoiled` when a command spoiled the transaction: then all of it has to be undone and run in
 * savepoints. STATUS_UNAVAILABLE when the transaction has ended by itself: what a command would write
 * then would stand alone. */
static Status run_commands(StoreSession *session, Command *batch, bool in_savepoints, bool *out_spoiled)
{
    *out_spoiled = false;
    for (Command *command = batch; command && !*out_spoiled; command = command->next) {
        command->error = (Error){ 0 };
        if (in_savepoints)
            run_in_savepoint(session, command);
        else
            run_bare(session, command, out_spoiled);
        if (!sql_in_transaction(session->sql))
            return STATUS_UNAVAILABLE;
    }
    return STATUS_OK;
}

static Status begin(StoreSession *session)
{
    Status status = sql_begin(session->sql);
    if (status)
        return status;
    session->now_us = time_now_us();
    session_clear_notes(session);
    if (store_changed_elsewhere(session)) {
        session_forget_counters(session);
        session->notes.links = true; /* what was written there is not known */
    }
    return STATUS_OK;
}

/* Runs a batch in one transaction; gives what became of the transaction. */
static Status run_batch(StoreSession *session, Command *batch)
{
    bool spoiled = false;
    Status status = begin(session);
    if (!status)
        status = run_commands(session, batch, false, &spoiled);
    if (!status && spoiled) {
        sql_rollback(session->sql);
        session_forget_counters(session);
        status = begin(session);
        if (!status)
            status = run_commands(session, batch, true, &spoiled);
    }
    if (!status)
        status = session_save_counters(session);
    failpoint("commit.before");
    if (status)
        sql_rollback(session->sql);
    else
        status = sql_commit(session->sql);
    failpoint("commit.after");
    session->now_us = 0;
    return status;
}

static void fail_batch(StoreSession *session, Command *batch, Status status)
{
    session_forget_counters(session);
    session_clear_notes(session);
    for (Command *command = batch; command; command = command->next) {
        if (command->status != STATUS_OK)
            continue;
        command->status = status == STATUS_UNCERTAIN ? status : STATUS_UNAVAILABLE;
        command->error = (Error){ 0 }; /* the status says it */
    }
}

/* Gives each sink its commands as one chain, in order: one wake-up per loop and batch. */
static void finish_batch(Command *batch)
{
    while (batch) {
        CommandSink *sink = batch->sink;
        Command *mine = NULL, **mine_end = &mine, *others = NULL, **others_end = &others;
        for (Command *command = batch, *next; command; command = next) {
            next = command->next;
            command->next = NULL;
            Command ***end = command->sink == sink ? &mine_end : &others_end;
            **end = command;
            *end = &command->next;
        }
        batch = others;
        sink->finish(sink, mine);
    }
}

static void count_batch(Writer *writer, const Command *batch)
{
    uint64_t all = 0, failed = 0;
    for (; batch; batch = batch->next, all++)
        failed += batch->status != STATUS_OK;
    atomic_fetch_add_explicit(&writer->commands, all, memory_order_relaxed);
    atomic_fetch_add_explicit(&writer->failed_commands, failed, memory_order_relaxed);
    atomic_fetch_add_explicit(&writer->batches, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&writer->replays, writer->session->notes.replays, memory_order_relaxed);
}

static void *write_batches(void *arg)
{
    Writer *writer = arg;
    StoreSession *session = writer->session;
    for (Command *batch; (batch = take_batch(writer)) != NULL;) {
        for (Command *command = batch; command; command = command->next)
            command->status = STATUS_OK;
        Status status = run_batch(session, batch);
        if (status)
            fail_batch(session, batch, status);
        count_batch(writer, batch);
        for (size_t i = 0; i < writer->listener_count; i++)
            writer->listeners[i].call(writer->listeners[i].arg, &session->notes);
        finish_batch(batch);
        failpoint("answer.after");
    }
    return NULL;
}

Status writer_start(StoreSession *session, Writer **out_writer)
{
    Writer *writer = mem_alloc(sizeof *writer);
    if (writer == NULL)
        return STATUS_NOMEM;
    writer->session = session;
    writer->end = &writer->first;
    pthread_mutex_init(&writer->lock, NULL);
    pthread_cond_init(&writer->wake, NULL);
    if (pthread_create(&writer->thread, NULL, write_batches, writer) != 0) {
        mem_free(writer);
        return STATUS_UNAVAILABLE;
    }
    *out_writer = writer;
    return STATUS_OK;
}

void writer_stop(Writer **writer)
{
    if (*writer == NULL)
        return;
    pthread_mutex_lock(&(*writer)->lock);
    (*writer)->stop = true;
    pthread_cond_signal(&(*writer)->wake);
    pthread_mutex_unlock(&(*writer)->lock);
    pthread_join((*writer)->thread, NULL);
    pthread_cond_destroy(&(*writer)->wake);
    pthread_mutex_destroy(&(*writer)->lock);
    mem_free(*writer);
    *writer = NULL;
}

Status writer_submit(Writer *writer, Command *command)
{
    command->next = NULL;
    pthread_mutex_lock(&writer->lock);
    bool full = writer->queued >= LIMIT_COMMAND_QUEUE || writer->stop;
    if (!full) {
        if (writer->first == NULL)
            pthread_cond_signal(&writer->wake);
        *writer->end = command;
        writer->end = &command->next;
        writer->queued++;
    }
    pthread_mutex_unlock(&writer->lock);
    return full ? error_set(&command->error, STATUS_BUSY, NULL,
                            "The server has too much to write right now. Try again in a moment.")
                : STATUS_OK;
}

void writer_listen(Writer *writer, StoreListener *listener, void *arg)
{
    writer->listeners[writer->listener_count++] = (Listener){ listener, arg };
}

StoreStats writer_stats(const Writer *writer)
{
    Writer *mutable = (Writer *)(uintptr_t)writer; /* only the lock is touched */
    pthread_mutex_lock(&mutable->lock);
    uint64_t queued = writer->queued;
    pthread_mutex_unlock(&mutable->lock);
    return (StoreStats){
        .commands = atomic_load_explicit(&mutable->commands, memory_order_relaxed),
        .failed_commands = atomic_load_explicit(&mutable->failed_commands, memory_order_relaxed),
        .batches = atomic_load_explicit(&mutable->batches, memory_order_relaxed),
        .replays = atomic_load_explicit(&mutable->replays, memory_order_relaxed),
        .queued = queued,
    };
}
