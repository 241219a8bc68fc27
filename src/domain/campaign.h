/* A campaign: one referral programme. Pure: values in, values out. */
#ifndef DOMAIN_CAMPAIGN_H
#define DOMAIN_CAMPAIGN_H

#include "base/status.h"
#include "domain/names.h"

typedef enum CampaignStatus { CAMPAIGN_DRAFT, CAMPAIGN_LAUNCHED, CAMPAIGN_PAUSED } CampaignStatus;
extern const NameTable campaign_status_names;

typedef struct Campaign {
    int64_t id, account_id;
    CampaignStatus status;
    Str name;
    Str lang;          /* BCP 47, e.g. "en" */
    Str offer;         /* what a friend is offered, shown on the landing page; may be empty */
    Str landing_url;   /* where links lead; empty: the hosted landing page */
    Str thank_you_url; /* where the hosted form leads; empty: the hosted thank-you page */
    int64_t starts_us, ends_us; /* 0: no bound */
    int64_t created_us;
    int64_t reach;
} Campaign;

/* Checks what a person entered and trims the texts in place. */
Status campaign_check(Campaign *campaign, Error *err) MUST_USE;

/* May people join it now? STATUS_INVALID with the reason (contract, Q15). */
Status campaign_check_open(const Campaign *campaign, int64_t now_us, Error *err) MUST_USE;

#endif
