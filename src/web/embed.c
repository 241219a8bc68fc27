/* For the customer's own site: a page for frames, and the same as JSON for those who draw it themselves. Both show the
 * link to anybody who knows the code, as the link itself does, and the rest to who has a pass. */
#include "base/json_out.h"
#include "base/limits.h"
#include "base/time.h"
#include "engine/view.h"
#include "web/handlers.h"
#include "web/page.h"
#include "web/portal.h"
#include "web/sharing.h"

enum { MAX_JSON_LEN = 128 * 1024 };

/* The user whose code is in the path. False: answered. */
static bool load(HttpRequest *request, const LoopContext *context, Link *out_link)
{
    Status status = find_link(context->session, context->engine, request->params[0], request->arena, out_link);
    if (status)
        page_send_failure(request, status);
    return !status;
}

void web_get_referrals(HttpRequest *request, LoopContext *context)
{
    Link link;
    if (!load(request, context, &link))
        return;
    if (portal_has_pass(request, context->engine, &link.user))
        portal_show(request, context, &link, true);
    else
        sharing_show(request, &link, true);
}

/* ---- JSON -------------------------------------------------------------- */

static Status put_referrals(JsonOut *json, const LoopContext *context, const User *user, Arena *arena)
{
    UserList list;
    Status status =
        store_user_list_of_referrer(context->session, user->account_id, user->id, LIMIT_PORTAL_ROWS, arena, &list);
    json_key(json, "referrals");
    json_begin_array(json);
    for (size_t i = 0; !status && i < list.count; i++) {
        json_begin_object(json);
        json_put_str(json, "name", portal_short_name(arena, list.items[i].first_name));
        json_put_str(json, "joined_at", str_of(time_date(list.items[i].signed_up_us).text));
        json_put_bool(json, "qualified", list.items[i].qualified_us != 0);
        json_end_object(json);
    }
    json_end_array(json);
    return status;
}

static Status put_rewards(JsonOut *json, const LoopContext *context, const User *user, Arena *arena)
{
    GrantList list;
    Status status =
        store_grant_list_newest(context->session, user->account_id, user->id, LIMIT_PORTAL_ROWS, arena, &list);
    json_key(json, "rewards");
    json_begin_array(json);
    for (size_t i = 0; !status && i < list.count; i++) {
        Reward reward;
        status = store_reward_get(context->session, user->account_id, list.items[i].reward_id, arena, &reward);
        if (status)
            break;
        json_begin_object(json);
        json_put_str(json, "name", reward.name);
        json_put_str(json, "value", portal_reward_value(arena, &list.items[i]));
        json_put_str(json, "status", str_of(name_of(grant_state_names, (int)list.items[i].state)));
        json_end_object(json);
    }
    json_end_array(json);
    return status;
}

static Status put_own(JsonOut *json, const LoopContext *context, const User *user, Arena *arena)
{
    json_put_str(json, "first_name", user->first_name);
    json_key(json, "counts");
    json_begin_object(json);
    json_put_int(json, "reach", user->reach);
    json_put_int(json, "referrals", user->referrals);
    json_put_int(json, "qualified_referrals", user->qualified_referrals);
    json_end_object(json);
    Status status = put_referrals(json, context, user, arena);
    return status ? status : put_rewards(json, context, user, arena);
}

/* What the widget says, so that it needs no languages of its own. */
static void put_texts(JsonOut *json, const Language *language)
{
    static const struct {
        const char *name, *text;
    } texts[] = {
        { "link", "welcome.link" },       { "copy", "sharing.copy" },          { "copied", "sharing.copied" },
        { "share", "welcome.share" },     { "reach", "portal.reach" },         { "joined", "portal.joined" },
        { "qualified", "portal.qualified" }, { "email", "welcome.email" },     { "close", "widget.close" },
    };
    json_put_str(json, "direction", str_of(language->direction));
    json_key(json, "texts");
    json_begin_object(json);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        json_put_str(json, texts[i].name, text_of(language, texts[i].text));
    json_end_object(json);
}

static void put_public(JsonOut *json, const HttpRequest *request, const LoopContext *context, const Link *link)
{
    const Language *language = page_language(request, &link->campaign);
    json_key(json, "campaign");
    json_begin_object(json);
    json_put_str(json, "name", link->campaign.name);
    json_put_str(json, "offer", link->campaign.offer);
    json_put_str(json, "lang", link->campaign.lang);
    json_put_str(json, "accent_color", link->campaign.accent_color);
    json_end_object(json);
    json_put_str(json, "url", page_link(request, link->campaign.id, request->params[0]));
    json_key(json, "socials");
    view_socials(json, context->engine, &link->user);
    put_texts(json, language);
}

static bool is_embedder(const Campaign *campaign, Str origin)
{
    for (Str rest = campaign->embed_origins, one; str_cut(&rest, ' ', &one);)
        if (one.len && str_eq(one, origin))
            return true;
    return false;
}

static void send_json(HttpRequest *request, const Campaign *campaign, Str body)
{
    HttpReply reply = { .status = 200, .content_type = "application/json", .body = body };
    Str origin = http_header(request, "Origin");
    http_reply_header(&reply, "Cache-Control", STR("private, no-cache"));
    http_reply_header(&reply, "Vary", STR("Origin"));
    http_reply_header(&reply, "X-Content-Type-Options", STR("nosniff"));
    http_reply_header(&reply, "Content-Security-Policy", STR("default-src 'none'; frame-ancestors 'none'"));
    if (is_embedder(campaign, origin))
        http_reply_header(&reply, "Access-Control-Allow-Origin", origin);
    http_reply(request, &reply);
}

void web_get_referrals_json(HttpRequest *request, LoopContext *context)
{
    Link link;
    if (!load(request, context, &link))
        return;
    Buf buf = buf_in_arena(request->arena, MAX_JSON_LEN);
    JsonOut json = json_out(&buf);
    Status status = STATUS_OK;
    json_begin_object(&json);
    put_public(&json, request, context, &link);
    if (portal_has_pass(request, context->engine, &link.user))
        status = put_own(&json, context, &link.user, request->arena);
    json_end_object(&json);
    Str body = buf_str(&buf);
    if (!status && body.ptr == NULL)
        status = STATUS_NOMEM;
    if (status)
        page_send_failure(request, status);
    else
        send_json(request, &link.campaign, body);
}
