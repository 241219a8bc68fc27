#include "api/page.h"

#include "base/limits.h"
#include "http/route.h"

/* 1 and up, or `otherwise`. */
static int64_t read_number(const ApiCall *call, const char *name, int64_t most, int64_t otherwise)
{
    const HttpRequest *request = call->request;
    Str text = http_form_value(request->arena, request->query, name);
    int64_t number;
    if (text.ptr == NULL || !str_to_i64(str_trim(text), &number) || number < 1)
        return otherwise;
    return i64_min(number, most);
}

Page page_of(const ApiCall *call)
{
    return (Page){ .number = read_number(call, "page", INT32_MAX, 1),
                   .rows = read_number(call, "per_page", LIMIT_PAGE_ROWS, LIMIT_PAGE_ROWS_DEFAULT) };
}

void page_begin(ApiCall *call)
{
    json_begin_object(&call->json);
    json_key(&call->json, "data");
    json_begin_array(&call->json);
}

static Str path_of(const ApiCall *call)
{
    Str path = call->request->path;
    if (str_ends(path, STR("/")))
        path.len--;
    return arena_printf(call->request->arena, "%.*s%.*s", STR_ARG(call->context->engine->base_url), STR_ARG(path));
}

/* As sent, but for the page: who follows links sees the same list. */
static void append_rest_of_query(const ApiCall *call, Buf *url)
{
    Str query = call->request->query, pair;
    while (str_cut(&query, '&', &pair)) {
        if (pair.len == 0 || str_eq(pair, STR("page")) || str_starts(pair, STR("page=")))
            continue;
        buf_append_char(url, '&');
        buf_append(url, pair);
    }
}

/* `number` 0: there is no such page. */
static void put_link(ApiCall *call, const char *name, Str path, int64_t number)
{
    Buf url = buf_in_arena(call->request->arena, LIMIT_REQUEST_LINE_LEN * 2);
    buf_append(&url, path);
    buf_printf(&url, "?page=%lld", (long long)number);
    append_rest_of_query(call, &url);
    json_put_str_opt(&call->json, name, number ? buf_str(&url) : STR_NONE);
}

static void put_links(ApiCall *call, Page page, int64_t last, Str path)
{
    json_key(&call->json, "links");
    json_begin_object(&call->json);
    put_link(call, "first", path, 1);
    put_link(call, "last", path, last);
    put_link(call, "prev", path, page.number - 1);
    put_link(call, "next", path, page.number < last ? page.number + 1 : 0);
    json_end_object(&call->json);
}

static void put_meta(ApiCall *call, Page page, int64_t last, Str path, int64_t total, size_t shown)
{
    JsonOut *json = &call->json;
    int64_t from = shown ? (page.number - 1) * page.rows + 1 : 0;
    json_key(json, "meta");
    json_begin_object(json);
    json_put_int(json, "current_page", page.number);
    json_put_id_opt(json, "from", from);
    json_put_int(json, "last_page", last);
    json_put_str(json, "path", path);
    json_put_int(json, "per_page", page.rows);
    json_put_id_opt(json, "to", shown ? from + (int64_t)shown - 1 : 0);
    json_put_int(json, "total", total);
    json_end_object(json);
}

void page_end(ApiCall *call, Page page, int64_t total, size_t shown)
{
    int64_t last = i64_max(1, (total + page.rows - 1) / page.rows);
    Str path = path_of(call);
    json_end_array(&call->json);
    put_links(call, page, last, path);
    put_meta(call, page, last, path, total, shown);
    json_end_object(&call->json);
    api_reply(call, 200);
}
