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

/* Changes nothing: a command, so that an Idempotency-Key keeps its answer as that of any other write. */
typedef struct PortalLink {
    Command base;
    const Engine *engine;
    int64_t account_id, user_id, expires_us;
    User user;
} PortalLink;

static Status run_portal_link(Command *base, StoreSession *session)
{
    PortalLink *link = (PortalLink *)base;
    UserKey key = { .kind = USER_KEY_ID, .id = link->user_id };
    return find_user(session, link->engine, link->account_id, key, base->arena, &link->user, &base->error);
}

static void reply_portal_link(Command *base)
{
    ApiCall *call = api_succeeded(base);
    if (call == NULL)
        return;
    const PortalLink *link = (const PortalLink *)base;
    JsonOut *json = &call->json;
    api_begin_data(call);
    json_begin_object(json);
    json_key(json, "url");
    view_portal_url(json, link->engine, &link->user, link->expires_us);
    json_put_str(json, "pass",
                 str_of(pass_of(&link->engine->code_key, PASS_LINK, link->user_id, link->expires_us).text));
    json_put_str(json, "expires_at", str_of(time_iso8601(link->expires_us).text));
    json_end_object(json);
    api_reply_data(call, 200);
}

static void make_portal_link(ApiCall *call)
{
    const FieldValue *seconds = field_value(&call->values, "expires_in_s");
    if (seconds->given && seconds->number == 0) {
        api_fail_field(call, "expires_in_s", "A link opens for 1 second at least.");
        return;
    }
    int64_t life_s = seconds->given ? seconds->number : PORTAL_LINK_SECONDS;
    PortalLink *link = ARENA_NEW(call->request->arena, PortalLink);
    if (link)
        *link = (PortalLink){ .base = { .run = run_portal_link, .arena = call->request->arena },
                              .engine = call->context->engine,
                              .account_id = call->account_id,
                              .user_id = api_path_id(call, 0),
                              .expires_us = time_now_us() + life_s * US_PER_SECOND };
    api_submit(call, link ? &link->base : NULL, reply_portal_link);
}

/* ---- routes ------------------------------------------------------------ */

static const ApiRoute routes[] = {
    { HTTP_PUT, "/api/v2/users/{id}", API_V2, SCOPE_USERS_WRITE, change_user, API_FIELDS(change_fields), API_NO_FIELDS, "User", "Change a user: what is not sent stays" },
    { HTTP_DELETE, "/api/v2/users/{id}", API_V2, SCOPE_USERS_WRITE, erase_user, API_NO_FIELDS, API_NO_FIELDS, "Message", "Erase a user for good" },
    { HTTP_POST, "/api/v2/users/{id}/referrer", API_V2, SCOPE_USERS_WRITE, attach_referrer, API_FIELDS(refer_fields), API_NO_FIELDS, "User", "Attach a referrer to a user who has not qualified" },
    { HTTP_POST, "/api/v2/users/{id}/portal-link", API_V2, SCOPE_USERS_WRITE, make_portal_link, API_FIELDS(portal_fields), API_NO_FIELDS, "PortalLink", "Make a link that signs a user in to their portal" },
};

const ApiRoutes people_routes = { routes, ARRAY_LEN(routes) };
