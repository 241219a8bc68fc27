#include "http/reply.h"

typedef struct Reason {
    int status;
    const char *line; /* the status line without its end */
} Reason;

static const Reason reasons[] = {
    { 200, "HTTP/1.1 200 OK" },
    { 302, "HTTP/1.1 302 Found" },
    { 201, "HTTP/1.1 201 Created" },
    { 202, "HTTP/1.1 202 Accepted" },
    { 204, "HTTP/1.1 204 No Content" },
    { 301, "HTTP/1.1 301 Moved Permanently" },
    { 303, "HTTP/1.1 303 See Other" },
    { 304, "HTTP/1.1 304 Not Modified" },
    { 307, "HTTP/1.1 307 Temporary Redirect" },
    { 308, "HTTP/1.1 308 Permanent Redirect" },
    { 400, "HTTP/1.1 400 Bad Request" },
    { 401, "HTTP/1.1 401 Unauthorized" },
    { 403, "HTTP/1.1 403 Forbidden" },
    { 404, "HTTP/1.1 404 Not Found" },
    { 405, "HTTP/1.1 405 Method Not Allowed" },
    { 406, "HTTP/1.1 406 Not Acceptable" },
    { 408, "HTTP/1.1 408 Request Timeout" },
    { 409, "HTTP/1.1 409 Conflict" },
    { 410, "HTTP/1.1 410 Gone" },
    { 412, "HTTP/1.1 412 Precondition Failed" },
    { 413, "HTTP/1.1 413 Content Too Large" },
    { 414, "HTTP/1.1 414 URI Too Long" },
    { 415, "HTTP/1.1 415 Unsupported Media Type" },
    { 417, "HTTP/1.1 417 Expectation Failed" },
    { 422, "HTTP/1.1 422 Unprocessable Content" },
    { 428, "HTTP/1.1 428 Precondition Required" },
    { 429, "HTTP/1.1 429 Too Many Requests" },
    { 431, "HTTP/1.1 431 Request Header Fields Too Large" },
    { 500, "HTTP/1.1 500 Internal Server Error" },
    { 501, "HTTP/1.1 501 Not Implemented" },
    { 502, "HTTP/1.1 502 Bad Gateway" },
    { 503, "HTTP/1.1 503 Service Unavailable" },
    { 504, "HTTP/1.1 504 Gateway Timeout" },
    { 505, "HTTP/1.1 505 HTTP Version Not Supported" },
};

static void append_status_line(Buf *out, int status)
{
    for (size_t i = 0; i < ARRAY_LEN(reasons); i++)
        if (reasons[i].status == status) {
            buf_append(out, str_of(reasons[i].line));
            return;
        }
    buf_append(out, STR("HTTP/1.1 "));
    buf_append_i64(out, status);
    buf_append_char(out, ' '); /* an empty reason phrase is allowed, its space is not optional */
}

/* Header injection: a value that could start a line of its own is not sent. */
static bool value_is_fine(Str value)
{
    for (size_t i = 0; i < value.len; i++)
        if (value.ptr[i] == '\r' || value.ptr[i] == '\n' || value.ptr[i] == 0)
            return false;
    return true;
}

static void append_header(Buf *out, Str name, Str value)
{
    buf_append(out, STR("\r\n"));
    buf_append(out, name);
    buf_append(out, STR(": "));
    buf_append(out, value);
}

void reply_append_head(Buf *out, const HttpReply *reply, Str date, Str id, ReplyConnection connection)
{
    append_status_line(out, reply->status);
    append_header(out, STR("Date"), date);
    if (reply->content_type)
        append_header(out, STR("Content-Type"), str_of(reply->content_type));
    if (reply_has_length(reply->status)) {
        append_header(out, STR("Content-Length"), STR(""));
        buf_append_i64(out, reply->content_type ? (int64_t)reply->body.len : 0);
    }
    for (size_t i = 0; i < reply->header_count; i++)
        if (value_is_fine(reply->headers[i].value))
            append_header(out, str_of(reply->headers[i].name), reply->headers[i].value);
    if (id.ptr)
        append_header(out, STR("X-Request-Id"), id);
    if (connection == REPLY_CLOSE)
        buf_append(out, STR("\r\nConnection: close"));
    else if (connection == REPLY_KEEP_SPOKEN)
        buf_append(out, STR("\r\nConnection: keep-alive"));
    buf_append(out, STR("\r\n\r\n"));
}

void reply_append_refusal(Buf *out, int status, const char *message, Str date)
{
    char text[256];
    Buf body = { .ptr = text, .cap = sizeof text, .max_len = sizeof text };
    buf_printf(&body, "{\"code\":%d,\"message\":\"%s\"}", status, message);
    HttpReply reply = { .status = status, .content_type = "application/json", .body = buf_str(&body) };
    if (status == 405)
        http_reply_header(&reply, "Allow", STR("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"));
    if (status == 503)
        http_reply_header(&reply, "Retry-After", STR("1"));
    reply_append_head(out, &reply, date, STR_NONE, REPLY_CLOSE);
    buf_append(out, reply.body);
}
