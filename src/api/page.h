/* Pages of lists (contract 2.0): what of the query string asks for one, and the envelope
 * {data, links, meta} around it. */
#ifndef API_PAGE_H
#define API_PAGE_H

#include "api/call.h"

typedef struct Page {
    int64_t number; /* from 1 on */
    int64_t rows;   /* wanted on it */
} Page;

/* A page or per_page that can't be is the first page, or the default; too many rows are fewer. */
Page page_of(const ApiCall *call);

/* Writes {"data":[ ; then come the items. */
void page_begin(ApiCall *call);
/* Writes ],"links":…,"meta":…} and answers. Links carry everything else of the query string forward. */
void page_end(ApiCall *call, Page page, int64_t total, size_t shown);

#endif
