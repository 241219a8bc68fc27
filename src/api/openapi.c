#include "api/openapi.h"

#include <ctype.h>

#include "api/api.h"
#include "api/handlers.h"
#include "api/list.h"
#include "base/asset.h"
#include "base/json_out.h"
#include "base/limits.h"
#include "domain/reward.h"

/* ---- the route table, as one list -------------------------------------- */

typedef struct Cursor {
    size_t family, item;
} Cursor;

static const ApiRoute *next_route(Cursor *cursor)
{
    for (const ApiRoutes *part; (part = api_routes(cursor->family)); cursor->family++, cursor->item = 0)
        if (cursor->item < part->count)
            return &part->items[cursor->item++];
    return NULL;
}

/* Paths that differ in the names of their parameters only are one path. */
static bool is_same_path(const char *a, const char *b)
{
    for (; *a && *a == *b; a++, b++)
        if (*a == '{') {
            a += strcspn(a, "}");
            b += strcspn(b, "}");
        }
    return *a == *b;
}

/* The first route of that path: its names are the document's. */
static const ApiRoute *first_of_path(const char *path)
{
    const ApiRoute *route;
    Cursor cursor = { 0 };
    while ((route = next_route(&cursor)) && !is_same_path(route->path, path))
        ;
    return route;
}

/* ---- schemas ----------------------------------------------------------- */

static void put_ref(JsonOut *json, const char *kind, Str name)
{
    json_begin_object(json);
    json_key(json, "$ref");
    json_raw(json, STR("\"#/components/"));
    buf_append(json->buf, str_of(kind));
    buf_append_char(json->buf, '/');
    buf_append(json->buf, name);
    buf_append_char(json->buf, '"');
    json_end_object(json);
}

static void put_schema_ref(JsonOut *json, const char *name, Str schema)
{
    json_key(json, name);
    put_ref(json, "schemas", schema);
}

/* What is best sent. Numbers as strings and the like are taken too, as the document's introduction says. */
static const char *const types[] = {
    [FIELD_ID] = "integer",   [FIELD_TEXT] = "string",  [FIELD_CODE] = "string",  [FIELD_BOOL] = "boolean",
    [FIELD_INT] = "integer",  [FIELD_DECIMAL] = NULL,   [FIELD_TIME] = "string",  [FIELD_ARRAY] = "array",
    [FIELD_OBJECT] = "object", [FIELD_JSON] = NULL,
};

static void put_bounds(JsonOut *json, const Field *field)
{
    if (field->type == FIELD_TEXT || field->type == FIELD_CODE)
        json_put_int(json, "maxLength", (int64_t)field->max);
    if (field->type == FIELD_ID || field->type == FIELD_INT)
        json_put_int(json, "minimum", field->type == FIELD_ID);
    if (field->type == FIELD_INT)
        json_put_int(json, "maximum", (int64_t)field->max);
}

static void put_field_schema(JsonOut *json, const Field *field)
{
    json_begin_object(json);
    if (types[field->type])
        json_put_str(json, "type", str_of(types[field->type]));
    put_bounds(json, field);
    if (field->type == FIELD_DECIMAL) {
        json_key(json, "type");
        json_raw(json, STR("[\"number\",\"string\"]"));
    }
    if (field->summary)
        json_put_str(json, "description", str_of(field->summary));
    json_end_object(json);
}

/* ---- what is sent ------------------------------------------------------ */

static void begin_parameter(JsonOut *json, Str name, const char *in, bool required)
{
    json_begin_object(json);
    json_put_str(json, "name", name);
    json_put_str(json, "in", str_of(in));
    json_put_bool(json, "required", required);
    json_key(json, "schema");
}

static void put_path_schema(JsonOut *json, Str name)
{
    json_begin_object(json);
    json_put_str(json, "type", str_is(name, "id") ? STR("integer") : STR("string"));
    if (str_is(name, "id"))
        json_put_int(json, "minimum", 1);
    if (str_is(name, "metric")) {
        json_key(json, "enum");
        json_begin_array(json);
        for (size_t i = 0; i < reward_metric_names.count; i++)
            json_str(json, str_of(reward_metric_names.names[i]));
        json_end_array(json);
    }
    json_end_object(json);
}

/* The next {name} of a path. */
static bool next_name(Str *path, Str *out_name)
{
    Str before;
    return str_index(*path, '{') >= 0 && str_cut(path, '{', &before) && str_cut(path, '}', out_name);
}

static void put_path_parameters(JsonOut *json, const ApiRoute *route)
{
    Str path = str_of(first_of_path(route->path)->path), own = str_of(route->path), name, own_name;
    while (next_name(&path, &name) && next_name(&own, &own_name)) {
        begin_parameter(json, name, "path", true);
        put_path_schema(json, own_name);
        json_end_object(json);
    }
}

