/* The first bytes of an answer as text that can be kept and shown: valid UTF-8, without control
 * characters. Pure. */
#ifndef WEBHOOK_EXCERPT_H
#define WEBHOOK_EXCERPT_H

#include "base/arena.h"
#include "base/str.h"

/* At most LIMIT_ATTEMPT_ANSWER bytes; what is no text becomes a dot. { NULL, 0 } when there is nothing. */
Str excerpt_of(Str body, Arena *arena);

#endif
