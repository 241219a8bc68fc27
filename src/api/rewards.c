/* Definitions of rewards, and coupons: our additions to /api/v2. Lists of both are in api/reward_lists.c. */
#include <stddef.h>

#include "api/handlers.h"
#include "base/limits.h"
#include "engine/coupon_csv.h"
#include "engine/reward_setup.h"
#include "engine/view.h"

/* ---- the body ---------------------------------------------------------- */

/* How a part is read, and into which member. */
typedef enum Reader { READ_TEXT, READ_NUMBER, READ_BOOL, READ_NAME, READ_CURRENCY, READ_STEPS, READ_CAPS } Reader;

enum { PART_CAMPAIGN = REWARD_PART_AUTOMATIC + 1, FIELD_COUNT };

static const Field reward_fields[FIELD_COUNT] = {
    [REWARD_PART_NAME] = { "name", FIELD_TEXT, false, LIMIT_TITLE_CHARS * 4, "Its name" },
    [REWARD_PART_STATUS] = { "status", FIELD_TEXT, false, 20, "active, draft or inactive" },
    [REWARD_PART_METRIC] = { "metric", FIELD_TEXT, false, 20, "amount, commission, coupon or custom" },
    [REWARD_PART_VALUE] = { "value_minor", FIELD_INT, false, LIMIT_MONEY_MINOR,
                            "amount: minor units; commission: basis points (1250 is 12.5 %); custom: hundredths" },
    [REWARD_PART_CAP] = { "cap_minor", FIELD_INT, false, LIMIT_MONEY_MINOR, "Commission: at most so much each time; 0: any" },
    [REWARD_PART_CURRENCY] = { "currency", FIELD_TEXT, false, 3, "e.g. USD; amount needs it" },
    [REWARD_PART_FOR] = { "reward_for", FIELD_TEXT, false, 20, "person_referring or person_invited; when made, both too" },
    [REWARD_PART_WHEN] = { "when_referral", FIELD_TEXT, false, 20, "joined, invited or qualified" },
    [REWARD_PART_FREQUENCY] = { "frequency", FIELD_TEXT, false, 20, "each, once, every_n, milestones, order or recurring" },
    [REWARD_PART_EVERY] = { "every", FIELD_INT, false, LIMIT_REWARD_COUNT, "every_n: which time" },
    [REWARD_PART_PERIOD] = { "period", FIELD_TEXT, false, 20, "recurring: week, month, quarter or year" },
    [REWARD_PART_PERIODS] = { "periods", FIELD_INT, false, LIMIT_REWARD_COUNT, "recurring: for so many; 0: without end" },
    [REWARD_PART_STEPS] = { "steps", FIELD_ARRAY, false, 0, "[{at_count, value_minor}]: milestones, or tiers of each and order" },
    [REWARD_PART_CAPS] = { "caps", FIELD_ARRAY, false, 0,
                           "[{scope: person|campaign, period: day|week|month|ever, most_count, most_minor}]" },
    [REWARD_PART_HOLD] = { "hold_s", FIELD_INT, false, LIMIT_HOLD_SECONDS, "Seconds until it is due" },
    [REWARD_PART_APPROVAL] = { "approval", FIELD_BOOL, false, 0, "Somebody has to approve it before it is due" },
    [REWARD_PART_ISSUE] = { "issue", FIELD_TEXT, false, 20,
                            "manual, n8n, webhook, email, paypal, tremendous, stripe, stripe_coupon, zapier or make" },
    [REWARD_PART_AUTOMATIC] = { "automatic", FIELD_BOOL, false, 0, "Issue it the moment it is due" },
    [PART_CAMPAIGN] = { "campaign_id", FIELD_ID, false, 0, "Its campaign; needed to make one" },
};

static const struct {
    Reader reader;
    size_t offset;
    const NameTable *names;
} parts[PART_CAMPAIGN] = {
    [REWARD_PART_NAME] = { READ_TEXT, offsetof(Reward, name), NULL },
    [REWARD_PART_STATUS] = { READ_NAME, offsetof(Reward, status), &reward_status_names },
    [REWARD_PART_METRIC] = { READ_NAME, offsetof(Reward, metric), &reward_metric_names },
    [REWARD_PART_VALUE] = { READ_NUMBER, offsetof(Reward, value_minor), NULL },
    [REWARD_PART_CAP] = { READ_NUMBER, offsetof(Reward, cap_minor), NULL },
    [REWARD_PART_CURRENCY] = { READ_CURRENCY, offsetof(Reward, currency), NULL },
    [REWARD_PART_FOR] = { READ_NAME, offsetof(Reward, who), &reward_for_api_names },
    [REWARD_PART_WHEN] = { READ_NAME, offsetof(Reward, when), &reward_when_names },
    [REWARD_PART_FREQUENCY] = { READ_NAME, offsetof(Reward, frequency), &reward_frequency_names },
    [REWARD_PART_EVERY] = { READ_NUMBER, offsetof(Reward, every), NULL },
    [REWARD_PART_PERIOD] = { READ_NAME, offsetof(Reward, period), &period_names },
    [REWARD_PART_PERIODS] = { READ_NUMBER, offsetof(Reward, periods), NULL },
    [REWARD_PART_STEPS] = { READ_STEPS, 0, NULL },
    [REWARD_PART_CAPS] = { READ_CAPS, 0, NULL },
    [REWARD_PART_HOLD] = { READ_NUMBER, offsetof(Reward, hold_s), NULL },
    [REWARD_PART_APPROVAL] = { READ_BOOL, offsetof(Reward, approval), NULL },
    [REWARD_PART_ISSUE] = { READ_NAME, offsetof(Reward, issue), &issue_method_names },
    [REWARD_PART_AUTOMATIC] = { READ_BOOL, offsetof(Reward, automatic), NULL },
};

