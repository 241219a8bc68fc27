/* A campaign's own look: a style sheet behind ours, made of what its owner has chosen (domain/theme.h). */
#ifndef WEB_THEME_H
#define WEB_THEME_H

#include "base/arena.h"
#include "domain/campaign.h"

/* Empty when it looks as ours do; { NULL, 0 } without memory. */
Str theme_css(const Campaign *campaign, Arena *arena);

#endif
