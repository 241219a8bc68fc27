/* What a webhook's requests look like: the headers that go along, and what of the body is sent under which
 * names (contract 3.1). Both are kept as lines. */
#include "api/webhooks.h"
#include "domain/shape.h"

/* Stands for a header's value, which may be a password. */
#define MASK "***"

/* ---- reading ----------------------------------------------------------- */

static Str member(const JsonValue *item, const char *name)
{
    const JsonValue *value = json_type_of(item) == JSON_TYPE_OBJECT ? json_get(item, name) : NULL;
    return json_type_of(value) == JSON_TYPE_STRING ? json_to_str(value) : STR_NONE;
}

typedef Status AddItem(Buf *lines, const JsonValue *item, Error *err);

static Status add_header(Buf *lines, const JsonValue *item, Error *err)
{
    Str value = member(item, "value");
    return str_is(value, MASK) ? error_set(err, STATUS_INVALID, "headers",
                                           MASK " only stands for a value in answers: send the value itself.")
                               : shape_add_header(lines, member(item, "name"), value, err);
}

static Status add_field(Buf *lines, const JsonValue *item, Error *err)
{
    return shape_add_field(lines, member(item, "field"), member(item, "as"), err);
}

static bool read_lines(ApiCall *call, const char *field, size_t room, AddItem *add, Str *out_lines)
{
    const FieldValue *value = field_value(&call->values, field);
    size_t count = json_array_len(value->given ? value->json : NULL);
    Buf lines = buf_in_arena(call->request->arena, count ? room : 0);
    Error err = { 0 };
    Status status = STATUS_OK;
    for (size_t i = 0; !status && i < count; i++)
        status = add(&lines, json_array_at(value->json, i), &err);
    if (status == STATUS_INVALID)
        api_fail_field(call, field, err.text);
    else if (status)
        api_fail(call, status, NULL);
    *out_lines = count ? buf_str(&lines) : STR_NONE;
    return !status;
}

static bool read_method(ApiCall *call, WebhookMethod *out_method)
{
    const FieldValue *value = field_value(&call->values, "method");
    int method = WEBHOOK_POST;
    if (value->given && !name_find(webhook_method_names, value->text, &method)) {
        api_fail_field(call, "method", "The method is POST, PUT, PATCH or GET.");
        return false;
    }
    *out_method = (WebhookMethod)method;
    return true;
}

bool webhook_read_shape(ApiCall *call, Webhook *webhook)
{
    return read_method(call, &webhook->method) &&
           read_lines(call, "headers", shape_headers_room(), add_header, &webhook->headers) &&
           read_lines(call, "fields", shape_fields_room(), add_field, &webhook->fields);
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
