/* Inside the store's lists: columns, and filters on their way to SQL. Only store/ includes this. */
#ifndef STORE_QUERY_INTERNAL_H
#define STORE_QUERY_INTERNAL_H

#include "base/buf.h"
#include "base/limits.h"
#include "store/session.h"

typedef enum ColumnType {
    COLUMN_INT,
    COLUMN_BOOL,
    COLUMN_TEXT,
    COLUMN_EMAIL, /* compared by its key */
    COLUMN_TIME,  /* a date in a filter is the whole day */
    COLUMN_NAME,  /* a number with names */
    COLUMN_USER_CODE, /* an id behind a code or the URL that ends with it */
    COLUMN_CAMPAIGN_CODE,
} ColumnType;

typedef enum ColumnOrder {
    ORDER_ROWS,  /* sorting reads every row */
    ORDER_INDEX, /* an index has them sorted */
    ORDER_ID,    /* the order of the ids, which are given out in time's order */
} ColumnOrder;

/* What a condition on a column means for the counts of blocks. */
typedef enum ColumnCount {
    COUNT_NO,
    COUNT_CAMPAIGN,
    COUNT_FREE,
    COUNT_SOURCE, /* the kinds of users, from here on … */
    COUNT_TYPE,
    COUNT_QUALIFIED,
    COUNT_STATE, /* … and of grants */
    COUNT_METRIC,
} ColumnCount;

typedef struct Column {
    const char *name; /* as the API has it */
    ColumnType type;
    const char *sql;
    const NameTable *names;
    ColumnOrder order;
    ColumnCount count;
} Column;

/* How a list's rows are counted by block, and found by their kind. */
typedef struct ListBlocks {
    BlockTable table;
    RowKinds all;
    /* The columns of the index by kind: the kind divided by `parts`, and what then is left. NULL: nothing is. */
    const char *high, *low;
    int parts;
} ListBlocks;

typedef struct ListTable {
    const char *from; /* table and alias */
    const char *id, *account_id, *campaign_id;
    const Column *columns;
    size_t column_count;
    const ListBlocks *blocks; /* NULL: its rows are not counted by block */
} ListTable;

extern const ListTable list_tables[LIST_KIND_COUNT];

/* NULL when the list has no such field. */
const Column *list_column(const ListTable *table, Str name);

/* Statement and parameters on their way; $1 is the account. */
typedef struct SqlText {
    Buf text;
    SqlValue values[1 + LIMIT_FILTER_VALUES * 2 + 4]; /* a time in a filter needs two; range, limit, offset */
    size_t count;
} SqlText;

/* Which rows a filter lets through, if counts by block can tell; which coupons, if there is a count of those
 * that are free. */
typedef struct BlockScope {
    bool known;
    int64_t campaign_id; /* 0: of any */
    RowKinds kinds;
    uint32_t nulls; /* columns of COUNT_FREE that have to be NULL, a bit each */
} BlockScope;

/* Appends a parameter and its place in the text ("$7"). */
void sql_text_value(SqlText *sql, SqlValue value);

/* Appends the condition of `filter`, or "1 = 1". STATUS_INVALID with a field when it can't be. */
Status filter_compile(const ListTable *table, const ListQuery *query, Arena *arena, SqlText *sql,
                      BlockScope *out_scope, Error *err) MUST_USE;

/* "SELECT u.id FROM users u WHERE u.account_id = $1 AND (…)" with an order, for the pages, and the count
 * of them. To be read by a test too: which index do they use? `few`: the filter lets few through, so that its index
 * is better than the order's. */
Status list_page_sql(const ListQuery *query, bool few, Arena *arena, SqlText *sql, Error *err) MUST_USE;
/* A page by id, for a filter that `scope` knows all of. */
Status list_span_sql(const ListQuery *query, const BlockScope *scope, const BlockSpan *span, Arena *arena,
                     SqlText *sql) MUST_USE;
Status list_count_sql(const ListQuery *query, Arena *arena, SqlText *sql, BlockScope *out_scope,
                      Error *err) MUST_USE;

#endif
