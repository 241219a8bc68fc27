#include "api/select.h"

#include "base/limits.h"
#include "http/route.h"

static bool is_named(Str names, Str name)
{
    Str part;
    while (str_cut(&names, ',', &part))
        if (str_eq(str_trim(part), name))
            return true;
    return false;
}

bool asks_with(const ApiCall *call, const char *what)
{
    return is_named(http_form_value(call->request->arena, call->request->query, "with"), str_of(what));
}

Selection selection_of(ApiCall *call)
{
    return (Selection){ .call = call,
                        .names = str_trim(http_form_value(call->request->arena, call->request->query, "fields")),
                        .object = buf_in_arena(call->request->arena, LIMIT_BODY_LEN) };
}

JsonOut *selection_begin(Selection *selection)
{
    if (str_is_empty(selection->names))
        return &selection->call->json;
    selection->object.len = 0;
    selection->json = json_out(&selection->object);
    return &selection->json;
}

/* The length of the JSON string at the front, quotes included. The text is our own writer's: well-formed. */
static size_t string_len(Str text)
{
    size_t at = 1;
    while (at < text.len && text.ptr[at] != '"')
        at += text.ptr[at] == '\\' ? 2 : 1;
    return size_min(at + 1, text.len);
}

/* The length of the value at the front: up to the comma or brace that ends it. */
static size_t value_len(Str text)
{
    size_t at = 0;
    for (int depth = 0; at < text.len; at++) {
        char c = text.ptr[at];
        if (depth == 0 && (c == ',' || c == '}'))
            break;
        if (c == '"')
            at += string_len(str_skip(text, at)) - 1;
        depth += (c == '{' || c == '[') - (c == '}' || c == ']');
    }
    return at;
}

static void put_named_members(JsonOut *json, Str object, Str names)
{
    Str rest = str_skip(object, 1);
    while (rest.len > 0 && rest.ptr[0] == '"') {
        size_t key_len = string_len(rest);
        Str key = { rest.ptr + 1, key_len - 2 };
        rest = str_skip(rest, key_len + 1); /* and the colon */
        Str value = { rest.ptr, value_len(rest) };
        rest = str_skip(rest, value.len + 1);
        if (!is_named(names, key))
            continue;
        json_key_str(json, key);
        json_raw(json, value);
    }
}

void selection_end(Selection *selection)
{
    JsonOut *json = &selection->call->json;
    if (str_is_empty(selection->names))
        return;
    json_begin_object(json);
    put_named_members(json, buf_str(&selection->object), selection->names);
    json_end_object(json);
    if (selection->object.failed)
        json->buf->failed = true;
}
