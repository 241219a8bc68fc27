/* /api/v2/users/{id}: changing and erasing users (contract 2.3, U5 and U6), attaching a referrer later, and links
 * that open somebody's portal. */
#include "api/handlers.h"
#include "base/limits.h"
#include "base/time.h"
#include "domain/pass.h"
#include "engine/find.h"
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

/* ---- signing in to the portal ------------------------------------------ */

enum { PORTAL_LINK_SECONDS = 24 * 3600 };

static const Field portal_fields[] = {
    { "expires_in_s", FIELD_INT, false, LIMIT_PASS_SECONDS, "Seconds that the link opens the portal; a day unless given" },
};

static void reply_portal_link(ApiCall *call, const User *user, int64_t expires_us)
{
    const Engine *engine = call->context->engine;
    JsonOut *json = &call->json;
    api_begin_data(call);
    json_begin_object(json);
    json_key(json, "url");
    view_portal_url(json, engine, user, expires_us);
    json_put_str(json, "pass", str_of(pass_of(&engine->code_key, PASS_LINK, user->id, expires_us).text));
    json_put_str(json, "expires_at", str_of(time_iso8601(expires_us).text));
    json_end_object(json);
    api_reply_data(call, 200);
}

static void make_portal_link(ApiCall *call)
{
    const FieldValue *seconds = field_value(&call->values, "expires_in_s");
    User user;
    Error err = { 0 };
    UserKey key = { .kind = USER_KEY_ID, .id = api_path_id(call, 0) };
    Status status = find_user(call->context->session, call->context->engine, call->account_id, key,
                              call->request->arena, &user, &err);
    if (status)
        api_fail(call, status, &err);
    else if (seconds->given && seconds->number == 0)
        api_fail_field(call, "expires_in_s", "A link opens for 1 second at least.");
    else
        reply_portal_link(call, &user,
                          time_now_us() + (seconds->given ? seconds->number : PORTAL_LINK_SECONDS) * US_PER_SECOND);
}

/* ---- routes ------------------------------------------------------------ */

static const ApiRoute routes[] = {
    { HTTP_PUT, "/api/v2/users/{id}", API_V2, SCOPE_USERS_WRITE, change_user, API_FIELDS(change_fields), API_NO_FIELDS, "User", "Change a user: what is not sent stays" },
    { HTTP_DELETE, "/api/v2/users/{id}", API_V2, SCOPE_USERS_WRITE, erase_user, API_NO_FIELDS, API_NO_FIELDS, "Message", "Erase a user for good" },
    { HTTP_POST, "/api/v2/users/{id}/referrer", API_V2, SCOPE_USERS_WRITE, attach_referrer, API_FIELDS(refer_fields), API_NO_FIELDS, "User", "Attach a referrer to a user who has not qualified" },
    { HTTP_POST, "/api/v2/users/{id}/portal-link", API_V2, SCOPE_USERS_WRITE, make_portal_link, API_FIELDS(portal_fields), API_NO_FIELDS, "PortalLink", "Make a link that signs a user in to their portal" },
};

const ApiRoutes people_routes = { routes, ARRAY_LEN(routes) };
