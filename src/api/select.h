/* What of its objects a client wants to see: `fields=id,email` leaves only these members, and
 * `with=user.analytics` adds what is not shown without being asked for (contract 2.0, Q9). */
#ifndef API_SELECT_H
#define API_SELECT_H

#include "api/call.h"

typedef struct Selection {
    ApiCall *call;
    Str names; /* comma-separated; empty: everything */
    Buf object; /* where an object is written before it is thinned out */
    JsonOut json;
} Selection;

Selection selection_of(ApiCall *call);
/* Where to write the next object … */
JsonOut *selection_begin(Selection *selection);
/* … and after it: it goes into the answer, thinned out. Members that are not there are no error. */
void selection_end(Selection *selection);

/* Does `with` of the query string name this? Also among others: with=a,b. */
bool asks_with(const ApiCall *call, const char *what);

#endif
