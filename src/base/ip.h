/* IP addresses and ranges as values. IPv4 is kept as itself, never as a mapped IPv6 address.
 * Pure, any thread. */
#ifndef BASE_IP_H
#define BASE_IP_H

#include "base/str.h"

struct sockaddr;

typedef struct IpAddress {
    uint8_t len; /* bytes: 4, 16, or 0 for "none" */
    uint8_t bytes[16];
} IpAddress;

typedef struct IpRange {
    IpAddress first;
    uint8_t bits;
} IpRange;

typedef struct IpText {
    char text[48];
} IpText;

/* Textual address in its usual form ("192.0.2.1", "2001:db8::1"); no zone, no brackets, no odd bases. */
bool ip_parse(Str text, IpAddress *out_address);
/* "10.0.0.0/8", "::1/128", or a single address. Bits beyond the prefix must be zero. */
bool ip_range_parse(Str text, IpRange *out_range);
bool ip_in_range(IpAddress address, IpRange range);
IpAddress ip_of_sockaddr(const struct sockaddr *address);
/* "" for none. */
IpText ip_text(IpAddress address);

#endif
