/* /api/v2/account: what holds for all campaigns of an account (an addition to the contract). */
#include "engine/account.h"
#include "api/handlers.h"
#include "base/limits.h"

static void put_account(JsonOut *json, const Account *account)
{
    json_begin_object(json);
    json_put_int(json, "id", account->id);
    json_put_str(json, "name", account->name);
    json_put_str_opt(json, "fallback_url", account->fallback_url.len ? account->fallback_url : STR_NONE);
    json_end_object(json);
}

static void show_account(ApiCall *call)
{
    Account account;
    Status status = store_account_get(call->context->session, call->account_id, call->request->arena, &account);
    if (!api_begin_found(call, status))
        return;
    put_account(&call->json, &account);
    api_reply_data(call, 200);
}

static void changed(Command *base)
{
    ApiCall *call = api_succeeded(base);
    if (call == NULL)
        return;
    api_begin_data(call);
    put_account(&call->json, &((const AccountCommand *)base)->account);
    api_reply_data(call, 200);
}

static void change_account(ApiCall *call)
{
    AccountCommand *command = account_command_new(call->request->arena);
    if (command) {
        const FieldValue *fallback = field_value(&call->values, "fallback_url");
        command->account_id = call->account_id;
        command->fallback_url = fallback->given ? fallback->text : STR("");
    }
    api_submit(call, command ? &command->base : NULL, changed);
}

/* ---- routes ------------------------------------------------------------ */

static const Field fields[] = {
    { "fallback_url", FIELD_TEXT, false, LIMIT_URL_LEN, "Where links that nobody has lead on hosts of campaigns that name no other; without: as on the server's own" },
};

static const ApiRoute routes[] = {
    { HTTP_GET, "/api/v2/account", API_V2, SCOPE_CAMPAIGNS_READ, show_account, API_NO_FIELDS, API_NO_FIELDS, "Account", "Read what holds for all campaigns" },
    { HTTP_PUT, "/api/v2/account", API_V2, SCOPE_CAMPAIGNS_WRITE, change_account, API_FIELDS(fields), API_NO_FIELDS, "Account", "Change what holds for all campaigns" },
};

const ApiRoutes account_routes = { routes, ARRAY_LEN(routes) };
