/* The picture that networks show beside a link (Open Graph): a gift in the campaign's colour and the link's QR code. No
 * words: networks show title and offer themselves, in any script. Pure, any thread. */
#ifndef WEB_CARD_H
#define WEB_CARD_H

#include "base/arena.h"
#include "base/status.h"
#include "domain/color.h"

enum { CARD_WIDTH = 1200, CARD_HEIGHT = 630 };

/* STATUS_INVALID when `link` is longer than a QR code holds. */
Status card_png(Arena *arena, Color accent, Str link, Str *out_png) MUST_USE;

#endif
