/* What a visitor's browser sees: links, landing and sign-up pages, QR codes, share links.
 *
 * Handles every path that is none of the API's or the operator's. Runs on the loop; answers at
 * once, or (forms) after the commit. Pages work without script; only portals need a cookie. */
#ifndef WEB_WEB_H
#define WEB_WEB_H

#include "engine/loop.h"
#include "http/http.h"

void web_handle(HttpRequest *request, LoopContext *context);

#endif
