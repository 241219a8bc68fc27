/* Named points at which a test can have the process killed, as a loss of power would: builds for tests only
 * (REFMILL_FAILPOINTS). REFMILL_FAILPOINT=name:N in the environment kills it when it passes for the N-th
 * time. Any thread. */
#ifndef BASE_FAILPOINT_H
#define BASE_FAILPOINT_H

#ifdef REFMILL_FAILPOINTS
void failpoint(const char *name);
#else
#define failpoint(name) ((void)0)
#endif

#endif
