#include "base/limits.h"
#include "store/rows.h"

static const char *const kind_names[] = { "attribution", "qualification", "reward", "fraud" };
const NameTable decision_kind_names = NAME_TABLE(kind_names);

#define SELECT                                                                                               \
    "SELECT id, kind, user_id, grant_id, conversion_id, rule, outcome, inputs, decided_us FROM decision " \
    "WHERE account_id = $1 AND "

static void read_decision(SqlRows *rows, int64_t account_id, Arena *arena, void *out_item)
{
    *(Decision *)out_item = (Decision){
        .account_id = account_id,
        .id = sql_column_int(rows, 0),
        .kind = (DecisionKind)sql_column_int(rows, 1),
        .user_id = sql_column_int(rows, 2),
        .grant_id = sql_column_int(rows, 3),
        .conversion_id = sql_column_int(rows, 4),
        .rule = sql_column_copy(rows, 5, arena),
        .outcome = sql_column_copy(rows, 6, arena),
        .inputs = sql_column_copy(rows, 7, arena),
        .decided_us = sql_column_int(rows, 8),
    };
}

Status store_decision_insert(StoreSession *session, Decision *decision)
{
    Status status = session_next_number(session, decision->account_id, "decision", &decision->id);
    if (status)
        return status;
    decision->decided_us = store_now_us(session);
    return sql_exec(session->sql,
                    "INSERT INTO decision (account_id, id, kind, user_id, grant_id, conversion_id, rule, outcome, "
                    "inputs, decided_us) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
                    sql_int(decision->account_id), sql_int(decision->id), sql_int(decision->kind),
                    sql_int(decision->user_id), sql_int_opt(decision->grant_id),
                    sql_int_opt(decision->conversion_id), sql_text(decision->rule), sql_text(decision->outcome),
                    sql_text(decision->inputs), sql_int(decision->decided_us));
}

Status store_decision_list_of_user(StoreSession *session, int64_t account_id, int64_t user_id, int64_t after_id,
                                   Arena *arena, DecisionList *out_list)
{
    SqlRows *rows;
    Status status = sql_query(session->sql, SELECT "user_id = $2 AND id > $3 ORDER BY id LIMIT $4", &rows,
                              sql_int(account_id), sql_int(user_id), sql_int(after_id), sql_int(LIMIT_BATCH_ROWS));
    return ROWS_READ_ALL(status, rows, account_id, arena, read_decision, out_list);
}

Status store_decision_list_of_grant(StoreSession *session, int64_t account_id, int64_t grant_id, Arena *arena,
                                    DecisionList *out_list)
{
    SqlRows *rows;
    Status status = sql_query(session->sql, SELECT "grant_id = $2 ORDER BY id LIMIT $3", &rows, sql_int(account_id),
                              sql_int(grant_id), sql_int(LIMIT_LIST_ROWS));
    return ROWS_READ_ALL(status, rows, account_id, arena, read_decision, out_list);
}

Status store_decision_list_of_conversion(StoreSession *session, int64_t account_id, int64_t conversion_id,
                                         Arena *arena, DecisionList *out_list)
{
    SqlRows *rows;
    Status status = sql_query(session->sql, SELECT "conversion_id = $2 ORDER BY id LIMIT $3", &rows,
                              sql_int(account_id), sql_int(conversion_id), sql_int(LIMIT_LIST_ROWS));
    return ROWS_READ_ALL(status, rows, account_id, arena, read_decision, out_list);
}
