/* Checkpoints on a thread and a connection of their own, so that their cost stays out of the
 * writer's commits. The WAL is let grow to BUSY_PAGES before its pages move into the database:
 * a large WAL is what keeps the tail of latency short. The writer then finishes what came in
 * meanwhile, which is little, and the log starts anew. Once the database is quiet, what is left
 * moves too. */
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <time.h>

#include "base/alloc.h"
#include "store/sqlite/sqlite_internal.h"

enum {
    BUSY_PAGES = 32 * 1024, /* 128 MiB */
    QUIET_PAGES = 1024,
    CHECK_EVERY_MS = 250,
};

struct SqlKeeper {
    sqlite3 *db;
    Sql *writer;
    int last_pages; /* when last looked */
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool stop;
};

static void look_after(SqlKeeper *keeper)
{
    int pages = sqlite_wal_pages(keeper->writer);
    bool quiet = pages == keeper->last_pages;
    keeper->last_pages = pages;
    if (pages < (quiet ? QUIET_PAGES : BUSY_PAGES))
        return;
    /* PASSIVE never makes the writer wait. */
    if (sqlite3_wal_checkpoint_v2(keeper->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL) == SQLITE_OK)
        sqlite_ask_restart(keeper->writer);
}

static void *keep(void *arg)
{
    SqlKeeper *keeper = arg;
    pthread_mutex_lock(&keeper->lock);
    while (!keeper->stop) {
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        int64_t ns = until.tv_nsec + CHECK_EVERY_MS * INT64_C(1000000);
        until.tv_sec += ns / 1000000000;
        until.tv_nsec = ns % 1000000000;
        pthread_cond_timedwait(&keeper->wake, &keeper->lock, &until);
        pthread_mutex_unlock(&keeper->lock);
        look_after(keeper);
        pthread_mutex_lock(&keeper->lock);
    }
    pthread_mutex_unlock(&keeper->lock);
    return NULL;
}

Status sql_keeper_start(Str path, Sql *writer, SqlKeeper **out_keeper, Error *err)
{
    *out_keeper = NULL;
    SqlKeeper *keeper = mem_alloc(sizeof *keeper);
    if (keeper == NULL)
        return STATUS_NOMEM;
    char name[4096];
    snprintf(name, sizeof name, "%.*s", STR_ARG(path));
    keeper->writer = writer;
    pthread_mutex_init(&keeper->lock, NULL);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&keeper->wake, &attributes);
    pthread_condattr_destroy(&attributes);
    /* A connection that has never read does not know of the WAL, and its checkpoints do nothing. */
    bool started = sqlite3_open_v2(name, &keeper->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) == SQLITE_OK &&
                   sqlite3_exec(keeper->db, "PRAGMA schema_version", NULL, NULL, NULL) == SQLITE_OK &&
                   pthread_create(&keeper->thread, NULL, keep, keeper) == 0;
    if (!started) {
        sqlite3_close(keeper->db);
        mem_free(keeper);
        return error_set(err, STATUS_UNAVAILABLE, NULL, "The checkpointer of %s can't be started.", name);
    }
    *out_keeper = keeper;
    return STATUS_OK;
}

void sql_keeper_stop(SqlKeeper **keeper)
{
    if (*keeper == NULL)
        return;
    pthread_mutex_lock(&(*keeper)->lock);
    (*keeper)->stop = true;
    pthread_cond_signal(&(*keeper)->wake);
    pthread_mutex_unlock(&(*keeper)->lock);
    pthread_join((*keeper)->thread, NULL);
    sqlite3_close((*keeper)->db);
    pthread_cond_destroy(&(*keeper)->wake);
    pthread_mutex_destroy(&(*keeper)->lock);
    mem_free(*keeper);
    *keeper = NULL;
}
