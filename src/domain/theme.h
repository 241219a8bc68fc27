/* How an owner makes a campaign's pages their own: checks of what they send. Pure, any thread.
 *
 * Custom CSS is CSS without what reaches elsewhere or hides what it says: no url() or other function that loads
 * (their pages' content policy refuses those, too), no at-rule but @media and @supports, no escapes, no '<'; its
 * braces, brackets and quotes end where they should, so that it can't swallow what stands behind it. */
#ifndef DOMAIN_THEME_H
#define DOMAIN_THEME_H

#include "base/status.h"
#include "base/str.h"

/* Empty, or a colour in which text can be read on white (or, for the dark, on the dark ground). */
Status theme_check_accent(Str color, const char *field, bool for_dark, Error *err) MUST_USE;
/* Empty, or an https URL of a picture, with nothing in it that would have to be escaped in CSS. */
Status theme_check_picture(Str *url, const char *field, Error *err) MUST_USE;
/* Empty, or origins such as https://shop.example, parted by spaces: LIMIT_EMBED_ORIGINS at most. */
Status theme_check_origins(Str *origins, const char *field, Error *err) MUST_USE;
Status theme_check_css(Str css, const char *field, Error *err) MUST_USE;

#endif
