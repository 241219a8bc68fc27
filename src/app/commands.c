#include "app/cli.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>

#include "base/json_out.h"
#include "base/limits.h"
#include "base/time.h"
#include "engine/account.h"
#include "engine/campaign.h"
#include "engine/coupon_csv.h"
#include "engine/reward_setup.h"
#include "engine/tokens.h"
#include "engine/view.h"

static Status get_choice(CliContext *context, const char *option, NameTable names, int *out_value)
{
    if (name_find(names, args_get(context->args, option), out_value))
        return STATUS_OK;
    Buf list = buf_in_arena(context->arena, sizeof context->err.text);
    for (size_t i = 0; i < names.count; i++)
        buf_printf(&list, "%s%s", i == 0 ? "" : i + 1 == names.count ? " or " : ", ", names.names[i]);
    return error_set(&context->err, STATUS_INVALID, option, "--%s must be %.*s.", option, STR_ARG(buf_str(&list)));
}

/* ---- token ------------------------------------------------------------- */

static const ArgOption token_create_options[] = {
    DB_OPTION,
    { "name", "NAME", NULL, "what the token is for", true, false },
    { "scope", "SCOPE", NULL, "what it may do, e.g. users:read; else everything", false, true },
    { "expires", "DATE", NULL, "when it ends; else never", false, false },
    { "main", NULL, NULL, "it takes the place of the main token", false, false },
    { "inbound", NULL, NULL, "for the URL /webhook/TOKEN/qualify, and nothing else", false, false },
    JSON_OPTION,
};

static Status read_scopes(CliContext *context, ScopeSet *out_scopes)
{
    Str list = args_get(context->args, "scope"), name;
    *out_scopes = list.ptr ? 0 : SCOPES_ALL;
    while (str_cut(&list, ',', &name)) {
        int scope;
        if (!name_find(scope_names, str_trim(name), &scope))
            return error_set(&context->err, STATUS_INVALID, "scope", "There is no scope \"%.*s\".", STR_ARG(name));
        *out_scopes |= UINT64_C(1) << scope;
    }
    return STATUS_OK;
}

static Status token_create(CliContext *context)
{
    Token token = { .account_id = STORE_FIRST_ACCOUNT,
                    .name = args_get(context->args, "name"),
                    .kind = args_has(context->args, "inbound") ? TOKEN_INBOUND : TOKEN_API,
                    .is_main = args_has(context->args, "main") };
    Str expires = args_get(context->args, "expires");
    Status status = read_scopes(context, &token.scopes);
    if (!status && expires.ptr && !time_parse(expires, &token.expires_us, NULL))
        status = error_set(&context->err, STATUS_INVALID, "expires", "--expires must be a date such as 2027-01-31.");
    if (status)
        return status;
    TokenCommand *command = token_command_new(context->arena);
    if (command)
        command->token = token;
    status = run_command(context, command ? &command->base : NULL);
    if (status)
        return status;
    if (context->json)
        buf_printf(&context->out, "{\"id\":%lld,\"token\":\"%s\"}\n", (long long)command->token.id, command->text);
    else
        buf_printf(&context->out, "%s\n", command->text);
    return STATUS_OK;
}

static const ArgOption token_revoke_options[] = {
    DB_OPTION,
    { "id", "ID", NULL, "which token; \"token list\" tells", true, false },
    JSON_OPTION,
};

static Status token_revoke(CliContext *context)
{
    int64_t id;
    Status status = args_get_number(context->args, "id", 1, &id, &context->err);
    if (status)
        return status;
    TokenRevokeCommand *command = token_revoke_command_new(context->arena);
    if (command) {
        command->account_id = STORE_FIRST_ACCOUNT;
        command->id = id;
    }
    return run_command(context, command ? &command->base : NULL);
}

static const ArgOption list_options[] = { DB_OPTION, JSON_OPTION };

static Status token_list(CliContext *context)
{
    TokenList list;
    Status status = store_token_list(context->session, STORE_FIRST_ACCOUNT, context->arena, &list);
    for (size_t i = 0; !status && i < list.count; i++) {
        Line line = line_begin(context);
        line_int(&line, "id", list.items[i].id);
        line_text(&line, "name", list.items[i].name);
        line_text(&line, "kind", str_of(name_of(token_kind_names, (int)list.items[i].kind)));
        line_time_opt(&line, "created_at", list.items[i].created_us);
        line_time_opt(&line, "expires_at", list.items[i].expires_us);
        line_time_opt(&line, "last_used_at", list.items[i].used_us);
        line_end(&line);
    }
    return status;
}