static Status read_name(const char *field, NameTable names, Str name, void *out_value, Error *err)
{
    int value;
    if (!name_find(names, name, &value))
        return error_set(err, STATUS_INVALID, field, "There is no %s \"%.*s\".", field, (int)size_min(name.len, 40), name.ptr);
    memcpy(out_value, &value, sizeof value); /* all of these enums are ints */
    return STATUS_OK;
}

static Status read_steps(const JsonValue *json, Arena *arena, Reward *out_reward, Error *err)
{
    static const Field fields[] = {
        { "at_count", FIELD_INT, true, LIMIT_REWARD_COUNT, "From which count on" },
        { "value_minor", FIELD_INT, false, LIMIT_MONEY_MINOR, "The value there" },
    };
    size_t count = json_array_len(json);
    RewardStep *steps = count <= LIMIT_REWARD_STEPS ? ARENA_ARRAY(arena, RewardStep, count + 1) : NULL;
    for (size_t i = 0; steps && i < count; i++) {
        FieldValues values;
        FieldErrors errors;
        if (!fields_read(fields, ARRAY_LEN(fields), json_array_at(json, i), arena, &values, &errors))
            return error_set(err, STATUS_INVALID, "steps", "A step is {\"at_count\": 3, \"value_minor\": 500}.");
        steps[i] = (RewardStep){ field_value(&values, "at_count")->number, field_value(&values, "value_minor")->number };
    }
    out_reward->steps = steps;
    out_reward->step_count = count;
    return steps ? STATUS_OK
                 : error_set(err, STATUS_INVALID, "steps", "A reward has at most %d steps.", LIMIT_REWARD_STEPS);
}

static Status read_cap(const JsonValue *json, Arena *arena, RewardCap *out_cap, Error *err)
{
    static const Field fields[] = {
        { "scope", FIELD_TEXT, true, 20, "person or campaign" },
        { "period", FIELD_TEXT, true, 20, "day, week, month or ever" },
        { "most_count", FIELD_INT, false, LIMIT_REWARD_COUNT, "At most so many" },
        { "most_minor", FIELD_INT, false, LIMIT_MONEY_MINOR, "At most so much" },
    };
    FieldValues values;
    FieldErrors errors;
    if (!fields_read(fields, ARRAY_LEN(fields), json, arena, &values, &errors))
        return error_set(err, STATUS_INVALID, "caps",
                         "A cap is {\"scope\": \"person\", \"period\": \"month\", \"most_count\": 3}.");
    out_cap->most_count = field_value(&values, "most_count")->number;
    out_cap->most_minor = field_value(&values, "most_minor")->number;
    Status status = read_name("caps", cap_scope_names, field_value(&values, "scope")->text, &out_cap->scope, err);
    return status ? status : read_name("caps", period_names, field_value(&values, "period")->text, &out_cap->period, err);
}

static Status read_caps(const JsonValue *json, Arena *arena, Reward *out_reward, Error *err)
{
    size_t count = json_array_len(json);
    RewardCap *caps = count <= LIMIT_REWARD_CAPS ? ARENA_ARRAY(arena, RewardCap, count + 1) : NULL;
    Status status = caps ? STATUS_OK : error_set(err, STATUS_INVALID, "caps", "A reward has at most %d caps.", LIMIT_REWARD_CAPS);
    for (size_t i = 0; !status && i < count; i++)
        status = read_cap(json_array_at(json, i), arena, &caps[i], err);
    out_reward->caps = caps;
    out_reward->cap_count = count;
    return status;
}

