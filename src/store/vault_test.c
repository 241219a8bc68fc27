#include "store/vault.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/random.h"
#include "base/test_folder.h"

typedef struct Bench {
    char folder[64], path[96], key_path[96], next_path[96], other_path[96];
    Arena *arena;
    Store *store;
    Error err;
} Bench;

static Status open_bench(Bench *bench)
{
    bench->err = (Error){ 0 };
    return store_open(str_of(bench->path), &bench->store, &bench->err);
}

static int setup(void **state)
{
    Bench *bench = calloc(1, sizeof *bench);
    if (!test_folder_make(bench->folder, sizeof bench->folder))
        return -1;
    snprintf(bench->path, sizeof bench->path, "%s/x.db", bench->folder);
    snprintf(bench->key_path, sizeof bench->key_path, "%s/x.db.key", bench->folder);
    snprintf(bench->next_path, sizeof bench->next_path, "%s/x.db.key.new", bench->folder);
    snprintf(bench->other_path, sizeof bench->other_path, "%s/other.key", bench->folder);
    bench->arena = arena_new(1 << 20);
    *state = bench;
    return open_bench(bench) == STATUS_OK ? 0 : -1;
}

static int teardown(void **state)
{
    Bench *bench = *state;
    char command[100];
    store_close(&bench->store);
    arena_free(&bench->arena);
    snprintf(command, sizeof command, "rm -r %s", bench->folder);
    int left = system(command);
    free(bench);
    return left;
}

/* ---- commands ---------------------------------------------------------- */

typedef struct HookCommand {
    Command base;
    Webhook webhook;
} HookCommand;

static Status run_hook(Command *base, StoreSession *session)
{
    bool created;
    return store_webhook_upsert(session, &((HookCommand *)base)->webhook, &created);
}

#define SECRET STR("0123456789abcdef0123456789abcdef")

static int64_t add_hook(Bench *bench)
{
    HookCommand command = { .base = { .run = run_hook, .arena = bench->arena },
                            .webhook = { .account_id = STORE_FIRST_ACCOUNT, .url = STR("http://x/"), .secret = SECRET } };
    assert_int_equal(store_run(bench->store, &command.base), STATUS_OK);
    return command.webhook.id;
}

static Str secret_of(Bench *bench, int64_t id)
{
    StoreSession *session;
    Webhook webhook;
    assert_int_equal(store_session_open(bench->store, &session, &bench->err), STATUS_OK);
    assert_int_equal(store_webhook_get(session, STORE_FIRST_ACCOUNT, id, bench->arena, &webhook), STATUS_OK);
    store_session_close(&session);
    return webhook.secret;
}

static void assert_opens_with_secret(Bench *bench, int64_t id)
{
    assert_int_equal(open_bench(bench), STATUS_OK);
    Str secret = secret_of(bench, id);
    assert_int_equal(secret.len, SECRET.len);
    assert_memory_equal(secret.ptr, SECRET.ptr, SECRET.len);
}

static void run_sql(Bench *bench, const char *text)
{
    Sql *sql;
    assert_int_equal(sql_open(str_of(bench->path), SQL_WRITER, &sql, &bench->err), STATUS_OK);
    assert_int_equal(sql_script(sql, text, &bench->err), STATUS_OK);
    sql_close(&sql);
}

/* ---- tests ------------------------------------------------------------- */

