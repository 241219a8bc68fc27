/* Who tries codes that nobody has: counted by IP address in memory, for the fraud rule code_guessing. One per loop,
 * used on its thread only; of fixed size, so that a flood of addresses only pushes out older ones. What is counted
 * is lost at the end of the process. */
#ifndef ENGINE_GUESSES_H
#define ENGINE_GUESSES_H

#include "base/ip.h"

typedef struct Guesses Guesses;

Guesses *guesses_new(void) MUST_USE;
void guesses_free(Guesses **guesses);
void guesses_add(Guesses *guesses, IpAddress address, int64_t now_us);
/* FRAUD_GUESSES or more within the last hour, as far as is known. */
bool guesses_many(const Guesses *guesses, IpAddress address, int64_t now_us);

#endif
