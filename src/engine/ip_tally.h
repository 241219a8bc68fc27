/* How often an IP address did something within an hour (tried a code that nobody has, sent a form), in memory. Each
 * loop has its own, used on its thread only; of fixed size, so that a flood of addresses only pushes out older ones.
 * What is counted is lost at the end of the process. */
#ifndef ENGINE_IP_TALLY_H
#define ENGINE_IP_TALLY_H

#include "base/ip.h"

typedef struct IpTally IpTally;

IpTally *ip_tally_new(void) MUST_USE;
void ip_tally_free(IpTally **tally);
void ip_tally_add(IpTally *tally, IpAddress address, int64_t now_us);
/* `limit` or more within the last hour, as far as is known. */
bool ip_tally_reached(const IpTally *tally, IpAddress address, int64_t now_us, uint32_t limit);

#endif
