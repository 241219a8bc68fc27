/* Who is signed in to their portal: a pass (domain/pass.h) in a cookie that only their own pages get.
 * Nothing of it is stored. Runs on the loop. */
#ifndef WEB_SESSION_H
#define WEB_SESSION_H

#include "engine/engine.h"
#include "http/http.h"

bool session_is_of(const HttpRequest *request, const Engine *engine, const User *user);

/* A Set-Cookie that signs in for LIMIT_PASS_SECONDS, and one that signs out; { NULL, 0 } without memory. */
Str session_cookie(Arena *arena, const Engine *engine, int64_t user_id);
Str session_end_cookie(Arena *arena, const Engine *engine, int64_t user_id);

#endif
