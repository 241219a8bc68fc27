#include "webhook/excerpt.h"

#include "base/limits.h"

/* How long the character is that begins here, when it is one to show; 0: it is none. */
static size_t text_len(Str rest)
{
    for (size_t len = 1; len <= 4 && len <= rest.len; len++) {
        Str character = { rest.ptr, len };
        if (str_is_utf8(character))
            return str_has_control(character) ? 0 : len;
    }
    return 0;
}

static bool is_layout(char c)
{
    return c == '\n' || c == '\t';
}

Str excerpt_of(Str body, Arena *arena)
{
    char *copy = body.len ? arena_alloc(arena, size_min(body.len, LIMIT_ATTEMPT_ANSWER)) : NULL;
    if (copy == NULL)
        return STR_NONE;
    size_t len = 0;
    while (body.len > 0) {
        size_t taken = text_len(body);
        if (len + size_max(taken, 1) > LIMIT_ATTEMPT_ANSWER)
            break;
        if (taken)
            memcpy(copy + len, body.ptr, taken);
        else
            copy[len] = is_layout(body.ptr[0]) ? body.ptr[0] : '.';
        taken = size_max(taken, 1);
        len += taken;
        body = str_skip(body, taken);
    }
    return (Str){ copy, len };
}