/* ---- key --------------------------------------------------------------- */

static const ArgOption key_rotate_options[] = {
    DB_OPTION,
    { "new-file", "FILE", NULL, "where the new key goes; else into the place of the old one", false, false },
    JSON_OPTION,
};

static Status key_rotate(CliContext *context)
{
    Str file = args_get(context->args, "new-file");
    if (str_is_empty(file) && cli_master_key(context->args).text.ptr)
        return error_set(&context->err, STATUS_INVALID, "new-file",
                         "The key comes from REFMILL_KEY: say by --new-file where the new one shall be written.");
    return store_rekey(context->engine.store, file, &context->err);
}

/* ---- campaign ---------------------------------------------------------- */

/* Texts of a campaign; LOOK_OPTIONS are those of its pages' look. */
#define LOOK_OPTIONS                                                                                                  \
    { "share-subject", "TEXT", NULL, "subject of what people send with their link", false, false },                   \
    { "share-text", "TEXT", NULL, "what they send, with {referrer} and {link} in it", false, false },     \
    { "accent-color", "#RRGGBB", NULL, "colour of buttons and links", false, false },                                 \
    { "accent-color-dark", "#RRGGBB", NULL, "the same in dark mode", false, false },                                  \
    { "logo-url", "URL", NULL, "a picture above its pages", false, false },                                           \
    { "hero-url", "URL", NULL, "a picture on the pages where people join", false, false },                            \
    { "texts", "LINES", NULL, "words of your own on its pages, lines such as \"form.accept: Yes, please\"", false, false }, \
    { "custom-css", "CSS", NULL, "CSS behind ours", false, false }

static const struct {
    const char *option;
    CampaignPart part;
    size_t offset;
} campaign_texts[] = {
    { "name", CAMPAIGN_PART_NAME, offsetof(Campaign, name) },
    { "lang", CAMPAIGN_PART_LANG, offsetof(Campaign, lang) },
    { "offer", CAMPAIGN_PART_OFFER, offsetof(Campaign, offer) },
    { "landing-url", CAMPAIGN_PART_LANDING_URL, offsetof(Campaign, landing_url) },
    { "thank-you-url", CAMPAIGN_PART_THANK_YOU_URL, offsetof(Campaign, thank_you_url) },
    { "share-subject", CAMPAIGN_PART_SHARE_SUBJECT, offsetof(Campaign, share_subject) },
    { "share-text", CAMPAIGN_PART_SHARE_TEXT, offsetof(Campaign, share_text) },
    { "accent-color", CAMPAIGN_PART_ACCENT, offsetof(Campaign, accent_color) },
    { "accent-color-dark", CAMPAIGN_PART_ACCENT_DARK, offsetof(Campaign, accent_color_dark) },
    { "logo-url", CAMPAIGN_PART_LOGO, offsetof(Campaign, logo_url) },
    { "hero-url", CAMPAIGN_PART_HERO, offsetof(Campaign, hero_url) },
    { "texts", CAMPAIGN_PART_TEXTS, offsetof(Campaign, texts) },
    { "custom-css", CAMPAIGN_PART_CSS, offsetof(Campaign, custom_css) },
};

static void read_campaign_texts(const CliContext *context, CampaignChange *change)
{
    for (size_t i = 0; i < ARRAY_LEN(campaign_texts); i++) {
        Str value = args_get(context->args, campaign_texts[i].option);
        if (value.ptr) {
            *(Str *)((char *)&change->to + campaign_texts[i].offset) = value;
            change->parts |= 1u << campaign_texts[i].part;
        }
    }
}

