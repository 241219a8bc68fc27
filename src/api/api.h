/* The API: one route table, one way through it. */
#ifndef API_API_H
#define API_API_H

#include "api/call.h"

/* Answers every request whose path begins with /api/ or /webhook/. */
void api_handle(HttpRequest *request, LoopContext *context, RateLimiter *limiter);

/* How long the body of a call to this path may be. */
size_t api_max_body_len(Str path);

/* The table, part by part; NULL after the last. Tests and documents are made from it. */
const ApiRoutes *api_routes(size_t family);

#endif
