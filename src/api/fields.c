#include "api/fields.h"

#include <assert.h>

#include "base/time.h"

enum { MAX_DECIMAL_LEN = 32 };

static void add_error(FieldErrors *errors, const Field *field, const char *text)
{
    if (errors->count < MAX_FIELDS)
        (void)error_set(&errors->items[errors->count++], STATUS_INVALID, field->name, "%s", text);
}

/* `*out_number` from an integer or a string of digits. */
static bool read_number(const JsonValue *json, int64_t *out_number)
{
    if (json_type_of(json) == JSON_TYPE_STRING)
        return str_to_i64(str_trim(json_to_str(json)), out_number);
    *out_number = json_to_int(json);
    return json_type_of(json) == JSON_TYPE_INT;
}

static const char *read_id(const JsonValue *json, FieldValue *value)
{
    return read_number(json, &value->number) && value->number > 0
               ? NULL
               : "This must be the number of something, for example 412.";
}

/* Lines may end and be indented; whether a field takes more than one is its reader's business. */
static bool has_control_character(Str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if ((c < 0x20 && c != '\n' && c != '\r' && c != '\t') || c == 0x7f)
            return true;
    }
    return false;
}

static const char *read_text(const Field *field, const JsonValue *json, Arena *arena, FieldValue *value)
{
    JsonType type = json_type_of(json);
    if (type == JSON_TYPE_STRING)
        value->text = json_to_str(json);
    else if (type == JSON_TYPE_INT && field->type == FIELD_CODE)
        value->text = arena_printf(arena, "%lld", (long long)json_to_int(json));
    else
        return "This must be a text.";
    if (value->text.len > field->max)
        return "This text is too long.";
    return has_control_character(value->text) ? "This text has control characters in it." : NULL;
}

static const char *read_bool(const JsonValue *json, FieldValue *value)
{
    JsonType type = json_type_of(json);
    if (type == JSON_TYPE_BOOL)
        value->number = json_to_bool(json);
    else if (type == JSON_TYPE_INT)
        value->number = json_to_int(json);
    else if (type == JSON_TYPE_STRING && !str_to_i64(json_to_str(json), &value->number))
        value->number = str_is(json_to_str(json), "true") ? 1 : str_is(json_to_str(json), "false") ? 0 : 2;
    else if (type != JSON_TYPE_STRING)
        value->number = 2;
    return value->number == 0 || value->number == 1 ? NULL : "This must be true or false.";
}

static const char *read_int(const Field *field, const JsonValue *json, FieldValue *value)
{
    if (!read_number(json, &value->number) || value->number < 0)
        return "This must be a whole number, 0 or more.";
    return (uint64_t)value->number > field->max ? "This number is too large." : NULL;
}

/* Digits with at most one point between them. */
static bool is_decimal(Str text)
{
    Str whole = STR_NONE, fraction = text;
    bool has_point = str_index(text, '.') >= 0;
    str_cut(&fraction, '.', &whole);
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] != '.' && (text.ptr[i] < '0' || text.ptr[i] > '9'))
            return false;
    return whole.len > 0 && (!has_point || (fraction.len > 0 && str_index(fraction, '.') < 0));
}

static const char *read_decimal(const JsonValue *json, Arena *arena, FieldValue *value)
{
    JsonType type = json_type_of(json);
    if (type == JSON_TYPE_STRING)
        value->text = str_trim(json_to_str(json));
    else if (type == JSON_TYPE_INT || type == JSON_TYPE_REAL)
        value->text = json_number_text(json, arena);
    return value->text.len <= MAX_DECIMAL_LEN && is_decimal(value->text)
               ? NULL
               : "This must be a number such as 25 or 25.50, not negative.";
}

static const char *read_time(const JsonValue *json, FieldValue *value)
{
    return json_type_of(json) == JSON_TYPE_STRING && time_parse(json_to_str(json), &value->number, NULL)
               ? NULL
               : "This must be a date such as 2026-01-14, or a time such as 2026-01-14T09:30:00Z.";
}

static const char *read_value(const Field *field, const JsonValue *json, Arena *arena, FieldValue *value)
{
    switch (field->type) {
    case FIELD_ID:
        return read_id(json, value);
    case FIELD_TEXT:
    case FIELD_CODE:
        return read_text(field, json, arena, value);
    case FIELD_BOOL:
        return read_bool(json, value);
    case FIELD_INT:
        return read_int(field, json, value);
    case FIELD_DECIMAL:
        return read_decimal(json, arena, value);
    case FIELD_TIME:
        return read_time(json, value);
    case FIELD_ARRAY:
        return json_type_of(json) == JSON_TYPE_ARRAY ? NULL : "This must be an array.";
    case FIELD_OBJECT:
        return json_type_of(json) == JSON_TYPE_OBJECT ? NULL : "This must be an object.";
    case FIELD_JSON:
        return NULL;
    }
    return NULL;
}

static bool is_given(const JsonValue *json)
{
    JsonType type = json_type_of(json);
    bool blank = type == JSON_TYPE_STRING && str_is_empty(str_trim(json_to_str(json)));
    return type != JSON_TYPE_NONE && type != JSON_TYPE_NULL && !blank;
}

bool fields_read(const Field *fields, size_t count, const JsonValue *object, Arena *arena, FieldValues *out_values,
                 FieldErrors *out_errors)
{
    assert(count <= MAX_FIELDS);
    *out_values = (FieldValues){ .fields = fields, .count = count };
    *out_errors = (FieldErrors){ 0 };
    for (size_t i = 0; i < count; i++) {
        FieldValue *value = &out_values->items[i];
        value->json = json_get(object, fields[i].name);
        value->given = is_given(value->json);
        const char *wrong = NULL;
        if (value->given)
            wrong = read_value(&fields[i], value->json, arena, value);
        else if (fields[i].required)
            wrong = "This field is needed.";
        if (wrong)
            add_error(out_errors, &fields[i], wrong);
    }
    return out_errors->count == 0;
}

const FieldValue *field_value(const FieldValues *values, const char *name)
{
    for (size_t i = 0; i < values->count; i++)
        if (strcmp(values->fields[i].name, name) == 0)
            return &values->items[i];
    assert(false && "a field that the route's table does not name");
    return NULL;
}
