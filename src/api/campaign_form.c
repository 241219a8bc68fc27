#include "api/campaign_body.h"
#include "base/limits.h"
#include "domain/text.h"
#include "engine/form.h"

static const char *const sides[] = { "person_referring", "person_invited" };

static const Field entry_fields[] = {
    { "id", FIELD_CODE, true, LIMIT_NAME_CHARS, "Its name for programs" },
    { "type", FIELD_TEXT, true, 10, "input or select" },
    { "label", FIELD_TEXT, true, LIMIT_TITLE_CHARS * 4, "Its name for people" },
    { "value", FIELD_TEXT, false, LIMIT_TEXT_CHARS, "What stands in it; of select: the choices, a line each" },
    { "required", FIELD_BOOL, false, 0, "It must be filled in" },
};

static Status check_entry(const FieldValues *values, size_t index, Error *err)
{
    Str id = field_value(values, "id")->text, type = field_value(values, "type")->text;
    Str label = field_value(values, "label")->text, value = field_value(values, "value")->text;
    Error why = { 0 };
    if (!str_is(type, "input") && !str_is(type, "select"))
        return error_set(err, STATUS_INVALID, "fields", "Field %zu: the type is input or select.", index + 1);
    if (text_check_title(&label, "label", &why) || text_check_title(&id, "id", &why) ||
        text_check_paragraph(&value, "value", &why))
        return error_set(err, STATUS_INVALID, "fields", "Field %zu, %s: %s", index + 1, why.field, why.text);
    return STATUS_OK;
}

static void put_entry(JsonOut *json, const FieldValues *values)
{
    json_begin_object(json);
    json_put_str(json, "id", str_trim(field_value(values, "id")->text));
    json_put_str(json, "type", field_value(values, "type")->text);
    json_put_str(json, "label", str_trim(field_value(values, "label")->text));
    json_put_str(json, "value", str_trim(field_value(values, "value")->text));
    json_put_bool(json, "required", field_value(values, "required")->number != 0);
    json_end_object(json);
}

static Status put_side(JsonOut *json, const JsonValue *side, Arena *arena, Error *err)
{
    size_t count = json_array_len(side);
    JsonType type = json_type_of(side);
    if (type != JSON_TYPE_ARRAY && type != JSON_TYPE_NULL && type != JSON_TYPE_NONE)
        return error_set(err, STATUS_INVALID, "fields", "The fields of each side are an array.");
    if (count > LIMIT_FORM_FIELDS)
        return error_set(err, STATUS_INVALID, "fields", "A form has at most %d extra fields.", LIMIT_FORM_FIELDS);
    json_begin_array(json);
    for (size_t i = 0; i < count; i++) {
        FieldValues values;
        FieldErrors errors;
        const JsonValue *entry = json_array_at(side, i);
        if (!fields_read(entry_fields, ARRAY_LEN(entry_fields), entry, arena, &values, &errors))
            return error_set(err, STATUS_INVALID, "fields", "Field %zu, %s: %s", i + 1, errors.items[0].field,
                             errors.items[0].text);
        Status status = check_entry(&values, i, err);
        if (status)
            return status;
        put_entry(json, &values);
    }
    json_end_array(json);
    return STATUS_OK;
}

/* As a whole: what they are for each other. */
static Status check_sides(Str form, Arena *arena, Error *err)
{
    const Campaign campaign = { .form = form };
    Status status = STATUS_OK;
    for (int side = 0; !status && side < (int)ARRAY_LEN(sides); side++) {
        FormFields fields;
        status = form_load(&campaign, side == 1, arena, &fields);
        if (!status)
            status = form_check(&fields, "fields", err);
    }
    return status;
}

static Status check_names(const JsonValue *json, Error *err)
{
    Str name;
    const JsonValue *side;
    for (void *at = NULL; json_next_member(json, &at, &name, &side);)
        if (!str_is(name, sides[0]) && !str_is(name, sides[1]))
            return error_set(err, STATUS_INVALID, "fields", "The fields are those of %s and of %s.", sides[0],
                             sides[1]);
    return STATUS_OK;
}

Status campaign_form_read(const JsonValue *json, Arena *arena, Str *out_form, Error *err)
{
    Status known = check_names(json, err);
    if (known)
        return known;
    Buf buf = buf_in_arena(arena, LIMIT_FORM_LEN);
    JsonOut out = json_out(&buf);
    json_begin_object(&out);
    for (size_t i = 0; i < ARRAY_LEN(sides); i++) {
        json_key(&out, sides[i]);
        Status status = put_side(&out, json_get(json, sides[i]), arena, err);
        if (status)
            return status;
    }
    json_end_object(&out);
    *out_form = buf_str(&buf);
    if (out_form->ptr == NULL)
        return error_set(err, STATUS_INVALID, "fields", "The extra fields are too long: %d bytes at most.",
                         LIMIT_FORM_LEN);
    return check_sides(*out_form, arena, err);
}
