/* Our additions to /api/v2/campaigns: making, changing and archiving campaigns. */
#include "engine/campaign.h"

#include "api/campaign_body.h"
#include "api/handlers.h"
#include "engine/view.h"

static void reply_campaign(ApiCall *call, const Campaign *campaign, int http_status)
{
    api_begin_data(call);
    view_campaign(&call->json, call->context->engine, campaign, NULL);
    api_reply_data(call, http_status);
}

static void created(Command *base)
{
    ApiCall *call = api_succeeded(base);
    if (call)
        reply_campaign(call, &((const CampaignCommand *)base)->campaign, 201);
}

static void create_campaign(ApiCall *call)
{
    CampaignChange change;
    if (!campaign_change_of(call, &change))
        return;
    CampaignCommand *command = campaign_command_new(call->request->arena);
    if (command) {
        campaign_apply(&command->campaign, &change);
        command->campaign.account_id = call->account_id;
    }
    api_submit(call, command ? &command->base : NULL, created);
}

static void changed(Command *base)
{
    ApiCall *call = api_succeeded(base);
    if (call)
        reply_campaign(call, &((const CampaignChangeCommand *)base)->campaign, 200);
}

static void submit_change(ApiCall *call, const CampaignChange *change)
{
    CampaignChangeCommand *command = campaign_change_command_new(call->request->arena);
    if (command) {
        command->account_id = call->account_id;
        command->campaign_id = api_path_id(call, 0);
        command->change = *change;
    }
    api_submit(call, command ? &command->base : NULL, changed);
}

static void change_campaign(ApiCall *call)
{
    CampaignChange change;
    if (campaign_change_of(call, &change))
        submit_change(call, &change);
}

static void set_status(ApiCall *call, CampaignStatus status)
{
    submit_change(call, &(CampaignChange){ .to.status = status, .parts = 1u << CAMPAIGN_PART_STATUS });
}

static void launch_campaign(ApiCall *call)
{
    set_status(call, CAMPAIGN_LAUNCHED);
}

static void pause_campaign(ApiCall *call)
{
    set_status(call, CAMPAIGN_PAUSED);
}

static void end_campaign(ApiCall *call)
{
    set_status(call, CAMPAIGN_ENDED);
}

static void archived(Command *base)
{
    ApiCall *call = api_succeeded(base);
    if (call)
        api_reply_message(call, 200, "The campaign is archived.");
}

static void archive_campaign(ApiCall *call)
{
    CampaignArchiveCommand *command = campaign_archive_command_new(call->request->arena);
    if (command) {
        command->account_id = call->account_id;
        command->campaign_id = api_path_id(call, 0);
    }
    api_submit(call, command ? &command->base : NULL, archived);
}

/* ---- routes ------------------------------------------------------------ */

static const ApiRoute routes[] = {
    { HTTP_POST, "/api/v2/campaigns", API_V2, SCOPE_CAMPAIGNS_WRITE, create_campaign, API_FIELDS(campaign_fields), API_NO_FIELDS, "Campaign", "Make a campaign" },
    { HTTP_PUT, "/api/v2/campaigns/{id}", API_V2, SCOPE_CAMPAIGNS_WRITE, change_campaign, API_FIELDS(campaign_fields), API_NO_FIELDS, "Campaign", "Change a campaign: what is not sent stays" },
    { HTTP_DELETE, "/api/v2/campaigns/{id}", API_V2, SCOPE_CAMPAIGNS_WRITE, archive_campaign, API_NO_FIELDS, API_NO_FIELDS, "Message", "Archive a campaign" },
    { HTTP_POST, "/api/v2/campaigns/{id}/launch", API_V2, SCOPE_CAMPAIGNS_WRITE, launch_campaign, API_NO_FIELDS, API_NO_FIELDS, "Campaign", "Launch a campaign, or go on after a pause" },
    { HTTP_POST, "/api/v2/campaigns/{id}/pause", API_V2, SCOPE_CAMPAIGNS_WRITE, pause_campaign, API_NO_FIELDS, API_NO_FIELDS, "Campaign", "Pause a campaign" },
    { HTTP_POST, "/api/v2/campaigns/{id}/end", API_V2, SCOPE_CAMPAIGNS_WRITE, end_campaign, API_NO_FIELDS, API_NO_FIELDS, "Campaign", "End a campaign" },
};

const ApiRoutes campaign_routes = { routes, ARRAY_LEN(routes) };
