#include "store/session.h"

#include "base/alloc.h"
#include "base/time.h"

static Counter *find_counter(StoreSession *session, int64_t account_id, const char *name)
{
    for (size_t i = 0; i < session->counter_count; i++) {
        Counter *counter = &session->counters[i];
        if (counter->account_id == account_id && strcmp(counter->name, name) == 0)
            return counter;
    }
    return NULL;
}

static Counter *add_counter(StoreSession *session)
{
    if (session->counter_count == session->counter_cap) {
        size_t cap = session->counter_cap ? session->counter_cap * 2 : 16;
        Counter *grown = mem_realloc(session->counters, cap * sizeof *grown);
        if (grown == NULL)
            return NULL;
        session->counters = grown;
        session->counter_cap = cap;
    }
    return &session->counters[session->counter_count++];
}

static Status load_counter(StoreSession *session, int64_t account_id, const char *name, Counter **out_counter)
{
    SqlRows *rows;
    int64_t next = 1;
    Status status = sql_query(session->sql, "SELECT next FROM counter WHERE account_id = $1 AND name = $2", &rows,
                              sql_int(account_id), sql_text(str_of(name)));
    if (sql_next(rows))
        next = sql_column_int(rows, 0);
    Status end = sql_done(rows);
    if (status || end)
        return status ? status : end;
    Counter *counter = add_counter(session);
    if (counter == NULL)
        return STATUS_NOMEM;
    *counter = (Counter){ .account_id = account_id, .name = name, .next = next };
    *out_counter = counter;
    return STATUS_OK;
}

Status session_next_number_from(StoreSession *session, int64_t account_id, const char *name, int64_t least,
                                int64_t *out_number)
{
    Counter *counter = find_counter(session, account_id, name);
    if (counter == NULL) {
        Status status = load_counter(session, account_id, name, &counter);
        if (status)
            return status;
    }
    *out_number = i64_max(counter->next, least);
    counter->next = *out_number + 1;
    counter->changed = true;
    return STATUS_OK;
}

Status session_next_number(StoreSession *session, int64_t account_id, const char *name, int64_t *out_number)
{
    return session_next_number_from(session, account_id, name, 1, out_number);
}

/* With many accounts the list would grow without end; what is written can be read again. */
enum { MAX_COUNTERS = 256 };

Status session_save_counters(StoreSession *session)
{
    for (size_t i = 0; i < session->counter_count; i++) {
        Counter *counter = &session->counters[i];
        if (!counter->changed)
            continue;
        Status status = sql_exec(session->sql,
                                 "INSERT INTO counter (account_id, name, next) VALUES ($1, $2, $3) "
                                 "ON CONFLICT (account_id, name) DO UPDATE SET next = excluded.next",
                                 sql_int(counter->account_id), sql_text(str_of(counter->name)),
                                 sql_int(counter->next));
        if (status)
            return status;
        counter->changed = false;
    }
    if (session->counter_count > MAX_COUNTERS)
        session_forget_counters(session);
    return STATUS_OK;
}

void session_forget_counters(StoreSession *session)
{
    session->counter_count = 0;
}

void session_note_due(StoreSession *session, int64_t account_id, int64_t webhook_id)
{
    StoreNotes *notes = &session->notes;
    /* A batch mostly touches the same few webhooks again and again. */
    for (size_t i = 0; i < notes->due_count && i < 8; i++) {
        const int64_t *pair = &session->due_pairs[2 * (notes->due_count - 1 - i)];
        if (pair[0] == account_id && pair[1] == webhook_id)
            return;
    }
    if (notes->due_count == session->due_cap) {
        size_t cap = session->due_cap ? session->due_cap * 2 : 64;
        int64_t *grown = mem_realloc(session->due_pairs, cap * 2 * sizeof *grown);
        if (grown == NULL)
            return; /* the sender looks for itself every few seconds */
        session->due_pairs = grown;
        session->due_cap = cap;
    }
    session->due_pairs[2 * notes->due_count] = account_id;
    session->due_pairs[2 * notes->due_count + 1] = webhook_id;
    notes->due_count++;
    notes->due = session->due_pairs;
}

void session_clear_notes(StoreSession *session)
{
    session->notes = (StoreNotes){ .due = session->due_pairs };
}

int64_t store_now_us(const StoreSession *session)
{
    return session->now_us ? session->now_us : time_now_us();
}

bool store_changed_elsewhere(StoreSession *session)
{
    int64_t version = sql_data_version(session->sql);
    bool changed = version != session->data_version;
    session->data_version = version;
    return changed;
}

Status store_ping(StoreSession *session)
{
    SqlRows *rows;
    Status status = sql_query_values(session->sql, "SELECT 1 FROM setting LIMIT 1", NULL, 0, &rows);
    bool found = sql_next(rows);
    Status end = sql_done(rows);
    return status ? status : end ? end : found ? STATUS_OK : STATUS_UNAVAILABLE;
}
