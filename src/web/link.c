/* What a link opens: the shop, or the campaign's own pages. */
#include <stdio.h>

#include "base/time.h"
#include "domain/click_id.h"
#include "engine/find.h"
#include "web/handlers.h"
#include "web/join_form.h"
#include "web/page.h"
#include "web/url.h"

/* The form behind a user's link. */
static Status load_lead_form(HttpRequest *request, LoopContext *context, JoinForm *out_form)
{
    Link link;
    Status status = find_link(context->session, context->engine, request->params[0], request->arena, &link);
    if (!status)
        *out_form = (JoinForm){ .request = request,
                                .context = context,
                                .code = request->params[0],
                                .campaign = link.campaign,
                                .is_lead = true,
                                .referrer = link.user };
    return status;
}

/* The form by which people join a campaign to refer. */
static Status load_signup_form(HttpRequest *request, LoopContext *context, JoinForm *out_form)
{
    *out_form = (JoinForm){ .request = request, .context = context, .code = request->params[0] };
    return find_campaign(context->session, context->engine, out_form->code, request->arena,
                         &out_form->campaign);
}

typedef Status LoadForm(HttpRequest *request, LoopContext *context, JoinForm *out_form);

static void show_form(HttpRequest *request, LoopContext *context, LoadForm *load)
{
    JoinForm form;
    Status status = load(request, context, &form);
    if (status)
        page_send_failure(request, status);
    else
        join_form_show(&form, 200);
}

static void post_form(HttpRequest *request, LoopContext *context, LoadForm *load)
{
    JoinForm *form = ARENA_NEW(request->arena, JoinForm); /* it waits for the commit */
    Status status = form ? load(request, context, form) : STATUS_NOMEM;
    if (status)
        page_send_failure(request, status);
    else
        join_form_post(form);
}

/* A campaign's code leads to its sign-up page. */
static void open_campaign(HttpRequest *request, LoopContext *context)
{
    Campaign campaign;
    Status status =
        find_campaign(context->session, context->engine, request->params[0], request->arena, &campaign);
    Str signup =
        status ? STR_NONE : arena_printf(request->arena, "/%.*s/signup", STR_ARG(request->params[0]));
    if (!status && signup.ptr == NULL)
        status = STATUS_NOMEM;
    if (status == STATUS_NOT_FOUND)
        guesses_add(context->guesses, request->peer, time_now_us());
    if (status)
        page_send_failure(request, status);
    else
        page_redirect(request, 302, signup);
}

/* The shop learns whose link it was and when it was opened; what it sends back with the person who buys or
 * signs up (referrer_code, click_id) credits the referrer. The names are part of our API. */
static Str shop_location(Arena *arena, const Engine *engine, Str landing_url, Str code, int64_t now_us)
{
    char query[sizeof "ref=&click=" + CODE_LEN + CLICK_ID_LEN];
    ClickId click = click_id_of(&engine->code_key, code, now_us);
    int len = snprintf(query, sizeof query, "ref=%.*s&click=%s", STR_ARG(code), click.text);
    return url_with_query(arena, landing_url, (Str){ query, (size_t)len });
}

/* The hot path: nothing here but the look-up, the count and the answer. */
void web_get_link(HttpRequest *request, LoopContext *context)
{
    Str code = request->params[0];
    LinkTarget target;
    Status status = link_cache_find(context->links, code, request->arena, &target);
    if (status == STATUS_NOT_FOUND) {
        open_campaign(request, context);
        return;
    }
    if (status) {
        page_send_failure(request, status);
        return;
    }
    clicks_add(context->clicks, target.account_id, target.campaign_id, target.user_id);
    int64_t now_us = time_now_us();
    bool open = now_us >= target.open.from_us && now_us < target.open.until_us;
    if (str_is_empty(target.landing_url) || !open) {
        show_form(request, context, load_lead_form);
        return;
    }
    Str location = shop_location(request->arena, context->engine, target.landing_url, code, now_us);
    if (location.ptr)
        page_redirect(request, 302, location);
    else
        page_send_failure(request, STATUS_NOMEM);
}

void web_post_link(HttpRequest *request, LoopContext *context)
{
    post_form(request, context, load_lead_form);
}

void web_get_signup(HttpRequest *request, LoopContext *context)
{
    show_form(request, context, load_signup_form);
}

void web_post_signup(HttpRequest *request, LoopContext *context)
{
    post_form(request, context, load_signup_form);
}

void web_get_thank_you(HttpRequest *request, LoopContext *context)
{
    Link link;
    Status status = find_link(context->session, context->engine, request->params[0], request->arena, &link);
    if (status) {
        page_send_failure(request, status);
        return;
    }
    TemplateValue values[] = { { .name = "campaign", .text = link.campaign.name },
                               { .name = "referrer", .text = link.user.first_name } };
    page_send(request, &(Page){ .id = PAGE_THANK_YOU,
                                .status = 200,
                                .title = STR("Thank you"),
                                .campaign = &link.campaign,
                                .values = values,
                                .count = ARRAY_LEN(values) });
}
