/* Names of hosts that campaigns have for themselves, such as go.example.com. Pure. */
#ifndef DOMAIN_HOST_H
#define DOMAIN_HOST_H

#include "base/arena.h"
#include "base/status.h"

enum { HOST_MAX = 253 }; /* RFC 1035, 2.3.4, as text */

/* Two labels or more of letters, digits and hyphens (RFC 1123, 2.1); other scripts as Punycode. No address, no port.
 * Put in lower case, in the arena. STATUS_INVALID with the field's name and a sentence. */
Status host_check(Str *host, Arena *arena, const char *field, Error *err) MUST_USE;

/* What a browser has sent as Host, without its port. */
Str host_without_port(Str header);

#endif
