/* The first bytes of an answer as text that can be kept and shown: valid UTF-8, without control
 * characters. Pure. */
#ifndef WEBHOOK_EXCERPT_H
#define WEBHOOK_EXCERPT_H

#include "base/arena.h"
#include "base/str.h"

/* At most LIMIT_ATTEMPT_ANSWER bytes; what is no text becomes a dot. Receivers echo what they got: the values
 * of `own_headers`, lines of "Name: value", which may be keys, become asterisks. { NULL, 0 } when there is
 * nothing. */
Str excerpt_of(Str body, Str own_headers, Arena *arena);

#endif
