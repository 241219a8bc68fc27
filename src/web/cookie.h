/* The cookies that pages set: the session of who signs in to a portal (web/session.h), and, where a campaign wants that,
 * whose link somebody has opened. */
#ifndef WEB_COOKIE_H
#define WEB_COOKIE_H

#include "engine/link_cache.h"
#include "http/http.h"

typedef struct Cookie {
    Str name, value, path;
    int64_t life_s; /* 0: the browser forgets it */
} Cookie;

/* The value of Set-Cookie: HttpOnly, Secure where the server is reached by https, and SameSite=Lax, so that it comes
 * along when somebody follows a link, and not with forms of other sites. { NULL, 0 } without memory. */
Str cookie_header(Arena *arena, const Engine *engine, const Cookie *cookie);

/* ---- remembered clicks --------------------------------------------------- */

/* The click id that the visitor's cookie of this campaign holds, in the arena; { NULL, 0 }: none that this server made. It
 * grants no more than the click did: one more trace of a referrer (domain/attribution.h). */
Str cookie_click(const HttpRequest *request, const Engine *engine, int64_t campaign_id);

/* Set-Cookie for who has just opened the link in the path; { NULL, 0 } when nothing is to be remembered. */
Str cookie_remember_click(const HttpRequest *request, const Engine *engine, const LinkTarget *target);

#endif
