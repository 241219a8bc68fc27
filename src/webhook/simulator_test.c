/* A simulator of the outbox: the sender and the store's statements as they are, on one thread, with a
 * clock, a network and a source of chance of its own. Receivers fail in every way they know, the process
 * is killed and stopped, clocks step, people pause, resume, remove, rotate, replay and set rates and orders; at every step the
 * invariants of a delivery's life are checked (I1 to I9; I10 is engine/grant_model_test.c's).
 *
 *   world_poll (curl_multi_poll) ── moves the clock on to what happens next:
 *       a transfer's next stage · the writer's turn at a round · somebody does something
 *   triggers on `delivery` ── log every change of a row, which is compared with what may happen
 *
 * A run is a world with its own seed. REFMILL_SEED begins with that seed, and REFMILL_SIM_SECONDS tells how
 * long to go on; a failure prints the seed of its world. */
#include "webhook/simulator_deeds.h"

/* ---- the world ------------------------------------------------------------------------- */

/* I8, I9: what is due is claimed in time. */
static void judge_waiting(void)
{
    WebhookDueList list;
    int64_t now_us = time_now_us();
    arena_reset(sim.arena);
    assert_int_equal(store_webhook_due(&sim.session, sim.arena, &list), STATUS_OK);
    for (size_t i = 0; i < sim.hook_count; i++) {
        SimHook *hook = &sim.hooks[i];
        bool is_due = false;
        for (size_t j = 0; j < list.count; j++)
            is_due = is_due || (list.items[j].webhook_id == hook->id && list.items[j].due_us <= now_us);
        if (!is_due || hook->starving_us == 0)
            hook->starving_us = is_due ? sim.mono_us : 0;
        must(sim.mono_us - hook->starving_us < MOST_STARVING_US || !is_due, "webhook %lld starves for %lld s",
             (long long)hook->id, (long long)((sim.mono_us - hook->starving_us) / US_PER_SECOND));
    }
    sim.is_drained = sim.is_ending && list.count == 0;
    if (sim.is_drained)
        mailbox_stop(&sim.sender->mailbox, US_PER_SECOND);
}

static void do_deed(void)
{
    SimHook *hook = &sim.hooks[below((int64_t)sim.hook_count)];
    int64_t which = below(1000);
    if (which < 560 || !one_in(sim.calmness))
        for (int64_t left = one_in(40) ? below(100) : 1; left > 0; left--)
            do_kind(DEED_EVENT, hook);
    else if (which < 720)
        sim.moods[hook->origin] = one_in(2) ? MOOD_WELL : (Mood)below(one_in(4) ? MOOD_COUNT : MOOD_GONE);
    else if (which < 900) {
        static const DeedKind kinds[] = { DEED_PAUSE, DEED_RESUME, DEED_RESUME, DEED_RESUME, DEED_REMOVE, DEED_REGISTER, DEED_REGISTER,
                                          DEED_REGISTER, DEED_ROTATE, DEED_REPLAY, DEED_REPLAY, DEED_REPLAY_MANY, DEED_PURGE };
        do_kind(kinds[below(ARRAY_LEN(kinds))], hook);
    } else if (which < 950)
        step_clock();
    else if (which < 970)
        set_pace(hook);
    else if (which < 980)
        kill_process();
    else if (!sim.sender->is_stopping)
        mailbox_stop(&sim.sender->mailbox, below(20) * US_PER_SECOND);
}

/* All is well from here on, and everything must arrive (I3). */
static void begin_end(void)
{
    sim.is_ending = true;
    for (size_t i = 0; i < sim.origin_count; i++)
        sim.moods[i] = MOOD_WELL;
    for (size_t i = 0; i < sim.hook_count; i++) {
        do_kind(DEED_RESUME, &sim.hooks[i]);
        do_kind(DEED_EVENT, &sim.hooks[i]);
    }
}

static void do_something(void)
{
    if (sim.mono_us - sim.checked_us > 10 * US_PER_SECOND) {
        sim.checked_us = sim.mono_us;
        judge_waiting();
    }
    if (!sim.is_ending && (sim.mono_us >= sim.deadline_us || sim.steps - sim.begun_steps > MOST_BUSY_STEPS))
        begin_end();
    must(sim.mono_us < sim.deadline_us + MOST_DRAINING_US, "something waits for ever");
    sim.next_deed_us = sim.mono_us + (sim.is_ending ? 10 * US_PER_SECOND + 1 : about(sim.busyness_us));
    if (!sim.is_ending)
        do_deed();
}

