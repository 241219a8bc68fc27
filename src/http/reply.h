/* The bytes of a reply's head (RFC 9112). Pure, any thread. */
#ifndef HTTP_REPLY_H
#define HTTP_REPLY_H

#include "base/buf.h"
#include "http/http.h"

typedef enum ReplyConnection {
    REPLY_KEEP,        /* HTTP/1.1's default: says nothing */
    REPLY_KEEP_SPOKEN, /* HTTP/1.0 wants to hear it */
    REPLY_CLOSE,
} ReplyConnection;

/* Appends status line, headers and the empty line. `date` is an IMF-fixdate, `id` the
 * request's id or { NULL, 0 }. Headers with CR, LF or NUL in their value are left out. */
void reply_append_head(Buf *out, const HttpReply *reply, Str date, Str id, ReplyConnection connection);

/* A whole small reply {"code":…,"message":"…"} that closes the connection. `message` needs no
 * escaping. */
void reply_append_refusal(Buf *out, int status, const char *message, Str date);

/* 1xx, 204 and 304 have neither a body nor a length (RFC 9110, 8.6). */
static inline bool reply_has_length(int status)
{
    return status >= 200 && status != 204 && status != 304;
}

#endif
