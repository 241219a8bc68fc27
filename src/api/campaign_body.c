#include "api/campaign_body.h"

#include <stddef.h>
#include <stdio.h>

#include "base/limits.h"
#include "domain/fraud.h"
#include "domain/user.h"
#include "domain/wording.h"

const Field campaign_fields[CAMPAIGN_FIELD_COUNT] = {
    [CAMPAIGN_PART_NAME] = { "name", FIELD_TEXT, false, LIMIT_TITLE_CHARS * 4, "Its name, shown on its pages" },
    [CAMPAIGN_PART_STATUS] = { "status", FIELD_TEXT, false, 20, "draft, launched, paused or ended" },
    [CAMPAIGN_PART_KIND] = { "kind", FIELD_TEXT, false, 20,
                             "single_sided, double_sided, invite_only, refer_to_win or commission" },
    [CAMPAIGN_PART_LIVE] = { "live", FIELD_BOOL, false, 0, "false: test mode; only in a draft" },
    [CAMPAIGN_PART_LANG] = { "lang", FIELD_TEXT, false, 35, "Language of its pages, e.g. en or pt-BR" },
    [CAMPAIGN_PART_OFFER] = { "offer", FIELD_TEXT, false, LIMIT_TEXT_CHARS * 4, "What a friend is offered" },
    [CAMPAIGN_PART_LANDING_URL] = { "landing_url", FIELD_TEXT, false, LIMIT_URL_LEN,
                                    "Where links lead instead of to the hosted page" },
    [CAMPAIGN_PART_THANK_YOU_URL] = { "thank_you_url", FIELD_TEXT, false, LIMIT_URL_LEN,
                                      "Where the hosted form leads" },
    [CAMPAIGN_PART_STARTS] = { "starts_at", FIELD_TIME, false, 0, "Nobody joins before" },
    [CAMPAIGN_PART_ENDS] = { "ends_at", FIELD_TIME, false, 0, "Nobody joins from then on" },
    [CAMPAIGN_PART_SHARE_SUBJECT] = { "share_subject", FIELD_TEXT, false, LIMIT_TITLE_CHARS * 4,
                                      "Subject of what people send with their link" },
    [CAMPAIGN_PART_SHARE_TEXT] = { "share_text", FIELD_TEXT, false, LIMIT_TEXT_CHARS * 4,
                                   "Text that people send with their link" },
    [CAMPAIGN_PART_FORM] = { "fields", FIELD_OBJECT, false, 0,
                             "Extra form fields: {person_referring: […], person_invited: […]}" },
    [CAMPAIGN_PART_ATTRIBUTION] = { "attribution", FIELD_TEXT, false, 10, "first or last: whose touch is credited" },
    [CAMPAIGN_PART_CLICK_WINDOW] = { "click_window_s", FIELD_INT, false, LIMIT_WINDOW_SECONDS,
                                     "Seconds that a click counts; 0: for ever" },
    [CAMPAIGN_PART_COOKIE] = { "cookie_days", FIELD_INT, false, LIMIT_COOKIE_DAYS,
                               "Days that a cookie remembers whose link was opened; 0: no cookie" },
    [CAMPAIGN_PART_PROOF] = { "proof_of_work", FIELD_BOOL, false, 0, "Its forms let browsers work for a moment: fewer robots, needs JavaScript" },
    [CAMPAIGN_PART_CREDIT_WINDOW] = { "credit_window_s", FIELD_INT, false, LIMIT_WINDOW_SECONDS,
                                      "Seconds after joining in which qualifying counts for the referrer; 0: for ever" },
    [CAMPAIGN_PART_SOURCES] = { "sources", FIELD_ARRAY, false, 0, "Sources by which people may join; []: any" },
    [CAMPAIGN_PART_FRAUD] = { "fraud", FIELD_OBJECT, false, 0, "{rule: off|flag|hold|block}; others go back to flag" },
    [CAMPAIGN_PART_BUDGET] = { "budget_minor", FIELD_INT, false, LIMIT_MONEY_MINOR,
                               "All its rewards together, in minor units; 0: no bound" },
    [CAMPAIGN_PART_BUDGET_CURRENCY] = { "budget_currency", FIELD_TEXT, false, 3, "e.g. EUR" },
    [CAMPAIGN_PART_MIN_SPEND] = { "min_spend_minor", FIELD_INT, false, LIMIT_MONEY_MINOR,
                                  "What a lead must spend to qualify, in minor units; 0: nothing" },
    [CAMPAIGN_PART_MIN_SPEND_CURRENCY] = { "min_spend_currency", FIELD_TEXT, false, 3, "e.g. EUR" },
    [CAMPAIGN_PART_MIN_SPEND_WINDOW] = { "min_spend_window_s", FIELD_INT, false, LIMIT_WINDOW_SECONDS,
                                         "Seconds after joining in which spending counts; 0: for ever" },
    [CAMPAIGN_PART_ACCENT] = { "accent_color", FIELD_TEXT, false, 7, "Colour of buttons and links, #rrggbb, dark enough for text on white" },
    [CAMPAIGN_PART_ACCENT_DARK] = { "accent_color_dark", FIELD_TEXT, false, 7, "The same for dark mode; unless given, a brighter accent_color" },
    [CAMPAIGN_PART_LOGO] = { "logo_url", FIELD_TEXT, false, LIMIT_URL_LEN, "A picture above its pages, by https" },
    [CAMPAIGN_PART_HERO] = { "hero_url", FIELD_TEXT, false, LIMIT_URL_LEN, "A picture on the pages where people join, by https" },
    [CAMPAIGN_PART_TEXTS] = { "texts", FIELD_OBJECT, false, 0, "Your own words in place of ours, e.g. {\"form.accept\": \"Yes, please\"}" },
    [CAMPAIGN_PART_CSS] = { "custom_css", FIELD_TEXT, false, LIMIT_CSS_LEN, "CSS for its pages, without url() and @import" },
    [CAMPAIGN_PART_EMBED] = { "embed_origins", FIELD_TEXT, false, LIMIT_URL_LEN, "Sites that may show referrers' pages in frames, e.g. https://shop.example, by spaces" },
};

