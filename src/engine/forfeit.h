/* Grants that people lose by other ways than a qualification that was undone. Only engine/ includes this. */
#ifndef ENGINE_FORFEIT_H
#define ENGINE_FORFEIT_H

#include "engine/emit.h"

/* `lead` is no longer its referrer's: what the referrer has not been given for it is cancelled. */
Status forfeit_invitation(const Work *work, const User *lead) MUST_USE;
/* `user` is erased or was rejected: what was not given yet to them, or because of them, is cancelled. */
Status forfeit_user(const Work *work, const User *user) MUST_USE;

#endif