static const ArgOption campaign_create_options[] = {
    DB_OPTION,
    { "name", "NAME", NULL, "its name, shown on its pages", true, false },
    { "offer", "TEXT", NULL, "what a friend is offered, shown on the landing page", false, false },
    { "landing-url", "URL", NULL, "links lead there, with ref=CODE&click=ID in the query, not to the landing page", false, false },
    { "thank-you-url", "URL", NULL, "the landing page's form leads there", false, false },
    { "lang", "TAG", "en", "language of its pages", false, false },
    { "status", "STATUS", "launched", "draft, launched, paused or ended", false, false },
    { "test", NULL, NULL, "a test campaign: its events are marked live: false", false, false },
    LOOK_OPTIONS,
    JSON_OPTION,
};

static Status campaign_create(CliContext *context)
{
    int campaign_status;
    Status status = get_choice(context, "status", campaign_status_names, &campaign_status);
    if (status)
        return status;
    CampaignCommand *command = campaign_command_new(context->arena);
    if (command) {
        CampaignChange change = { .parts = 0 };
        read_campaign_texts(context, &change);
        campaign_apply(&command->campaign, &change);
        command->campaign.account_id = STORE_FIRST_ACCOUNT;
        command->campaign.status = (CampaignStatus)campaign_status;
        command->campaign.live = !args_has(context->args, "test");
    }
    status = run_command(context, command ? &command->base : NULL);
    if (!status)
        print_id(context, command->campaign.id);
    return status;
}

static const ArgOption campaign_change_options[] = {
    DB_OPTION,
    CAMPAIGN_OPTION,
    { "name", "NAME", NULL, "its name, shown on its pages", false, false },
    { "offer", "TEXT", NULL, "what a friend is offered, shown on the landing page", false, false },
    { "landing-url", "URL", NULL, "links lead there; \"\" for the landing page", false, false },
    { "thank-you-url", "URL", NULL, "the landing page's form leads there", false, false },
    { "lang", "TAG", NULL, "language of its pages", false, false },
    { "status", "STATUS", NULL, "launched, paused or ended", false, false },
    LOOK_OPTIONS,
};

static Status campaign_change(CliContext *context)
{
    int64_t id;
    int campaign_status = CAMPAIGN_LAUNCHED;
    bool has_status = args_get(context->args, "status").ptr != NULL;
    Status status = args_get_number(context->args, "campaign", 1, &id, &context->err);
    if (!status && has_status)
        status = get_choice(context, "status", campaign_status_names, &campaign_status);
    if (status)
        return status;
    CampaignChangeCommand *command = campaign_change_command_new(context->arena);
    if (command) {
        command->account_id = STORE_FIRST_ACCOUNT;
        command->campaign_id = id;
        command->change.to.status = (CampaignStatus)campaign_status;
        command->change.parts = has_status ? 1u << CAMPAIGN_PART_STATUS : 0;
        read_campaign_texts(context, &command->change);
    }
    return run_command(context, command ? &command->base : NULL);
}

static Status campaign_list(CliContext *context)
{
    CampaignList list;
    Status status = store_campaign_list(context->session, STORE_FIRST_ACCOUNT, context->arena, &list);
    for (size_t i = 0; !status && i < list.count; i++) {
        const Campaign *campaign = &list.items[i];
        Code code = code_of(&context->engine.code_key, CODE_CAMPAIGN, campaign->id);
        Line line = line_begin(context);
        line_int(&line, "id", campaign->id);
        line_text(&line, "code", str_of(code.text));
        line_text(&line, "status", str_of(name_of(campaign_status_names, (int)campaign->status)));
        line_int(&line, "reach", campaign->reach);
        line_text(&line, "name", campaign->name);
        line_end(&line);
    }
    return status;
}

/* ---- account ----------------------------------------------------------- */

static const ArgOption account_change_options[] = {
    DB_OPTION,
    { "fallback-url", "URL", NULL, "where links that nobody has lead on hosts of campaigns that name no other; \"\": as on the server's own", true, false },
    JSON_OPTION,
};

static Status account_change(CliContext *context)
{
    AccountCommand *command = account_command_new(context->arena);
    if (command) {
        command->account_id = STORE_FIRST_ACCOUNT;
        command->fallback_url = args_get(context->args, "fallback-url");
    }
    return run_command(context, command ? &command->base : NULL);
}

/* ---- reward ------------------------------------------------------------ */