/* One of a table's names, with the whole list in the error. */
static Status read_name(NameTable names, Str name, const char *field, int *out_value, Error *err)
{
    if (name_find(names, name, out_value))
        return STATUS_OK;
    char list[160] = "";
    size_t len = 0;
    for (size_t i = 0; i < names.count && len < sizeof list; i++)
        len += (size_t)snprintf(list + len, sizeof list - len, "%s%s", i ? ", " : "", names.names[i]);
    return error_set(err, STATUS_INVALID, field, "This must be one of: %s.", list);
}

static Status read_sources(const JsonValue *json, int64_t *out_sources, Error *err)
{
    *out_sources = 0;
    for (size_t i = 0; i < json_array_len(json); i++) {
        int source;
        Status status = read_name(user_source_names, json_to_str(json_array_at(json, i)), "sources", &source, err);
        if (status)
            return status;
        *out_sources |= INT64_C(1) << source;
    }
    return STATUS_OK;
}

static Status read_fraud(const JsonValue *json, int64_t *out_fraud, Error *err)
{
    Str name;
    const JsonValue *member;
    *out_fraud = FRAUD_DEFAULTS;
    for (void *at = NULL; json_next_member(json, &at, &name, &member);) {
        int rule, action;
        Status status = read_name(fraud_rule_names, name, "fraud", &rule, err);
        if (!status)
            status = read_name(fraud_action_names, json_to_str(member), "fraud", &action, err);
        if (status)
            return status;
        *out_fraud = fraud_with(*out_fraud, (FraudRule)rule, (FraudAction)action);
    }
    return STATUS_OK;
}

/* Lines "name: text"; what they say is checked with the campaign. */
static Status read_wording(const JsonValue *json, Arena *arena, Str *out_texts, Error *err)
{
    Buf lines = buf_in_arena(arena, LIMIT_WORDING_LEN);
    const JsonValue *value;
    Str name;
    for (void *at = NULL; json_next_member(json, &at, &name, &value);) {
        Str text = json_to_str(value);
        if (!wording_is_open(name))
            return error_set(err, STATUS_INVALID, "texts", "There is no text \"%.*s\" that can be changed.",
                             (int)size_min(name.len, LIMIT_NAME_CHARS), name.ptr);
        if (json_type_of(value) != JSON_TYPE_STRING || str_has_control(text))
            return error_set(err, STATUS_INVALID, "texts", "%.*s must be a text in one line.", STR_ARG(name));
        buf_printf(&lines, "%.*s: %.*s\n", STR_ARG(name), STR_ARG(text));
    }
    *out_texts = buf_str(&lines);
    return lines.failed ? error_set(err, STATUS_INVALID, "texts", "The texts are too long: %d bytes at most.",
                                    LIMIT_WORDING_LEN)
                        : STATUS_OK;
}

static Status read_currency(Str text, const char *field, Currency *out_currency, Error *err)
{
    return currency_parse(text, out_currency, NULL)
               ? error_set(err, STATUS_INVALID, field, "The currency is three capital letters, for example EUR.")
               : STATUS_OK;
}

/* ---- parts ------------------------------------------------------------- */

/* How a part is read, and into which member. */
typedef enum Reader {
    READ_TEXT,
    READ_NUMBER,
    READ_BOOL,
    READ_NAME,
    READ_CURRENCY,
    READ_FORM,
    READ_SOURCES,
    READ_FRAUD,
    READ_WORDING,
} Reader;

#define PART(reader, member, ...) { reader, offsetof(Campaign, member), __VA_ARGS__ }

