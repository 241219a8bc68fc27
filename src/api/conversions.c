/* Qualifying leads (contract 2.3, U7), their orders and refunds. */
#include "api/handlers.h"
#include "base/limits.h"
#include "engine/convert.h"
#include "engine/qualify.h"
#include "engine/view.h"

/* ---- who --------------------------------------------------------------- */

#define KEY_FIELDS                                                                                           \
    { "id", FIELD_ID, false, 0, "The lead, by id" },                                                         \
    { "code", FIELD_CODE, false, 64, "… by referral code" },                                                 \
    { "email", FIELD_TEXT, false, LIMIT_EMAIL_LEN, "… by e-mail, with campaign_id" },                        \
    { "campaign_id", FIELD_ID, false, 0, "With email or customer_id: of which campaign" },                   \
    { "coupon", FIELD_CODE, false, LIMIT_COUPON_LEN, "… by the coupon that they were handed" },              \
    { "customer_id", FIELD_CODE, false, LIMIT_CUSTOMER_ID_LEN, "… by the shop's own name for them" }

/* The first of these that is given. False when none is: then the call is answered. */
static bool read_key(ApiCall *call, UserKey *out_key)
{
    static const struct {
        const char *name;
        UserKeyKind kind;
    } ways[] = { { "id", USER_KEY_ID }, { "code", USER_KEY_CODE }, { "coupon", USER_KEY_COUPON },
                 { "customer_id", USER_KEY_CUSTOMER }, { "email", USER_KEY_EMAIL } };
    const FieldValue *campaign = field_value(&call->values, "campaign_id");
    for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
        const FieldValue *value = field_value(&call->values, ways[i].name);
        if (!value->given || (ways[i].kind == USER_KEY_EMAIL && !campaign->given))
            continue;
        *out_key = (UserKey){ .kind = ways[i].kind,
                              .id = value->number,
                              .text = str_trim(value->text),
                              .campaign_id = campaign->given ? campaign->number : 0 };
        return true;
    }
    Error err;
    api_fail(call,
             error_set(&err, STATUS_INVALID, "code",
                       "Say who: id, code, coupon, customer_id, or email together with campaign_id."),
             &err);
    return false;
}

/* ---- orders ------------------------------------------------------------ */

#define ORDER_FIELDS(needed)                                                                                       \
    { "order_id", FIELD_CODE, needed, LIMIT_ORDER_ID_LEN, "The shop's own number: the same order never counts twice" }, \
    { "amount", FIELD_DECIMAL, needed, 32, "e.g. 49.90" },                                                         \
    { "currency", FIELD_TEXT, needed, 3, "e.g. USD" },                                                             \
    { "occurred_at", FIELD_TIME, false, 0, "When it was ordered; else now" }

static const Field conversion_fields[] = {
    KEY_FIELDS,
    ORDER_FIELDS(true),
    { "qualified", FIELD_BOOL, false, 0, "false: only note the order; it neither qualifies nor pays" },
};

/* What ORDER_FIELDS name. False when it is none: then the call is answered. */
static bool read_order(ApiCall *call, Conversion *out_order)
{
    Error err = { 0 };
    Status status = currency_parse(field_value(&call->values, "currency")->text, &out_order->currency, &err);
    if (!status && money_parse(field_value(&call->values, "amount")->text, out_order->currency,
                               &out_order->amount_minor, NULL) != STATUS_OK)
        status = error_set(&err, STATUS_INVALID, "amount", "The amount is a sum such as 49.90, with the digits of its currency.");
    if (status) {
        api_fail(call, status, &err);
        return false;
    }
    out_order->order_id = field_value(&call->values, "order_id")->text;
    out_order->occurred_us = field_value(&call->values, "occurred_at")->number;
    return true;
}

static void reply_conversion(ApiCall *call, const Conversion *conversion, int http_status)
{
    api_begin_data(call);
    view_conversion(&call->json, conversion);
    api_reply_data(call, http_status);
}

static void converted(Command *base)
{
    ApiCall *call = api_succeeded(base);
    const ConvertCommand *command = (const ConvertCommand *)base;
    if (call)
        reply_conversion(call, &command->conversion, command->created ? 201 : 200);
}

