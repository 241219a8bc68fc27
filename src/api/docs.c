#include "api/docs.h"

#include "base/asset.h"

static const struct {
    const char *path, *file, *content_type;
} files[] = {
    { "/docs", "api/docs/docs.html", "text/html; charset=utf-8" },
    { "/docs/page.css", "api/docs/page.css", "text/css; charset=utf-8" },
    { "/docs/page.js", "api/docs/page.js", "text/javascript; charset=utf-8" },
};

/* The page holds a token while it is open: nothing of elsewhere runs in it, and nothing leaves it but calls
 * to this server. */
static const char policy[] = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
                             "img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

bool api_get_docs(HttpRequest *request)
{
    if (request->method != HTTP_GET)
        return false;
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        if (!str_is(request->path, files[i].path))
            continue;
        HttpReply reply = { .status = 200, .content_type = files[i].content_type, .body = asset_find(files[i].file) };
        http_reply_header(&reply, "Content-Security-Policy", str_of(policy));
        http_reply_header(&reply, "X-Content-Type-Options", STR("nosniff"));
        http_reply_header(&reply, "Referrer-Policy", STR("no-referrer"));
        http_reply_header(&reply, "Cache-Control", STR("no-cache"));
        http_reply(request, &reply);
        return true;
    }
    return false;
}
