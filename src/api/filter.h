/* Filters and sorting as clients write them (contract 2.3, U4; Q8, Q9):
 *
 *   filters[0][field]=email&filters[0][value]=lee@example.org&filters[0][operator]=%21=   brackets raw or encoded
 *   campaign_id=412                                                                      v2 only
 *   {"filters": {"operator": "AND", "value": [{"field": …, "operator": …, "value": …}]}} searches
 *   order[signed_up_at]=asc, sort=-signed_up_at
 *
 * What stands in several of these places must all be met. */
#ifndef API_FILTER_H
#define API_FILTER_H

#include "api/call.h"

enum { FILTER_OWN_MAX = 4 };

/* Conditions that the call sets by itself, e.g. that rewards are due. */
typedef struct OwnFilter {
    const char *field, *op;
    const char *value; /* NULL: the operator needs none */
    bool yields; /* to filters of the caller that speak of the field */
} OwnFilter;

/* Fills kind, account, filter and order of a list's query. False when the call has been answered: 422. */
bool list_query_of(ApiCall *call, ListKind kind, const OwnFilter *own, size_t own_count, ListQuery *out_query);

#endif
