/* Group commit, isolation of commands, numbers, migrations: what the rules rely on. */
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/limits.h"
#include "base/random.h"
#include "store/session.h"

typedef struct Fixture {
    char path[64];
    Store *store;
    StoreSession *session;
    Arena *arena;
} Fixture;

static void open_store(Fixture *fixture)
{
    Error err = { 0 };
    if (store_open(str_of(fixture->path), &fixture->store, &err) != STATUS_OK)
        fail_msg("%s", err.text);
    assert_int_equal(store_session_open(fixture->store, &fixture->session, &err), STATUS_OK);
}

static void close_store(Fixture *fixture)
{
    store_session_close(&fixture->session);
    store_close(&fixture->store);
}

static int setup(void **state)
{
    Fixture *fixture = calloc(1, sizeof *fixture);
    snprintf(fixture->path, sizeof fixture->path, "store-test-%d.db", getpid());
    fixture->arena = arena_new(4 << 20);
    open_store(fixture);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    Fixture *fixture = *state;
    char other[80];
    close_store(fixture);
    arena_free(&fixture->arena);
    unlink(fixture->path);
    snprintf(other, sizeof other, "%s-wal", fixture->path);
    unlink(other);
    snprintf(other, sizeof other, "%s-shm", fixture->path);
    unlink(other);
    snprintf(other, sizeof other, "%s.key", fixture->path);
    unlink(other);
    free(fixture);
    return 0;
}

/* ---- commands for tests ------------------------------------------------ */

/* Inserts a campaign, then does as it is told. */
typedef struct TestCommand {
    Command base;
    Campaign campaign;
    Status end_with;
} TestCommand;

static Status run_insert(Command *base, StoreSession *session)
{
    TestCommand *command = (TestCommand *)base;
    command->campaign = campaign_defaults();
    command->campaign.account_id = STORE_FIRST_ACCOUNT;
    command->campaign.name = STR("Spring");
    Status status = store_campaign_insert(session, &command->campaign);
    return status ? status : command->end_with;
}

static size_t campaign_count(Fixture *fixture)
{
    CampaignList list;
    assert_int_equal(store_campaign_list(fixture->session, STORE_FIRST_ACCOUNT, fixture->arena, &list), STATUS_OK);
    return list.count;
}

/* ---- tests ------------------------------------------------------------- */

static void an_answered_write_is_visible_and_survives_reopening(void **state)
{
    Fixture *fixture = *state;
    TestCommand command = { .base.run = run_insert };
    assert_int_equal(store_run(fixture->store, &command.base), STATUS_OK);
    assert_int_equal(campaign_count(fixture), 1);
    CodeKey key = store_code_key(fixture->store);
    close_store(fixture);
    open_store(fixture);
    assert_int_equal(campaign_count(fixture), 1);
    CodeKey again = store_code_key(fixture->store);
    assert_memory_equal(&key, &again, sizeof key);
}

static void a_failing_command_leaves_nothing_and_disturbs_no_other(void **state)
{
    Fixture *fixture = *state;
    TestCommand good = { .base.run = run_insert }, bad = { .base.run = run_insert, .end_with = STATUS_INVALID };
    assert_int_equal(store_run(fixture->store, &bad.base), STATUS_INVALID);
    assert_int_equal(store_run(fixture->store, &good.base), STATUS_OK);
    assert_int_equal(campaign_count(fixture), 1);
}

static void numbers_rise_and_are_never_given_twice(void **state)
{
    Fixture *fixture = *state;
    TestCommand command = { .base.run = run_insert };
    int64_t last = 0;
    for (int i = 0; i < 6; i++) {
        command.base.status = STATUS_OK;
        command.end_with = i == 2 ? STATUS_CONFLICT : STATUS_OK;
        assert_int_equal(store_run(fixture->store, &command.base), command.end_with);
        assert_true(command.campaign.id > last);
        last = command.campaign.id;
        if (i == 3) {
            close_store(fixture);
            open_store(fixture);
        }
    }
}

/* Many commands of many threads; every sink gets each of its own once, in the order it sent them. */
enum { THREADS = 8, PER_THREAD = 200 };

typedef struct Client {
    CommandSink sink;
    Store *store;
    TestCommand commands[PER_THREAD];
    int finished; /* the writer's until `all` is posted */
    sem_t all;
    bool in_order;
} Client;

static void count_finished(CommandSink *sink, Command *chain)
{
    Client *client = (Client *)sink;
    for (; chain; chain = chain->next) {
        const TestCommand *expected = &client->commands[client->finished];
        client->in_order = client->in_order && (TestCommand *)chain == expected;
        client->finished++;
    }
    if (client->finished == PER_THREAD) /* last: then the chain may go */
        sem_post(&client->all);
}

static void *send_all(void *arg)
{
    Client *client = arg;
    for (int i = 0; i < PER_THREAD; i++) {
        Command *command = &client->commands[i].base;
        *command = (Command){ .run = run_insert, .sink = &client->sink };
        client->commands[i].end_with = i % 10 == 9 ? STATUS_CONFLICT : STATUS_OK;
        if (store_submit(client->store, command) != STATUS_OK)
            abort();
    }
    sem_wait(&client->all);
    return NULL;
}

