#include "engine/clock.h"

#include "base/alloc.h"
#include "base/limits.h"
#include "base/time.h"
#include "engine/grant.h"
#include "engine/grant_life.h"

enum { CLOCK_ARENA_LEN = 16 * 1024 * 1024 };

/* ---- the command ------------------------------------------------------- */

static Status release_due(const Work *work)
{
    GrantList list;
    Status status = store_grant_list_released(work->session, store_now_us(work->session), LIMIT_BATCH_ROWS,
                                              work->arena, &list);
    for (size_t i = 0; !status && i < list.count; i++) {
        GrantFacts facts = { 0 };
        status = grant_facts_load(work, &list.items[i], &facts);
        if (!status)
            status = grant_release(work, &facts, &list.items[i]);
    }
    return status;
}

static Status recur_due(const Work *work)
{
    RecurrenceList list;
    Status status = store_recurrence_list_due(work->session, store_now_us(work->session), LIMIT_BATCH_ROWS,
                                              work->arena, &list);
    for (size_t i = 0; !status && i < list.count; i++)
        status = grant_next_period(work, &list.items[i]);
    return status;
}

static Status run_clock(Command *base, StoreSession *session)
{
    const ClockCommand *command = (const ClockCommand *)base;
    Work work = { command->engine, session, base->arena, &base->error };
    Status status = release_due(&work);
    return status ? status : recur_due(&work);
}

ClockCommand *clock_command_new(const Engine *engine, Arena *arena)
{
    ClockCommand *command = ARENA_NEW(arena, ClockCommand);
    if (command)
        *command = (ClockCommand){ .base = { .run = run_clock, .arena = arena }, .engine = engine };
    return command;
}

/* ---- the timer --------------------------------------------------------- */

struct Clock {
    const Engine *engine;
    StoreSession *session;
    LoopSink *sink;
    Arena *arena;    /* of the command under way */
    bool is_running; /* a command is the writer's */
};

/* Whatever became of it: what is still due is seen by the next look. */
static void ticked(Command *command)
{
    ((Clock *)command->owner)->is_running = false;
}

Clock *clock_new(const Engine *engine, StoreSession *session, LoopSink *sink)
{
    Clock *clock = mem_alloc(sizeof *clock);
    if (clock == NULL)
        return NULL;
    *clock = (Clock){ .engine = engine, .session = session, .sink = sink, .arena = arena_new(CLOCK_ARENA_LEN) };
    if (clock->arena == NULL)
        clock_free(&clock);
    return clock;
}

void clock_free(Clock **clock)
{
    if (*clock == NULL)
        return;
    arena_free(&(*clock)->arena);
    mem_free(*clock);
    *clock = NULL;
}

void clock_tick(Clock *clock)
{
    bool due = false;
    if (clock->is_running || store_clock_is_due(clock->session, time_now_us(), &due) != STATUS_OK || !due)
        return;
    arena_reset(clock->arena);
    ClockCommand *command = clock_command_new(clock->engine, clock->arena);
    if (command == NULL)
        return;
    command->base.owner = clock;
    command->base.done = ticked;
    clock->is_running = true;
    loop_sink_submit(clock->sink, clock->engine->store, &command->base);
}
