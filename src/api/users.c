/* Bodies that describe a user, shared by the families. */
#include "api/handlers.h"
#include "base/limits.h"
#include "domain/text.h"
#include "engine/join.h"

const Field user_fields[USER_FIELD_COUNT] = {
    { "campaign_id", FIELD_ID, true, 0, "The campaign to join" },
    { "first_name", FIELD_TEXT, true, LIMIT_NAME_CHARS * 4, "First name" },
    { "email", FIELD_TEXT, true, LIMIT_EMAIL_LEN, "E-mail address" },
    { "last_name", FIELD_TEXT, false, LIMIT_NAME_CHARS * 4, "Last name; kept as the extra field Last Name" },
    { "referrer", FIELD_OBJECT, false, 0, "{field: id|code|email, value}: makes the user a person invited" },
    { "meta", FIELD_ARRAY, false, 0, "Extra fields: [{field, value}]" },
    { "notify", FIELD_BOOL, false, 0, "Send the welcome notification" },
    { "promotion", FIELD_BOOL, false, 0, "Also make a promotion code" },
};

/* {"field": "id" | "code" | "email", "value": …} */
static bool read_referrer(ApiCall *call, const FieldValue *value, UserKey *out_key)
{
    static const struct {
        const char *name;
        UserKeyKind kind;
    } kinds[] = { { "id", USER_KEY_ID }, { "code", USER_KEY_CODE }, { "email", USER_KEY_EMAIL } };
    static const Field fields[] = {
        { "field", FIELD_TEXT, true, 10, "id, code or email" },
        { "value", FIELD_CODE, true, LIMIT_EMAIL_LEN, "Its value" },
    };
    *out_key = (UserKey){ .kind = USER_KEY_NONE };
    if (!value->given)
        return true;
    FieldValues values;
    FieldErrors errors;
    if (fields_read(fields, ARRAY_LEN(fields), value->json, call->request->arena, &values, &errors)) {
        Str name = field_value(&values, "field")->text;
        out_key->text = field_value(&values, "value")->text;
        for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
            if (str_is(name, kinds[i].name))
                out_key->kind = kinds[i].kind;
    }
    if (out_key->kind == USER_KEY_ID && !str_to_i64(out_key->text, &out_key->id))
        out_key->kind = USER_KEY_NONE;
    if (out_key->kind == USER_KEY_NONE)
        api_fail_field(call, "referrer", "The referrer is {\"field\": \"id\", \"code\" or \"email\", \"value\": …}.");
    return out_key->kind != USER_KEY_NONE;
}

static bool put_meta_entry(JsonOut *json, const JsonValue *entry)
{
    const JsonValue *name = json_get(entry, "field"), *value = json_get(entry, "value");
    Str label = json_to_str(name);
    if (label.ptr == NULL || value == NULL || text_check_title(&label, "meta", NULL) != STATUS_OK)
        return false;
    json_begin_object(json);
    json_put_str(json, "field", label);
    json_key(json, "value");
    json_dump_to(value, json->buf);
    json->needs_comma = true;
    json_end_object(json);
    return true;
}

static bool read_meta(ApiCall *call, const FieldValue *meta, const FieldValue *last_name, Str *out_meta)
{
    *out_meta = STR_NONE;
    size_t count = json_array_len(meta->given ? meta->json : NULL);
    if (count == 0 && !last_name->given)
        return true;
    Str surname = last_name->text;
    Error err;
    if (last_name->given && text_check_name(&surname, "last_name", &err) != STATUS_OK) {
        api_fail(call, STATUS_INVALID, &err);
        return false;
    }
    Buf buf = buf_in_arena(call->request->arena, LIMIT_META_LEN);
    JsonOut json = json_out(&buf);
    bool fits = count <= LIMIT_META_FIELDS;
    json_begin_array(&json);
    if (last_name->given) {
        json_begin_object(&json);
        json_put_str(&json, "field", STR("Last Name"));
        json_put_str(&json, "value", surname);
        json_end_object(&json);
    }
    for (size_t i = 0; fits && i < count; i++)
        fits = put_meta_entry(&json, json_array_at(meta->json, i));
    json_end_array(&json);
    if (!fits || buf.failed) {
        api_fail_field(call, "meta", "The extra fields are an array of at most 50 {\"field\": \"…\", \"value\": …}, "
                                 "16 KiB in all.");
        return false;
    }
    *out_meta = buf_str(&buf);
    return true;
}

JoinCommand *join_command_of(ApiCall *call, int source)
{
    UserKey referrer;
    Str meta;
    if (!read_referrer(call, field_value(&call->values, "referrer"), &referrer))
        return NULL;
    if (!read_meta(call, field_value(&call->values, "meta"), field_value(&call->values, "last_name"), &meta))
        return NULL;
    JoinCommand *command = join_command_new(call->context->engine, call->request->arena);
    if (command == NULL) {
        api_fail(call, STATUS_NOMEM, NULL);
        return NULL;
    }
    command->account_id = call->account_id;
    command->campaign_id = field_value(&call->values, "campaign_id")->number;
    command->first_name = field_value(&call->values, "first_name")->text;
    command->email = field_value(&call->values, "email")->text;
    command->source = (UserSource)source;
    command->referrer = referrer;
    command->meta = meta;
    return command;
}
