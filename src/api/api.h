/* The API: one route table, one way through it. */
#ifndef API_API_H
#define API_API_H

#include "api/call.h"
#include "api/rate_limit.h"

/* Answers every request whose path begins with /api/. */
void api_handle(HttpRequest *request, LoopContext *context, RateLimiter *limiter);

/* The table, for tests and documents made from it. */
const ApiRoute *api_routes(size_t *out_count);

#endif
