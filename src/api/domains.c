/* /api/v2/campaigns/{id}/domains: hosts of a campaign (an addition to the contract). */
#include "engine/domains.h"
#include "api/handlers.h"
#include "base/limits.h"
#include "base/time.h"

static void put_domain(JsonOut *json, const Domain *domain)
{
    json_begin_object(json);
    json_put_str(json, "domain", domain->host);
    json_put_int(json, "campaign_id", domain->campaign_id);
    json_put_str_opt(json, "fallback_url", domain->fallback_url.len ? domain->fallback_url : STR_NONE);
    json_put_str(json, "created_at", str_of(time_iso8601(domain->created_us).text));
    json_end_object(json);
}

static void list_domains(ApiCall *call)
{
    Campaign campaign;
    DomainList list;
    Arena *arena = call->request->arena;
    StoreSession *session = call->context->session;
    Status status = store_campaign_get(session, call->account_id, api_path_id(call, 0), arena, &campaign);
    if (!status)
        status = store_domain_list(session, call->account_id, campaign.id, arena, &list);
    if (!api_begin_found(call, status))
        return;
    json_begin_array(&call->json);
    for (size_t i = 0; i < list.count; i++)
        put_domain(&call->json, &list.items[i]);
    json_end_array(&call->json);
    api_reply_data(call, 200);
}

static Domain domain_of(const ApiCall *call)
{
    return (Domain){ .host = call->request->params[1], .account_id = call->account_id, .campaign_id = api_path_id(call, 0) };
}

static void given(Command *base)
{
    ApiCall *call = api_succeeded(base);
    if (call == NULL)
        return;
    const DomainCommand *command = (const DomainCommand *)base;
    api_begin_data(call);
    put_domain(&call->json, &command->domain);
    api_reply_data(call, command->is_new ? 201 : 200);
}

static void give_domain(ApiCall *call)
{
    DomainCommand *command = domain_command_new(call->context->engine, call->request->arena);
    if (command) {
        command->domain = domain_of(call);
        const FieldValue *fallback = field_value(&call->values, "fallback_url");
        command->domain.fallback_url = fallback->given ? fallback->text : STR("");
    }
    api_submit(call, command ? &command->base : NULL, given);
}

static void taken(Command *base)
{
    ApiCall *call = api_succeeded(base);
    if (call)
        api_reply_message(call, 200, "The host is no campaign's any more.");
}

static void take_domain(ApiCall *call)
{
    DomainRemoveCommand *command = domain_remove_command_new(call->request->arena);
    if (command)
        command->domain = domain_of(call);
    api_submit(call, command ? &command->base : NULL, taken);
}

/* ---- routes ------------------------------------------------------------ */

static const Field fields[] = {
    { "fallback_url", FIELD_TEXT, false, LIMIT_URL_LEN, "Where links that nobody has lead on this host; without: as on the server's own" },
};

static const ApiRoute routes[] = {
    { HTTP_GET, "/api/v2/campaigns/{id}/domains", API_V2, SCOPE_CAMPAIGNS_READ, list_domains, API_NO_FIELDS, API_NO_FIELDS, "Domains", "List the hosts of a campaign; its links begin with the first" },
    { HTTP_PUT, "/api/v2/campaigns/{id}/domains/{domain}", API_V2, SCOPE_CAMPAIGNS_WRITE, give_domain, API_FIELDS(fields), API_NO_FIELDS, "Domain", "Give a campaign a host, or change its fallback" },
    { HTTP_DELETE, "/api/v2/campaigns/{id}/domains/{domain}", API_V2, SCOPE_CAMPAIGNS_WRITE, take_domain, API_NO_FIELDS, API_NO_FIELDS, "Message", "Take a host from a campaign" },
};

const ApiRoutes domain_routes = { routes, ARRAY_LEN(routes) };
