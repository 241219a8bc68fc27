#include "engine/clock.h"

#include "base/alloc.h"
#include "base/limits.h"
#include "base/time.h"
#include "engine/grant.h"
#include "engine/grant_life.h"

enum { CLOCK_ARENA_LEN = 16 * 1024 * 1024 };

/* ---- the command ------------------------------------------------------- */

/* One of the rows that are due. */
typedef struct Row {
    const Work *work;
    Grant *grant;
    const Recurrence *recurrence;
} Row;

static Status release_grant(void *arg)
{
    const Row *row = arg;
    GrantFacts facts = { 0 };
    Status status = grant_facts_load(row->work, row->grant, &facts);
    return status ? status : grant_release(row->work, &facts, row->grant);
}

static Status begin_period(void *arg)
{
    const Row *row = arg;
    return grant_next_period(row->work, row->recurrence);
}

/* Is it the row that is wrong, and not the database? */
static bool is_its_own(Status status)
{
    return status != STATUS_OK && status != STATUS_UNAVAILABLE && status != STATUS_UNCERTAIN && status != STATUS_BUSY;
}

static void note_failure(ClockCommand *command, int64_t account_id, int64_t reward_id, int64_t recipient_id, Status reason)
{
    command->failed++;
    command->account_id = account_id;
    command->reward_id = reward_id;
    command->recipient_id = recipient_id;
    command->reason = reason;
}

static int64_t again_us(const Work *work)
{
    return store_now_us(work->session) + CLOCK_AGAIN_S * US_PER_SECOND;
}

static Status release_due(const Work *work, ClockCommand *command)
{
    GrantList list;
    Status status = store_grant_list_released(work->session, store_now_us(work->session), LIMIT_BATCH_ROWS,
                                              work->arena, &list);
    ArenaMark mark = arena_mark(work->arena);
    for (size_t i = 0; !status && i < list.count; i++) {
        Grant before = list.items[i];
        status = store_run_part(work->session, release_grant, &(Row){ .work = work, .grant = &list.items[i] });
        if (is_its_own(status)) {
            note_failure(command, before.account_id, before.reward_id, before.recipient_id, status);
            before.release_us = again_us(work);
            status = store_grant_update(work->session, &before);
        }
        arena_rewind(work->arena, mark);
    }
    return status;
}

static Status recur_due(const Work *work, ClockCommand *command)
{
    RecurrenceList list;
    Status status = store_recurrence_list_due(work->session, store_now_us(work->session), LIMIT_BATCH_ROWS,
                                              work->arena, &list);
    ArenaMark mark = arena_mark(work->arena);
    for (size_t i = 0; !status && i < list.count; i++) {
        Recurrence *row = &list.items[i];
        status = store_run_part(work->session, begin_period, &(Row){ .work = work, .recurrence = row });
        if (is_its_own(status)) {
            note_failure(command, row->account_id, row->reward_id, row->recipient_id, status);
            row->next_us = again_us(work);
            status = store_recurrence_put(work->session, row);
        }
        arena_rewind(work->arena, mark);
    }
    return status;
}

static Status run_clock(Command *base, StoreSession *session)
{
    ClockCommand *command = (ClockCommand *)base;
    Work work = { command->engine, session, base->arena, &base->error };
    command->failed = 0;
    Status status = release_due(&work, command);
    return status ? status : recur_due(&work, command);
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
    ClockReport *report;
    Arena *arena;    /* of the command under way */
    bool is_running; /* a command is the writer's */
};

/* Whatever became of it: what is still due is seen by the next look. */
static void ticked(Command *command)
{
    Clock *clock = command->owner;
    clock->is_running = false;
    if (command->status == STATUS_OK && ((ClockCommand *)command)->failed)
        clock->report((ClockCommand *)command);
}

Clock *clock_new(const Engine *engine, StoreSession *session, LoopSink *sink, ClockReport *report)
{
    Clock *clock = mem_alloc(sizeof *clock);
    if (clock == NULL)
        return NULL;
    *clock = (Clock){ .engine = engine, .session = session, .sink = sink, .report = report };
    clock->arena = arena_new(CLOCK_ARENA_LEN);
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
