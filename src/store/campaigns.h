/* Campaigns. Part of store/store.h: include that. */
#ifndef STORE_CAMPAIGNS_H
#define STORE_CAMPAIGNS_H

#include "domain/campaign.h"
#include "store/command.h"

typedef struct CampaignList {
    Campaign *items;
    size_t count;
} CampaignList;

/* Sets campaign->id. */
Status store_campaign_insert(StoreSession *session, Campaign *campaign) MUST_USE;
Status store_campaign_get(StoreSession *session, int64_t account_id, int64_t id, Arena *arena,
                          Campaign *out_campaign) MUST_USE;
/* Writes all that an owner can say of it; links follow at once. */
Status store_campaign_update(StoreSession *session, const Campaign *campaign) MUST_USE;
Status store_campaign_archive(StoreSession *session, int64_t account_id, int64_t id) MUST_USE;
/* The account of a campaign known by its code. */
Status store_campaign_account(StoreSession *session, int64_t id, int64_t *out_account_id) MUST_USE;
/* Without those that are archived. */
Status store_campaign_list(StoreSession *session, int64_t account_id, Arena *arena, CampaignList *out_list) MUST_USE;

#endif
