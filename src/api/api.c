#include "api/api.h"

#include "api/handlers.h"
#include "base/limits.h"
#include "base/time.h"
#include "engine/setup.h"
#include "http/route.h"

/* ---- the table --------------------------------------------------------- */

#define FIELDS(array) (array), ARRAY_LEN(array)
#define NO_FIELDS NULL, 0

static const Field webhook_fields[] = {
    { "url", FIELD_TEXT, true, LIMIT_URL_LEN, "Where events are sent" },
    { "event", FIELD_TEXT, true, 40, "user.join, user.qualified or reward_issued" },
    { "campaign_id", FIELD_ID, false, 0, "Only events of this campaign" },
    { "sources", FIELD_ARRAY, false, 0, "user.join: only users of these sources" },
    { "reward_id", FIELD_ID, false, 0, "reward_issued: only this reward" },
    { "expects_ack", FIELD_BOOL, false, 0, "Only an answer with \"received\": true counts as delivered" },
};

static const Field bind_fields[] = {
    { "url", FIELD_TEXT, true, LIMIT_URL_LEN, "Where events are sent" },
    { "event", FIELD_TEXT, false, 40, "reward_issued" },
    { "reward_id", FIELD_ID, false, 0, "The same as in the path" },
    { "expects_ack", FIELD_BOOL, false, 0, "Only an answer with \"received\": true counts as delivered" },
};

static const Field user_fields[] = {
    { "campaign_id", FIELD_ID, true, 0, "The campaign to join" },
    { "first_name", FIELD_TEXT, true, LIMIT_NAME_CHARS * 4, "First name" },
    { "email", FIELD_TEXT, true, LIMIT_EMAIL_LEN, "E-mail address" },
    { "last_name", FIELD_TEXT, false, LIMIT_NAME_CHARS * 4, "Last name; kept as the extra field Last Name" },
    { "referrer", FIELD_OBJECT, false, 0, "{field: id|code|email, value}: makes the user a person invited" },
    { "meta", FIELD_ARRAY, false, 0, "Extra fields: [{field, value}]" },
    { "notify", FIELD_BOOL, false, 0, "Send the welcome notification" },
    { "promotion", FIELD_BOOL, false, 0, "Also make a promotion code" },
};

static const Field qualify_fields[] = {
    { "code", FIELD_CODE, false, CODE_LEN * 4, "The user's referral code" },
    { "coupon", FIELD_CODE, false, LIMIT_COUPON_LEN, "A redeemed coupon that was handed to a lead" },
    { "campaign_id", FIELD_ID, false, 0, "With email: the campaign" },
    { "email", FIELD_TEXT, false, LIMIT_EMAIL_LEN, "With campaign_id: the user's e-mail address" },
};

static const ApiRoute routes[] = {
    { HTTP_GET, "/api/n8n/test", API_N8N, n8n_test, NO_FIELDS, "Test the token" },
    { HTTP_GET, "/api/n8n/campaigns", API_N8N, n8n_campaigns, NO_FIELDS, "List campaigns" },
    { HTTP_GET, "/api/n8n/user-sources", API_N8N, n8n_sources, NO_FIELDS, "List user sources" },
    { HTTP_GET, "/api/n8n/rewards", API_N8N, n8n_rewards, NO_FIELDS, "List rewards issued by n8n" },
    { HTTP_POST, "/api/n8n/webhooks", API_N8N, n8n_subscribe, FIELDS(webhook_fields), "Register a webhook" },
    { HTTP_GET, "/api/n8n/webhooks/{id}", API_N8N, n8n_webhook, NO_FIELDS, "Get a webhook" },
    { HTTP_DELETE, "/api/n8n/webhooks/{id}", API_N8N, n8n_unsubscribe, NO_FIELDS, "Remove a webhook" },
    { HTTP_PUT, "/api/n8n/rewards/{id}", API_N8N, n8n_bind_reward, FIELDS(bind_fields), "Bind a URL to a reward" },
    { HTTP_DELETE, "/api/n8n/rewards/{id}", API_N8N, n8n_unbind_reward, NO_FIELDS, "Unbind a URL from a reward" },
    { HTTP_POST, "/api/n8n/users", API_N8N, n8n_add_user, FIELDS(user_fields), "Add a user" },
    { HTTP_POST, "/api/n8n/users/qualify", API_N8N, n8n_qualify_user, FIELDS(qualify_fields), "Qualify a user" },
    { HTTP_POST, "/api/v2/users", API_V2, v2_add_user, FIELDS(user_fields), "Add a user" },
    { HTTP_GET, "/api/v2/users/{identifier}", API_V2, v2_user, NO_FIELDS, "Get a user by id, code or e-mail" },
    { HTTP_POST, "/api/v2/rewards/issue/{id}", API_V2, v2_issue_reward, NO_FIELDS, "Issue a due reward" },
};

const ApiRoute *api_routes(size_t *out_count)
{
    *out_count = ARRAY_LEN(routes);
    return routes;
}

/* ---- the way through it ------------------------------------------------ */

/* The route; NULL when there is none, with the methods that the path does know in `allow`. */
static const ApiRoute *find_route(HttpRequest *request, Buf *allow)
{
    for (size_t i = 0; i < ARRAY_LEN(routes); i++) {
        if (!http_path_match(request, routes[i].path))
            continue;
        if (routes[i].method == request->method)
            return &routes[i];
        if (allow->len)
            buf_append(allow, STR(", "));
        buf_append(allow, str_of(http_method_name(routes[i].method)));
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
