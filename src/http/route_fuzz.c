/* Decoding and matching stay in bounds; what comes out of a path is never empty and has no NUL. */
#include <stdlib.h>

#include "http/route.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    Arena *arena = arena_new(1024 * 1024);
    if (arena == NULL)
        return 0;
    Str text = { (const char *)data, len };
    HttpRequest request = { .path = text, .arena = arena };
    if (http_path_match(&request, "/a/{b}/c/{d}"))
        for (int i = 0; i < 2; i++)
            if (request.params[i].len == 0 || str_index(request.params[i], 0) >= 0)
                abort();
    Str value = http_form_value(arena, text, "a");
    if (value.ptr && !str_is_utf8(value))
        abort();
    http_media_type(text);
    arena_free(&arena);
    return 0;
}