static bool is_write(const ApiRoute *route)
{
    return str_ends(str_of(name_of(scope_names, (int)route->scope)), STR(":write"));
}

static void put_parameters(JsonOut *json, const ApiRoute *route)
{
    json_key(json, "parameters");
    json_begin_array(json);
    put_path_parameters(json, route);
    for (size_t i = 0; i < route->query_count; i++) {
        begin_parameter(json, str_of(route->query[i].name), "query", route->query[i].required);
        put_field_schema(json, &route->query[i]);
        json_end_object(json);
    }
    if (route->query == list_query) {
        put_ref(json, "parameters", STR("FilterField"));
        put_ref(json, "parameters", STR("FilterOperator"));
        put_ref(json, "parameters", STR("FilterValue"));
    }
    if (is_write(route))
        put_ref(json, "parameters", STR("IdempotencyKey"));
    json_end_array(json);
}

static bool needs_body(const ApiRoute *route)
{
    for (size_t i = 0; i < route->field_count; i++)
        if (route->fields[i].required)
            return true;
    return false;
}

static void put_body_schema(JsonOut *json, const ApiRoute *route)
{
    json_begin_object(json);
    json_put_str(json, "type", STR("object"));
    json_key(json, "properties");
    json_begin_object(json);
    for (size_t i = 0; i < route->field_count; i++) {
        json_key(json, route->fields[i].name);
        put_field_schema(json, &route->fields[i]);
    }
    json_end_object(json);
    if (needs_body(route)) {
        json_key(json, "required");
        json_begin_array(json);
        for (size_t i = 0; i < route->field_count; i++)
            if (route->fields[i].required)
                json_str(json, str_of(route->fields[i].name));
        json_end_array(json);
    }
    json_end_object(json);
}

static void put_body(JsonOut *json, const ApiRoute *route)
{
    static const char *const media[] = { "application/json", "application/x-www-form-urlencoded" };
    if (route->field_count == 0)
        return;
    json_key(json, "requestBody");
    json_begin_object(json);
    json_put_bool(json, "required", needs_body(route));
    json_key(json, "content");
    json_begin_object(json);
    for (size_t i = 0; i < ARRAY_LEN(media); i++) {
        json_key(json, media[i]);
        json_begin_object(json);
        json_key(json, "schema");
        put_body_schema(json, route);
        json_end_object(json);
    }
    json_end_object(json);
    json_end_object(json);
}

/* ---- what comes back --------------------------------------------------- */

/* {"data": [X], "links": …, "meta": …} */
static void put_page_schema(JsonOut *json, Str item)
{
    json_begin_object(json);
    json_put_str(json, "type", STR("object"));
    json_key(json, "required");
    json_raw(json, STR("[\"data\",\"links\",\"meta\"]"));
    json_key(json, "properties");
    json_begin_object(json);
    json_key(json, "data");
    json_begin_object(json);
    json_put_str(json, "type", STR("array"));
    put_schema_ref(json, "items", item);
    json_end_object(json);
    put_schema_ref(json, "links", STR("PageLinks"));
    put_schema_ref(json, "meta", STR("PageMeta"));
    json_end_object(json);
    json_end_object(json);
}

/* {"data": X}; v1 says a message beside it when it has changed something. */
static void put_data_schema(JsonOut *json, Str schema, bool with_message)
{
    json_begin_object(json);
    json_put_str(json, "type", STR("object"));
    json_key(json, "required");
    json_raw(json, with_message ? STR("[\"data\",\"message\"]") : STR("[\"data\"]"));
    json_key(json, "properties");
    json_begin_object(json);
    put_schema_ref(json, "data", schema);
    if (with_message) {
        json_key(json, "message");
        json_raw(json, STR("{\"type\":\"string\"}"));
    }
    json_end_object(json);
    json_end_object(json);
}

/* Answers that are whole by themselves, without an envelope: messages, and what the table calls an answer. */
static bool is_whole(Str answer)
{
    return str_is(answer, "Message") || str_ends(answer, STR("Answer"));
}

static void put_answer_schema(JsonOut *json, const ApiRoute *route)
{
    Str answer = str_of(route->answer);
    if (str_ends(answer, STR("[]")))
        put_page_schema(json, (Str){ answer.ptr, answer.len - 2 });
    else if (is_whole(answer))
        put_ref(json, "schemas", answer);
    else
        put_data_schema(json, answer, route->family == API_V1 && is_write(route));
}

