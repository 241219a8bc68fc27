/* Where a link is shared: the ten networks of the API (contract 2.3, sharing.socials). Pure. */
#ifndef WEB_SHARE_H
#define WEB_SHARE_H

#include "base/arena.h"
#include "base/status.h"

typedef struct ShareText {
    Str url;     /* the link */
    Str subject; /* of a mail */
    Str text;    /* what is said beside the link; may be empty */
    Str message; /* the same with the link in it */
} ShareText;

/* The URL that opens the network's dialogue. STATUS_NOT_FOUND for a network that we don't know. */
Status share_url(Arena *arena, Str network, const ShareText *share, Str *out_url) MUST_USE;

#endif
