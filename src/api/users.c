/* Bodies that describe a user, shared by the families. */
#include "api/handlers.h"
#include "base/ip.h"
#include "base/limits.h"
#include "domain/text.h"
#include "engine/form.h"
#include "engine/join.h"

const Field user_fields[USER_FIELD_COUNT] = {
    { "campaign_id", FIELD_ID, true, 0, "The campaign to join" },
    { "first_name", FIELD_TEXT, true, LIMIT_NAME_CHARS * 4, "First name" },
    { "email", FIELD_TEXT, true, LIMIT_EMAIL_LEN, "E-mail address" },
    { "last_name", FIELD_TEXT, false, LIMIT_NAME_CHARS * 4, "Last name; kept as the extra field Last Name" },
    { "referrer", FIELD_OBJECT, false, 0,
      "{field: id|code|email|customer_id|coupon|click_id, value}: makes the user a person invited" },
    { "referrer_code", FIELD_CODE, false, CODE_LEN * 4, "The referrer's code, in short" },
    { "click_id", FIELD_TEXT, false, LIMIT_TRACE_LEN, "The click that the link gave to your site" },
    { "coupon", FIELD_CODE, false, LIMIT_COUPON_LEN, "A coupon that a referrer has handed on" },
    { "customer_id", FIELD_CODE, false, LIMIT_CUSTOMER_ID_LEN, "Your own name for this person" },
    { "ip", FIELD_TEXT, false, LIMIT_IP_LEN, "Where the person joins from, for the fraud rules" },
    { "meta", FIELD_ARRAY, false, 0, "Extra fields: [{field, value}]" },
    { "notify", FIELD_BOOL, false, 0, "Taken and ignored: workflows send messages" },
    { "promotion", FIELD_BOOL, false, 0, "Taken and ignored: coupons are rewards" },
};

bool user_key_of_fields(const FieldValues *values, UserKey *out_key)
{
    static const struct {
        const char *name;
        UserKeyKind kind;
    } kinds[] = {
        { "id", USER_KEY_ID },         { "code", USER_KEY_CODE },
        { "email", USER_KEY_EMAIL },   { "customer_id", USER_KEY_CUSTOMER },
        { "coupon", USER_KEY_COUPON }, { "click_id", USER_KEY_CLICK },
    };
    Str name = field_value(values, "field")->text;
    *out_key = (UserKey){ .kind = USER_KEY_NONE, .text = str_trim(field_value(values, "value")->text) };
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (str_is(name, kinds[i].name))
            out_key->kind = kinds[i].kind;
    bool fits = out_key->kind != USER_KEY_ID || str_to_i64(out_key->text, &out_key->id);
    return fits && out_key->kind != USER_KEY_NONE;
}

static bool read_referrer(ApiCall *call, const FieldValue *value, UserKey *out_key)
{
    static const Field fields[] = {
        { "field", FIELD_TEXT, true, 20, "id, code, email, customer_id, coupon or click_id" },
        { "value", FIELD_CODE, true, LIMIT_EMAIL_LEN, "Its value" },
    };
    *out_key = (UserKey){ .kind = USER_KEY_NONE };
    if (!value->given)
        return true;
    FieldValues values;
    FieldErrors errors;
    bool fits = fields_read(fields, ARRAY_LEN(fields), value->json, call->request->arena, &values, &errors) &&
                user_key_of_fields(&values, out_key);
    if (!fits)
        api_fail_field(call, "referrer",
                       "The referrer is {\"field\": \"id\", \"code\" or \"email\", \"value\": …}.");
    return fits;
}

static void begin_entry(JsonOut *json, Str label)
{
    json_begin_object(json);
    json_put_str(json, "field", label);
    json_key(json, "value");
}

/* Behind a value that was appended to the buffer. */
static void end_entry(JsonOut *json)
{
    json->needs_comma = true;
    json_end_object(json);
}

static bool put_meta_entry(JsonOut *json, const JsonValue *entry)
{
    const JsonValue *name = json_get(entry, "field"), *value = json_get(entry, "value");
    Str label = json_to_str(name);
    if (label.ptr == NULL || value == NULL || text_check_title(&label, "meta", NULL) != STATUS_OK)
        return false;
    begin_entry(json, label);
    json_dump_to(value, json->buf);
    end_entry(json);
    return true;
}

/* What only some families' tables name. */
static Str optional_text(const ApiCall *call, const char *name)
{
    for (size_t i = 0; i < call->values.count; i++)
        if (strcmp(call->values.fields[i].name, name) == 0 && call->values.items[i].given)
            return str_trim(call->values.items[i].text);
    return STR_NONE;
}

/* ---- fields of the campaign's form, in v1 ------------------------------ */

static bool is_own_field(const ApiCall *call, Str name)
{
    for (size_t i = 0; i < call->route->field_count; i++)
        if (str_is(name, call->route->fields[i].name))
            return true;
    return false;
}

/* "Shoe size" is sent as shoe_size, as "Last Name" is as last_name. */
static Str snake_case(Arena *arena, Str label)
{
    Str name = email_key(arena, label);
    for (char *at = (char *)(uintptr_t)name.ptr; at && *at; at++)
        *at = *at == ' ' ? '_' : *at;
    return name;
}

