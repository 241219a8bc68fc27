#include "api/api.h"

#include "api/handlers.h"
#include "base/limits.h"
#include "base/time.h"
#include "engine/tokens.h"
#include "http/route.h"

/* ---- the table --------------------------------------------------------- */

static const ApiRoutes *const families[] = {
    &n8n_routes,
    &v1_routes,
    &list_routes,
    &reward_list_routes,
    &stats_routes,
    &conversion_routes,
    &grant_routes,
    &reward_routes,
    &v2_routes,
    &campaign_routes,
    &delivery_routes,
    &token_routes,
    &webhook_routes,
    &event_routes,
    &bulk_routes,
    &inbound_routes,
    &review_routes,
    &people_routes, /* last: its users/{id} would take users/qualification and the like */
};

const ApiRoutes *api_routes(size_t family)
{
    return family < ARRAY_LEN(families) ? families[family] : NULL;
}

/* ---- the way through it ------------------------------------------------ */

/* The route; NULL when there is none, with the methods that the path does know in `allow`. */
static const ApiRoute *find_route(HttpRequest *request, Buf *allow)
{
    const ApiRoutes *routes;
    for (size_t family = 0; (routes = api_routes(family)); family++) {
        for (size_t i = 0; i < routes->count; i++) {
            const ApiRoute *route = &routes->items[i];
            if (!http_path_match(request, route->path))
                continue;
            if (route->method == request->method)
                return route;
            if (allow->len)
                buf_append(allow, STR(", "));
            buf_append(allow, str_of(http_method_name(route->method)));
        }
    }
    return NULL;
}

static ApiCall *call_new(HttpRequest *request, LoopContext *context, RateLimiter *limiter, const ApiRoute *route)
{
    ApiCall *call = ARENA_NEW(request->arena, ApiCall);
    if (call == NULL) {
        http_reply(request, &(HttpReply){ .status = 503 });
        return NULL;
    }
    *call = (ApiCall){ .request = request,
                       .context = context,
                       .limiter = limiter,
                       .route = route,
                       .out = buf_in_arena(request->arena, LIMIT_RESPONSE_LEN) };
    call->json = json_out(&call->out);
    return call;
}

/* { NULL, 0 } when there is none that could be one. */
static Str bearer_token(const HttpRequest *request)
{
    Str header = http_header(request, "Authorization");
    Str scheme = { header.ptr, size_min(header.len, 7) };
    return str_ieq(scheme, STR("Bearer ")) ? str_trim(str_skip(header, 7)) : STR_NONE;
}

static Status authenticate(ApiCall *call, bool inbound)
{
    Str token = inbound ? call->request->params[0] : bearer_token(call->request);
    if (str_is_empty(token) || token.len > LIMIT_TOKEN_LEN)
        return STATUS_NOT_FOUND;
    /* Found by its hash: how long the look-up takes tells nothing of the token. */
    uint8_t hash[TOKEN_HASH_LEN];
    token_hash(token, hash);
    Token found;
    Status status = store_token_find(call->context->session, hash, inbound ? TOKEN_INBOUND : TOKEN_API, &found);
    if (status)
        return status;
    call->token_id = found.id;
    call->account_id = found.account_id;
    call->scopes = found.scopes;
    return STATUS_OK;
}

/* False when the call may not go on: then it is answered. */
static bool let_in(ApiCall *call)
{
    bool inbound = call->route->family == API_INBOUND;
    Status status = authenticate(call, inbound);
    if (status == STATUS_NOT_FOUND && inbound)
        api_fail_as(call, 404, "There is no such webhook.", NULL);
    else if (status == STATUS_NOT_FOUND)
        api_fail_as(call, 401, "Unauthenticated. Send a valid API token as a Bearer token.",
                    &(HttpHeader){ "WWW-Authenticate", STR("Bearer") });
    else if (status)
        api_fail(call, status, NULL);
    return !status;
}

static bool take_calls(ApiCall *call, int64_t calls)
{
    RateVerdict verdict = rate_limiter_take(call->limiter, call->token_id, calls, time_now_us());
    call->rate_limit = verdict.limit;
    call->rate_left = verdict.left;
    if (verdict.is_first)
        token_note_use(call->context->engine, call->context->sink, call->account_id, call->token_id);
    if (verdict.allowed)
        return true;
    Str wait = arena_printf(call->request->arena, "%lld", (long long)verdict.retry_after_seconds);
    api_fail_as(call, 429,
                "Too many calls in this minute. Wait as long as Retry-After says; in n8n, switch on Retry On Fail.",
                &(HttpHeader){ "Retry-After", wait });
    return false;
}

bool api_take_calls(ApiCall *call, int64_t more)
{
    return more == 0 || take_calls(call, more);
}

static bool has_scope(ApiCall *call)
{
    if (scope_allows(call->scopes, call->route->scope))
        return true;
    Error err;
    const char *scope = name_of(scope_names, (int)call->route->scope);
    api_fail(call, error_set(&err, STATUS_DENIED, NULL, "This token lacks the scope %s. Use one that has it.", scope),
             &err);
    return false;
}

static void answer_no_route(ApiCall *call, Str allow)
{
    if (allow.len)
        api_fail_as(call, 405, "This path does not know this method.", &(HttpHeader){ "Allow", allow });
    else
        api_fail_as(call, 404, "There is no such path. See the documentation for those there are.", NULL);
}

void api_handle(HttpRequest *request, LoopContext *context, RateLimiter *limiter)
{
    if (request->method == HTTP_OPTIONS) {
        api_answer_preflight(request);
        return;
    }
    Buf allow = buf_in_arena(request->arena, 256);
    const ApiRoute *route = find_route(request, &allow);
    ApiCall *call = call_new(request, context, limiter, route);
    if (call == NULL)
        return;
    if (route == NULL)
        answer_no_route(call, buf_str(&allow));
    else if (let_in(call) && take_calls(call, 1) && has_scope(call) && api_read_key(call) && api_read_input(call))
        route->handle(call);
}
