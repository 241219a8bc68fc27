/* The handlers of web.c's route table. Only web/ includes this. */
#ifndef WEB_HANDLERS_H
#define WEB_HANDLERS_H

#include "engine/loop.h"
#include "http/http.h"

typedef void WebHandler(HttpRequest *request, LoopContext *context);

/* assets.c */
WebHandler web_get_robots, web_get_favicon, web_get_asset, web_get_widget;
/* link.c */
WebHandler web_get_home, web_get_link, web_post_link, web_get_thank_you, web_get_signup, web_post_signup;
/* portal.c */
WebHandler web_get_portal, web_post_logout;
/* embed.c */
WebHandler web_get_referrals, web_get_referrals_json;
/* login.c */
WebHandler web_get_login, web_post_login;
/* sharing.c */
WebHandler web_get_welcome, web_get_qr_png, web_get_qr_svg, web_download_qr, web_get_social, web_get_card;

#endif
