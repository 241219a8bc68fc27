/* The SQLite driver of store/sql.h: WAL with synchronous=FULL, prepared statements kept under
 * their text's address. */
#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>

#include "base/alloc.h"
#include "store/sqlite/sqlite_internal.h"

enum {
    STATEMENT_SLOTS = 256, /* a power of two, more than there are statements */
    BUSY_TIMEOUT_MS = 10000,
    RESTART_TIMEOUT_MS = 20, /* readers are short; if one is not, the log is restarted another time */
    WRITER_CACHE_KIB = 128 * 1024, /* filled as the database grows, not at once */
    READER_CACHE_KIB = 2 * 1024,
    MAX_TEXT_LEN = 64 * 1024 * 1024,
};

#define READER_MMAP_LEN "4294967296" /* pages are read in place; costs address space only */

typedef struct Statement {
    const char *text;
    sqlite3_stmt *stmt;
} Statement;

struct SqlRows {
    Sql *sql;
    sqlite3_stmt *stmt;
    int code; /* of the last step */
    bool is_built; /* not kept: finalized at the end */
    bool out_of_memory;
};

struct Sql {
    sqlite3 *db;
    bool is_writer;
    bool checks_plans;
    _Atomic int wal_pages;
    atomic_bool restart_wanted;
    Statement statements[STATEMENT_SLOTS];
    SqlRows rows[4]; /* queries under way: nesting is shallow */
    size_t rows_open;
};

static Status status_of(int code)
{
    switch (code & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return STATUS_OK;
    case SQLITE_CONSTRAINT:
        return STATUS_CONFLICT;
    case SQLITE_NOMEM:
        return STATUS_NOMEM;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PROTOCOL:
        return STATUS_UNAVAILABLE;
    default:
        return STATUS_INTERNAL;
    }
}

/* ---- statements -------------------------------------------------------- */

static sqlite3_stmt *prepared(Sql *sql, const char *text, int *out_code)
{
    size_t slot = ((uintptr_t)text >> 3) * UINT64_C(0x9e3779b97f4a7c15) >> 32;
    for (;; slot++) {
        Statement *entry = &sql->statements[slot % STATEMENT_SLOTS];
        if (entry->text == text)
            return entry->stmt;
        if (entry->text)
            continue;
        *out_code = sqlite3_prepare_v3(sql->db, text, -1, SQLITE_PREPARE_PERSISTENT, &entry->stmt, NULL);
        if (*out_code == SQLITE_OK)
            entry->text = text;
        if (*out_code == SQLITE_OK && sql->checks_plans)
            sqlite_check_plan(sql->db, text, strlen(text));
        return entry->stmt;
    }
}

static int bind_one(sqlite3_stmt *stmt, int at, const SqlValue *value)
{
    switch (value->type) {
    case SQL_INT:
        return sqlite3_bind_int64(stmt, at, value->number);
    case SQL_TEXT:
        return sqlite3_bind_text64(stmt, at, value->bytes.ptr, value->bytes.len, SQLITE_STATIC, SQLITE_UTF8);
    case SQL_BLOB:
        return sqlite3_bind_blob64(stmt, at, value->bytes.ptr, value->bytes.len, SQLITE_STATIC);
    case SQL_NULL:
        break;
    }
    return sqlite3_bind_null(stmt, at);
}

static int bind_all(sqlite3_stmt *stmt, const SqlValue *values, size_t count)
{
    int code = SQLITE_OK;
    for (size_t i = 0; code == SQLITE_OK && i < count; i++)
        code = bind_one(stmt, (int)i + 1, &values[i]);
    return code;
}

static int start(Sql *sql, const char *text, const SqlValue *values, size_t count, sqlite3_stmt **out_stmt)
{
    int code = SQLITE_OK;
    *out_stmt = prepared(sql, text, &code);
    return code == SQLITE_OK ? bind_all(*out_stmt, values, count) : code;
}

static int run_plain(Sql *sql, const char *text)
{
    sqlite3_stmt *stmt;
    int code = start(sql, text, NULL, 0, &stmt);
    if (code == SQLITE_OK) {
        code = sqlite3_step(stmt);
        sqlite3_reset(stmt);
    }
    return code == SQLITE_DONE || code == SQLITE_ROW ? SQLITE_OK : code;
}

Status sql_query_values(Sql *sql, const char *text, const SqlValue *values, size_t count, SqlRows **out_rows)
{
    *out_rows = NULL;
    if (sql->rows_open == ARRAY_LEN(sql->rows))
        return STATUS_INTERNAL;
    sqlite3_stmt *stmt;
    int code = start(sql, text, values, count, &stmt);
    if (code != SQLITE_OK)
        return status_of(code);
    SqlRows *rows = &sql->rows[sql->rows_open++];
    *rows = (SqlRows){ .sql = sql, .stmt = stmt, .code = SQLITE_OK };
    *out_rows = rows;
    return STATUS_OK;
}

