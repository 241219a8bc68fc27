/* /api/v2/users/{id}: changing and erasing users (contract 2.3, U5 and U6), and attaching a referrer later. */
#include "api/handlers.h"
#include "base/limits.h"
#include "engine/refer.h"
#include "engine/user.h"
#include "engine/view.h"

static void reply_user(ApiCall *call, const User *user)
{
    api_begin_data(call);
    view_user(&call->json, call->context->engine, user);
    api_reply_data(call, 200);
}

/* ---- changing ---------------------------------------------------------- */

static const Field change_fields[] = {
    { "first_name", FIELD_TEXT, false, LIMIT_NAME_CHARS * 4, "First name" },
    { "email", FIELD_TEXT, false, LIMIT_EMAIL_LEN, "E-mail address" },
    { "meta", FIELD_ARRAY, false, 0, "Extra fields, in place of those there are: [{field, value}]" },
    { "customer_id", FIELD_CODE, false, LIMIT_CUSTOMER_ID_LEN, "The shop's own name for this person; null: none" },
};

static void changed(Command *base)
{
    ApiCall *call = api_succeeded(base);
    if (call)
        reply_user(call, &((const UserChangeCommand *)base)->user);
}

static void change_user(ApiCall *call)
{
    const FieldValue *first_name = field_value(&call->values, "first_name");
    const FieldValue *email = field_value(&call->values, "email");
    const FieldValue *meta = field_value(&call->values, "meta");
    const FieldValue *customer = field_value(&call->values, "customer_id");
    Str new_meta;
    if (!user_meta_of(call, meta, &new_meta))
        return;
    UserChangeCommand *command = user_change_command_new(call->request->arena);
    if (command) {
        command->account_id = call->account_id;
        command->user_id = api_path_id(call, 0);
        command->first_name = first_name->text;
        command->email = email->text;
        command->changes_meta = meta->json != NULL;
        command->meta = new_meta;
        command->changes_customer = customer->json != NULL;
        command->customer_id = customer->text;
    }
    api_submit(call, command ? &command->base : NULL, changed);
}

/* ---- erasing ----------------------------------------------------------- */

static void erased(Command *base)
{
    ApiCall *call = api_succeeded(base);
    if (call)
        api_reply_message(call, 200, "The user is erased.");
}

static void erase_user(ApiCall *call)
{
    UserEraseCommand *command = user_erase_command_new(call->context->engine, call->request->arena);
    if (command) {
        command->account_id = call->account_id;
        command->user_id = api_path_id(call, 0);
    }
    api_submit(call, command ? &command->base : NULL, erased);
}

/* ---- attaching a referrer ---------------------------------------------- */

static const Field refer_fields[] = {
    { "field", FIELD_TEXT, true, 20, "id, code, email, customer_id, coupon or click_id" },
    { "value", FIELD_CODE, true, LIMIT_EMAIL_LEN, "Its value" },
    { "reason", FIELD_TEXT, false, LIMIT_TEXT_CHARS * 4, "Why, in your own words; kept with the decision" },
};

static void referred(Command *base)
{
    ApiCall *call = api_succeeded(base);
    if (call)
        reply_user(call, &((const ReferCommand *)base)->user);
}

static void attach_referrer(ApiCall *call)
{
    const FieldValue *reason = field_value(&call->values, "reason");
    UserKey referrer;
    if (!user_key_of_fields(&call->values, &referrer)) {
        api_fail_field(call, "field", "The field is id, code, email, customer_id, coupon or click_id.");
        return;
    }
    ReferCommand *command = refer_command_new(call->context->engine, call->request->arena);
    if (command) {
        command->account_id = call->account_id;
        command->user_id = api_path_id(call, 0);
        command->referrer = referrer;
        command->reason = reason->given ? reason->text : STR("");
    }
    api_submit(call, command ? &command->base : NULL, referred);
}

/* ---- routes ------------------------------------------------------------ */

static const ApiRoute routes[] = {
    { HTTP_PUT, "/api/v2/users/{id}", API_V2, SCOPE_USERS_WRITE, change_user, API_FIELDS(change_fields), API_NO_FIELDS, "User", "Change a user: what is not sent stays" },
    { HTTP_DELETE, "/api/v2/users/{id}", API_V2, SCOPE_USERS_WRITE, erase_user, API_NO_FIELDS, API_NO_FIELDS, "Message", "Erase a user for good" },
    { HTTP_POST, "/api/v2/users/{id}/referrer", API_V2, SCOPE_USERS_WRITE, attach_referrer, API_FIELDS(refer_fields), API_NO_FIELDS, "User", "Attach a referrer to a user who has not qualified" },
};

const ApiRoutes people_routes = { routes, ARRAY_LEN(routes) };
