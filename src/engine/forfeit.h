/* Grants that people lose for good, whatever happens later. Only engine/ includes this. */
#ifndef ENGINE_FORFEIT_H
#define ENGINE_FORFEIT_H

#include "engine/emit.h"

/* `user` is erased or was rejected: what was not given yet to them, or because of them, is cancelled. What was
 * issued stays. */
Status forfeit_user(const Work *work, const User *user) MUST_USE;

#endif