static void the_first_start_makes_a_key_that_only_its_owner_reads_wh62(void **state)
{
    Bench *bench = *state;
    struct stat info;
    assert_int_equal(stat(bench->key_path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    assert_int_equal(info.st_size, 45);
}

static void a_copy_of_the_database_tells_no_secret_wh62(void **state)
{
    Bench *bench = *state;
    int64_t id = add_hook(bench);
    store_close(&bench->store);
    FILE *file = fopen(bench->path, "rb");
    static char bytes[4 << 20];
    size_t len = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    assert_true(len > 0 && len < sizeof bytes);
    assert_non_null(memmem(bytes, len, "http://x/", 9));
    assert_null(memmem(bytes, len, SECRET.ptr, SECRET.len));
    assert_opens_with_secret(bench, id);
}

static void a_missing_or_another_key_refuses_the_start_and_is_not_replaced_wh62(void **state)
{
    Bench *bench = *state;
    store_close(&bench->store);
    assert_int_equal(rename(bench->key_path, bench->other_path), 0);
    assert_int_equal(open_bench(bench), STATUS_DENIED);
    assert_non_null(strstr(bench->err.text, "x.db.key is missing"));
    assert_int_not_equal(access(bench->key_path, F_OK), 0);

    FILE *file = fopen(bench->key_path, "w");
    fputs("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n", file);
    fclose(file);
    assert_int_equal(open_bench(bench), STATUS_DENIED);
    assert_non_null(strstr(bench->err.text, "is not the master key of this database"));
    file = fopen(bench->key_path, "w");
    fputs("no key\n", file);
    fclose(file);
    assert_int_equal(open_bench(bench), STATUS_DENIED);
    assert_non_null(strstr(bench->err.text, "holds no master key"));

    MasterKeyPlace other = { .file = str_of(bench->other_path) };
    assert_int_equal(store_open_with_key(str_of(bench->path), other, &bench->store, &bench->err), STATUS_OK);
}

static void the_key_may_come_as_a_text_wh62(void **state)
{
    Bench *bench = *state;
    char text[64];
    store_close(&bench->store);
    FILE *file = fopen(bench->key_path, "r");
    assert_non_null(fgets(text, sizeof text, file));
    fclose(file);
    unlink(bench->key_path);
    MasterKeyPlace wrong = { .text = STR("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=") }, right = { .text = str_of(text) };
    assert_int_equal(store_open_with_key(str_of(bench->path), wrong, &bench->store, &bench->err), STATUS_DENIED);
    assert_non_null(strstr(bench->err.text, "REFMILL_KEY"));
    assert_int_equal(store_open_with_key(str_of(bench->path), right, &bench->store, &bench->err), STATUS_OK);
}

static void a_new_master_key_works_at_once_and_the_old_one_no_more_wh62(void **state)
{
    Bench *bench = *state;
    int64_t id = add_hook(bench);
    char old[64] = "";
    FILE *file = fopen(bench->key_path, "r");
    assert_non_null(fgets(old, sizeof old, file));
    fclose(file);
    assert_int_equal(store_rekey(bench->store, STR_NONE, &bench->err), STATUS_OK);
    assert_int_equal(secret_of(bench, id).len, SECRET.len); /* who has the database open goes on */
    assert_int_not_equal(access(bench->next_path, F_OK), 0);
    store_close(&bench->store);
    MasterKeyPlace before = { .text = str_of(old) };
    assert_int_equal(store_open_with_key(str_of(bench->path), before, &bench->store, &bench->err), STATUS_DENIED);
    assert_opens_with_secret(bench, id);
    assert_int_equal(store_rekey(bench->store, str_of(bench->other_path), &bench->err), STATUS_OK);
    store_close(&bench->store);
    assert_int_equal(open_bench(bench), STATUS_DENIED);
    MasterKeyPlace other = { .file = str_of(bench->other_path) };
    assert_int_equal(store_open_with_key(str_of(bench->path), other, &bench->store, &bench->err), STATUS_OK);
}

static Status run_half_a_rekey(Command *base, StoreSession *session)
{
    const Bench *bench = base->owner;
    MasterKeyPlace place = { .file = str_of(bench->key_path) };
    return vault_rekey(session, &place, &place, &base->error);
}

static void a_change_of_the_key_that_was_interrupted_is_ended_by_the_next_start_wh62(void **state)
{
    Bench *bench = *state;
    int64_t id = add_hook(bench);
    Command half = { .run = run_half_a_rekey, .arena = bench->arena, .owner = bench };
    assert_int_equal(store_run(bench->store, &half), STATUS_OK);
    assert_int_equal(access(bench->next_path, F_OK), 0);
    store_close(&bench->store);
    assert_opens_with_secret(bench, id);
    assert_int_not_equal(access(bench->next_path, F_OK), 0);
}

static Status run_undone_rekey(Command *base, StoreSession *session)
{
    Status status = run_half_a_rekey(base, session);
    return status ? status : STATUS_CONFLICT;
}

static void a_change_of_the_key_that_was_not_committed_leaves_the_old_one_wh62(void **state)
{
    Bench *bench = *state;
    int64_t id = add_hook(bench);
    Command undone = { .run = run_undone_rekey, .arena = bench->arena, .owner = bench };
    assert_int_equal(store_run(bench->store, &undone), STATUS_CONFLICT);
    store_close(&bench->store);
    assert_opens_with_secret(bench, id);
}

static void a_damaged_secret_is_none_and_hides_no_other_wh24(void **state)
{
    Bench *bench = *state;
    int64_t id = add_hook(bench);
    store_close(&bench->store);
    run_sql(bench, "UPDATE webhook SET secret = x'00112233'");
    assert_int_equal(open_bench(bench), STATUS_OK);
    assert_null(secret_of(bench, id).ptr);
}

int main(void)
{
    if (!random_init())
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_first_start_makes_a_key_that_only_its_owner_reads_wh62, setup, teardown),
        cmocka_unit_test_setup_teardown(a_copy_of_the_database_tells_no_secret_wh62, setup, teardown),
        cmocka_unit_test_setup_teardown(a_missing_or_another_key_refuses_the_start_and_is_not_replaced_wh62, setup, teardown),
        cmocka_unit_test_setup_teardown(the_key_may_come_as_a_text_wh62, setup, teardown),
        cmocka_unit_test_setup_teardown(a_new_master_key_works_at_once_and_the_old_one_no_more_wh62, setup, teardown),
        cmocka_unit_test_setup_teardown(a_change_of_the_key_that_was_interrupted_is_ended_by_the_next_start_wh62, setup, teardown),
        cmocka_unit_test_setup_teardown(a_change_of_the_key_that_was_not_committed_leaves_the_old_one_wh62, setup, teardown),
        cmocka_unit_test_setup_teardown(a_damaged_secret_is_none_and_hides_no_other_wh24, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