Status sql_query_built(Sql *sql, Str text, const SqlValue *values, size_t count, SqlRows **out_rows)
{
    *out_rows = NULL;
    if (sql->rows_open == ARRAY_LEN(sql->rows) || text.len > MAX_TEXT_LEN)
        return STATUS_INTERNAL;
    sqlite3_stmt *stmt;
    int code = sqlite3_prepare_v3(sql->db, text.ptr, (int)text.len, 0, &stmt, NULL);
    if (code == SQLITE_OK)
        code = bind_all(stmt, values, count);
    if (code != SQLITE_OK) {
        sqlite3_finalize(stmt);
        return status_of(code);
    }
    if (sql->checks_plans)
        sqlite_check_plan(sql->db, text.ptr, text.len);
    SqlRows *rows = &sql->rows[sql->rows_open++];
    *rows = (SqlRows){ .sql = sql, .stmt = stmt, .code = SQLITE_OK, .is_built = true };
    *out_rows = rows;
    return STATUS_OK;
}

bool sql_next(SqlRows *rows)
{
    if (rows == NULL || rows->code == SQLITE_DONE)
        return false;
    rows->code = sqlite3_step(rows->stmt);
    return rows->code == SQLITE_ROW;
}

Status sql_done(SqlRows *rows)
{
    if (rows == NULL)
        return STATUS_OK;
    if (rows->is_built)
        sqlite3_finalize(rows->stmt);
    else
        sqlite3_reset(rows->stmt);
    rows->sql->rows_open--;
    return rows->out_of_memory ? STATUS_NOMEM : status_of(rows->code);
}

int64_t sql_column_int(const SqlRows *rows, int column)
{
    return sqlite3_column_int64(rows->stmt, column);
}

Str sql_column_bytes(const SqlRows *rows, int column)
{
    int type = sqlite3_column_type(rows->stmt, column);
    if (type == SQLITE_NULL)
        return STR_NONE;
    const void *bytes = type == SQLITE_BLOB ? sqlite3_column_blob(rows->stmt, column)
                                            : (const void *)sqlite3_column_text(rows->stmt, column);
    return (Str){ bytes ? bytes : "", (size_t)sqlite3_column_bytes(rows->stmt, column) };
}

Str sql_column_copy(SqlRows *rows, int column, Arena *arena)
{
    Str bytes = sql_column_bytes(rows, column);
    if (bytes.ptr == NULL)
        return bytes;
    Str copy = arena_str(arena, bytes);
    rows->out_of_memory = rows->out_of_memory || copy.ptr == NULL;
    return copy;
}

Status sql_exec_values(Sql *sql, const char *text, const SqlValue *values, size_t count)
{
    sqlite3_stmt *stmt;
    int code = start(sql, text, values, count, &stmt);
    if (code == SQLITE_OK) {
        code = sqlite3_step(stmt);
        sqlite3_reset(stmt);
    }
    return status_of(code);
}

int64_t sql_changes(const Sql *sql)
{
    return sqlite3_changes64(sql->db);
}

int64_t sql_total_changes(const Sql *sql)
{
    return sqlite3_total_changes64(sql->db);
}

Status sql_script(Sql *sql, const char *script, Error *err)
{
    int code = sqlite3_exec(sql->db, script, NULL, NULL, NULL);
    return code == SQLITE_OK ? STATUS_OK
                             : error_set(err, status_of(code), NULL, "The database said: %s.", sqlite3_errmsg(sql->db));
}

/* ---- transactions ------------------------------------------------------ */

int sqlite_wal_pages(const Sql *writer)
{
    return atomic_load_explicit(&writer->wal_pages, memory_order_relaxed);
}

void sqlite_ask_restart(Sql *writer)
{
    atomic_store(&writer->restart_wanted, true);
}

static int note_wal_pages(void *arg, sqlite3 *db UNUSED, const char *name UNUSED, int pages)
{
    Sql *sql = arg;
    atomic_store_explicit(&sql->wal_pages, pages, memory_order_relaxed);
    return SQLITE_OK;
}

static void restart_wal(Sql *sql)
{
    int moved = -1, pages = 0;
    sqlite3_busy_timeout(sql->db, RESTART_TIMEOUT_MS);
    if (sqlite3_wal_checkpoint_v2(sql->db, NULL, SQLITE_CHECKPOINT_RESTART, &pages, &moved) == SQLITE_OK)
        atomic_store_explicit(&sql->wal_pages, 0, memory_order_relaxed);
    sqlite3_busy_timeout(sql->db, BUSY_TIMEOUT_MS);
}

Status sql_begin(Sql *sql)
{
    if (atomic_exchange(&sql->restart_wanted, false))
        restart_wal(sql);
    return status_of(run_plain(sql, "BEGIN IMMEDIATE"));
}

Status sql_begin_reading(Sql *sql)
{
    return status_of(run_plain(sql, "BEGIN"));
}

Status sql_commit(Sql *sql)
{
    int code = run_plain(sql, "COMMIT");
    if (code == SQLITE_OK)
        return STATUS_OK;
    sql_rollback(sql);
    /* When the log could not be synced, a crash right now might still find the transaction in it. */
    return (code & 0xff) == SQLITE_IOERR ? STATUS_UNCERTAIN : STATUS_UNAVAILABLE;
}

