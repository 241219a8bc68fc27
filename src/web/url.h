/* URLs that pages lead to. Pure, any thread. */
#ifndef WEB_URL_H
#define WEB_URL_H

#include "base/buf.h"

/* Percent-encodes all but the unreserved characters (RFC 3986, 2.3), so that `text` is one part of a
 * path or one value of a query, whatever is in it. */
void url_append_component(Buf *out, Str text);

/* `url` with `more` ("a=b&c=d", needing no encoding) at the end of its query, and its own query and fragment
 * as they were. { NULL, 0 } without memory. */
Str url_with_query(Arena *arena, Str url, Str more);

/* Appends "&name=value" for each UTM parameter of the visitor's `query` that `url` does not set itself, as
 * they were sent; what is no plain text of a query, or longer than any campaign's name, is left out. */
void url_append_utm(Buf *out, Str query, Str url);

/* The host of an absolute http(s) URL with its port, if it has one; { NULL, 0 } when it is more
 * than letters, digits, '-', '.' and ':' (an IPv6 address, or something odd). */
Str url_host(Str url);

#endif
