#include "web/web.h"

#include "http/route.h"
#include "web/handlers.h"
#include "web/page.h"

/* The first pattern that fits counts: what is literal stands before what is not. {code} is a user's
 * or a campaign's. */
static const struct {
    const char *pattern;
    WebHandler *get, *post; /* NULL: 405 */
} routes[] = {
    { "/", web_get_home, NULL },
    { "/robots.txt", web_get_robots, NULL },
    { "/favicon.ico", web_get_favicon, NULL },
    { "/{code}", web_get_link, web_post_link },
    { "/assets/js/widget.js", web_get_widget, NULL },
    { "/assets/{name}", web_get_asset, NULL },
    { "/{code}/signup", web_get_signup, web_post_signup },
    { "/{code}/welcome", web_get_welcome, NULL },
    { "/{code}/portal", web_get_portal, NULL },
    { "/{code}/login", web_get_login, web_post_login },
    { "/{code}/referrals", web_get_referrals, NULL },
    { "/{code}/referrals.json", web_get_referrals_json, NULL },
    { "/{code}/card.png", web_get_card, NULL },
    { "/{code}/logout", NULL, web_post_logout },
    { "/{code}/thank-you", web_get_thank_you, NULL },
    { "/{code}/qr-code", web_get_qr_png, NULL },
    { "/{code}/qr-code.svg", web_get_qr_svg, NULL },
    { "/{code}/download-qr-code", web_download_qr, NULL },
    { "/{code}/socials/{network}", web_get_social, NULL },
};

static Str allowed(WebHandler *get, WebHandler *post)
{
    return get && post ? STR("GET, HEAD, POST") : get ? STR("GET, HEAD") : STR("POST");
}

void web_handle(HttpRequest *request, LoopContext *context)
{
    for (size_t i = 0; i < ARRAY_LEN(routes); i++) {
        if (!http_path_match(request, routes[i].pattern))
            continue;
        WebHandler *handler = request->method == HTTP_GET    ? routes[i].get
                              : request->method == HTTP_POST ? routes[i].post
                                                             : NULL;
        if (handler)
            handler(request, context);
        else
            page_send_not_allowed(request, allowed(routes[i].get, routes[i].post));
        return;
    }
    page_send_failure(request, STATUS_NOT_FOUND);
}
