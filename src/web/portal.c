/* What somebody who refers sees of their own: link, counts, referrals, rewards, and who leads. */
#include "web/portal.h"

#include "base/limits.h"
#include "base/time.h"
#include "domain/pass.h"
#include "http/route.h"
#include "web/handlers.h"
#include "web/page.h"
#include "web/session.h"
#include "web/sharing.h"

enum { MAX_ROWS_LEN = 64 * 1024, LEADERS = 10, BASIS_POINTS = 100 };

/* One of a portal's lists; `status` is the first thing that went wrong. */
typedef struct Rows {
    const LoopContext *context;
    const Link *link;
    const Language *language;
    Arena *arena;
    Buf html;
    Status status;
} Rows;

static Rows rows_of(const HttpRequest *request, const LoopContext *context, const Link *link)
{
    return (Rows){ .context = context,
                   .link = link,
                   .language = page_language(request, &link->campaign),
                   .arena = request->arena,
                   .html = buf_in_arena(request->arena, MAX_ROWS_LEN) };
}

typedef struct Row {
    Str what, note, state;
    bool own;
} Row;

static void add_row(Rows *rows, Row row)
{
    TemplateValue values[] = { { .name = "what", .text = row.what },
                               { .name = "note", .text = row.note },
                               { .name = "state", .text = row.state },
                               { .name = "own", .text = row.own ? STR("yes") : STR("") } };
    buf_append(&rows->html, page_part(rows->arena, rows->language, PAGE_ROW, values, ARRAY_LEN(values)));
}

/* { .text = HTML } or, with rows->status set, nothing. */
static TemplateValue rows_end(Rows *rows, const char *name)
{
    Str html = buf_str(&rows->html);
    if (!rows->status && html.ptr == NULL)
        rows->status = STATUS_NOMEM;
    return (TemplateValue){ .name = name, .text = html, .trusted = true };
}

/* The friend has not asked to be shown. */
Str portal_short_name(Arena *arena, Str name)
{
    Str initial = text_initial(name);
    return initial.len ? arena_printf(arena, "%.*s…", STR_ARG(initial)) : STR("…");
}

static Str date_of(Arena *arena, int64_t utc_us)
{
    return arena_str(arena, str_of(time_date(utc_us).text));
}

/* ---- referrals --------------------------------------------------------- */

static TemplateValue referrals_html(Rows rows, Status *out_status)
{
    const User *user = &rows.link->user;
    UserList list;
    rows.status = store_user_list_of_referrer(rows.context->session, user->account_id, user->id, LIMIT_PORTAL_ROWS,
                                              rows.arena, &list);
    for (size_t i = 0; !rows.status && i < list.count; i++) {
        const User *friend = &list.items[i];
        const char *state = friend->qualified_us ? "portal.state_qualified" : "portal.state_joined";
        add_row(&rows, (Row){ .what = portal_short_name(rows.arena, friend->first_name),
                              .note = date_of(rows.arena, friend->signed_up_us),
                              .state = text_of(rows.language, state) });
    }
    TemplateValue value = rows_end(&rows, "referrals");
    *out_status = rows.status;
    return value;
}

/* ---- rewards ----------------------------------------------------------- */

Str portal_reward_value(Arena *arena, const Grant *grant)
{
    switch (grant->metric) {
    case METRIC_COUPON:
        return grant->coupon;
    case METRIC_CUSTOM:
        return STR("");
    case METRIC_COMMISSION:
        if (grant->spend_minor == SPEND_UNKNOWN)
            return arena_printf(arena, "%g %%", (double)grant->rate / BASIS_POINTS);
        break;
    case METRIC_AMOUNT:
        break;
    }
    return arena_printf(arena, "%s %s", money_text(grant->value_minor, grant->currency).text, grant->currency.code);
}

/* That a payout failed is the owner's business: to its recipient it still is to come. */
static const char *const grant_texts[] = {
    [GRANT_DUE] = "portal.reward_due",          [GRANT_ISSUED] = "portal.reward_issued",
    [GRANT_CANCELLED] = "portal.reward_ended",  [GRANT_PENDING] = "portal.reward_pending",
    [GRANT_FAILED] = "portal.reward_due",       [GRANT_REVERSED] = "portal.reward_ended",
};

const char *portal_reward_text(const Grant *grant)
{
    return grant_texts[grant->state];
}

static TemplateValue rewards_html(Rows rows, Status *out_status)
{
    const User *user = &rows.link->user;
    GrantList list;
    rows.status = store_grant_list_newest(rows.context->session, user->account_id, user->id, LIMIT_PORTAL_ROWS,
                                          rows.arena, &list);
    for (size_t i = 0; !rows.status && i < list.count; i++) {
        Reward reward;
        rows.status = store_reward_get(rows.context->session, user->account_id, list.items[i].reward_id, rows.arena,
                                       &reward);
        if (!rows.status)
            add_row(&rows, (Row){ .what = reward.name,
                                  .note = portal_reward_value(rows.arena, &list.items[i]),
                                  .state = text_of(rows.language, portal_reward_text(&list.items[i])) });
    }
    TemplateValue value = rows_end(&rows, "rewards");
    *out_status = rows.status;
    return value;
}

