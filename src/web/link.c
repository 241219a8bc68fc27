/* What a link opens: the shop, or the campaign's own pages. */
#include <ctype.h>

#include "base/time.h"
#include "domain/click_id.h"
#include "domain/host.h"
#include "domain/visitor.h"
#include "engine/find.h"
#include "web/cookie.h"
#include "web/handlers.h"
#include "web/join_form.h"
#include "web/page.h"
#include "web/url.h"

enum { LOCATION_MORE_MAX = 2048 }; /* our two parameters, and the six of UTM with their longest values */

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
                                .referrer_id = link.user.id,
                                .referrer_name = link.user.first_name };
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

/* `status`: whether it was found. */
static void show_form(JoinForm *form, Status status)
{
    if (!status)
        status = join_form_prepare(form);
    if (status)
        page_send_failure(form->request, status);
    else
        join_form_show(form, 200);
}

static void post_form(HttpRequest *request, LoopContext *context, LoadForm *load)
{
    JoinForm *form = ARENA_NEW(request->arena, JoinForm); /* it waits for the commit */
    Status status = form ? load(request, context, form) : STATUS_NOMEM;
    if (!status)
        status = join_form_prepare(form);
    if (status)
        page_send_failure(request, status);
    else
        join_form_post(form);
}

static void lead_to_signup(HttpRequest *request, Str campaign_code)
{
    Str signup = arena_printf(request->arena, "/%.*s/signup", STR_ARG(campaign_code));
    if (signup.ptr)
        page_redirect(request, 302, signup);
    else
        page_send_failure(request, STATUS_NOMEM);
}

/* Whose host the visitor has come to. STATUS_NOT_FOUND: no campaign's. */
static Status find_domain(HttpRequest *request, LoopContext *context, Domain *out_domain)
{
    Str host = host_without_port(http_header(request, "Host"));
    Status status = host_check(&host, request->arena, NULL, NULL);
    return status == STATUS_INVALID ? STATUS_NOT_FOUND
           : status                 ? status
                                    : store_domain_get(context->session, host, request->arena, out_domain);
}

/* `url` with the visitor's UTM parameters. */
static Str with_utm(HttpRequest *request, Str url)
{
    Buf more = buf_in_arena(request->arena, LOCATION_MORE_MAX);
    url_append_utm(&more, request->query, url);
    Str query = str_skip(buf_str(&more), 1); /* without its first "&" */
    return query.len ? url_with_query(request->arena, url, query) : url;
}

/* Of the visitor's host, else of the account that has it, else of the server; empty: none. */
static Status find_fallback(HttpRequest *request, LoopContext *context, Str *out_url)
{
    Domain domain;
    Account account;
    *out_url = context->engine->fallback_url;
    Status status = find_domain(request, context, &domain);
    if (status)
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    status = store_account_get(context->session, domain.account_id, request->arena, &account);
    if (!status && domain.fallback_url.len)
        *out_url = domain.fallback_url;
    else if (!status && account.fallback_url.len)
        *out_url = account.fallback_url;
    return status;
}

/* For a link that nobody has. */
static void open_fallback(HttpRequest *request, LoopContext *context)
{
    Str url;
    Status status = find_fallback(request, context, &url);
    if (status)
        page_send_failure(request, status);
    else if (url.len)
        page_redirect(request, 302, with_utm(request, url));
    else
        page_send_failure(request, STATUS_NOT_FOUND);
}

/* A campaign's code leads to its sign-up page. */
static void open_campaign(HttpRequest *request, LoopContext *context)
{
    Campaign campaign;
    Status status =
        find_campaign(context->session, context->engine, request->params[0], request->arena, &campaign);
    if (status == STATUS_OK) {
        lead_to_signup(request, request->params[0]);
    } else if (status == STATUS_NOT_FOUND) {
        ip_tally_add(context->guesses, request->peer, time_now_us());
        open_fallback(request, context);
    } else {
        page_send_failure(request, status);
    }
}

void web_get_home(HttpRequest *request, LoopContext *context)
{
    Domain domain;
    Status status = find_domain(request, context, &domain);
    if (status == STATUS_OK) {
        Code code = code_of(&context->engine->code_key, CODE_CAMPAIGN, domain.campaign_id);
        lead_to_signup(request, (Str){ code.text, CODE_LEN });
    } else if (status == STATUS_NOT_FOUND) {
        page_send(request, &(Page){ .id = PAGE_HOME, .status = 200, .title = STR("Refmill") });
    } else {
        page_send_failure(request, status);
    }
}

/* The shop learns whose link it was and when it was opened; what it sends back with the person who buys or
 * signs up (referrer_code, click_id) credits the referrer. The names are part of our API. */
