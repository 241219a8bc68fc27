/* What a referrer takes along, for the pages that show it. All of it lives in the request's arena. */
#ifndef WEB_SHARING_H
#define WEB_SHARING_H

#include "engine/find.h"
#include "engine/loop.h"

/* The link, where it can be shared and its QR code as HTML; { NULL, 0 } without memory. The user's code is the
 * first part of the path. */
Str sharing_html(const HttpRequest *request, const Link *link);

/* Answers with a page of it; `embedded`: as a part of somebody's site. */
void sharing_show(HttpRequest *request, const Link *link, bool embedded);

#endif
