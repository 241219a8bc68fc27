/* The body that describes a campaign, for making and for changing one. Only api/ includes this. */
#ifndef API_CAMPAIGN_BODY_H
#define API_CAMPAIGN_BODY_H

#include "api/call.h"
#include "domain/campaign.h"

enum { CAMPAIGN_FIELD_COUNT = CAMPAIGN_PART_COUNT };
extern const Field campaign_fields[CAMPAIGN_FIELD_COUNT]; /* in the order of CampaignPart */

/* What the body says, a field that is null or "" being set back to its default. False when something does
 * not fit: then the call is answered. */
bool campaign_change_of(ApiCall *call, CampaignChange *out_change) MUST_USE;

/* The extra fields of a campaign's forms (contract 2.3), checked and as our own JSON text. STATUS_INVALID
 * says which is wrong. */
Status campaign_form_read(const JsonValue *json, Arena *arena, Str *out_form, Error *err) MUST_USE;

#endif