static const struct {
    Reader reader;
    size_t offset;
    const NameTable *names;
} readers[CAMPAIGN_PART_COUNT] = {
    [CAMPAIGN_PART_NAME] = PART(READ_TEXT, name, NULL),
    [CAMPAIGN_PART_STATUS] = PART(READ_NAME, status, &campaign_status_names),
    [CAMPAIGN_PART_KIND] = PART(READ_NAME, kind, &campaign_kind_names),
    [CAMPAIGN_PART_LIVE] = PART(READ_BOOL, live, NULL),
    [CAMPAIGN_PART_LANG] = PART(READ_TEXT, lang, NULL),
    [CAMPAIGN_PART_OFFER] = PART(READ_TEXT, offer, NULL),
    [CAMPAIGN_PART_LANDING_URL] = PART(READ_TEXT, landing_url, NULL),
    [CAMPAIGN_PART_THANK_YOU_URL] = PART(READ_TEXT, thank_you_url, NULL),
    [CAMPAIGN_PART_STARTS] = PART(READ_NUMBER, starts_us, NULL),
    [CAMPAIGN_PART_ENDS] = PART(READ_NUMBER, ends_us, NULL),
    [CAMPAIGN_PART_SHARE_SUBJECT] = PART(READ_TEXT, share_subject, NULL),
    [CAMPAIGN_PART_SHARE_TEXT] = PART(READ_TEXT, share_text, NULL),
    [CAMPAIGN_PART_FORM] = PART(READ_FORM, form, NULL),
    [CAMPAIGN_PART_ATTRIBUTION] = PART(READ_NAME, attribution, &attribution_policy_names),
    [CAMPAIGN_PART_CLICK_WINDOW] = PART(READ_NUMBER, click_window_s, NULL),
    [CAMPAIGN_PART_COOKIE] = PART(READ_NUMBER, cookie_days, NULL),
    [CAMPAIGN_PART_PROOF] = PART(READ_BOOL, proof_of_work, NULL),
    [CAMPAIGN_PART_CREDIT_WINDOW] = PART(READ_NUMBER, credit_window_s, NULL),
    [CAMPAIGN_PART_SOURCES] = PART(READ_SOURCES, sources, NULL),
    [CAMPAIGN_PART_FRAUD] = PART(READ_FRAUD, fraud, NULL),
    [CAMPAIGN_PART_BUDGET] = PART(READ_NUMBER, budget_minor, NULL),
    [CAMPAIGN_PART_BUDGET_CURRENCY] = PART(READ_CURRENCY, budget_currency, NULL),
    [CAMPAIGN_PART_MIN_SPEND] = PART(READ_NUMBER, min_spend_minor, NULL),
    [CAMPAIGN_PART_MIN_SPEND_CURRENCY] = PART(READ_CURRENCY, min_spend_currency, NULL),
    [CAMPAIGN_PART_MIN_SPEND_WINDOW] = PART(READ_NUMBER, min_spend_window_s, NULL),
    [CAMPAIGN_PART_ACCENT] = PART(READ_TEXT, accent_color, NULL),
    [CAMPAIGN_PART_ACCENT_DARK] = PART(READ_TEXT, accent_color_dark, NULL),
    [CAMPAIGN_PART_LOGO] = PART(READ_TEXT, logo_url, NULL),
    [CAMPAIGN_PART_HERO] = PART(READ_TEXT, hero_url, NULL),
    [CAMPAIGN_PART_TEXTS] = PART(READ_WORDING, texts, NULL),
    [CAMPAIGN_PART_CSS] = PART(READ_TEXT, custom_css, NULL),
    [CAMPAIGN_PART_EMBED] = PART(READ_TEXT, embed_origins, NULL),
};

static Status read_part(int part, const FieldValue *value, Arena *arena, Campaign *to, Error *err)
{
    void *member = (char *)to + readers[part].offset;
    const char *field = campaign_fields[part].name;
    switch (readers[part].reader) {
    case READ_TEXT:
        *(Str *)member = value->text;
        return STATUS_OK;
    case READ_NUMBER:
        *(int64_t *)member = value->number;
        return STATUS_OK;
    case READ_BOOL:
        *(bool *)member = value->number != 0;
        return STATUS_OK;
    case READ_NAME: /* an enum, of int's size */
        return read_name(*readers[part].names, value->text, field, member, err);
    case READ_CURRENCY:
        return read_currency(value->text, field, member, err);
    case READ_FORM:
        return campaign_form_read(value->json, arena, member, err);
    case READ_SOURCES:
        return read_sources(value->json, member, err);
    case READ_FRAUD:
        return read_fraud(value->json, member, err);
    case READ_WORDING:
        return read_wording(value->json, arena, member, err);
    }
    return STATUS_INTERNAL;
}

bool campaign_change_of(ApiCall *call, CampaignChange *out_change)
{
    *out_change = (CampaignChange){ .to = campaign_defaults() };
    for (int part = 0; part < CAMPAIGN_PART_COUNT; part++) {
        const FieldValue *value = &call->values.items[part];
        Error err = { 0 };
        if (value->json == NULL) /* not sent; null and "" are, and mean the default */
            continue;
        out_change->parts |= 1u << part;
        Status status = STATUS_OK;
        if (value->given)
            status = read_part(part, value, call->request->arena, &out_change->to, &err);
        if (status) {
            api_fail(call, status, &err);
            return false;
        }
    }
    return true;
}