static void world_turn(void)
{
    sim.steps++;
    sim.mono_us++;
    must(++sim.idle_turns < MAX_IDLE_TURNS, "the loop spins");
}

static void world_poll(int64_t wait_us)
{
    int64_t until_us = sim.mono_us + wait_us;
    sim.idle_turns = 0;
    while (!net.is_woken && net.ended == NULL) {
        Transfer *transfer = next_transfer();
        int64_t next_us = i64_min(until_us, sim.next_deed_us);
        next_us = transfer ? i64_min(next_us, transfer->next_us) : next_us;
        next_us = sim.round ? i64_min(next_us, sim.round_us) : next_us;
        sim.mono_us = i64_max(sim.mono_us, next_us);
        sim.steps++;
        if (transfer && transfer->next_us <= sim.mono_us)
            step_transfer(transfer);
        else if (sim.round && sim.round_us <= sim.mono_us)
            run_round();
        else if (sim.next_deed_us <= sim.mono_us)
            do_something();
        else
            break;
    }
    net.is_woken = false;
}

/* ---- processes and worlds ---------------------------------------------------------------- */

static void free_list(Attempt *list)
{
    Attempt *attempt, *next;
    DL_FOREACH_SAFE(list, attempt, next) attempt_free(&attempt);
}

/* What a killed process leaves to its kernel. */
static void clean_up(Sender *sender)
{
    free_list(sender->resolving);
    free_list(sender->sending);
    for (size_t i = 0; sender->round_is_busy && i < sender->round->settlement_count; i++)
        if (sender->round->settlements[i].attempt)
            attempt_free(&sender->round->settlements[i].attempt);
}

static void run_process(const SenderOptions *options)
{
    Error err;
    assert_int_equal(sender_new(options, &sim.sender, &err), STATUS_OK);
    if (setjmp(sim.killed) == 0)
        sender_run(sim.sender);
    else
        clean_up(sim.sender);
    sim.round = NULL;
    sim.listener = NULL;
    sender_stop(&sim.sender, 0);
    must(net.active == NULL && net.ended == NULL, "a transfer is left");
    for (size_t i = 0; i < sim.hook_count; i++)
        sim.hooks[i].starving_us = 0, sim.hooks[i].paced_count = 0; /* only the process knew */
}

static Schedule some_schedule(void)
{
    if (one_in(8))
        return schedule_default;
    Schedule schedule = { .count = (size_t)below(8) + 1 };
    for (size_t i = 0; i < schedule.count; i++)
        schedule.waits_us[i] = about(US_PER_SECOND) << i;
    return schedule;
}

static Status run_accounts(Command *base UNUSED, StoreSession *session)
{
    Status status = STATUS_OK;
    for (size_t i = 0; !status && i < sim.account_count; i++) {
        int64_t id;
        status = store_account_insert(session, STR("Somebody"), &id);
    }
    return status;
}

static void open_database(void)
{
    Error err = { 0 };
    sim.session = (StoreSession){ .is_writer = true };
    assert_int_equal(sql_open(STR(":memory:"), SQL_WRITER, &sim.session.sql, &err), STATUS_OK);
    assert_int_equal(migrate(sim.session.sql, &err), STATUS_OK);
    if (sql_script(sim.session.sql, WATCH, &err) != STATUS_OK)
        fail_msg("%s", err.text);
    Command command = { .run = run_accounts };
    assert_int_equal(run_command(&command, false), STATUS_OK);
}

/* One in a few leads where nothing may be sent. */
static void add_hooks(void)
{
    static char urls[MAX_HOOKS][64];
    for (size_t i = 0; i < sim.hook_count; i++) {
        SimHook *hook = &sim.hooks[i];
        size_t origin = (size_t)below((int64_t)sim.origin_count);
        snprintf(urls[i], sizeof urls[i], "http://%s.%zu/h%zu", one_in(8) ? "192.168.0" : "10.0.0", origin + 1, i);
        *hook = (SimHook){ .account_id = 1 + below((int64_t)sim.account_count),
                           .origin = origin,
                           .event = (EventType)below(2),
                           .expects_ack = one_in(2),
                           .url = str_of(urls[i]) };
        do_kind(DEED_REGISTER, hook);
    }
}

