/* What of a referrer's own the portal shows, for the pages that show it elsewhere, too. */
#ifndef WEB_PORTAL_H
#define WEB_PORTAL_H

#include "engine/find.h"
#include "engine/loop.h"

/* Does the query carry a link's pass of this user? */
bool portal_has_pass(const HttpRequest *request, const Engine *engine, const User *user);

/* Answers with the portal; `embedded`: as a part of somebody's site, without signing out. */
void portal_show(HttpRequest *request, const LoopContext *context, const Link *link, bool embedded);

/* A friend's name, shortened to what one needs to know them by; { NULL, 0 } without memory. */
Str portal_short_name(Arena *arena, Str name);
/* "25.00 EUR", "12.5 %" while a commission's order is not known, a coupon's code; empty: see the reward's name. */
Str portal_reward_value(Arena *arena, const Grant *grant);
/* The name of the text that tells how far a grant is. */
const char *portal_reward_text(const Grant *grant);

#endif
