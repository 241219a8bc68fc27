#include "store/store.h"

#include <pthread.h>

#include "base/alloc.h"
#include "base/random.h"
#include "base/time.h"
#include "store/migrate.h"
#include "store/vault.h"
#include "store/writer.h"

struct Store {
    Str path;
    Arena *arena;
    CodeKey code_key;
    MasterKeyPlace key;
    StoreSession *session; /* the writer's */
    Writer *writer;
    SqlKeeper *keeper;
};

static Status session_new(Str path, SqlMode mode, StoreSession **out_session, Error *err)
{
    StoreSession *session = mem_alloc(sizeof *session);
    if (session == NULL)
        return STATUS_NOMEM;
    session->is_writer = mode == SQL_WRITER;
    Status status = sql_open(path, mode, &session->sql, err);
    if (status) {
        mem_free(session);
        return status;
    }
    *out_session = session;
    return STATUS_OK;
}

Status store_session_open(Store *store, StoreSession **out_session, Error *err)
{
    Status status = session_new(store->path, SQL_READER, out_session, err);
    if (status)
        return status;
    (*out_session)->data_key = store->session->data_key;
    (void)store_changed_elsewhere(*out_session); /* from here on */
    return STATUS_OK;
}

Status store_view_begin(StoreSession *session)
{
    return sql_begin_reading(session->sql);
}

void store_view_end(StoreSession *session)
{
    sql_rollback(session->sql);
}

void store_session_close(StoreSession **session)
{
    if (*session == NULL)
        return;
    sql_close(&(*session)->sql);
    mem_free((*session)->counters);
    mem_free((*session)->due_pairs);
    mem_free(*session);
    *session = NULL;
}

/* ---- a new database ---------------------------------------------------- */

#define CODE_KEY_SETTING "code_key"

static Status read_code_key(StoreSession *session, CodeKey *out_key, bool *out_found)
{
    SqlRows *rows;
    Status status = sql_query(session->sql, "SELECT value FROM setting WHERE name = $1", &rows,
                              sql_text(STR(CODE_KEY_SETTING)));
    *out_found = sql_next(rows);
    if (*out_found) {
        Str value = sql_column_bytes(rows, 0);
        if (value.len == sizeof out_key->bytes)
            memcpy(out_key->bytes, value.ptr, value.len);
        else
            status = STATUS_INTERNAL;
    }
    Status end = sql_done(rows);
    return status ? status : end;
}

/* The keys and the first account: there from the first start on. */
static Status found_database(StoreSession *session, const MasterKeyPlace *key, CodeKey *out_key, Error *err)
{
    bool found;
    Status status = sql_begin(session->sql);
    if (status)
        return status;
    session->now_us = time_now_us();
    status = read_code_key(session, out_key, &found);
    if (!status && !found) {
        int64_t account_id;
        random_bytes(out_key->bytes, sizeof out_key->bytes);
        status = sql_exec(session->sql, "INSERT INTO setting (name, value) VALUES ($1, $2)",
                          sql_text(STR(CODE_KEY_SETTING)),
                          sql_blob((Str){ (const char *)out_key->bytes, sizeof out_key->bytes }));
        if (!status)
            status = store_account_insert(session, STR("Main"), &account_id);
        if (!status)
            status = session_save_counters(session);
    }
    if (!status)
        status = vault_unlock(session, key, &session->data_key, err);
    session->now_us = 0;
    if (!status)
        return sql_commit(session->sql);
    sql_rollback(session->sql);
    return status;
}

static Status keep_texts(Store *store, Str path, MasterKeyPlace key)
{
    store->arena = arena_new(16 * 1024);
    if (store->arena == NULL)
        return STATUS_NOMEM;
    store->path = arena_str(store->arena, path);
    store->key.file = str_is_empty(key.file) ? arena_printf(store->arena, "%.*s.key", STR_ARG(path))
                                             : arena_str(store->arena, key.file);
    store->key.text = key.text.ptr ? arena_str(store->arena, key.text) : STR_NONE;
    return store->path.ptr && store->key.file.ptr ? STATUS_OK : STATUS_NOMEM;
}

