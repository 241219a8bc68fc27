/* What the server leaves for the command line beside it. Part of store/store.h: include that. */
#ifndef STORE_SETTINGS_H
#define STORE_SETTINGS_H

#include "store/command.h"

/* Where links lead, as the server was last started with. STATUS_NOT_FOUND before its first start. */
Status store_base_url_get(StoreSession *session, Arena *arena, Str *out_url) MUST_USE;
Status store_base_url_put(StoreSession *session, Str url) MUST_USE;

#endif
