/* Inside the store: what a session carries. Only store/ includes this. */
#ifndef STORE_SESSION_H
#define STORE_SESSION_H

#include "base/seal.h"
#include "store/sql.h"
#include "store/store.h"

typedef struct Counter {
    int64_t account_id;
    const char *name; /* a literal */
    int64_t next;
    bool changed; /* since the last commit */
} Counter;

struct StoreSession {
    Sql *sql;
    bool is_writer;
    int64_t now_us;       /* of the batch under way; 0: none */
    int64_t data_version; /* as last seen */
    SealKey data_key;     /* of secrets: store/vault.h */

    /* The writer's only: */
    Counter *counters;
    size_t counter_count, counter_cap;
    StoreNotes notes; /* of the batch under way; `due` is due_pairs */
    int64_t *due_pairs;
    size_t due_cap; /* pairs */
};

/* The next number of a kind, unique in the account (0: in the database). Numbers of commands that
 * failed are not used again. */
Status session_next_number(StoreSession *session, int64_t account_id, const char *name, int64_t *out_number) MUST_USE;
/* The same, and not below `least`. */
Status session_next_number_from(StoreSession *session, int64_t account_id, const char *name, int64_t least,
                                int64_t *out_number) MUST_USE;
/* Writes the numbers given out; before the commit. */
Status session_save_counters(StoreSession *session) MUST_USE;
/* Forgets them: after a rollback, or when another process has written. */
void session_forget_counters(StoreSession *session);

/* For StoreNotes: this webhook got something to deliver. */
void session_note_due(StoreSession *session, int64_t account_id, int64_t webhook_id);
void session_clear_notes(StoreSession *session);

#endif