static Str shop_location(const HttpRequest *request, const Engine *engine, Str landing_url, int64_t now_us)
{
    Str code = request->params[0];
    ClickId click = click_id_of(&engine->code_key, code, now_us);
    Buf more = buf_in_arena(request->arena, LOCATION_MORE_MAX);
    buf_append(&more, STR("ref="));
    buf_append(&more, code);
    buf_append(&more, STR("&click="));
    buf_append(&more, (Str){ click.text, CLICK_ID_LEN });
    url_append_utm(&more, request->query, landing_url);
    Str query = buf_str(&more);
    return query.ptr ? url_with_query(request->arena, landing_url, query) : STR_NONE;
}

/* Neither what asks for headers alone nor a look in advance opens a link. */
static bool is_opened(const HttpRequest *request)
{
    static const char *const purposes[] = { "Sec-Purpose", "Purpose", "X-Purpose", "X-Moz" };
    if (request->is_head)
        return false;
    for (size_t i = 0; i < ARRAY_LEN(purposes); i++)
        if (visitor_is_early(http_header(request, purposes[i])))
            return false;
    return true;
}

/* What is kept of a visitor: neither their address nor what else tells them from others. */
static ClickBy click_by(const HttpRequest *request, const Countries *countries)
{
    ClickBy by = { .device = visitor_device(http_header(request, "User-Agent")),
                   .country = country_of(countries, request->peer) };
    Str referer = http_header(request, "Referer"), host = STR_NONE;
    if (str_starts(referer, STR("https://")) || str_starts(referer, STR("http://")))
        host = url_host(referer);
    if (str_index(host, ':') >= 0)
        host.len = (size_t)str_index(host, ':');
    for (size_t i = 0; host.len <= CLICK_HOST_MAX && i < host.len; i++)
        by.host[i] = (char)tolower((unsigned char)host.ptr[i]);
    return by;
}

/* The form behind a link, without a look at the database when the link is hot. */
static void show_landing_page(HttpRequest *request, LoopContext *context, const LinkTarget *target,
                              Str set_cookie)
{
    JoinForm form = { .request = request,
                      .context = context,
                      .code = request->params[0],
                      .campaign = *target->campaign,
                      .is_lead = true,
                      .set_cookie = set_cookie };
    Status status = link_cache_first_name(context->links, target, request->arena, &form.referrer_name);
    show_form(&form, status);
}

static void lead_on(HttpRequest *request, LoopContext *context, const LinkTarget *target, bool is_person)
{
    Str set_cookie = is_person ? cookie_remember_click(request, context->engine, target) : STR_NONE;
    Str landing_url = target->campaign->landing_url;
    int64_t now_us = time_now_us();
    if (str_is_empty(landing_url) || campaign_check_open(target->campaign, now_us, NULL)) {
        show_landing_page(request, context, target, set_cookie);
        return;
    }
    Str location = shop_location(request, context->engine, landing_url, now_us);
    if (location.ptr)
        page_redirect_with(request, 302, location, set_cookie);
    else
        page_send_failure(request, STATUS_NOMEM);
}

/* Whatever became of the click: the visitor must not suffer from it. */
static void on_written(Command *base)
{
    HttpRequest *request = base->owner;
    LoopContext *context = loop_context(request);
    LinkTarget target; /* another look-up: the cache may have been emptied meanwhile */
    Status status = link_cache_find(context->links, request->params[0], &target);
    if (status)
        page_send_failure(request, status);
    else
        lead_on(request, context, &target, true);
}

/* The hot path: nothing here but the look-up, the count and the answer. */
void web_get_link(HttpRequest *request, LoopContext *context)
{
    LinkTarget target;
    Status status = link_cache_find(context->links, request->params[0], &target);
    if (status == STATUS_NOT_FOUND) {
        open_campaign(request, context);
        return;
    }
    if (status) {
        page_send_failure(request, status);
        return;
    }
    if (!is_opened(request)) {
        lead_on(request, context, &target, false);
        return;
    }
    ClickBy by = click_by(request, context->engine->countries);
    bool is_person = by.device != DEVICE_BOT;
    int64_t now_us = time_now_us();
    if (is_person && context->engine->durable_clicks &&
        clicks_write(context->clicks, request->arena, &target.user, &by, now_us, on_written, request) ==
            STATUS_OK)
        return;
    clicks_add(context->clicks, &target.user, &by, now_us);
    lead_on(request, context, &target, is_person);
}

void web_post_link(HttpRequest *request, LoopContext *context)
{
    post_form(request, context, load_lead_form);
}

void web_get_signup(HttpRequest *request, LoopContext *context)
{
    JoinForm form = { .request = request };
    Status status = load_signup_form(request, context, &form);
    show_form(&form, status);
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
                                .title = text_of(page_language(request, &link.campaign), "thanks.title"),
                                .campaign = &link.campaign,
                                .values = values,
                                .count = ARRAY_LEN(values) });
}
