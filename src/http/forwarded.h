/* Who the client is when proxies stand between. Each proxy appends the address it was called
 * from to X-Forwarded-For; what stands left of the first address that is not a proxy of ours
 * is the client's own claim and worth nothing. Pure, any thread. */
#ifndef HTTP_FORWARDED_H
#define HTTP_FORWARDED_H

#include "base/ip.h"

typedef struct TrustedProxies {
    const IpRange *ranges;
    size_t count;
} TrustedProxies;

bool forwarded_is_trusted(IpAddress address, TrustedProxies trusted);

/* Takes one step for one X-Forwarded-For line, to be called from the last line to the first:
 * walks it right to left as long as `*client` is a trusted proxy, moving `*client` along.
 * False when the walk has ended. Addresses may carry a port. */
bool forwarded_walk(Str line, TrustedProxies trusted, IpAddress *client);

#endif
