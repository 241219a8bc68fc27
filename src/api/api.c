#include "api/api.h"

#include "api/handlers.h"
#include "base/limits.h"
#include "base/time.h"
#include "engine/setup.h"
#include "http/route.h"

/* ---- the table --------------------------------------------------------- */

static const ApiRoutes *const families[] = { &n8n_routes, &v2_routes };

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

static ApiCall *call_new(HttpRequest *request, LoopContext *context, const ApiRoute *route)
{
    ApiCall *call = ARENA_NEW(request->arena, ApiCall);
    if (call == NULL) {
        http_reply(request, &(HttpReply){ .status = 503 });
        return NULL;
    }
    *call = (ApiCall){ .request = request,
                       .context = context,
                       .route = route,
                       .out = buf_in_arena(request->arena, LIMIT_RESPONSE_LEN) };
    call->json = json_out(&call->out);
    return call;
}

static Status authenticate(ApiCall *call)
{
    Str header = http_header(call->request, "Authorization");
    Str scheme = { header.ptr, size_min(header.len, 7) };
    Str token = str_trim(str_skip(header, 7));
    if (!str_ieq(scheme, STR("Bearer ")) || str_is_empty(token) || token.len > LIMIT_TOKEN_LEN)
        return STATUS_NOT_FOUND;
    /* Found by its hash: how long the look-up takes tells nothing of the token. */
    uint8_t hash[TOKEN_HASH_LEN];
    token_hash(token, hash);
    return store_token_find(call->context->session, hash, &call->token_id, &call->account_id);
}

static bool read_body(ApiCall *call)
{
    const ApiRoute *route = call->route;
    if (route->fields == NULL)
        return true;
    Error err = { 0 };
    Str type = http_media_type(http_header(call->request, "Content-Type"));
    if (type.ptr && !str_ieq(type, STR("application/json")) && !str_ends(type, STR("+json"))) {
        api_fail_as(call, 415, "Send the body as JSON, with the header Content-Type: application/json.", NULL);
        return false;
    }
    Status status = json_parse(call->request->body, &call->body, &err);
    if (status == STATUS_OK && json_type_of(call->body.root) != JSON_TYPE_OBJECT)
        status = error_set(&err, STATUS_INVALID, NULL, "The body must be a JSON object.");
    if (status == STATUS_INVALID) {
        api_fail_as(call, 400, err.text, NULL);
        return false;
    }
    if (status) {
        api_fail(call, status, &err);
        return false;
    }
    FieldErrors errors;
    bool fits = fields_read(route->fields, route->field_count, call->body.root, call->request->arena, &call->values,
                            &errors);
    if (!fits)
        api_fail_fields(call, &errors);
    return fits;
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
    Buf allow = buf_in_arena(request->arena, 256);
    const ApiRoute *route = find_route(request, &allow);
    ApiCall *call = call_new(request, context, route);
    if (call == NULL)
        return;
    if (route == NULL) {
        answer_no_route(call, buf_str(&allow));
        return;
    }
    Status status = authenticate(call);
    if (status == STATUS_NOT_FOUND) {
        api_fail_as(call, 401, "Unauthenticated. Send a valid API token as a Bearer token.",
                    &(HttpHeader){ "WWW-Authenticate", STR("Bearer") });
        return;
    }
    if (status) {
        api_fail(call, status, NULL);
        return;
    }
    RateVerdict verdict = rate_limiter_take(limiter, call->token_id, time_now_us());
    call->rate_limit = verdict.limit;
    call->rate_left = verdict.left;
    if (!verdict.allowed) {
        Str wait = arena_printf(request->arena, "%lld", (long long)verdict.retry_after_seconds);
        api_fail_as(call, 429,
                    "Too many calls in this minute. Wait as long as Retry-After says; in n8n, switch on Retry On Fail.",
                    &(HttpHeader){ "Retry-After", wait });
        return;
    }
    if (read_body(call))
        route->handle(call);
}
