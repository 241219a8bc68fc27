/* The store: what the rules need of a database, and the one way to change it.
 *
 * Reads go through a StoreSession, one per thread. Writes are Commands: queued by any thread,
 * run by the writer thread, many in one transaction (group commit), each under a savepoint,
 * answered after the commit. An answered write is on disk.
 *
 *   submit ──▶ queue ──▶ BEGIN · run · run · run · COMMIT ──▶ finish(chain) per sink
 *
 * A failing command is undone alone. Most fail before they write, and then there is nothing to undo:
 * so a batch first runs without savepoints, which cost an eighth of a write, and only when a command
 * fails after it has written is the batch run again with a savepoint around each. When the commit
 * fails, every command of the batch fails with STATUS_UNAVAILABLE, and nothing of it is stored.
 *
 * Every function takes the account: another account's id is simply not found. What must be
 * found without one (a token, a code) has its own small directory table. */
#ifndef STORE_COMMAND_H
#define STORE_COMMAND_H

#include "base/arena.h"
#include "base/status.h"
#include "domain/code.h"

typedef struct Store Store;
typedef struct StoreSession StoreSession;

/* ---- opening ---------------------------------------------------------------- */

/* Where the master key is, which secrets in the database are sealed by. */
typedef struct MasterKeyPlace {
    Str text; /* the key itself, as base64; { NULL, 0 }: it is in a file */
    Str file; /* empty: beside the database, PATH.key. Made if neither it nor the database is there yet */
} MasterKeyPlace;

/* Opens the database, creates it or brings its schema up to date, and starts the writer.
 * A newer schema than this program knows is refused, and so is a master key that isn't the database's
 * (STATUS_DENIED). */
Status store_open_with_key(Str path, MasterKeyPlace key, Store **out_store, Error *err) MUST_USE;
/* With the key beside the database. */
Status store_open(Str path, Store **out_store, Error *err) MUST_USE;
/* Puts a new master key in the place of the one before, in its file or in another one, also while a
 * server uses the database. */
Status store_rekey(Store *store, Str file, Error *err) MUST_USE;
/* Runs what is queued, commits, stops the writer; sets the pointer to NULL; takes NULL. */
void store_close(Store **store);
/* The key of the public codes, made when the database was. */
CodeKey store_code_key(const Store *store);

Status store_session_open(Store *store, StoreSession **out_session, Error *err) MUST_USE;
void store_session_close(StoreSession **session);
/* Between the two a session of one's own sees one state of the database, and many reads are quicker: each need not
 * lock and unlock it. For as long as one answer takes. */
Status store_view_begin(StoreSession *session) MUST_USE;
void store_view_end(StoreSession *session);

/* ---- commands --------------------------------------------------------------- */

typedef struct Command Command;
typedef struct CommandSink CommandSink;

struct Command {
    /* On the writer's thread, inside the transaction. It may touch what the command carries; a
     * Status other than OK undoes its writes. Texts it reads go into `arena`. It may run twice: when
     * some command fails after it has written, its batch is rolled back and run again. */
    Status (*run)(Command *command, StoreSession *session);
    /* For the sink to call where the submitter wants it, with `owner` as the submitter's own. */
    void (*done)(Command *command);
    void *owner;
    CommandSink *sink;
    Arena *arena;
    Status status; /* the outcome, valid in finish and done */
    Error error;
    Command *next; /* the store's while it is queued, the sink's afterwards */
};

/* Where finished commands go. */
struct CommandSink {
    /* On the writer's thread, once per batch with every command of this sink, oldest first,
     * linked by `next`. Must be quick. */
    void (*finish)(CommandSink *sink, Command *chain);
};

/* Takes a command and finishes it later, through its sink; a status other than OK: it was not taken. */
typedef Status CommandTaker(void *taker, Command *command);
/* Has `take` take a command and waits until it is done; gives command->status. For threads that
 * are no loops. */
Status command_run(CommandTaker *take, void *taker, Command *command) MUST_USE;

/* Queues a command. STATUS_BUSY when the queue is full: nothing happened and nothing will. */
Status store_submit(Store *store, Command *command) MUST_USE;
/* Submits and waits, as command_run does (CLI, tests). */
Status store_run(Store *store, Command *command) MUST_USE;

/* Within a command's run: a part that fails is undone alone, and the command can go on. STATUS_UNAVAILABLE: the
 * transaction has ended, and the command must end, too. */
Status store_run_part(StoreSession *session, Status (*part)(void *arg), void *arg) MUST_USE;

/* The time of the batch under way, or now. */
int64_t store_now_us(const StoreSession *session);

/* What a batch touched, told after its commit on the writer's thread. */
typedef struct StoreNotes {
    bool links;              /* a user or campaign changed or went: link caches are stale */
    bool webhooks;           /* subscriptions changed */
    const int64_t *due;      /* webhooks that got deliveries: account, webhook, account, webhook, … */
    size_t due_count;        /* pairs */
    size_t replays;          /* deliveries that are sent again */
} StoreNotes;
typedef void StoreListener(void *arg, const StoreNotes *notes);
enum { STORE_MAX_LISTENERS = 4 };
/* Before the first command. */
void store_listen(Store *store, StoreListener *listener, void *arg);
/* True once after another process has written (its command line works beside a running server). */
bool store_changed_elsewhere(StoreSession *session);

typedef struct StoreStats {
    uint64_t commands, failed_commands, batches;
    uint64_t replays; /* deliveries that were asked for once more */
    uint64_t queued; /* now */
} StoreStats;
StoreStats store_stats(const Store *store);
/* Can it read? For readiness. */
Status store_ping(StoreSession *session) MUST_USE;

#endif
