/* Lists: one way to read all of them, page by page, filtered and sorted.
 *
 * A list names the ids of a page and how many rows there are in all; what stands behind an id is read
 * by the store's own functions. Fields, operators and values of a filter are checked here against one
 * table of columns per list, and compiled to SQL in which values are parameters only.
 *
 * A million users: pages, however deep, and totals come from counts per block of ids when the filter
 * knows of campaign, source, type and qualified only (store/blocks.h). Other filters are counted by their index:
 * e-mail, id, code, referrer at once; the rest reads the account's rows.
 *
 * Part of store/store.h: include that. */
#ifndef STORE_QUERY_H
#define STORE_QUERY_H

#include "store/command.h"
#include "store/filter.h"

typedef enum ListKind {
    LIST_OF_USERS,
    LIST_OF_CAMPAIGNS,
    LIST_OF_REWARDS,
    LIST_OF_GRANTS,
    LIST_OF_COUPONS,
    LIST_OF_SIGNALS,
    LIST_OF_WEBHOOKS,
    LIST_OF_TOKENS,
    LIST_KIND_COUNT,
} ListKind;

typedef struct ListQuery {
    ListKind kind;
    int64_t account_id;
    const CodeKey *code_key; /* codes in filters are ids in disguise */
    const Filter *filter; /* NULL: everything */
    Str order;            /* a field's name; { NULL, 0 }, "id" or an unknown one: by id */
    bool ascending;
    int64_t offset, limit;
} ListQuery;

typedef struct IdPage {
    int64_t *ids;
    size_t count;
    int64_t total;
} IdPage;

/* STATUS_INVALID with the field's name when the filter can't be, or when it leaves more than
 * LIMIT_SORT_ROWS rows to a sort that has no index. */
Status store_list(StoreSession *session, const ListQuery *query, Arena *arena, IdPage *out_page, Error *err) MUST_USE;

/* Can that list be filtered by this field? For plain query parameters: what is no field is none. */
bool store_list_knows(ListKind kind, Str field);

#endif
