/* Calls from pages of other origins (CORS, Fetch standard 3.3). */
#include "api/handlers.h"

void api_allow_browsers(HttpReply *reply)
{
    http_reply_header(reply, "Access-Control-Allow-Origin", STR("*"));
    http_reply_header(reply, "Access-Control-Expose-Headers",
                      STR("Idempotent-Replayed, Retry-After, X-RateLimit-Limit, X-RateLimit-Remaining, X-Request-Id"));
}

void api_answer_preflight(HttpRequest *request)
{
    HttpReply reply = { .status = 204 };
    api_allow_browsers(&reply);
    http_reply_header(&reply, "Access-Control-Allow-Methods", STR("GET, POST, PUT, DELETE"));
    http_reply_header(&reply, "Access-Control-Allow-Headers",
                      STR("Authorization, Content-Type, Idempotency-Key, select, with"));
    http_reply_header(&reply, "Access-Control-Max-Age", STR("86400"));
    http_reply(request, &reply);
}