static const ArgOption reward_create_options[] = {
    DB_OPTION,
    CAMPAIGN_OPTION,
    { "name", "NAME", NULL, "its name", true, false },
    { "metric", "METRIC", NULL, "amount, commission, coupon or custom", true, false },
    { "value", "VALUE", "0", "how much, for example 25.00; percent of a commission", false, false },
    { "currency", "CODE", NULL, "ISO 4217, for example USD (amount, commission)", false, false },
    { "for", "WHOM", NULL, "referrer or lead", true, false },
    { "when", "WHEN", NULL, "joined, invited or qualified", true, false },
    { "every", "N", "1", "each N-th time", false, false },
    { "once", NULL, NULL, "only once per person", false, false },
    { "frequency", "HOW", NULL, "order or recurring, instead of --every and --once", false, false },
    { "period", "PERIOD", "ever", "week, month, quarter or year (recurring)", false, false },
    { "periods", "N", "0", "for so many periods; 0: without end (recurring)", false, false },
    { "hold-days", "N", "0", "days until it is due", false, false },
    { "approval", NULL, NULL, "somebody has to approve it before it is due", false, false },
    { "issue", "METHOD", NULL, "manual, n8n, webhook, email, paypal, tremendous, stripe, stripe_coupon, zapier or make", true, false },
    { "auto", NULL, NULL, "issue it the moment it is due", false, false },
    JSON_OPTION,
};

/* A commission's value is a percentage, with two digits like what has no currency. */
static Currency value_currency(const Reward *reward, int metric)
{
    return metric == METRIC_COMMISSION ? (Currency){ "" } : reward->currency;
}

/* --every 3, --once, or --frequency with --period and --periods. */
static Status read_frequency(CliContext *context, Reward *reward)
{
    const Args *args = context->args;
    int frequency = FREQUENCY_EACH, period;
    int64_t days;
    Status status = args_get_number(args, "every", 1, &reward->every, &context->err);
    if (!status)
        status = args_get_number(args, "periods", 0, &reward->periods, &context->err);
    if (!status)
        status = args_get_number(args, "hold-days", 0, &days, &context->err);
    if (!status)
        status = get_choice(context, "period", period_names, &period);
    if (!status && args_has(args, "frequency"))
        status = get_choice(context, "frequency", reward_frequency_names, &frequency);
    if (status)
        return status;
    reward->frequency = args_has(args, "once")   ? FREQUENCY_ONCE
                        : reward->every > 1      ? FREQUENCY_EVERY_N
                                                 : (RewardFrequency)frequency;
    reward->period = (Period)period;
    reward->hold_s = i64_min(days, LIMIT_HOLD_SECONDS) * 24 * 3600;
    return STATUS_OK;
}

static Status read_reward(CliContext *context, Reward *out_reward)
{
    int metric, who, when, issue;
    const Args *args = context->args;
    Reward reward = { .account_id = STORE_FIRST_ACCOUNT,
                      .name = args_get(args, "name"),
                      .approval = args_has(args, "approval"),
                      .automatic = args_has(args, "auto") };
    Status status = get_choice(context, "metric", reward_metric_names, &metric);
    if (!status)
        status = get_choice(context, "for", reward_for_names, &who);
    if (!status)
        status = get_choice(context, "when", reward_when_names, &when);
    if (!status)
        status = get_choice(context, "issue", issue_method_names, &issue);
    if (!status)
        status = args_get_number(args, "campaign", 1, &reward.campaign_id, &context->err);
    if (!status)
        status = read_frequency(context, &reward);
    if (!status && args_has(args, "currency"))
        status = currency_parse(args_get(args, "currency"), &reward.currency, &context->err);
    if (!status)
        status = money_parse(args_get(args, "value"), value_currency(&reward, metric), &reward.value_minor, &context->err);
    if (status)
        return status;
    reward.metric = (RewardMetric)metric;
    reward.who = (RewardFor)who;
    reward.when = (RewardWhen)when;
    reward.issue = (IssueMethod)issue;
    *out_reward = reward;
    return STATUS_OK;
}

static Status reward_create(CliContext *context)
{
    Reward reward;
    Status status = read_reward(context, &reward);
    if (status)
        return status;
    RewardCommand *command = reward_command_new(context->arena);
    if (command)
        command->reward = reward;
    status = run_command(context, command ? &command->base : NULL);
    if (!status)
        print_id(context, command->reward.id);
    return status;
}