Status store_open_with_key(Str path, MasterKeyPlace key, Store **out_store, Error *err)
{
    *out_store = NULL;
    Store *store = mem_alloc(sizeof *store);
    if (store == NULL)
        return STATUS_NOMEM;
    Status status = keep_texts(store, path, key);
    if (!status)
        status = session_new(path, SQL_WRITER, &store->session, err);
    if (!status)
        status = migrate(store->session->sql, err);
    if (!status)
        status = found_database(store->session, &store->key, &store->code_key, err);
    if (!status)
        status = sql_keeper_start(path, store->session->sql, &store->keeper, err);
    if (!status)
        status = writer_start(store->session, &store->writer);
    if (status) {
        store_close(&store);
        return err && err->text[0] ? status
                                   : error_set(err, status, NULL, "The database %.*s can't be used (%s).",
                                               STR_ARG(path), status_name(status));
    }
    *out_store = store;
    return STATUS_OK;
}

Status store_open(Str path, Store **out_store, Error *err)
{
    return store_open_with_key(path, (MasterKeyPlace){ .text = STR_NONE }, out_store, err);
}

void store_close(Store **store)
{
    if (*store == NULL)
        return;
    writer_stop(&(*store)->writer);
    sql_keeper_stop(&(*store)->keeper);
    store_session_close(&(*store)->session);
    arena_free(&(*store)->arena);
    mem_free(*store);
    *store = NULL;
}

CodeKey store_code_key(const Store *store)
{
    return store->code_key;
}

Status store_submit(Store *store, Command *command)
{
    return writer_submit(store->writer, command);
}

void store_listen(Store *store, StoreListener *listener, void *arg)
{
    writer_listen(store->writer, listener, arg);
}

StoreStats store_stats(const Store *store)
{
    return writer_stats(store->writer);
}

/* ---- submit and wait --------------------------------------------------- */

typedef struct Waiter {
    CommandSink sink; /* first: a CommandSink * is a Waiter * */
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool done;
} Waiter;

static void wake_waiter(CommandSink *sink, Command *chain UNUSED)
{
    Waiter *waiter = (Waiter *)sink;
    pthread_mutex_lock(&waiter->lock);
    waiter->done = true;
    pthread_cond_signal(&waiter->wake);
    pthread_mutex_unlock(&waiter->lock);
}

Status command_run(CommandTaker *take, void *taker, Command *command)
{
    Waiter waiter = { .sink.finish = wake_waiter,
                      .lock = PTHREAD_MUTEX_INITIALIZER,
                      .wake = PTHREAD_COND_INITIALIZER };
    command->sink = &waiter.sink;
    Status status = take(taker, command);
    if (status)
        return command->status = status;
    pthread_mutex_lock(&waiter.lock);
    while (!waiter.done)
        pthread_cond_wait(&waiter.wake, &waiter.lock);
    pthread_mutex_unlock(&waiter.lock);
    return command->status;
}

static Status take_by_store(void *store, Command *command)
{
    return store_submit(store, command);
}

Status store_run(Store *store, Command *command)
{
    return command_run(take_by_store, store, command);
}

/* ---- another master key ------------------------------------------------ */

typedef struct RekeyCommand {
    Command base;
    const MasterKeyPlace *from; /* NULL: only ends what was begun */
    const MasterKeyPlace *to;
} RekeyCommand;

static Status run_rekey(Command *base, StoreSession *session)
{
    const RekeyCommand *command = (const RekeyCommand *)base;
    SealKey key;
    return command->from ? vault_rekey(session, command->from, command->to, &base->error)
                         : vault_unlock(session, command->to, &key, &base->error);
}

Status store_rekey(Store *store, Str file, Error *err)
{
    MasterKeyPlace to = { .file = str_is_empty(file) ? store->key.file : file };
    RekeyCommand begin = { .base = { .run = run_rekey, .arena = store->arena }, .from = &store->key, .to = &to };
    RekeyCommand end = { .base = { .run = run_rekey, .arena = store->arena }, .to = &to };
    Status status = store_run(store, &begin.base);
    *err = begin.base.error;
    if (status)
        return status;
    status = store_run(store, &end.base);
    *err = end.base.error;
    return status;
}