static void parallel_commands_share_commits_and_finish_in_order(void **state)
{
    Fixture *fixture = *state;
    Client *clients = calloc(THREADS, sizeof *clients);
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        clients[i].sink.finish = count_finished;
        clients[i].store = fixture->store;
        clients[i].in_order = true;
        sem_init(&clients[i].all, 0, 0);
        pthread_create(&threads[i], NULL, send_all, &clients[i]);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        assert_true(clients[i].in_order);
        sem_destroy(&clients[i].all);
        for (int j = 0; j < PER_THREAD; j++)
            assert_int_equal(clients[i].commands[j].base.status, clients[i].commands[j].end_with);
    }
    free(clients);
    StoreStats stats = store_stats(fixture->store);
    assert_int_equal(stats.commands, THREADS * PER_THREAD);
    assert_int_equal(stats.failed_commands, THREADS * PER_THREAD / 10);
    assert_true(stats.batches < stats.commands / 4);
    assert_int_equal(stats.queued, 0);
    assert_int_equal(campaign_count(fixture), THREADS * PER_THREAD * 9 / 10);
}

static Status run_wait(Command *base, StoreSession *session UNUSED)
{
    pthread_mutex_t *gate = base->owner;
    pthread_mutex_lock(gate);
    pthread_mutex_unlock(gate);
    return STATUS_OK;
}

static void ignore_finished(CommandSink *sink UNUSED, Command *chain UNUSED)
{
}

static void a_full_queue_refuses_at_once_and_queues_nothing(void **state)
{
    Fixture *fixture = *state;
    pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
    CommandSink sink = { .finish = ignore_finished };
    Command *commands = calloc(LIMIT_COMMAND_QUEUE + LIMIT_COMMAND_BATCH + 1, sizeof *commands);
    pthread_mutex_lock(&gate);
    size_t taken = 0;
    Status status = STATUS_OK;
    for (; status == STATUS_OK; taken += status == STATUS_OK) {
        commands[taken] = (Command){ .run = run_wait, .owner = &gate, .sink = &sink };
        status = store_submit(fixture->store, &commands[taken]);
    }
    assert_int_equal(status, STATUS_BUSY);
    assert_true(taken >= LIMIT_COMMAND_QUEUE);
    pthread_mutex_unlock(&gate);
    close_store(fixture); /* runs what is queued */
    free(commands);
    open_store(fixture);
}

static void another_accounts_id_is_not_found(void **state)
{
    Fixture *fixture = *state;
    TestCommand command = { .base.run = run_insert };
    Campaign campaign;
    assert_int_equal(store_run(fixture->store, &command.base), STATUS_OK);
    assert_int_equal(store_campaign_get(fixture->session, STORE_FIRST_ACCOUNT, command.campaign.id, fixture->arena,
                                        &campaign),
                     STATUS_OK);
    assert_int_equal(store_campaign_get(fixture->session, STORE_FIRST_ACCOUNT + 1, command.campaign.id,
                                        fixture->arena, &campaign),
                     STATUS_NOT_FOUND);
}

/* A second process on the same file, as the command line beside a running server. */
static void two_processes_give_no_number_twice(void **state)
{
    Fixture *fixture = *state;
    Store *other;
    Error err;
    assert_int_equal(store_open(str_of(fixture->path), &other, &err), STATUS_OK);
    int64_t last = 0;
    for (int i = 0; i < 10; i++) {
        TestCommand command = { .base.run = run_insert };
        assert_int_equal(store_run(i % 2 ? other : fixture->store, &command.base), STATUS_OK);
        assert_true(command.campaign.id > last);
        last = command.campaign.id;
    }
    store_close(&other);
    assert_int_equal(campaign_count(fixture), 10);
}

static void a_newer_schema_is_refused(void **state)
{
    Fixture *fixture = *state;
    Sql *sql;
    Error err = { 0 };
    close_store(fixture);
    assert_int_equal(sql_open(str_of(fixture->path), SQL_WRITER, &sql, &err), STATUS_OK);
    assert_int_equal(sql_script(sql, "INSERT INTO migration VALUES (9999, 0)", &err), STATUS_OK);
    Store *store;
    assert_int_equal(store_open(str_of(fixture->path), &store, &err), STATUS_CONFLICT);
    assert_non_null(strstr(err.text, "newer"));
    assert_int_equal(sql_script(sql, "DELETE FROM migration WHERE version = 9999", &err), STATUS_OK);
    sql_close(&sql);
    open_store(fixture);
}

static void a_database_that_cannot_be_opened_says_which(void **state UNUSED)
{
    Store *store;
    Error err = { 0 };
    assert_int_equal(store_open(STR("no-such-folder/x.db"), &store, &err), STATUS_UNAVAILABLE);
    assert_non_null(strstr(err.text, "no-such-folder/x.db"));
    assert_null(store);
}

int main(void)
{
    if (!random_init())
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_answered_write_is_visible_and_survives_reopening, setup, teardown),
        cmocka_unit_test_setup_teardown(a_failing_command_leaves_nothing_and_disturbs_no_other, setup, teardown),
        cmocka_unit_test_setup_teardown(numbers_rise_and_are_never_given_twice, setup, teardown),
        cmocka_unit_test_setup_teardown(parallel_commands_share_commits_and_finish_in_order, setup, teardown),
        cmocka_unit_test_setup_teardown(a_full_queue_refuses_at_once_and_queues_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(another_accounts_id_is_not_found, setup, teardown),
        cmocka_unit_test_setup_teardown(two_processes_give_no_number_twice, setup, teardown),
        cmocka_unit_test_setup_teardown(a_newer_schema_is_refused, setup, teardown),
        cmocka_unit_test(a_database_that_cannot_be_opened_says_which),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
