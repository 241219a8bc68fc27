#include "api/api.h"

#include "api/handlers.h"
#include "base/alloc.h"
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
    &domain_routes,
    &account_routes,
    &conversion_routes,
    &grant_routes,
    &reward_routes,
    &v2_routes,
    &campaign_routes,
    &delivery_routes,
    &replay_routes,
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

/* ---- what loops share ---------------------------------------------------- */

struct Api {
    RateLimiter *limiter;
    KeysUnderWay *keys;
};

Api *api_new(int64_t calls_per_minute)
{
    Api *api = mem_alloc(sizeof *api);
    if (api == NULL)
        return NULL;
    api->limiter = rate_limiter_new(calls_per_minute);
    api->keys = keys_under_way_new();
    if (api->limiter == NULL || api->keys == NULL)
        api_free(&api);
    return api;
}

void api_free(Api **api)
{
    if (*api == NULL)
        return;
    rate_limiter_free(&(*api)->limiter);
    keys_under_way_free(&(*api)->keys);
    mem_free(*api);
    *api = NULL;
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

static ApiCall *call_new(Api *api, HttpRequest *request, LoopContext *context, const ApiRoute *route)
{
    ApiCall *call = ARENA_NEW(request->arena, ApiCall);
    if (call == NULL) {
        http_reply(request, &(HttpReply){ .status = 503 });
        return NULL;
    }
    *call = (ApiCall){ .api = api,
                       .request = request,
                       .context = context,
                       .route = route,
                       .out = buf_in_arena(request->arena, LIMIT_RESPONSE_LEN) };
    call->json = json_out(&call->out);
    return call;
}

/* { NULL, 0 } when there is none that could be one. */
static Str bearer_token(Str authorization)
{
    Str scheme = { authorization.ptr, size_min(authorization.len, 7) };
    return str_ieq(scheme, STR("Bearer ")) ? str_trim(str_skip(authorization, 7)) : STR_NONE;
}

static Status find_token(StoreSession *session, Str token, TokenKind kind, Token *out_token)
{
    if (str_is_empty(token) || token.len > LIMIT_TOKEN_LEN)
        return STATUS_NOT_FOUND;
    /* Found by its hash: how long the look-up takes tells nothing of the token. */
    uint8_t hash[TOKEN_HASH_LEN];
    token_hash(token, hash);
    return store_token_find(session, hash, kind, out_token);
}

static Status authenticate(ApiCall *call, bool inbound)
{
    Str token = inbound ? call->request->params[0] : bearer_token(http_header(call->request, "Authorization"));
    Token found;
    Status status = find_token(call->context->session, token, inbound ? TOKEN_INBOUND : TOKEN_API, &found);
    if (status)
        return status;
    call->token_id = found.id;
    call->account_id = found.account_id;
    call->scopes = found.scopes;
    return STATUS_OK;
}

size_t api_max_body_len(HttpLoop *loop, Str path, Str authorization)
{
    const LoopContext *context = http_loop_state(loop);
    if (str_ends(path, STR("/")))
        path.len--;
    for (size_t i = 0; i < bulk_routes.count; i++) {
        Token token;
        if (str_is(path, bulk_routes.items[i].path) &&
            find_token(context->session, bearer_token(authorization), TOKEN_API, &token) == STATUS_OK &&
            scope_allows(token.scopes, bulk_routes.items[i].scope))
            return LIMIT_BULK_BODY_LEN;
    }
    return LIMIT_BODY_LEN;
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
    RateVerdict verdict = rate_limiter_take(call->api->limiter, call->token_id, calls, time_now_us());
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

/* Only one call with a key at a time: the second can't know yet what the first's answer will be. */
static bool take_key(ApiCall *call)
{
    if (call->key.ptr == NULL || keys_under_way_add(call->api->keys, &call->under_way))
        return true;
    api_fail_as(call, 409, "A call with this Idempotency-Key is under way. Send yours again in a moment.",
                &(HttpHeader){ "Retry-After", STR("1") });
    return false;
}

void api_release_key(ApiCall *call)
{
    if (call->key.ptr)
        keys_under_way_remove(call->api->keys, &call->under_way);
}

static void answer_no_route(ApiCall *call, Str allow)
{
    if (allow.len)
        api_fail_as(call, 405, "This path does not know this method.", &(HttpHeader){ "Allow", allow });
    else
        api_fail_as(call, 404, "There is no such path. See the documentation for those there are.", NULL);
}

void api_handle(Api *api, HttpRequest *request, LoopContext *context)
{
    if (request->method == HTTP_OPTIONS) {
        api_answer_preflight(request);
        return;
    }
    Buf allow = buf_in_arena(request->arena, 256);
    const ApiRoute *route = find_route(request, &allow);
    ApiCall *call = call_new(api, request, context, route);
    if (call == NULL)
        return;
    if (route == NULL)
        answer_no_route(call, buf_str(&allow));
    else if (let_in(call) && take_calls(call, 1) && has_scope(call) && api_read_key(call) && take_key(call) &&
             api_read_input(call))
        route->handle(call);
}