static void close_database(void)
{
    Row *row, *next;
    SqlRows *rows;
    assert_int_equal(sql_query_values(sim.session.sql, LEFT_BEHIND, NULL, 0, &rows), STATUS_OK);
    must(!sql_next(rows), "held for ever"); /* I3 */
    assert_int_equal(sql_done(rows), STATUS_OK);
    assert_int_equal(sql_query_values(sim.session.sql, "SELECT count(*) FROM delivery", NULL, 0, &rows), STATUS_OK);
    must(sql_next(rows) && sql_column_int(rows, 0) == (int64_t)HASH_COUNT(sim.rows), "rows have come or gone unseen"); /* I1 */
    assert_int_equal(sql_done(rows), STATUS_OK);
    HASH_ITER(hh, sim.rows, row, next)
    {
        HASH_DEL(sim.rows, row);
        mem_free(row);
    }
    sql_close(&sim.session.sql);
    mem_free(sim.session.counters);
    mem_free(sim.session.due_pairs);
}

static void run_world(uint64_t seed)
{
    IpRange allowed[1];
    sim.seed = chance = seed;
    sim.begun_steps = sim.steps;
    sim.mono_us = US_PER_HOUR;
    sim.utc_offset_us = START_US;
    sim.is_ending = sim.is_drained = sim.is_changed_elsewhere = false;
    sim.next_deed_us = sim.checked_us = sim.mono_us;
    sim.account_count = (size_t)below(3) + 1;
    sim.hook_count = (size_t)below(MAX_HOOKS - 1) + 2;
    sim.origin_count = (size_t)below(MAX_ORIGINS) + 1;
    sim.busyness_us = about(US_PER_SECOND);
    sim.calmness = INT64_C(1) << below(7);
    sim.deadline_us = sim.mono_us + about(one_in(10) ? 4 * US_PER_HOUR : 10 * US_PER_MINUTE);
    for (size_t i = 0; i < sim.origin_count; i++)
        sim.moods[i] = MOOD_WELL;
    open_database();
    add_hooks();
    assert_true(ip_range_parse(STR("10.0.0.0/8"), &allowed[0]));
    EgressRules rules = { .allowed = allowed, .allowed_count = 1 };
    SenderOptions options = { .store = (Store *)&sim, .code_key = sim.code_key, .rules = &rules, .schedule = some_schedule(),
                              .max_in_flight = (size_t)below(12) + 2,
                              .retention = { .events_us = one_in(2) ? 0 : US_PER_HOUR, .attempts_us = US_PER_MINUTE } };
    while (!sim.is_drained)
        run_process(&options);
    close_database();
    sim.worlds++;
}

/* ---- running ---------------------------------------------------------------------------- */

static int64_t from_environment(const char *name, int64_t otherwise)
{
    const char *text = getenv(name);
    return text ? strtoll(text, NULL, 10) : otherwise;
}

/* Threads are not its matter, and looking for their races is slow. */
#ifdef __SANITIZE_THREAD__
enum { USUAL_SECONDS = 5 };
#else
enum { USUAL_SECONDS = 50 };
#endif

/* WH-12, WH-20 to WH-27, WH-31, WH-33, WH-35, WH-40 to WH-42. */
static void the_invariants_hold_whatever_happens(void **state UNUSED)
{
    int64_t first = from_environment("REFMILL_SEED", time(NULL) * 1000), seed = first;
    int64_t seconds = from_environment("REFMILL_SIM_SECONDS", USUAL_SECONDS);
    log_set_sink(NULL, LOG_ERROR);
    sim.arena = arena_new(1024 * 1024);
    assert_int_equal(signer_new(&sim.signer), STATUS_OK);
    for (time_t end = time(NULL) + seconds; time(NULL) < end || seed == first; seed++)
        run_world((uint64_t)seed);
    print_message("seeds %lld to %lld: %llu steps, %llu deliveries\n", (long long)first, (long long)seed - 1,
                  (unsigned long long)sim.steps, (unsigned long long)sim.deliveries);
    signer_free(&sim.signer);
    arena_free(&sim.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(the_invariants_hold_whatever_happens) };
    if (randombytes_set_implementation(&chance_source) != 0 || !random_init())
        return EXIT_FAILURE;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