static void put_responses(JsonOut *json, const ApiRoute *route)
{
    Str failure = route->family == API_V2 ? STR("FailureV2") : STR("Failure");
    json_key(json, "responses");
    json_begin_object(json);
    json_key(json, "2XX");
    json_begin_object(json);
    json_put_str(json, "description", STR("Done: 201 when something was made, else 200"));
    json_key(json, "content");
    json_begin_object(json);
    json_key(json, "application/json");
    json_begin_object(json);
    json_key(json, "schema");
    put_answer_schema(json, route);
    json_end_object(json);
    json_end_object(json);
    json_end_object(json);
    json_key(json, "4XX");
    put_ref(json, "responses", failure);
    json_key(json, "5XX");
    put_ref(json, "responses", failure);
    json_end_object(json);
}

/* ---- operations -------------------------------------------------------- */

/* "post_api_v2_users_search": unlike for each route, and a name in any language. */
static void put_operation_id(JsonOut *json, Str method, const char *path)
{
    Buf *buf = json->buf;
    json_key(json, "operationId");
    json_raw(json, STR("\""));
    buf_append(buf, method);
    for (; *path; path++) {
        bool is_word = isalnum((unsigned char)*path);
        if (is_word || (path[1] && !buf->failed && buf->ptr[buf->len - 1] != '_'))
            buf_append_char(buf, is_word ? *path : '_');
    }
    buf_append_char(buf, '"');
}

/* What documents group calls by: of v2 the subject (/api/v2/users/…), else the family. */
static Str tag_of(const ApiRoute *route)
{
    static const char *const families[] = { [API_N8N] = "n8n", [API_V1] = "v1", [API_INBOUND] = "inbound" };
    Str path = str_skip(str_of(route->path), strlen("/api/v2/")), subject;
    if (route->family != API_V2)
        return str_of(families[route->family]);
    (void)str_cut(&path, '/', &subject);
    return subject;
}

/* Inbound tokens stand in the path. */
static void put_security(JsonOut *json, const ApiRoute *route)
{
    json_key(json, "security");
    if (route->family == API_INBOUND) {
        json_raw(json, STR("[]"));
        return;
    }
    json_begin_array(json);
    json_begin_object(json);
    json_key(json, "token");
    json_begin_array(json);
    if (route->scope != SCOPE_ANY)
        json_str(json, str_of(name_of(scope_names, (int)route->scope)));
    json_end_array(json);
    json_end_object(json);
    json_end_array(json);
}

static const char *method_key(HttpMethod method)
{
    switch (method) {
    case HTTP_POST:
        return "post";
    case HTTP_PUT:
        return "put";
    case HTTP_DELETE:
        return "delete";
    default:
        return "get";
    }
}

static void put_operation(JsonOut *json, const ApiRoute *route)
{
    const char *method = method_key(route->method);
    json_key(json, method);
    json_begin_object(json);
    put_operation_id(json, str_of(method), route->path);
    json_put_str(json, "summary", str_of(route->summary));
    json_key(json, "tags");
    json_begin_array(json);
    json_str(json, tag_of(route));
    json_end_array(json);
    put_security(json, route);
    put_parameters(json, route);
    put_body(json, route);
    put_responses(json, route);
    json_end_object(json);
}

static void put_paths(JsonOut *json)
{
    const ApiRoute *first, *route;
    json_begin_object(json);
    for (Cursor paths = { 0 }; (first = next_route(&paths));) {
        if (first_of_path(first->path) != first)
            continue;
        json_key(json, first->path);
        json_begin_object(json);
        for (Cursor routes = { 0 }; (route = next_route(&routes));)
            if (is_same_path(route->path, first->path))
                put_operation(json, route);
        json_end_object(json);
    }
    json_end_object(json);
}

/* ---- the document ------------------------------------------------------ */

void openapi_write(Buf *buf, Str base_url)
{
    Str by_hand = str_trim(asset_find("api/spec/openapi.json"));
    JsonOut json = json_out(buf);
    buf_append(buf, (Str){ by_hand.ptr, by_hand.len - 1 }); /* all but its closing brace */
    json.needs_comma = true;
    json_key(&json, "servers");
    json_begin_array(&json);
    json_begin_object(&json);
    json_put_str(&json, "url", base_url);
    json_end_object(&json);
    json_end_array(&json);
    json_key(&json, "paths");
    put_paths(&json);
    json_end_object(&json);
}

void api_get_openapi(HttpRequest *request, LoopContext *context)
{
    Buf buf = buf_in_arena(request->arena, LIMIT_RESPONSE_LEN);
    openapi_write(&buf, context->engine->base_url);
    HttpReply reply = { .status = 503 };
    if (!buf.failed)
        reply = (HttpReply){ .status = 200, .content_type = "application/json", .body = buf_str(&buf) };
    api_allow_browsers(&reply);
    http_reply_header(&reply, "Cache-Control", STR("no-cache"));
    http_reply_header(&reply, "X-Content-Type-Options", STR("nosniff"));
    http_reply(request, &reply);
}
