/* GET /docs: a page that shows /openapi.json and lets one try calls, without anything from elsewhere. */
#ifndef API_DOCS_H
#define API_DOCS_H

#include "http/http.h"

/* True when the path is one of the page's and the request has been answered. */
bool api_get_docs(HttpRequest *request);

#endif