static Status reward_list(CliContext *context)
{
    RewardList list;
    Status status = store_reward_list(context->session, STORE_FIRST_ACCOUNT, ALL_REWARDS, context->arena, &list);
    for (size_t i = 0; !status && i < list.count; i++) {
        const Reward *reward = &list.items[i];
        Line line = line_begin(context);
        line_int(&line, "id", reward->id);
        line_int(&line, "campaign_id", reward->campaign_id);
        line_text(&line, "metric", str_of(name_of(reward_metric_names, (int)reward->metric)));
        line_text(&line, "value", str_of(money_text(reward->value_minor, value_currency(reward, (int)reward->metric)).text));
        line_text(&line, "currency", str_of(reward->currency.code));
        line_text(&line, "for", str_of(name_of(reward_for_names, (int)reward->who)));
        line_text(&line, "when", str_of(name_of(reward_when_names, (int)reward->when)));
        line_text(&line, "frequency", str_of(name_of(reward_frequency_names, (int)reward->frequency)));
        line_int(&line, "every", reward->frequency == FREQUENCY_ONCE ? 0 : reward->every);
        line_text(&line, "issue", str_of(name_of(issue_method_names, (int)reward->issue)));
        line_text(&line, "auto", reward->automatic ? STR("yes") : STR("no"));
        line_text(&line, "name", reward->name);
        line_end(&line);
    }
    return status;
}

/* ---- grant ------------------------------------------------------------- */

static const ArgOption of_campaign_options[] = { DB_OPTION, CAMPAIGN_OPTION, JSON_OPTION };

static Status grant_list(CliContext *context)
{
    int64_t campaign_id;
    GrantList list = { 0 };
    Status status = args_get_number(context->args, "campaign", 1, &campaign_id, &context->err);
    if (!status)
        status = store_grant_list(context->session, STORE_FIRST_ACCOUNT, campaign_id, context->arena, &list);
    for (size_t i = 0; !status && i < list.count; i++) {
        const Grant *grant = &list.items[i];
        Line line = line_begin(context);
        line_int(&line, "id", grant->id);
        line_int(&line, "reward_id", grant->reward_id);
        line_int(&line, "recipient_id", grant->recipient_id);
        line_int(&line, "referral_id", grant->referral_id);
        line_text(&line, "status", str_of(name_of(grant_state_names, (int)grant->state)));
        line_text(&line, "value", str_of(money_text(grant->value_minor, grant->currency).text));
        line_text(&line, "currency", str_of(grant->currency.code));
        line_text(&line, "coupon", grant->coupon.ptr ? grant->coupon : STR(""));
        line_end(&line);
    }
    return status;
}

/* ---- coupon ------------------------------------------------------------ */

/* All of it: half a file is none. */
static Status read_file(CliContext *context, FILE *in, Str *out_text)
{
    Buf text = buf_in_arena(context->arena, LIMIT_COUPON_IMPORT_LEN);
    char block[64 * 1024];
    size_t len;
    while (!text.failed && (len = fread(block, 1, sizeof block, in)) > 0)
        buf_append(&text, (Str){ block, len });
    if (ferror(in))
        return error_set(&context->err, STATUS_INVALID, NULL, "The file can't be read: %s.", strerror(errno));
    *out_text = buf_str(&text);
    return text.failed ? error_set(&context->err, STATUS_INVALID, NULL, "The file is larger than 50 MiB.") : STATUS_OK;
}

static Status coupon_import(CliContext *context)
{
    int64_t campaign_id;
    Str text, *codes;
    size_t count;
    Status status = args_get_number(context->args, "campaign", 1, &campaign_id, &context->err);
    if (status)
        return status;
    const char *path = context->args->rest.ptr;
    FILE *in = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
    if (in == NULL)
        return error_set(&context->err, STATUS_INVALID, NULL, "%s can't be read: %s.", path, strerror(errno));
    status = read_file(context, in, &text);
    if (in != stdin)
        fclose(in);
    if (!status && coupon_csv_read(text, context->arena, &codes, &count, &context->err) != STATUS_OK)
        status = error_set(&context->err, STATUS_INVALID, NULL, "The file is no CSV.");
    if (status)
        return status;
    CouponCommand *command = coupon_command_new(&context->engine, context->arena);
    if (command) {
        command->account_id = STORE_FIRST_ACCOUNT;
        command->campaign_id = campaign_id;
        command->codes = codes;
        command->count = count;
    }
    status = run_command(context, command ? &command->base : NULL);
    if (!status)
        buf_printf(&context->out, context->json ? "{\"imported\":%zu}\n" : "%zu\n", count);
    return status;
}

