#include "http/http.h"

const char *http_method_name(HttpMethod method)
{
    static const char *const names[] = {
        [HTTP_GET] = "GET",     [HTTP_HEAD] = "HEAD",     [HTTP_POST] = "POST",       [HTTP_PUT] = "PUT",
        [HTTP_PATCH] = "PATCH", [HTTP_DELETE] = "DELETE", [HTTP_OPTIONS] = "OPTIONS",
    };
    return names[method];
}

void http_reply_header(HttpReply *reply, const char *name, Str value)
{
    if (reply->header_count < HTTP_MAX_REPLY_HEADERS)
        reply->headers[reply->header_count++] = (HttpHeader){ name, value };
}