void sql_rollback(Sql *sql)
{
    if (!sqlite3_get_autocommit(sql->db))
        run_plain(sql, "ROLLBACK");
}

bool sql_in_transaction(const Sql *sql)
{
    return !sqlite3_get_autocommit(sql->db);
}

Status sql_savepoint(Sql *sql)
{
    return status_of(run_plain(sql, "SAVEPOINT command"));
}

Status sql_savepoint_release(Sql *sql)
{
    return status_of(run_plain(sql, "RELEASE command"));
}

void sql_savepoint_rollback(Sql *sql)
{
    run_plain(sql, "ROLLBACK TO command");
    run_plain(sql, "RELEASE command");
}

int64_t sql_data_version(Sql *sql)
{
    sqlite3_stmt *stmt;
    if (start(sql, "PRAGMA data_version", NULL, 0, &stmt) != SQLITE_OK)
        return 0;
    int64_t version = sqlite3_step(stmt) == SQLITE_ROW ? sqlite3_column_int64(stmt, 0) : 0;
    sqlite3_reset(stmt);
    return version;
}

/* ---- room -------------------------------------------------------------- */

Status sql_room(Sql *sql, SqlRoom *out_room)
{
    int64_t page_len = 0;
    *out_room = (SqlRoom){ 0 };
    Status status = sql_query_int_values(sql, "PRAGMA page_size", NULL, 0, &page_len);
    if (!status)
        status = sql_query_int_values(sql, "PRAGMA page_count", NULL, 0, &out_room->pages);
    if (!status)
        status = sql_query_int_values(sql, "PRAGMA freelist_count", NULL, 0, &out_room->free_pages);
    out_room->used_bytes = (out_room->pages - out_room->free_pages) * page_len;
    return status;
}

Status sql_give_back(Sql *sql, int most_pages)
{
    char text[64];
    snprintf(text, sizeof text, "PRAGMA incremental_vacuum(%d)", most_pages);
    return status_of(sqlite3_exec(sql->db, text, NULL, NULL, NULL));
}

/* ---- opening ----------------------------------------------------------- */

static int configure(Sql *sql)
{
    char script[512];
    if (sql->is_writer)
        /* Checkpoints are the keeper's: in the writer's commit they would be its latency's tail. */
        snprintf(script, sizeof script,
                 "PRAGMA auto_vacuum = INCREMENTAL;" /* before the first table: room can be given back */
                 "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0;"
                 "PRAGMA cache_size = -%d; PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF;"
                 "PRAGMA secure_delete = ON", /* what is erased is gone from free space too */
                 WRITER_CACHE_KIB);
    else
        snprintf(script, sizeof script,
                 "PRAGMA query_only = ON; PRAGMA cache_size = -%d; PRAGMA mmap_size = " READER_MMAP_LEN
                 "; PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF",
                 READER_CACHE_KIB);
    sqlite3_busy_timeout(sql->db, BUSY_TIMEOUT_MS);
    sqlite3_limit(sql->db, SQLITE_LIMIT_LENGTH, MAX_TEXT_LEN);
    return sqlite3_exec(sql->db, script, NULL, NULL, NULL);
}

/* Counting every allocation costs a mutex; nobody reads the counts. */
static void configure_library(void)
{
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

Status sql_open(Str path, SqlMode mode, Sql **out_sql, Error *err)
{
    static pthread_once_t configured = PTHREAD_ONCE_INIT;
    pthread_once(&configured, configure_library);
    *out_sql = NULL;
    Sql *sql = mem_alloc(sizeof *sql);
    if (sql == NULL)
        return STATUS_NOMEM;
    char name[4096];
    snprintf(name, sizeof name, "%.*s", STR_ARG(path));
    sql->is_writer = mode == SQL_WRITER;
    sql->checks_plans = sqlite_checks_plans();
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (sql->is_writer ? SQLITE_OPEN_CREATE : 0);
    int code = sqlite3_open_v2(name, &sql->db, flags, NULL);
    if (code == SQLITE_OK)
        code = configure(sql);
    if (code == SQLITE_OK && sql->is_writer)
        sqlite3_wal_hook(sql->db, note_wal_pages, sql);
    if (code != SQLITE_OK) {
        error_set(err, STATUS_UNAVAILABLE, NULL, "The database %s can't be opened: %s.", name,
                  sql->db ? sqlite3_errmsg(sql->db) : "no memory");
        sql_close(&sql);
        return STATUS_UNAVAILABLE;
    }
    *out_sql = sql;
    return STATUS_OK;
}

void sql_close(Sql **sql)
{
    if (*sql == NULL)
        return;
    for (size_t i = 0; i < STATEMENT_SLOTS; i++)
        sqlite3_finalize((*sql)->statements[i].stmt);
    sqlite3_close((*sql)->db);
    mem_free(*sql);
    *sql = NULL;
}