static Status coupon_list(CliContext *context)
{
    int64_t campaign_id;
    CouponList list = { 0 };
    Status status = args_get_number(context->args, "campaign", 1, &campaign_id, &context->err);
    if (!status)
        status = store_coupon_list(context->session, STORE_FIRST_ACCOUNT, campaign_id, context->arena, &list);
    for (size_t i = 0; !status && i < list.count; i++) {
        Line line = line_begin(context);
        line_int(&line, "id", list.items[i].id);
        line_int(&line, "user_id", list.items[i].user_id);
        line_text(&line, "code", list.items[i].code);
        line_end(&line);
    }
    return status;
}

/* ---- the table --------------------------------------------------------- */

static const CliCommand commands[] = {
    { "token", "create", "make an API token and print it, this once", SPEC(token_create_options), token_create },
    { "token", "list", "list tokens: id, name, kind, created, expires, last used", SPEC(list_options), token_list },
    { "token", "revoke", "end a token at once", SPEC(token_revoke_options), token_revoke },
    { "key", "rotate", "make a new master key, also while the server runs", SPEC(key_rotate_options), key_rotate },
    { "account", "change", "change what holds for all campaigns", SPEC(account_change_options), account_change },
    { "campaign", "create", "make a campaign and print its id", SPEC(campaign_create_options), campaign_create },
    { "campaign", "change", "change a campaign: what is not named stays", SPEC(campaign_change_options), campaign_change },
    { "campaign", "list", "list campaigns: id, code, status, reach, name", SPEC(list_options), campaign_list },
    { "reward", "create", "make a reward and print its id", SPEC(reward_create_options), reward_create },
    { "reward", "list", "list rewards", SPEC(list_options), reward_list },
    { "grant", "list", "list what is owed and issued in a campaign", SPEC(of_campaign_options), grant_list },
    { "coupon",
      "import",
      "import coupon codes, the first column of a CSV file, and print how many",
      { of_campaign_options, ARRAY_LEN(of_campaign_options), "FILE.csv" },
      coupon_import },
    { "coupon", "list", "list coupons of a campaign: id, user, code", SPEC(of_campaign_options), coupon_list },
    { "webhook", "create", "register a webhook, and print its id", SPEC(webhook_create_options), webhook_create },
    { "webhook", "list", "list webhooks: id, event, campaign, reward, state, URL", SPEC(list_options), webhook_list },
    { "webhook", "secret", "print the secret that a webhook's deliveries are signed with", SPEC(webhook_options), webhook_secret },
    { "webhook", "show", "list a webhook's deliveries, the newest first, or the attempts at one", SPEC(webhook_show_options), webhook_show },
    { "webhook", "replay", "send one delivery again, or begin to send all that were given up, and print that replay", SPEC(webhook_replay_options), webhook_replay },
    { "webhook", "replays", "list a webhook's replays: how far they are; or end one", SPEC(webhook_replays_options), webhook_replays },
    { "webhook", "test", "send an example of a webhook's event now, and print request and answer", SPEC(webhook_test_options), webhook_test },
    { "webhook", "change", "change what a webhook's requests look like, how fast and in which order they go, and print that", SPEC(webhook_change_options), webhook_change },
    { "webhook", "purge", "give up what waits for a webhook, and print how much that was", SPEC(webhook_purge_options), webhook_purge },
    { "webhook", "pause", "let a webhook rest: what happens meanwhile waits", SPEC(webhook_options), webhook_pause },
    { "webhook", "resume", "let a webhook go on", SPEC(webhook_options), webhook_resume },
};

const CliCommand *cli_commands(size_t *out_count)
{
    *out_count = ARRAY_LEN(commands);
    return commands;
}
