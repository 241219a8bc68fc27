#include "store/rows.h"

/* Each count stands twice: for all of the account, and for the campaign. */
#define COUNT_ROWS(values)                                                                                   \
    "INSERT INTO row_block (account_id, list, campaign_id, block, kind, row_count) VALUES " values           \
    " ON CONFLICT (account_id, list, campaign_id, block, kind) "                                             \
    "DO UPDATE SET row_count = row_block.row_count + excluded.row_count"

Status store_block_count(StoreSession *session, const BlockRow *row, int64_t add)
{
    return sql_exec(session->sql, COUNT_ROWS("($1, $2, 0, $3, $4, $5), ($1, $2, $6, $3, $4, $5)"),
                    sql_int(row->account_id), sql_int(row->table), sql_int(row->id / BLOCK_IDS),
                    sql_int(row->kind), sql_int(add), sql_int(row->campaign_id));
}

Status store_block_move(StoreSession *session, const BlockRow *row, int old_kind)
{
    if (row->kind == old_kind)
        return STATUS_OK;
    return sql_exec(session->sql,
                    COUNT_ROWS("($1, $2, 0, $3, $4, -1), ($1, $2, 0, $3, $5, 1), "
                               "($1, $2, $6, $3, $4, -1), ($1, $2, $6, $3, $5, 1)"),
                    sql_int(row->account_id), sql_int(row->table), sql_int(row->id / BLOCK_IDS),
                    sql_int(old_kind), sql_int(row->kind), sql_int(row->campaign_id));
}

#define COUNTS_OF_BLOCKS                                                                                     \
    "SELECT block, sum(row_count) FROM row_block WHERE account_id = $1 AND list = $2 AND campaign_id = $3 "  \
    "AND ($4 >> kind) & 1 = 1 GROUP BY block ORDER BY block "

/* A block of which the page has some rows. */
static void stretch(BlockSpan *span, int64_t first_id, int64_t skip)
{
    if (span->take == 0)
        *span = (BlockSpan){ .first_id = first_id, .end_id = first_id, .skip = skip, .total = span->total };
    span->first_id = i64_min(span->first_id, first_id);
    span->end_id = i64_max(span->end_id, first_id + BLOCK_IDS);
}

Status store_block_span(StoreSession *session, const BlockRange *range, bool ascending, int64_t offset,
                        int64_t limit, BlockSpan *out_span)
{
    SqlRows *rows;
    BlockSpan span = { 0 };
    const SqlValue values[] = { sql_int(range->account_id), sql_int(range->table),
                                sql_int(range->campaign_id), sql_int((int64_t)range->kinds) };
    Status status = sql_query_values(session->sql, ascending ? COUNTS_OF_BLOCKS "ASC" : COUNTS_OF_BLOCKS "DESC",
                                     values, ARRAY_LEN(values), &rows);
    while (sql_next(rows)) {
        int64_t before = span.total, count = sql_column_int(rows, 1);
        span.total += count;
        if (count == 0 || span.total <= offset || before >= offset + limit)
            continue;
        stretch(&span, sql_column_int(rows, 0) * BLOCK_IDS, i64_max(offset - before, 0));
        span.take = i64_min(span.total, offset + limit) - offset;
    }
    *out_span = span;
    Status end = sql_done(rows);
    return status ? status : end;
}
