/* Named points at which a test can have the process killed, as a loss of power would: builds for tests only
 * (REFMILL_FAILPOINTS). REFMILL_FAILPOINT=name:N in the environment kills it when it passes for the N-th
 * time. REFMILL_CLOCK_FILE names a file of eight bytes, by how many microseconds the clock is wrong (little
 * endian), to be changed at any moment. Any thread. */
#ifndef BASE_FAILPOINT_H
#define BASE_FAILPOINT_H

#include <stdint.h>

#ifdef REFMILL_FAILPOINTS
void failpoint(const char *name);
int64_t failpoint_clock_us(void);
#else
#define failpoint(name) ((void)0)
#define failpoint_clock_us() INT64_C(0)
#endif

#endif