static Status read_part(const FieldValue *value, int part, Arena *arena, Reward *out_reward, Error *err)
{
    void *member = (char *)out_reward + parts[part].offset;
    bool on = value->number != 0;
    switch (parts[part].reader) {
    case READ_TEXT:
        memcpy(member, &value->text, sizeof value->text);
        break;
    case READ_NUMBER:
        memcpy(member, &value->number, sizeof value->number);
        break;
    case READ_BOOL:
        memcpy(member, &on, sizeof on);
        break;
    case READ_NAME:
        return read_name(reward_fields[part].name, *parts[part].names, value->text, member, err);
    case READ_CURRENCY:
        return currency_parse(value->text, member, err);
    case READ_STEPS:
        return read_steps(value->json, arena, out_reward, err);
    case READ_CAPS:
        return read_caps(value->json, arena, out_reward, err);
    }
    return STATUS_OK;
}

/* False when the body does not fit: then the call is answered. `*out_both` may be NULL. */
static bool read_change(ApiCall *call, RewardChange *out_change, bool *out_both)
{
    Error err = { 0 };
    Status status = STATUS_OK;
    *out_change = (RewardChange){ 0 };
    for (int part = 0; !status && part < PART_CAMPAIGN; part++) {
        const FieldValue *value = &call->values.items[part];
        if (!value->given)
            continue;
        out_change->parts |= 1u << part;
        bool both = out_both && part == REWARD_PART_FOR && str_is(value->text, "both");
        if (both)
            *out_both = true;
        else
            status = read_part(value, part, call->request->arena, &out_change->to, &err);
    }
    if (status)
        api_fail(call, status, &err);
    return status == STATUS_OK;
}

/* ---- definitions ------------------------------------------------------- */

static void reply_reward(ApiCall *call, const Reward *reward, int http_status)
{
    api_begin_data(call);
    view_reward(&call->json, reward);
    api_reply_data(call, http_status);
}

static void created(Command *base)
{
    ApiCall *call = api_succeeded(base);
    if (call == NULL)
        return;
    const RewardCommand *command = (const RewardCommand *)base;
    if (!command->both) {
        reply_reward(call, &command->reward, 201);
        return;
    }
    api_begin_data(call);
    json_begin_array(&call->json);
    view_reward(&call->json, &command->reward);
    view_reward(&call->json, &command->other);
    json_end_array(&call->json);
    api_reply_data(call, 201);
}

/* What has no meaning unless it is said. False when something is missing: then the call is answered. */
static bool has_needed(ApiCall *call)
{
    static const int needed[] = { PART_CAMPAIGN, REWARD_PART_NAME, REWARD_PART_METRIC, REWARD_PART_FOR, REWARD_PART_WHEN };
    FieldErrors errors = { 0 };
    for (size_t i = 0; i < ARRAY_LEN(needed); i++)
        if (!call->values.items[needed[i]].given)
            (void)error_set(&errors.items[errors.count++], STATUS_INVALID, reward_fields[needed[i]].name,
                            "This field is needed.");
    if (errors.count)
        api_fail_fields(call, &errors);
    return errors.count == 0;
}

static void create_reward(ApiCall *call)
{
    RewardChange change;
    bool both = false;
    if (!has_needed(call) || !read_change(call, &change, &both))
        return;
    RewardCommand *command = reward_command_new(call->request->arena);
    if (command) {
        reward_apply(&command->reward, &change);
        command->reward.account_id = call->account_id;
        command->reward.campaign_id = field_value(&call->values, "campaign_id")->number;
        command->both = both;
    }
    api_submit(call, command ? &command->base : NULL, created);
}

static void changed(Command *base)
{
    ApiCall *call = api_succeeded(base);
    if (call)
        reply_reward(call, &((const RewardChangeCommand *)base)->reward, 200);
}

static void submit_change(ApiCall *call, const RewardChange *change, void (*done)(Command *base))
{
    RewardChangeCommand *command = reward_change_command_new(call->request->arena);
    if (command) {
        command->account_id = call->account_id;
        command->reward_id = api_path_id(call, 0);
        command->change = *change;
    }
    api_submit(call, command ? &command->base : NULL, done);
}

static void change_reward(ApiCall *call)
{
    RewardChange change;
    if (read_change(call, &change, NULL))
        submit_change(call, &change, changed);
}

static void archived(Command *base)
{
    ApiCall *call = api_succeeded(base);
    if (call)
        api_reply_message(call, 200, "The reward is archived: what it has led to stays.");
}

static void archive_reward(ApiCall *call)
{
    const RewardChange change = { .to = { .status = REWARD_INACTIVE }, .parts = 1u << REWARD_PART_STATUS };
    submit_change(call, &change, archived);
}

static void show_reward(ApiCall *call)
{
    Reward reward;
    Status status = store_reward_get(call->context->session, call->account_id, api_path_id(call, 0),
                                     call->request->arena, &reward);
    if (status)
        api_fail(call, status, NULL);
    else
        reply_reward(call, &reward, 200);
}

