#include "engine/campaign.h"

static Status run_create(Command *base, StoreSession *session)
{
    CampaignCommand *command = (CampaignCommand *)base;
    Status status = campaign_check(&command->campaign, &base->error);
    return status ? status : store_campaign_insert(session, &command->campaign);
}

CampaignCommand *campaign_command_new(Arena *arena)
{
    CampaignCommand *command = ARENA_NEW(arena, CampaignCommand);
    if (command)
        *command = (CampaignCommand){ .base = { .run = run_create, .arena = arena }, .campaign = campaign_defaults() };
    return command;
}

static Status load(Command *base, StoreSession *session, int64_t account_id, int64_t id, Campaign *out_campaign)
{
    Status status = store_campaign_get(session, account_id, id, base->arena, out_campaign);
    return status == STATUS_NOT_FOUND
               ? error_set(&base->error, status, NULL, "No campaign has the id %lld.", (long long)id)
               : status;
}

static Status run_change(Command *base, StoreSession *session)
{
    CampaignChangeCommand *command = (CampaignChangeCommand *)base;
    Campaign *campaign = &command->campaign;
    Status status = load(base, session, command->account_id, command->campaign_id, campaign);
    if (!status)
        status = campaign_check_change(campaign, &command->change, &base->error);
    if (status)
        return status;
    campaign_apply(campaign, &command->change);
    status = campaign_check(campaign, &base->error);
    return status ? status : store_campaign_update(session, campaign);
}

CampaignChangeCommand *campaign_change_command_new(Arena *arena)
{
    CampaignChangeCommand *command = ARENA_NEW(arena, CampaignChangeCommand);
    if (command)
        *command = (CampaignChangeCommand){ .base = { .run = run_change, .arena = arena } };
    return command;
}

static Status run_archive(Command *base, StoreSession *session)
{
    const CampaignArchiveCommand *command = (const CampaignArchiveCommand *)base;
    Campaign campaign;
    Status status = load(base, session, command->account_id, command->campaign_id, &campaign);
    if (status || campaign.archived_us)
        return status;
    return store_campaign_archive(session, campaign.account_id, campaign.id);
}

CampaignArchiveCommand *campaign_archive_command_new(Arena *arena)
{
    CampaignArchiveCommand *command = ARENA_NEW(arena, CampaignArchiveCommand);
    if (command)
        *command = (CampaignArchiveCommand){ .base = { .run = run_archive, .arena = arena } };
    return command;
}
