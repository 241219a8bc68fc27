#include "store/query.h"

#include "base/limits.h"
#include "store/rows.h"
#include "store/query_internal.h"

enum { FEW_ROWS = 1000 }; /* sorted in less than a millisecond */

/* ---- statements -------------------------------------------------------- */

void sql_text_value(SqlText *sql, SqlValue value)
{
    if (sql->count == ARRAY_LEN(sql->values)) { /* filters are limited long before */
        sql->text.failed = true;
        return;
    }
    sql->values[sql->count++] = value;
    buf_printf(&sql->text, "$%zu", sql->count);
}

static void begin(const ListQuery *query, const char *what, Arena *arena, SqlText *sql)
{
    const ListTable *table = &list_tables[query->kind];
    sql->text = buf_in_arena(arena, LIMIT_BODY_LEN);
    sql->count = 0;
    buf_printf(&sql->text, "SELECT %s FROM %s WHERE %s = ", what, table->from, table->account_id);
    sql_text_value(sql, sql_int(query->account_id));
}

static Status append_filter(const ListQuery *query, Arena *arena, SqlText *sql, BlockScope *out_scope, Error *err)
{
    buf_append(&sql->text, STR(" AND "));
    return filter_compile(&list_tables[query->kind], query, arena, sql, out_scope, err);
}

Status list_count_sql(const ListQuery *query, Arena *arena, SqlText *sql, BlockScope *out_scope, Error *err)
{
    begin(query, "count(*)", arena, sql);
    Status status = append_filter(query, arena, sql, out_scope, err);
    return status ? status : sql->text.failed ? STATUS_NOMEM : STATUS_OK;
}

/* The id decides between equals, so that no row is on two pages. */
static void append_order(const ListQuery *query, bool few, SqlText *sql)
{
    const ListTable *table = &list_tables[query->kind];
    const Column *column = list_column(table, query->order);
    const char *direction = query->ascending ? "ASC" : "DESC";
    buf_append(&sql->text, STR(" ORDER BY "));
    if (column && column->order != ORDER_ID)
        buf_printf(&sql->text, "%s %s, ", column->sql, direction);
    /* With a plus it is an expression, which no index has in order. Without it SQLite would rather read
     * all of the account in order than sort the one row that an e-mail finds. */
    buf_printf(&sql->text, "%s%s %s", few ? "+" : "", table->id, direction);
}

static Status append_limit(SqlText *sql, int64_t limit, int64_t offset)
{
    buf_append(&sql->text, STR(" LIMIT "));
    sql_text_value(sql, sql_int(limit));
    buf_append(&sql->text, STR(" OFFSET "));
    sql_text_value(sql, sql_int(offset));
    return sql->text.failed ? STATUS_NOMEM : STATUS_OK;
}

Status list_page_sql(const ListQuery *query, bool few, Arena *arena, SqlText *sql, Error *err)
{
    BlockScope scope;
    begin(query, list_tables[query->kind].id, arena, sql);
    Status status = append_filter(query, arena, sql, &scope, err);
    if (status)
        return status;
    append_order(query, few, sql);
    return append_limit(sql, query->limit, query->offset);
}

static void append_in(const char *column, uint64_t numbers, SqlText *sql)
{
    const char *before = " IN (";
    buf_printf(&sql->text, " AND %s", column);
    for (int number = 0; numbers >> number; number++) {
        if ((numbers >> number & 1) == 0)
            continue;
        buf_printf(&sql->text, "%s%d", before, number);
        before = ", ";
    }
    buf_append_char(&sql->text, ')');
}

/* Conditions only leave out values of either part: so the kinds that are left are each of the one with each of the
 * other, and an index of both columns serves. */
static void append_kinds(const ListBlocks *blocks, RowKinds kinds, SqlText *sql)
{
    uint64_t high = 0, low = 0;
    for (int kind = 0; kinds >> kind; kind++) {
        high |= (kinds >> kind & 1) << kind / blocks->parts;
        low |= (kinds >> kind & 1) << kind % blocks->parts;
    }
    append_in(blocks->high, high, sql);
    if (blocks->low)
        append_in(blocks->low, low, sql);
}