static void add_conversion(ApiCall *call)
{
    const FieldValue *qualified = field_value(&call->values, "qualified");
    UserKey key;
    Conversion order = { .counts = !qualified->given || qualified->number };
    if (!read_key(call, &key) || !read_order(call, &order))
        return;
    ConvertCommand *command = convert_command_new(call->context->engine, call->request->arena);
    if (command) {
        command->account_id = call->account_id;
        command->key = key;
        command->order = order;
    }
    api_submit(call, command ? &command->base : NULL, converted);
}

static void show_conversion(ApiCall *call)
{
    Conversion conversion;
    Status status = store_conversion_get(call->context->session, call->account_id, api_path_id(call, 0),
                                         call->request->arena, &conversion);
    if (status)
        api_fail(call, status, NULL);
    else
        reply_conversion(call, &conversion, 200);
}

static const Field refund_fields[] = {
    { "amount", FIELD_DECIMAL, false, 32, "How much of it; else all that remains" },
};

static void refunded(Command *base)
{
    ApiCall *call = api_succeeded(base);
    if (call)
        reply_conversion(call, &((const RefundCommand *)base)->conversion, 200);
}

static void refund_conversion(ApiCall *call)
{
    RefundCommand *command = refund_command_new(call->context->engine, call->request->arena);
    if (command) {
        command->account_id = call->account_id;
        command->conversion_id = api_path_id(call, 0);
        command->amount = field_value(&call->values, "amount")->text;
    }
    api_submit(call, command ? &command->base : NULL, refunded);
}

/* ---- qualification ----------------------------------------------------- */

#define QUALIFICATION_FIELDS(needed)                                                                               \
    { "qualified", FIELD_BOOL, needed, 0, "false un-qualifies" }, KEY_FIELDS, ORDER_FIELDS(false)

static const Field one_qualification_fields[] = { QUALIFICATION_FIELDS(true) };
const Field qualification_fields[QUALIFICATION_FIELD_COUNT] = { QUALIFICATION_FIELDS(false) };

static void qualified_set(Command *base)
{
    ApiCall *call = api_succeeded(base);
    if (call == NULL)
        return;
    api_begin_data(call);
    view_user(&call->json, call->context->engine, &((const QualifyCommand *)base)->user);
    api_reply_data(call, 200);
}

QualifyCommand *qualification_command_of(ApiCall *call)
{
    const FieldValue *qualified = field_value(&call->values, "qualified");
    UserKey key;
    Conversion order = { .counts = true };
    bool with_order = field_value(&call->values, "amount")->given || field_value(&call->values, "order_id")->given;
    if (!read_key(call, &key) || (with_order && !read_order(call, &order)))
        return NULL;
    QualifyCommand *command = qualify_command_new(call->context->engine, call->request->arena);
    if (command == NULL) {
        api_fail(call, STATUS_NOMEM, NULL);
        return NULL;
    }
    command->account_id = call->account_id;
    command->key = key;
    command->qualified = !qualified->given || qualified->number != 0;
    command->with_order = with_order;
    command->order = order;
    return command;
}

static void set_qualification(ApiCall *call)
{
    QualifyCommand *command = qualification_command_of(call);
    if (command)
        api_submit(call, &command->base, qualified_set);
}

/* ---- routes ------------------------------------------------------------ */

static const ApiRoute routes[] = {
    { HTTP_PUT, "/api/v2/users/qualification", API_V2, SCOPE_USERS_WRITE, set_qualification, API_FIELDS(one_qualification_fields), API_NO_FIELDS, "User", "Qualify or un-qualify a lead" },
    { HTTP_POST, "/api/v2/conversions", API_V2, SCOPE_USERS_WRITE, add_conversion, API_FIELDS(conversion_fields), API_NO_FIELDS, "Conversion", "Add an order of a lead" },
    { HTTP_GET, "/api/v2/conversions/{id}", API_V2, SCOPE_USERS_READ, show_conversion, API_NO_FIELDS, API_NO_FIELDS, "Conversion", "Get an order" },
    { HTTP_POST, "/api/v2/conversions/{id}/refund", API_V2, SCOPE_USERS_WRITE, refund_conversion, API_FIELDS(refund_fields), API_NO_FIELDS, "Conversion", "Refund an order, or a part of it" },
};

const ApiRoutes conversion_routes = { routes, ARRAY_LEN(routes) };
