#include "base/json_in.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"

static const json_t *inner(const JsonValue *value)
{
    return (const json_t *)value;
}

static const JsonValue *outer(const json_t *value)
{
    return (const JsonValue *)value;
}

/* jansson recurses to a depth of 2048; ours is far lower, so depth is checked before it starts. */
static bool depth_is_fine(Str text)
{
    int depth = 0;
    bool in_string = false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (in_string) {
            if (c == '\\')
                i++;
            else if (c == '"')
                in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '[' || c == '{') {
            if (++depth > LIMIT_JSON_DEPTH)
                return false;
        } else if (c == ']' || c == '}') {
            depth--;
        }
    }
    return true;
}

/* What of it is worth more than a place. */
static Status explain(const json_error_t *why, Error *err)
{
    const char *problem = "The body is not valid JSON";
    if (json_error_code(why) == json_error_duplicate_key)
        problem = "The JSON has an object that names the same member twice";
    else if (json_error_code(why) == json_error_numeric_overflow)
        problem = "The JSON has a number that is too large; whole numbers go up to 9223372036854775807";
    return error_set(err, STATUS_INVALID, NULL, "%s (line %d, column %d).", problem, why->line, why->column);
}

Status json_parse(Str text, JsonDoc *out_doc, Error *err)
{
    *out_doc = (JsonDoc){ NULL };
    if (str_is_empty(str_trim(text)))
        return error_set(err, STATUS_INVALID, NULL, "The body is empty; send a JSON object.");
    if (!depth_is_fine(text))
        return error_set(err, STATUS_INVALID, NULL, "The JSON is nested deeper than %d levels.",
                         LIMIT_JSON_DEPTH);
    json_error_t why;
    json_t *root = json_loadb(text.ptr, text.len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &why);
    if (root == NULL && json_error_code(&why) == json_error_out_of_memory)
        return STATUS_NOMEM;
    if (root == NULL)
        return explain(&why, err);
    out_doc->root = outer(root);
    return STATUS_OK;
}

void json_doc_free(JsonDoc *doc)
{
    json_decref((json_t *)(uintptr_t)doc->root);
    doc->root = NULL;
}

JsonType json_type_of(const JsonValue *value)
{
    if (value == NULL)
        return JSON_TYPE_NONE;
    switch (json_typeof(inner(value))) {
    case JSON_OBJECT:
        return JSON_TYPE_OBJECT;
    case JSON_ARRAY:
        return JSON_TYPE_ARRAY;
    case JSON_STRING:
        return JSON_TYPE_STRING;
    case JSON_INTEGER:
        return JSON_TYPE_INT;
    case JSON_REAL:
        return JSON_TYPE_REAL;
    case JSON_TRUE:
    case JSON_FALSE:
        return JSON_TYPE_BOOL;
    case JSON_NULL:
        return JSON_TYPE_NULL;
    }
    return JSON_TYPE_NONE;
}

const JsonValue *json_get(const JsonValue *object, const char *name)
{
    return outer(json_object_get(inner(object), name));
}

bool json_next_member(const JsonValue *object, void **at, Str *out_name, const JsonValue **out_value)
{
    json_t *mutable = (json_t *)(uintptr_t)object; /* jansson's iterators take no const; nothing is changed */
    *at = *at ? json_object_iter_next(mutable, *at) : json_object_iter(mutable);
    if (*at == NULL)
        return false;
    *out_name = str_of(json_object_iter_key(*at));
    *out_value = outer(json_object_iter_value(*at));
    return true;
}

size_t json_array_len(const JsonValue *array)
{
    return json_array_size(inner(array));
}

const JsonValue *json_array_at(const JsonValue *array, size_t index)
{
    return outer(json_array_get(inner(array), index));
}

Str json_to_str(const JsonValue *string)
{
    return (Str){ json_string_value(inner(string)), json_string_length(inner(string)) };
}

int64_t json_to_int(const JsonValue *integer)
{
    return json_integer_value(inner(integer));
}

Str json_number_text(const JsonValue *number, Arena *arena)
{
    if (json_type_of(number) == JSON_TYPE_INT)
        return arena_printf(arena, "%lld", (long long)json_to_int(number));
    double value = json_real_value(inner(number));
    char text[40];
    int digits = 15; /* every decimal of so many survives a double; 17 tell any two apart */
    do
        snprintf(text, sizeof text, "%.*g", digits, value);
    while (strtod(text, NULL) != value && ++digits <= 17);
    return arena_str(arena, str_of(text));
}

bool json_to_bool(const JsonValue *boolean)
{
    return json_is_true(inner(boolean));
}

static int dump_piece(const char *text, size_t len, void *buf)
{
    buf_append(buf, (Str){ text, len });
    return 0;
}

void json_dump_to(const JsonValue *value, Buf *buf)
{
    if (json_dump_callback(inner(value), dump_piece, buf, JSON_COMPACT | JSON_ENCODE_ANY) != 0)
        buf->failed = true;
}
