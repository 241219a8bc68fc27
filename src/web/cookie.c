#include "web/cookie.h"

#include "base/time.h"
#include "domain/click_id.h"
#include "http/route.h"

Str cookie_header(Arena *arena, const Engine *engine, const Cookie *cookie)
{
    bool tls = str_starts(engine->base_url, STR("https:"));
    return arena_printf(arena, "%.*s=%.*s; Path=%.*s; Max-Age=%lld; HttpOnly; SameSite=Lax%s", STR_ARG(cookie->name),
                        STR_ARG(cookie->value), STR_ARG(cookie->path), (long long)cookie->life_s, tls ? "; Secure" : "");
}

/* One per campaign: who is invited to two keeps both. */
static Str click_name(Arena *arena, const Engine *engine, int64_t campaign_id)
{
    return arena_printf(arena, "refmill_%s", code_of(&engine->code_key, CODE_CAMPAIGN, campaign_id).text);
}

static Str find_click(const HttpRequest *request, const Engine *engine, int64_t campaign_id, int64_t *out_clicked_us)
{
    int64_t user_id;
    Str name = click_name(request->arena, engine, campaign_id);
    Str text = name.ptr ? http_cookie_value(http_header(request, "Cookie"), name.ptr) : STR_NONE;
    return click_id_parse(&engine->code_key, text, &user_id, out_clicked_us) ? text : STR_NONE;
}

Str cookie_click(const HttpRequest *request, const Engine *engine, int64_t campaign_id)
{
    int64_t clicked_us;
    Str text = find_click(request, engine, campaign_id, &clicked_us);
    return text.ptr ? arena_str(request->arena, text) : STR_NONE;
}

Str cookie_remember_click(const HttpRequest *request, const Engine *engine, const LinkTarget *target)
{
    int64_t now_us = time_now_us(), clicked_us = 0;
    int64_t remembers_s = attribution_remembers_s(target->campaign);
    if (remembers_s == 0)
        return STR_NONE;
    (void)find_click(request, engine, target->user.campaign_id, &clicked_us);
    if (!attribution_replaces(target->campaign->attribution, remembers_s, clicked_us, now_us))
        return STR_NONE;
    ClickId click = click_id_of(&engine->code_key, request->params[0], now_us);
    return cookie_header(request->arena, engine,
                         &(Cookie){ .name = click_name(request->arena, engine, target->user.campaign_id),
                                    .value = { click.text, CLICK_ID_LEN },
                                    .path = STR("/"),
                                    .life_s = remembers_s });
}