/* ---- coupons ----------------------------------------------------------- */

static const Field coupon_fields[] = {
    { "campaign_id", FIELD_ID, true, 0, "The campaign that hands them out" },
    { "codes", FIELD_ARRAY, false, 0, "The codes, as texts" },
    { "csv", FIELD_TEXT, false, LIMIT_BODY_LEN, "Instead of codes: a CSV whose first column they are" },
};

static Status read_codes(const JsonValue *json, Arena *arena, Str **out_codes, size_t *out_count, Error *err)
{
    size_t count = json_array_len(json);
    Str *codes = ARENA_ARRAY(arena, Str, count + 1);
    if (codes == NULL)
        return STATUS_NOMEM;
    for (size_t i = 0; i < count; i++) {
        codes[i] = str_trim(json_to_str(json_array_at(json, i)));
        if (codes[i].ptr == NULL)
            return error_set(err, STATUS_INVALID, "codes", "The codes are texts.");
    }
    *out_codes = codes;
    *out_count = count;
    return STATUS_OK;
}

static void uploaded(Command *base)
{
    ApiCall *call = api_succeeded(base);
    if (call == NULL)
        return;
    const CouponCommand *command = (const CouponCommand *)base;
    api_begin_data(call);
    json_begin_object(&call->json);
    json_put_int(&call->json, "campaign_id", command->campaign_id);
    json_put_int(&call->json, "uploaded", (int64_t)command->count);
    json_end_object(&call->json);
    api_reply_data(call, 201);
}

static void upload_coupons(ApiCall *call)
{
    const FieldValue *listed = field_value(&call->values, "codes"), *csv = field_value(&call->values, "csv");
    Arena *arena = call->request->arena;
    Error err = { 0 };
    Str *codes = NULL;
    size_t count = 0;
    Status status = listed->given ? read_codes(listed->json, arena, &codes, &count, &err)
                    : csv->given  ? coupon_csv_read(csv->text, arena, &codes, &count, &err)
                                  : STATUS_OK;
    if (!status && (count == 0 || count > LIMIT_COUPON_UPLOAD))
        status = error_set(&err, STATUS_INVALID, "codes", "Send 1 to %d codes, as codes or csv.", LIMIT_COUPON_UPLOAD);
    if (status) {
        api_fail(call, status, &err);
        return;
    }
    CouponCommand *command = coupon_command_new(call->context->engine, arena);
    if (command) {
        command->account_id = call->account_id;
        command->campaign_id = field_value(&call->values, "campaign_id")->number;
        command->codes = codes;
        command->count = count;
        command->field = listed->given ? "codes" : "csv";
    }
    api_submit(call, command ? &command->base : NULL, uploaded);
}

static void voided(Command *base)
{
    ApiCall *call = api_succeeded(base);
    if (call)
        api_reply_message(call, 200, "The coupon is void: it will not be handed out.");
}

static void void_coupon(ApiCall *call)
{
    CouponVoidCommand *command = coupon_void_command_new(call->request->arena);
    if (command) {
        command->account_id = call->account_id;
        command->coupon_id = api_path_id(call, 0);
    }
    api_submit(call, command ? &command->base : NULL, voided);
}

/* ---- routes ------------------------------------------------------------ */

static const ApiRoute routes[] = {
    { HTTP_POST, "/api/v2/rewards", API_V2, SCOPE_REWARDS_WRITE, create_reward, API_FIELDS(reward_fields), API_NO_FIELDS, "NewReward", "Make a reward, or with reward_for both two of them" },
    { HTTP_GET, "/api/v2/rewards/{id}", API_V2, SCOPE_REWARDS_READ, show_reward, API_NO_FIELDS, API_NO_FIELDS, "RewardDefinition", "Get a reward" },
    { HTTP_PUT, "/api/v2/rewards/{id}", API_V2, SCOPE_REWARDS_WRITE, change_reward, API_FIELDS(reward_fields), API_NO_FIELDS, "RewardDefinition", "Change a reward, from now on" },
    { HTTP_DELETE, "/api/v2/rewards/{id}", API_V2, SCOPE_REWARDS_WRITE, archive_reward, API_NO_FIELDS, API_NO_FIELDS, "Message", "Archive a reward" },
    { HTTP_POST, "/api/v2/coupons", API_V2, SCOPE_REWARDS_WRITE, upload_coupons, API_FIELDS(coupon_fields), API_NO_FIELDS, "CouponUpload", "Upload coupons: all of them or none" },
    { HTTP_DELETE, "/api/v2/coupons/{id}", API_V2, SCOPE_REWARDS_WRITE, void_coupon, API_NO_FIELDS, API_NO_FIELDS, "Message", "Void a coupon that nobody has" },
};

const ApiRoutes reward_routes = { routes, ARRAY_LEN(routes) };
