/* The list of burner mailboxes: the built-in one, or the operator's file. */
#ifndef APP_BURNERS_H
#define APP_BURNERS_H

#include "base/status.h"
#include "domain/fraud.h"

/* `path` empty: the built-in list. Everything lies in `arena`. */
Status burners_load(Str path, Arena *arena, BurnerList *out_list, Error *err) MUST_USE;

#endif
