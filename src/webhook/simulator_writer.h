/* The simulator's writer: commands are run, run twice, rolled back, and the process is killed in them. */
#ifndef WEBHOOK_SIMULATOR_WRITER_H
#define WEBHOOK_SIMULATOR_WRITER_H

#include "webhook/simulator_judge.h"

static void kill_process(void)
{
    sim.upsets++;
    longjmp(sim.killed, 1);
}

static Status run_once(Command *command)
{
    assert_int_equal(sql_begin(sim.session.sql), STATUS_OK);
    sim.session.now_us = time_now_us();
    session_clear_notes(&sim.session);
    Status status = command->run(command, &sim.session);
    return status ? status : session_save_counters(&sim.session);
}

static void roll_back(void)
{
    sql_rollback(sim.session.sql);
    session_forget_counters(&sim.session);
}

/* As the writer does: the second time after another command of the batch has failed. */
static Status run_command(Command *command, bool by_others)
{
    bool is_upset = !sim.is_ending && command == sim.round && one_in(400);
    if (one_in(20)) {
        (void)run_once(command);
        roll_back();
    }
    command->status = run_once(command);
    if (is_upset)
        command->status = STATUS_UNAVAILABLE;
    if (command->status)
        roll_back();
    else
        assert_int_equal(sql_commit(sim.session.sql), STATUS_OK);
    if (!command->status && command == sim.round)
        for (size_t i = 0; i < ((Round *)command)->settlement_count; i++)
            judge_settlement(&((Round *)command)->settlements[i]);
    follow_moves();
    sim.session.now_us = 0;
    if (by_others)
        sim.is_changed_elsewhere = true;
    else if (!command->status && sim.listener)
        sim.listener(sim.listener_arg, &sim.session.notes);
    return command->status;
}

static void run_round(void)
{
    Command *round = sim.round;
    if (!sim.is_ending && one_in(3000))
        kill_process();
    (void)run_command(round, false);
    sim.round = NULL;
    if (!sim.is_ending && one_in(3000))
        kill_process();
    round->next = NULL;
    round->sink->finish(round->sink, round);
}

Status __wrap_store_submit(Store *store UNUSED, Command *command)
{
    must(sim.round == NULL, "two rounds at once");
    if (!sim.is_ending && one_in(500))
        return STATUS_BUSY;
    sim.round = command;
    sim.round_us = sim.mono_us + about(one_in(200) ? 100 * US_PER_MS : 300);
    return STATUS_OK;
}

void __wrap_store_listen(Store *store UNUSED, StoreListener *listener, void *arg)
{
    sim.listener = listener;
    sim.listener_arg = arg;
}

Status __wrap_store_session_open(Store *store UNUSED, StoreSession **out_session, Error *err UNUSED)
{
    *out_session = &sim.session;
    return STATUS_OK;
}

void __wrap_store_session_close(StoreSession **session)
{
    *session = NULL;
}

bool __wrap_store_changed_elsewhere(StoreSession *session UNUSED)
{
    bool is_changed = sim.is_changed_elsewhere;
    sim.is_changed_elsewhere = false;
    return is_changed;
}

#endif
