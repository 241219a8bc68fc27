#include "web/session.h"

#include "base/limits.h"
#include "base/time.h"
#include "domain/pass.h"
#include "http/route.h"
#include "web/cookie.h"

#define COOKIE "refmill"

bool session_is_of(const HttpRequest *request, const Engine *engine, const User *user)
{
    int64_t user_id;
    Str text = http_cookie_value(http_header(request, "Cookie"), COOKIE);
    return pass_parse(&engine->code_key, PASS_SESSION, text, time_now_us(), &user_id) && user_id == user->id;
}

/* The path keeps it from everybody else's pages on the same host. */
static Str cookie(Arena *arena, const Engine *engine, int64_t user_id, const char *text, int64_t life_s)
{
    Str path = arena_printf(arena, "/%s", code_of(&engine->code_key, CODE_USER, user_id).text);
    return cookie_header(arena, engine, &(Cookie){ STR(COOKIE), str_of(text), path, life_s });
}

Str session_cookie(Arena *arena, const Engine *engine, int64_t user_id)
{
    int64_t expires_us = time_now_us() + LIMIT_PASS_SECONDS * US_PER_SECOND;
    Pass pass = pass_of(&engine->code_key, PASS_SESSION, user_id, expires_us);
    return cookie(arena, engine, user_id, pass.text, LIMIT_PASS_SECONDS);
}

Str session_end_cookie(Arena *arena, const Engine *engine, int64_t user_id)
{
    return cookie(arena, engine, user_id, "", 0);
}
