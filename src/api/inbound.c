/* /webhook/{token}/qualify: shops and forms report that a lead did what the campaign pays for (contract 3.2).
 * The token in the path is all that they show; it opens nothing else. */
#include "api/handlers.h"
#include "engine/qualify.h"
#include "engine/view.h"

static void qualified(Command *base)
{
    ApiCall *call = api_succeeded(base);
    if (call == NULL)
        return;
    json_begin_object(&call->json);
    json_put_str(&call->json, "message", STR("The user is qualified."));
    json_key(&call->json, "data");
    view_user(&call->json, call->context->engine, &((const QualifyCommand *)base)->user);
    api_reply_data(call, 200);
}

static void inbound_qualify(ApiCall *call)
{
    QualifyCommand *command = qualify_command_of(call);
    if (command)
        api_submit(call, &command->base, qualified);
}

static const ApiRoute routes[] = {
    { HTTP_POST, "/webhook/{token}/qualify", API_INBOUND, SCOPE_ANY, inbound_qualify, qualify_fields, QUALIFY_FIELD_COUNT, API_NO_FIELDS, "QualifiedAnswer", "Qualify a user, with an inbound token in the path" },
};

const ApiRoutes inbound_routes = { routes, ARRAY_LEN(routes) };
