/* One SQL connection: the seam between the store's statements and a driver.
 *
 * The statements (in store/) are written once, in the subset that SQLite and PostgreSQL share:
 * $1, $2, … as parameters, UPSERT, RETURNING, partial indexes. Parameters must first appear in the
 * order of their numbers: SQLite counts them so. A driver implements this header; sqlite/ is the one
 * there is now.
 *
 * A Sql belongs to one thread at a time. Texts of statements must be literals: their address is
 * the key under which the prepared statement is kept. */
#ifndef STORE_SQL_H
#define STORE_SQL_H

#include "base/arena.h"
#include "base/status.h"

typedef struct Sql Sql;
typedef struct SqlRows SqlRows; /* a query under way */

typedef enum SqlType { SQL_NULL, SQL_INT, SQL_TEXT, SQL_BLOB } SqlType;

typedef struct SqlValue {
    SqlType type;
    int64_t number;
    Str bytes; /* must live until the statement has run */
} SqlValue;

static inline SqlValue sql_int(int64_t value)
{
    return (SqlValue){ .type = SQL_INT, .number = value };
}

/* 0 is NULL: for references and times that may be absent. */
static inline SqlValue sql_int_opt(int64_t value)
{
    return (SqlValue){ .type = value ? SQL_INT : SQL_NULL, .number = value };
}

/* { NULL, 0 } is NULL. */
static inline SqlValue sql_text(Str value)
{
    return (SqlValue){ .type = value.ptr ? SQL_TEXT : SQL_NULL, .bytes = value };
}

static inline SqlValue sql_blob(Str value)
{
    return (SqlValue){ .type = value.ptr ? SQL_BLOB : SQL_NULL, .bytes = value };
}

#define SQL_VALUES(...) (SqlValue[]){ __VA_ARGS__ }, sizeof((SqlValue[]){ __VA_ARGS__ }) / sizeof(SqlValue)

/* Starts a query. Each sql_query needs its sql_done, whatever it gave. */
Status sql_query_values(Sql *sql, const char *text, const SqlValue *values, size_t count,
                        SqlRows **out_rows) MUST_USE;
#define sql_query(sql, text, out_rows, ...) sql_query_values(sql, text, SQL_VALUES(__VA_ARGS__), out_rows)
/* The same for a text that was put together at run time, which is not kept: for lists with filters. */
Status sql_query_built(Sql *sql, Str text, const SqlValue *values, size_t count, SqlRows **out_rows) MUST_USE;
/* The next row; false at the end and on an error. Takes NULL. */
bool sql_next(SqlRows *rows);
/* Ends the query and tells whether it went well. Takes NULL. */
Status sql_done(SqlRows *rows);

/* Columns of the current row, from 0. NULL reads as 0 and { NULL, 0 }. */
int64_t sql_column_int(const SqlRows *rows, int column);
/* Valid until the next sql_next or sql_done. */
Str sql_column_bytes(const SqlRows *rows, int column);
/* A copy in the arena; a missing one for want of memory makes sql_done fail. */
Str sql_column_copy(SqlRows *rows, int column, Arena *arena);

/* A query for one number: the first column of its first row; 0 when that is NULL or there is no row. */
static inline MUST_USE Status sql_query_int_values(Sql *sql, const char *text, const SqlValue *values,
                                                   size_t count, int64_t *out_number)
{
    SqlRows *rows;
    Status status = sql_query_values(sql, text, values, count, &rows);
    *out_number = sql_next(rows) ? sql_column_int(rows, 0) : 0;
    Status end = sql_done(rows);
    return status ? status : end;
}
#define sql_query_int(sql, text, out_number, ...)                                                            \
    sql_query_int_values(sql, text, SQL_VALUES(__VA_ARGS__), out_number)

/* A statement without rows. A broken constraint is STATUS_CONFLICT. */
Status sql_exec_values(Sql *sql, const char *text, const SqlValue *values, size_t count) MUST_USE;
#define sql_exec(sql, text, ...) sql_exec_values(sql, text, SQL_VALUES(__VA_ARGS__))
/* Rows changed by the last sql_exec. */
int64_t sql_changes(const Sql *sql);
/* Rows changed since the connection was opened. */
int64_t sql_total_changes(const Sql *sql);
/* Several statements, one after another, not kept: for migrations. */
Status sql_script(Sql *sql, const char *script, Error *err) MUST_USE;

/* ---- transactions ------------------------------------------------------ */

/* A write transaction; waits for another process's to end, some seconds at most (STATUS_UNAVAILABLE). */
Status sql_begin(Sql *sql) MUST_USE;
/* A read transaction, which ends by sql_rollback: all its queries see the same state. */
Status sql_begin_reading(Sql *sql) MUST_USE;
/* STATUS_UNAVAILABLE: rolled back. STATUS_UNCERTAIN: the outcome is not known. */
Status sql_commit(Sql *sql) MUST_USE;
void sql_rollback(Sql *sql);
Status sql_savepoint(Sql *sql) MUST_USE;
Status sql_savepoint_release(Sql *sql) MUST_USE;
void sql_savepoint_rollback(Sql *sql);

/* False when the database has ended the transaction by itself, as SQLite may on a failed write. */
bool sql_in_transaction(const Sql *sql);

/* Changes whenever another connection has committed since this one looked. */
int64_t sql_data_version(Sql *sql);

/* ---- room -------------------------------------------------------------- */

typedef struct SqlRoom {
    int64_t used_bytes;
    int64_t pages, free_pages; /* of the file; the free ones are in none of those bytes */
} SqlRoom;

Status sql_room(Sql *sql, SqlRoom *out_room) MUST_USE;
/* Makes the file smaller by up to so many free pages, in a write transaction. */
Status sql_give_back(Sql *sql, int most_pages) MUST_USE;

/* ---- driver ------------------------------------------------------------ */

typedef enum SqlMode { SQL_WRITER, SQL_READER } SqlMode;

/* Opens the database named by `path`; a writer creates the file if need be. */
Status sql_open(Str path, SqlMode mode, Sql **out_sql, Error *err) MUST_USE;
/* Sets the pointer to NULL; takes NULL. */
void sql_close(Sql **sql);

/* What the driver does on a thread of its own between commits (SQLite: checkpoints). */
typedef struct SqlKeeper SqlKeeper;
Status sql_keeper_start(Str path, Sql *writer, SqlKeeper **out_keeper, Error *err) MUST_USE;
void sql_keeper_stop(SqlKeeper **keeper);

#endif
