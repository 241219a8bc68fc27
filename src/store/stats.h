/* What happens in campaigns, counted per day (UTC) while it happens. Part of store/store.h: include that. */
#ifndef STORE_STATS_H
#define STORE_STATS_H

#include "domain/campaign.h"
#include "store/command.h"

typedef struct DayCounts {
    int64_t clicks;
    int64_t joins;     /* people, referring and invited */
    int64_t referrals; /* of them, invited */
    int64_t qualified; /* less those un-qualified, which are taken off the day they had qualified on */
    int64_t issued;    /* rewards */
} DayCounts;

/* Adds (or takes away) on the day of `at_us`. */
Status store_day_add(StoreSession *session, int64_t account_id, int64_t campaign_id, int64_t at_us,
                     DayCounts add) MUST_USE;

typedef struct CampaignDay {
    int64_t day_us; /* its beginning */
    DayCounts counts;
} CampaignDay;

typedef struct CampaignDayList {
    CampaignDay *items;
    size_t count;
} CampaignDayList;

/* The days on which something happened, oldest first, from the day of `from_us` to that of `to_us`. */
Status store_day_list(StoreSession *session, int64_t account_id, int64_t campaign_id, int64_t from_us, int64_t to_us,
                      Arena *arena, CampaignDayList *out_list) MUST_USE;

/* What a campaign has come to. */
typedef struct CampaignTotals {
    int64_t reach, users, referrals, qualified_referrals;
} CampaignTotals;

Status store_campaign_totals(StoreSession *session, const Campaign *campaign, CampaignTotals *out_totals) MUST_USE;

/* What a reward has led to: grants due and issued. */
typedef struct RewardTotals {
    int64_t count, total_minor;
    Str last_coupon; /* handed out last; { NULL, 0 }: none yet */
} RewardTotals;

Status store_reward_totals(StoreSession *session, int64_t account_id, int64_t reward_id, Arena *arena,
                           RewardTotals *out_totals) MUST_USE;

#endif
