/* The API: one route table, one way through it. */
#ifndef API_API_H
#define API_API_H

#include "api/call.h"

/* What the loops share: calls per token, keys under way. Freed when no call is unanswered any more. */
typedef struct Api Api;
Api *api_new(int64_t calls_per_minute) MUST_USE; /* 0: no limit */
void api_free(Api **api);

/* Answers every request whose path begins with /api/ or /webhook/. */
void api_handle(Api *api, HttpRequest *request, LoopContext *context);

/* How long the body of a call to this path, with this Authorization, may be: bulk calls with a token that may make
 * them have more, so that nobody else can make the server hold much. */
size_t api_max_body_len(HttpLoop *loop, Str path, Str authorization);

/* The table, part by part; NULL after the last. Tests and documents are made from it. */
const ApiRoutes *api_routes(size_t family);

#endif
