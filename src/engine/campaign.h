/* Campaigns: making, changing, archiving. Links notice each of them at once. */
#ifndef ENGINE_CAMPAIGN_H
#define ENGINE_CAMPAIGN_H

#include "engine/engine.h"

typedef struct CampaignCommand {
    Command base;
    Campaign campaign; /* in, except id, created_us: out; begins with the defaults */
} CampaignCommand;
CampaignCommand *campaign_command_new(Arena *arena) MUST_USE;

/* STATUS_NOT_FOUND when the account has no such campaign. */
typedef struct CampaignChangeCommand {
    Command base;
    int64_t account_id, campaign_id;
    CampaignChange change;
    Campaign campaign; /* out: as it is now */
} CampaignChangeCommand;
CampaignChangeCommand *campaign_change_command_new(Arena *arena) MUST_USE;

/* Takes it out of all lists, for good: nobody can join it, its links say that it is over. What people
 * earned in it stays. Archiving again is nothing. */
typedef struct CampaignArchiveCommand {
    Command base;
    int64_t account_id, campaign_id;
} CampaignArchiveCommand;
CampaignArchiveCommand *campaign_archive_command_new(Arena *arena) MUST_USE;

#endif