static const JsonValue *value_beside(const ApiCall *call, const FormField *field)
{
    Str names[] = { field->label, field->id, snake_case(call->request->arena, field->label) };
    const JsonValue *value = NULL;
    for (size_t i = 0; i < ARRAY_LEN(names) && value == NULL; i++)
        if (names[i].ptr && !is_own_field(call, names[i]))
            value = json_get(call->body.root, names[i].ptr);
    return value;
}

/* v1 takes any field of the campaign's form beside the others (contract 2.2). */
static bool put_fields_beside(ApiCall *call, JsonOut *json)
{
    Arena *arena = call->request->arena;
    bool any = false;
    Campaign campaign;
    FormFields fields;
    int64_t id = field_value(&call->values, "campaign_id")->number;
    if (store_campaign_get(call->context->session, call->account_id, id, arena, &campaign) != STATUS_OK)
        return false; /* the command says what is wrong with it */
    bool for_lead = optional_text(call, "referrer_code").ptr || field_value(&call->values, "referrer")->given;
    if (form_load(&campaign, for_lead, arena, &fields) != STATUS_OK)
        return false;
    for (size_t i = 0; i < fields.count; i++) {
        const JsonValue *value = value_beside(call, &fields.items[i]);
        if (value == NULL)
            continue;
        any = true;
        begin_entry(json, fields.items[i].label);
        json_dump_to(value, json->buf);
        end_entry(json);
    }
    return any;
}

/* ---- meta -------------------------------------------------------------- */

static bool read_meta(ApiCall *call, const FieldValue *meta, const FieldValue *last_name, Str *out_meta)
{
    *out_meta = STR_NONE;
    size_t count = json_array_len(meta->given ? meta->json : NULL);
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
        begin_entry(&json, STR("Last Name"));
        json_str(&json, surname);
        json_end_object(&json);
    }
    bool any_beside = call->route->family == API_V1 && put_fields_beside(call, &json);
    if (count == 0 && !last_name->given && !any_beside)
        return true;
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

bool user_meta_of(ApiCall *call, const FieldValue *meta, Str *out_meta)
{
    return read_meta(call, meta, &(FieldValue){ 0 }, out_meta);
}

/* In its usual form, so that the same address is always the same text. */
static bool read_ip(ApiCall *call, Str *out_ip)
{
    IpAddress address;
    Str text = optional_text(call, "ip");
    *out_ip = STR_NONE;
    if (text.ptr == NULL)
        return true;
    if (!ip_parse(text, &address)) {
        api_fail_field(call, "ip", "This must be an IP address such as 192.0.2.1 or 2001:db8::1.");
        return false;
    }
    *out_ip = arena_str(call->request->arena, str_of(ip_text(address).text));
    return true;
}

JoinCommand *join_command_of(ApiCall *call, int source)
{
    UserKey referrer;
    Str meta, ip;
    if (!read_ip(call, &ip))
        return NULL;
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
    command->referrer_code = optional_text(call, "referrer_code");
    command->click_id = optional_text(call, "click_id");
    command->coupon = optional_text(call, "coupon");
    command->customer_id = optional_text(call, "customer_id");
    command->ip = ip;
    command->meta = meta;
    return command;
}

/* ---- qualifying -------------------------------------------------------- */

const Field qualify_fields[QUALIFY_FIELD_COUNT] = {
    { "code", FIELD_CODE, false, CODE_LEN * 4, "The user's referral code" },
    { "coupon", FIELD_CODE, false, LIMIT_COUPON_LEN, "A redeemed coupon that was handed to a lead" },
    { "campaign_id", FIELD_ID, false, 0, "With email: the campaign" },
    { "email", FIELD_TEXT, false, LIMIT_EMAIL_LEN, "With campaign_id: the user's e-mail address" },
};

/* Exactly one of three forms; older nodes send the others' fields along, empty. */
static UserKey qualify_key(const FieldValues *values)
{
    const FieldValue *code = field_value(values, "code"), *coupon = field_value(values, "coupon");
    const FieldValue *campaign = field_value(values, "campaign_id"), *email = field_value(values, "email");
    if (code->given)
        return (UserKey){ .kind = USER_KEY_CODE, .text = str_trim(code->text) };
    if (coupon->given)
        return (UserKey){ .kind = USER_KEY_COUPON, .text = str_trim(coupon->text) };
    if (email->given && campaign->given)
        return (UserKey){ .kind = USER_KEY_EMAIL, .text = str_trim(email->text), .campaign_id = campaign->number };
    return (UserKey){ .kind = USER_KEY_NONE };
}

QualifyCommand *qualify_command_of(ApiCall *call)
{
    UserKey key = qualify_key(&call->values);
    if (key.kind == USER_KEY_NONE) {
        Error err;
        api_fail(call,
                 error_set(&err, STATUS_INVALID, NULL,
                           "Say who is to be qualified: a code, a coupon, or an email with its campaign_id."),
                 &err);
        return NULL;
    }
    QualifyCommand *command = qualify_command_new(call->context->engine, call->request->arena);
    if (command == NULL) {
        api_fail(call, STATUS_NOMEM, NULL);
        return NULL;
    }
    command->account_id = call->account_id;
    command->key = key;
    return command;
}
