/* Picks members of a JSON object under names of one's own. Pure; any thread. */
#ifndef BASE_JSON_PICK_H
#define BASE_JSON_PICK_H

#include "base/json_in.h"

/* Appends an object of what `picks` names: lines of "path=name", where a path is the names of members with
 * dots between them. What isn't there is null, so that the object always has the same members. */
void json_pick(const JsonValue *object, Str picks, Buf *out);

#endif
