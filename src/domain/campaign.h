/* A campaign: one referral programme. Pure: values in, values out. */
#ifndef DOMAIN_CAMPAIGN_H
#define DOMAIN_CAMPAIGN_H

#include "domain/money.h"
#include "domain/names.h"

/*   draft ──▶ launched ⇄ paused      launched, paused ──▶ ended ──▶ launched (it goes on after all) */
typedef enum CampaignStatus { CAMPAIGN_DRAFT, CAMPAIGN_LAUNCHED, CAMPAIGN_PAUSED, CAMPAIGN_ENDED } CampaignStatus;
extern const NameTable campaign_status_names;

/* What the campaign is like. What it pays is said by its rewards; of these only invite_only changes a rule:
 * its sign-up page is closed, so that people come by an invitation or are added by the owner. */
typedef enum CampaignKind {
    CAMPAIGN_SINGLE_SIDED,
    CAMPAIGN_DOUBLE_SIDED,
    CAMPAIGN_INVITE_ONLY,
    CAMPAIGN_REFER_TO_WIN,
    CAMPAIGN_COMMISSION,
} CampaignKind;
extern const NameTable campaign_kind_names;

/* Who is credited when several referrers could be: see domain/attribution.h. */
typedef enum AttributionPolicy { ATTRIBUTION_FIRST, ATTRIBUTION_LAST } AttributionPolicy;
extern const NameTable attribution_policy_names;

enum { CAMPAIGN_CLICK_WINDOW_S = 30 * 24 * 3600 }; /* unless the owner says otherwise */

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
    CampaignKind kind;
    bool live;                     /* false: test mode */
    Str share_subject, share_text; /* what people send with their link; may be empty */
    Str form;                      /* JSON of the extra fields, checked; { NULL, 0 } for none */
    AttributionPolicy attribution;
    int64_t click_window_s;  /* a click counts this long; 0: for ever */
    int64_t cookie_days;     /* a cookie remembers a click this long; 0: there is none */
    bool proof_of_work;      /* its forms need one: domain/proof.h */
    int64_t credit_window_s; /* a lead's qualification counts for the referrer this long after joining; 0: for ever */
    int64_t sources;         /* bits of the UserSources by which people may join; 0: any */
    int64_t budget_minor;    /* all rewards together; 0: no bound */
    Currency budget_currency;
    int64_t min_spend_minor; /* what a lead must have spent to qualify; 0: nothing */
    Currency min_spend_currency;
    int64_t min_spend_window_s; /* within this time after joining; 0: for ever */
    int64_t fraud;              /* what each fraud rule does: domain/fraud.h */
    int64_t archived_us;        /* 0: not */
    int64_t reach;
    /* How its pages look, see domain/theme.h; empty: as ours do. */
    Str accent_color, accent_color_dark, logo_url, hero_url, custom_css;
    Str texts; /* its own words on them: domain/wording.h */
    Str embed_origins; /* by spaces: sites that may show its pages in frames, and use its widget */
} Campaign;

/* What holds for a campaign of which nothing is said: launched, live, first touch, and every fraud rule
 * flags. Its name is missing. */
Campaign campaign_defaults(void);

/* What an owner can say of a campaign. */
typedef enum CampaignPart {
    CAMPAIGN_PART_NAME,
    CAMPAIGN_PART_STATUS,
    CAMPAIGN_PART_KIND,
    CAMPAIGN_PART_LIVE,
    CAMPAIGN_PART_LANG,
    CAMPAIGN_PART_OFFER,
    CAMPAIGN_PART_LANDING_URL,
    CAMPAIGN_PART_THANK_YOU_URL,
    CAMPAIGN_PART_STARTS,
    CAMPAIGN_PART_ENDS,
    CAMPAIGN_PART_SHARE_SUBJECT,
    CAMPAIGN_PART_SHARE_TEXT,
    CAMPAIGN_PART_FORM,
    CAMPAIGN_PART_ATTRIBUTION,
    CAMPAIGN_PART_CLICK_WINDOW,
    CAMPAIGN_PART_CREDIT_WINDOW,
    CAMPAIGN_PART_SOURCES,
    CAMPAIGN_PART_FRAUD,
    CAMPAIGN_PART_BUDGET,
    CAMPAIGN_PART_BUDGET_CURRENCY,
    CAMPAIGN_PART_MIN_SPEND,
    CAMPAIGN_PART_MIN_SPEND_CURRENCY,
    CAMPAIGN_PART_MIN_SPEND_WINDOW,
    CAMPAIGN_PART_ACCENT,
    CAMPAIGN_PART_ACCENT_DARK,
    CAMPAIGN_PART_LOGO,
    CAMPAIGN_PART_HERO,
    CAMPAIGN_PART_TEXTS,
    CAMPAIGN_PART_CSS,
    CAMPAIGN_PART_EMBED,
    CAMPAIGN_PART_COOKIE,
    CAMPAIGN_PART_PROOF,
    CAMPAIGN_PART_COUNT,
} CampaignPart;

/* Some parts of a campaign, to be made as they are in `to`. */
typedef struct CampaignChange {
    Campaign to;
    uint32_t parts; /* bits of CampaignParts */
} CampaignChange;
_Static_assert(CAMPAIGN_PART_COUNT <= 32, "parts are bits");

void campaign_apply(Campaign *campaign, const CampaignChange *change);

/* May this campaign be changed so? Not against the order of its states, not its test mode once people
 * may have joined, and not at all when it is archived. STATUS_INVALID with the reason. */
Status campaign_check_change(const Campaign *campaign, const CampaignChange *change, Error *err) MUST_USE;

/* Checks what a person entered and trims the texts in place. */
Status campaign_check(Campaign *campaign, Error *err) MUST_USE;

/* May people join it now? STATUS_INVALID with the reason (contract, Q15). */
Status campaign_check_open(const Campaign *campaign, int64_t now_us, Error *err) MUST_USE;

#endif
