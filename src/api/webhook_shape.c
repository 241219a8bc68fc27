/* What a webhook's requests look like: the headers that go along, and what of the body is sent under which
 * names (contract 3.1). Both are kept as lines. */
#include "api/webhooks.h"
#include "base/limits.h"
#include "domain/header.h"

/* Stands for a header's value, which may be a password. */
#define MASK "***"

/* ---- reading ----------------------------------------------------------- */

static Str member(const JsonValue *item, const char *name)
{
    const JsonValue *value = json_type_of(item) == JSON_TYPE_OBJECT ? json_get(item, name) : NULL;
    return json_type_of(value) == JSON_TYPE_STRING ? json_to_str(value) : STR_NONE;
}

/* Is there a line that begins (ends) with `text` and the separator? Header names differ in more than case. */
static bool has_line(Str lines, Str text, char separator, bool at_end)
{
    Str line, head;
    while (str_cut(&lines, '\n', &line)) {
        str_cut(&line, separator, &head);
        if (at_end ? str_eq(line, text) : str_ieq(head, text))
            return true;
    }
    return false;
}

static bool add_header(ApiCall *call, const JsonValue *item, Buf *lines)
{
    Error err = { 0 };
    Str name = member(item, "name"), value = member(item, "value");
    if (str_is(value, MASK))
        (void)error_set(&err, STATUS_INVALID, "headers", MASK " only stands for a value in answers: send the value itself.");
    else if (header_check(name, value, &err) == STATUS_OK && has_line(buf_str(lines), name, ':', false))
        (void)error_set(&err, STATUS_INVALID, "headers", "The header %.*s is there twice.", STR_ARG(name));
    if (err.text[0]) {
        api_fail_field(call, "headers", err.text);
        return false;
    }
    buf_printf(lines, "%s%.*s: %.*s", lines->len ? "\n" : "", STR_ARG(name), STR_ARG(value));
    return true;
}

static bool is_path(Str path)
{
    for (size_t i = 0; i < path.len; i++)
        if (!((path.ptr[i] >= 'a' && path.ptr[i] <= 'z') || path.ptr[i] == '_' || path.ptr[i] == '.'))
            return false;
    return path.len > 0 && path.len <= LIMIT_WEBHOOK_FIELD_LEN;
}

static bool add_field(ApiCall *call, const JsonValue *item, Buf *lines)
{
    Str path = member(item, "field"), as = member(item, "as");
    as = as.ptr ? as : path;
    const char *why = NULL;
    if (!is_path(path))
        why = "Each field needs the name of a member of the body, such as email or referrer.email.";
    else if (as.len == 0 || as.len > LIMIT_WEBHOOK_FIELD_LEN || str_has_control(as))
        why = "A field's new name has 1 to 100 bytes and no control characters.";
    else if (has_line(buf_str(lines), as, '=', true))
        why = "Two fields have the same new name.";
    if (why) {
        api_fail_field(call, "fields", why);
        return false;
    }
    buf_printf(lines, "%s%.*s=%.*s", lines->len ? "\n" : "", STR_ARG(path), STR_ARG(as));
    return true;
}

static bool read_lines(ApiCall *call, const FieldValue *value, size_t most, size_t line_len,
                       bool (*add)(ApiCall *call, const JsonValue *item, Buf *lines), Str *out_lines)
{
    size_t count = json_array_len(value->given ? value->json : NULL);
    *out_lines = STR_NONE;
    if (count > most) {
        api_fail_field(call, add == add_header ? "headers" : "fields",
                       add == add_header ? "At most 10 headers can be set." : "At most 50 fields can be picked.");
        return false;
    }
    Buf lines = buf_in_arena(call->request->arena, count * line_len);
    for (size_t i = 0; i < count; i++)
        if (!add(call, json_array_at(value->json, i), &lines))
            return false;
    if (lines.failed)
        api_fail(call, STATUS_NOMEM, NULL);
    else if (count)
        *out_lines = buf_str(&lines);
    return !lines.failed;
}

bool webhook_read_headers(ApiCall *call, const FieldValue *value, Str *out_lines)
{
    return read_lines(call, value, LIMIT_WEBHOOK_HEADERS, LIMIT_HEADER_NAME_LEN + LIMIT_HEADER_VALUE_LEN + 3,
                      add_header, out_lines);
}

bool webhook_read_fields(ApiCall *call, const FieldValue *value, Str *out_lines)
{
    return read_lines(call, value, LIMIT_WEBHOOK_FIELDS, 2 * LIMIT_WEBHOOK_FIELD_LEN + 2, add_field, out_lines);
}

/* ---- writing ----------------------------------------------------------- */

static void put_lines(JsonOut *json, const char *name, Str lines, char separator, const char *key, const char *value)
{
    Str line, head;
    json_key(json, name);
    json_begin_array(json);
    while (str_cut(&lines, '\n', &line)) {
        str_cut(&line, separator, &head);
        json_begin_object(json);
        json_put_str(json, key, head);
        json_put_str(json, value, separator == ':' ? STR(MASK) : line);
        json_end_object(json);
    }
    json_end_array(json);
}

void webhook_put_shape(JsonOut *json, const Webhook *webhook)
{
    json_put_str(json, "method", str_of(name_of(webhook_method_names, (int)webhook->method)));
    put_lines(json, "headers", webhook->headers, ':', "name", "value");
    put_lines(json, "fields", webhook->fields, '=', "field", "as");
}