Status list_span_sql(const ListQuery *query, const BlockScope *scope, const BlockSpan *span, Arena *arena, SqlText *sql)
{
    const ListTable *table = &list_tables[query->kind];
    bool by_kind = scope->kinds != table->blocks->all;
    begin(query, table->id, arena, sql);
    if (scope->campaign_id) { /* with a plus its index is not taken */
        buf_printf(&sql->text, " AND %s%s = ", by_kind ? "+" : "", table->campaign_id);
        sql_text_value(sql, sql_int(scope->campaign_id));
    }
    if (by_kind)
        append_kinds(table->blocks, scope->kinds, sql);
    buf_printf(&sql->text, " AND %s BETWEEN ", table->id);
    sql_text_value(sql, sql_int(span->first_id));
    buf_append(&sql->text, STR(" AND "));
    sql_text_value(sql, sql_int(span->end_id - 1));
    append_order(query, by_kind, sql);
    return append_limit(sql, span->take, span->skip);
}

/* ---- running them ------------------------------------------------------ */

static Status read_count(StoreSession *session, const SqlText *sql, int64_t *out_total)
{
    SqlRows *rows;
    Status status = sql_query_built(session->sql, buf_str(&sql->text), sql->values, sql->count, &rows);
    bool found = sql_next(rows);
    if (found)
        *out_total = sql_column_int(rows, 0);
    return rows_done_one(status, rows, found);
}

/* Appends to the page's ids. */
static Status read_ids(StoreSession *session, const SqlText *sql, Arena *arena, IdPage *page)
{
    SqlRows *rows;
    Status status = sql_query_built(session->sql, buf_str(&sql->text), sql->values, sql->count, &rows);
    while (sql_next(rows)) {
        int64_t *id = rows_next_slot(arena, (void **)&page->ids, page->count, sizeof *id);
        if (id == NULL) {
            status = STATUS_NOMEM;
            break;
        }
        *id = sql_column_int(rows, 0);
        page->count++;
    }
    Status end = sql_done(rows);
    return status ? status : end;
}

static bool is_by_id(const ListQuery *query)
{
    const Column *column = list_column(&list_tables[query->kind], query->order);
    return column == NULL || column->order == ORDER_ID;
}

static Status read_blocks(StoreSession *session, const ListQuery *query, const BlockScope *scope, Arena *arena,
                          SqlText *sql, IdPage *page)
{
    BlockSpan span;
    const BlockRange range = { list_tables[query->kind].blocks->table, query->account_id, scope->campaign_id,
                               scope->kinds };
    Status status = store_block_span(session, &range, query->ascending, query->offset, query->limit, &span);
    page->total = span.total;
    if (status || span.take == 0 || !is_by_id(query))
        return status;
    status = list_span_sql(query, scope, &span, arena, sql);
    return status ? status : read_ids(session, sql, arena, page);
}

/* Coupons that are free, if that is what the filter asks for. */
static bool are_free_coupons(const ListQuery *query, const BlockScope *scope)
{
    bool unused_and_not_voided = scope->nulls && (scope->nulls & (scope->nulls - 1));
    return query->kind == LIST_OF_COUPONS && scope->known && scope->kinds && unused_and_not_voided;
}

/* Sorting many rows without an index would keep a loop's other requests waiting. */
static Status check_order(const ListQuery *query, int64_t total, Error *err)
{
    const Column *column = list_column(&list_tables[query->kind], query->order);
    if (column == NULL || column->order != ORDER_ROWS || total <= LIMIT_SORT_ROWS)
        return STATUS_OK;
    return error_set(err, STATUS_INVALID, "order",
                     "These are too many rows to sort by %s. Filter them first, to at most %d.", column->name,
                     LIMIT_SORT_ROWS);
}

Status store_list(StoreSession *session, const ListQuery *query, Arena *arena, IdPage *out_page, Error *err)
{
    *out_page = (IdPage){ 0 };
    BlockScope scope;
    SqlText *sql = ARENA_NEW(arena, SqlText);
    if (sql == NULL)
        return STATUS_NOMEM;
    Status status = list_count_sql(query, arena, sql, &scope, err);
    if (status)
        return status;
    bool by_block = scope.known && list_tables[query->kind].blocks;
    status = by_block ? read_blocks(session, query, &scope, arena, sql, out_page)
             : are_free_coupons(query, &scope)
                 ? store_coupon_free(session, query->account_id, scope.campaign_id, &out_page->total)
                 : read_count(session, sql, &out_page->total);
    bool page_is_read = by_block && is_by_id(query);
    if (status || page_is_read || query->offset >= out_page->total)
        return status;
    status = check_order(query, out_page->total, err);
    if (!status)
        status = list_page_sql(query, out_page->total <= FEW_ROWS, arena, sql, err);
    return status ? status : read_ids(session, sql, arena, out_page);
}
