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

enum { LEAST_SECRET_LEN = 8 }; /* a shorter word may stand there by chance */

/* Also where the text ends within it. */
static void hide(char *text, size_t len, Str secret)
{
    char *end = text + len;
    if (secret.len < LEAST_SECRET_LEN)
        return;
    for (char *at; (at = memmem(text, (size_t)(end - text), secret.ptr, secret.len)) != NULL;
         text = at + secret.len)
        memset(at, '*', secret.len);
    for (size_t part = size_min(secret.len - 1, (size_t)(end - text)); part > 0; part--)
        if (memcmp(end - part, secret.ptr, part) == 0) {
            memset(end - part, '*', part);
            break;
        }
}

/* Of each "Name: value" the value, and of "Bearer key" the key alone, too. */
static void hide_values(char *text, size_t len, Str lines)
{
    Str line, part;
    while (str_cut(&lines, '\n', &line)) {
        str_cut(&line, ':', &part);
        hide(text, len, str_trim(line));
        line = str_trim(line);
        while (str_cut(&line, ' ', &part))
            hide(text, len, part);
    }
}

Str excerpt_of(Str body, Str own_headers, Arena *arena)
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
    hide_values(copy, len, own_headers);
    return (Str){ copy, len };
}
