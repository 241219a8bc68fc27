#include "engine/form.h"

#include "base/json_in.h"
#include "base/json_out.h"
#include "base/limits.h"

/* ---- what is asked ----------------------------------------------------- */

static Status read_fields(const JsonValue *side, Arena *arena, FormFields *out_fields)
{
    size_t count = json_array_len(side);
    FormField *fields = ARENA_ARRAY(arena, FormField, count);
    if (fields == NULL)
        return STATUS_NOMEM;
    for (size_t i = 0; i < count; i++) {
        const JsonValue *entry = json_array_at(side, i);
        fields[i] = (FormField){ .id = arena_str(arena, json_to_str(json_get(entry, "id"))),
                                 .label = arena_str(arena, json_to_str(json_get(entry, "label"))),
                                 .value = arena_str(arena, json_to_str(json_get(entry, "value"))),
                                 .is_select = str_is(json_to_str(json_get(entry, "type")), "select"),
                                 .required = json_to_bool(json_get(entry, "required")) };
        if (fields[i].id.ptr == NULL || fields[i].label.ptr == NULL || fields[i].value.ptr == NULL)
            return STATUS_NOMEM;
    }
    *out_fields = (FormFields){ fields, count };
    return STATUS_OK;
}

Status form_load(const Campaign *campaign, bool for_lead, Arena *arena, FormFields *out_fields)
{
    *out_fields = (FormFields){ NULL, 0 };
    if (campaign->form.ptr == NULL)
        return STATUS_OK;
    JsonDoc doc;
    Status status = json_parse(campaign->form, &doc, NULL);
    if (status)
        return STATUS_INTERNAL; /* it was checked before it was stored */
    status = read_fields(json_get(doc.root, for_lead ? "person_invited" : "person_referring"), arena, out_fields);
    json_doc_free(&doc);
    return status;
}

/* ---- what is answered -------------------------------------------------- */

static const JsonValue *find_answer(const JsonValue *meta, Str label)
{
    for (size_t i = 0; i < json_array_len(meta); i++) {
        const JsonValue *entry = json_array_at(meta, i);
        if (str_eq(json_to_str(json_get(entry, "field")), label))
            return json_get(entry, "value");
    }
    return NULL;
}

/* Programs may send numbers and booleans where people write. */
static Status check_value(const FormField *field, const JsonValue *value, Arena *arena, Error *err)
{
    Buf buf = buf_in_arena(arena, LIMIT_META_LEN);
    Str text = STR_NONE;
    JsonType type = json_type_of(value);
    if (type == JSON_TYPE_STRING) {
        text = json_to_str(value);
    } else if (type != JSON_TYPE_NONE && type != JSON_TYPE_NULL) {
        json_dump_to(value, &buf);
        text = buf_str(&buf);
        if (text.ptr == NULL)
            return STATUS_NOMEM;
    }
    return form_check_answer(field, &text, err);
}

Status form_check_meta(const FormFields *fields, Str meta, bool lenient, Arena *arena, Error *err)
{
    JsonDoc doc = { NULL };
    Status status = fields->count && meta.ptr ? json_parse(meta, &doc, NULL) : STATUS_OK;
    for (size_t i = 0; !status && i < fields->count; i++) {
        FormField field = fields->items[i];
        field.required = field.required && !lenient;
        status = check_value(&field, find_answer(doc.root, field.label), arena, err);
    }
    json_doc_free(&doc);
    return status;
}

Status form_meta_of(const FormFields *fields, const Str *answers, Arena *arena, Str *out_meta)
{
    Buf buf = buf_in_arena(arena, LIMIT_META_LEN);
    JsonOut json = json_out(&buf);
    bool any = false;
    json_begin_array(&json);
    for (size_t i = 0; i < fields->count; i++) {
        if (str_is_empty(answers[i]))
            continue;
        any = true;
        json_begin_object(&json);
        json_put_str(&json, "field", fields->items[i].label);
        json_put_str(&json, "value", answers[i]);
        json_end_object(&json);
    }
    json_end_array(&json);
    *out_meta = any ? buf_str(&buf) : STR_NONE;
    return buf.failed ? STATUS_INVALID : STATUS_OK;
}
