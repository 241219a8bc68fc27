#include "base/asset.h"

#include "http/route.h"
#include "web/handlers.h"
#include "web/page.h"

/* Files that browsers may fetch; the other ones in web/assets/ are templates. */
static const struct {
    const char *name, *file, *content_type;
} public_assets[] = {
    { "sharing.js", "web/assets/sharing.js", "text/javascript; charset=utf-8" },
    { "proof.js", "web/assets/proof.js", "text/javascript; charset=utf-8" },
    { "proof-worker.js", "web/assets/proof-worker.js", "text/javascript; charset=utf-8" },
    { "favicon.svg", "web/assets/favicon.svg", "image/svg+xml" },
};

static void send_asset(HttpRequest *request, const char *file, const char *content_type)
{
    page_send_versioned(request, content_type, asset_find(file));
}

void web_get_asset(HttpRequest *request, LoopContext *context UNUSED)
{
    for (size_t i = 0; i < ARRAY_LEN(public_assets); i++) {
        if (str_is(request->params[0], public_assets[i].name)) {
            send_asset(request, public_assets[i].file, public_assets[i].content_type);
            return;
        }
    }
    page_send_failure(request, STATUS_NOT_FOUND);
}

/* Its code, if any, is for the script itself. */
void web_get_widget(HttpRequest *request, LoopContext *context UNUSED)
{
    send_asset(request, "web/assets/widget.js", "text/javascript; charset=utf-8");
}

void web_get_favicon(HttpRequest *request, LoopContext *context UNUSED)
{
    send_asset(request, "web/assets/favicon.svg", "image/svg+xml");
}

/* Links stay open to robots: networks fetch them for their previews, and several of them obey this
 * file. The pages themselves say "noindex". */
void web_get_robots(HttpRequest *request, LoopContext *context UNUSED)
{
    page_send_picture(request, &(Picture){
                                   .content_type = "text/plain; charset=utf-8",
                                   .bytes = STR("User-agent: *\nDisallow: /api/\nDisallow: /webhook/\n"),
                                   .cache_control = STR("public, max-age=86400"),
                               });
}