/* ---- leaderboard ------------------------------------------------------- */

/* Where people refer to win they want to know how they stand; elsewhere it is nobody's business. */
static TemplateValue leaders_html(Rows rows, Status *out_status)
{
    const User *user = &rows.link->user;
    LeaderList list = { 0 };
    if (rows.link->campaign.kind == CAMPAIGN_REFER_TO_WIN)
        rows.status = store_leader_list(rows.context->session, user->account_id, user->campaign_id, LEADERS,
                                        rows.arena, &list);
    for (size_t i = 0; !rows.status && i < list.count; i++) {
        User leader;
        bool own = list.items[i].user_id == user->id;
        rows.status =
            store_user_get(rows.context->session, user->account_id, list.items[i].user_id, rows.arena, &leader);
        if (!rows.status)
            add_row(&rows, (Row){ .what = own ? leader.first_name : portal_short_name(rows.arena, leader.first_name),
                                  .state = arena_printf(rows.arena, "%lld", (long long)list.items[i].qualified),
                                  .own = own });
    }
    TemplateValue value = rows_end(&rows, "leaders");
    *out_status = rows.status;
    return value;
}

/* ---- the page ---------------------------------------------------------- */

static TemplateValue number_value(Arena *arena, const char *name, int64_t number)
{
    return (TemplateValue){ .name = name, .text = arena_printf(arena, "%lld", (long long)number) };
}

void portal_show(HttpRequest *request, const LoopContext *context, const Link *link, bool embedded)
{
    Rows rows = rows_of(request, context, link);
    Status referrals, rewards, leaders;
    TemplateValue values[] = {
        { .name = "campaign", .text = link->campaign.name },
        { .name = "name", .text = link->user.first_name },
        { .name = "leave", .text = embedded ? STR("") : request->params[0] },
        number_value(request->arena, "reach", link->user.reach),
        number_value(request->arena, "joined", link->user.referrals),
        number_value(request->arena, "qualified", link->user.qualified_referrals),
        { .name = "sharing", .text = sharing_html(request, link), .trusted = true },
        referrals_html(rows, &referrals),
        rewards_html(rows, &rewards),
        leaders_html(rows, &leaders),
    };
    if (referrals || rewards || leaders) {
        page_send_failure(request, referrals ? referrals : rewards ? rewards : leaders);
        return;
    }
    page_send(request, &(Page){ .id = PAGE_PORTAL,
                                .status = 200,
                                .title = text_fill(request->arena, text_of(rows.language, "portal.title"), values, 1),
                                .campaign = &link->campaign,
                                .values = values,
                                .count = ARRAY_LEN(values),
                                .script = SCRIPT_SHARING,
                                .embedded = embedded });
}

bool portal_has_pass(const HttpRequest *request, const Engine *engine, const User *user)
{
    int64_t user_id;
    Str pass = http_form_value(request->arena, request->query, "pass");
    return pass_parse(&engine->code_key, PASS_LINK, pass, time_now_us(), &user_id) && user_id == user->id;
}

/* The pass goes from the URL into the cookie: a URL is kept in histories and shown to others. */
static void sign_in(HttpRequest *request, const LoopContext *context, const Link *link)
{
    Str cookie = session_cookie(request->arena, context->engine, link->user.id);
    Str portal = arena_printf(request->arena, "/%.*s/portal", STR_ARG(request->params[0]));
    if (cookie.ptr && portal.ptr)
        page_redirect_with(request, 303, portal, cookie);
    else
        page_send_failure(request, STATUS_NOMEM);
}

static void ask_to_sign_in(HttpRequest *request, const LoopContext *context, const Link *link, Str cookie)
{
    Code code = code_of(&context->engine->code_key, CODE_CAMPAIGN, link->campaign.id);
    Str login = arena_printf(request->arena, "/%s/login", code.text);
    if (login.ptr)
        page_redirect_with(request, 303, login, cookie);
    else
        page_send_failure(request, STATUS_NOMEM);
}

void web_get_portal(HttpRequest *request, LoopContext *context)
{
    Link link;
    Status status = find_link(context->session, context->engine, request->params[0], request->arena, &link);
    if (status) {
        page_send_failure(request, status);
        return;
    }
    if (portal_has_pass(request, context->engine, &link.user))
        sign_in(request, context, &link);
    else if (session_is_of(request, context->engine, &link.user))
        portal_show(request, context, &link, false);
    else
        ask_to_sign_in(request, context, &link, STR_NONE);
}

void web_post_logout(HttpRequest *request, LoopContext *context)
{
    Link link;
    Status status = find_link(context->session, context->engine, request->params[0], request->arena, &link);
    if (status) {
        page_send_failure(request, status);
        return;
    }
    /* A form of another site comes without the cookie: it can't sign anybody out. */
    bool is_signed_in = session_is_of(request, context->engine, &link.user);
    ask_to_sign_in(request, context, &link,
                   is_signed_in ? session_end_cookie(request->arena, context->engine, link.user.id) : STR_NONE);
}
