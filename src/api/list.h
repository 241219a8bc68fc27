/* One way for every list: filter, page, selection, envelope. */
#ifndef API_LIST_H
#define API_LIST_H

#include "api/filter.h"
#include "api/page.h"
#include "api/select.h"

/* Reads what stands behind an id and writes it as one object. STATUS_NOT_FOUND: it has gone since, and
 * is left out. */
typedef Status ListItem(ApiCall *call, int64_t id, JsonOut *json);

/* Answers the call with a page of that list. */
void api_list(ApiCall *call, ListKind kind, const OwnFilter *own, size_t own_count, ListItem *put_item);

/* The body of a search. */
enum { SEARCH_FIELD_COUNT = 1 };
extern const Field search_fields[SEARCH_FIELD_COUNT];
/* What every list's query string knows, besides filters[…][…] and order[…]. */
enum { LIST_QUERY_COUNT = 5 };
extern const Field list_query[LIST_QUERY_COUNT];

#endif
