/* The API as an OpenAPI 3.1 document: paths come from the route table, everything else (schemas, errors,
 * webhooks) stands in src/api/spec/openapi.json, by hand. */
#ifndef API_OPENAPI_H
#define API_OPENAPI_H

#include "base/buf.h"
#include "engine/loop.h"

/* Appends the document; `base_url` is where this server is found. */
void openapi_write(Buf *buf, Str base_url);

/* GET /openapi.json: nobody needs a token to read it. */
void api_get_openapi(HttpRequest *request, LoopContext *context);

#endif
