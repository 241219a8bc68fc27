/* Matching paths against patterns such as "/api/n8n/webhooks/{id}", and decoding what
 * browsers and clients send in paths, queries and forms. Pure, any thread. */
#ifndef HTTP_ROUTE_H
#define HTTP_ROUTE_H

#include "http/http.h"

/* True when `path` fits; a single trailing slash is ignored (contract 2.0). What stands at
 * {…} is percent-decoded into request->params in order. A part that decodes to something
 * empty, to a NUL or to malformed UTF-8 does not fit. */
bool http_path_match(HttpRequest *request, const char *pattern);

/* Percent-decoding (RFC 3986), '+' as a space when `form` is set (WHATWG URL, 5.1).
 * False when an escape is malformed, or there is no memory. */
bool http_percent_decode(Arena *arena, Str text, bool form, Str *out_decoded) MUST_USE;

/* The first value of `name` in "a=1&b=2" (a query or an urlencoded body), decoded; empty pairs
 * are skipped. { NULL, 0 } when it is not there or malformed. */
Str http_form_value(Arena *arena, Str form, const char *name);

/* The next pair off the front of `form`, decoded; empty pairs are skipped, and so are malformed ones
 * (bad escapes, NUL, no UTF-8). A name without '=' has an empty value. False at the end. */
bool http_form_next(Arena *arena, Str *form, Str *out_name, Str *out_value);

/* The value of the first cookie of that name in a Cookie header (RFC 6265, 5.4), or { NULL, 0 }. */
Str http_cookie_value(Str header, const char *name);

/* The media type of a Content-Type header without its parameters, e.g. "application/json". */
Str http_media_type(Str content_type);

#endif
