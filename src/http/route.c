#include "http/route.h"

/* ---- decoding ---------------------------------------------------------- */

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool http_percent_decode(Arena *arena, Str text, bool form, Str *out_decoded)
{
    char *out = arena_alloc(arena, text.len + 1);
    if (out == NULL)
        return false;
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '%') {
            int high = i + 2 < text.len ? hex_value(text.ptr[i + 1]) : -1;
            int low = i + 2 < text.len ? hex_value(text.ptr[i + 2]) : -1;
            if (high < 0 || low < 0)
                return false;
            c = (char)(high << 4 | low);
            i += 2;
        } else if (c == '+' && form) {
            c = ' ';
        }
        out[len++] = c;
    }
    *out_decoded = (Str){ out, len };
    return true;
}

/* ---- paths ------------------------------------------------------------- */

static bool decode_param(Arena *arena, Str part, Str *out_value)
{
    return http_percent_decode(arena, part, false, out_value) && out_value->len > 0 &&
           str_index(*out_value, 0) < 0 && str_is_utf8(*out_value);
}

static Str without_trailing_slash(Str path)
{
    if (path.len > 1 && str_ends(path, STR("/")))
        path.len--;
    return path;
}

bool http_path_match(HttpRequest *request, const char *pattern)
{
    Str path = without_trailing_slash(request->path), rest = str_of(pattern);
    Str found[HTTP_MAX_PARAMS], want, part;
    size_t count = 0;
    while (str_cut(&rest, '/', &want)) {
        if (!str_cut(&path, '/', &part))
            return false;
        if (!str_starts(want, STR("{"))) {
            if (!str_eq(want, part))
                return false;
        } else if (count == HTTP_MAX_PARAMS || part.len == 0) {
            return false;
        } else {
            found[count++] = part;
        }
    }
    if (path.ptr)
        return false; /* longer than the pattern */
    /* Decoded last: a route that does not fit takes no memory. */
    for (size_t i = 0; i < count; i++)
        if (!decode_param(request->arena, found[i], &request->params[i]))
            return false;
    return true;
}

/* ---- queries and forms ------------------------------------------------- */

/* Names are compared decoded, without making a copy. */
static bool name_is(Str encoded, const char *name)
{
    for (size_t i = 0; i < encoded.len; i++, name++) {
        char c = encoded.ptr[i];
        if (c == '%') {
            int high = i + 2 < encoded.len ? hex_value(encoded.ptr[i + 1]) : -1;
            int low = i + 2 < encoded.len ? hex_value(encoded.ptr[i + 2]) : -1;
            if (high < 0 || low < 0)
                return false;
            c = (char)(high << 4 | low);
            i += 2;
        } else if (c == '+') {
            c = ' ';
        }
        if (c == 0 || c != *name)
            return false;
    }
    return *name == 0;
}

static bool decode_text(Arena *arena, Str encoded, Str *out_text)
{
    return http_percent_decode(arena, encoded, true, out_text) && str_index(*out_text, 0) < 0 &&
           str_is_utf8(*out_text);
}

Str http_form_value(Arena *arena, Str form, const char *name)
{
    Str pair, key, value;
    while (str_cut(&form, '&', &pair)) {
        value = pair;
        if (pair.len == 0 || !str_cut(&value, '=', &key) || !name_is(key, name))
            continue;
        Str decoded;
        return decode_text(arena, value.ptr ? value : STR(""), &decoded) ? decoded : STR_NONE;
    }
    return STR_NONE;
}

bool http_form_next(Arena *arena, Str *form, Str *out_name, Str *out_value)
{
    Str pair, name;
    while (str_cut(form, '&', &pair)) {
        if (pair.len == 0 || !str_cut(&pair, '=', &name) || name.len == 0)
            continue;
        if (decode_text(arena, name, out_name) && decode_text(arena, pair.ptr ? pair : STR(""), out_value))
            return true;
    }
    return false;
}

Str http_cookie_value(Str header, const char *name)
{
    Str pair, found;
    while (str_cut(&header, ';', &pair)) {
        pair = str_trim(pair);
        if (str_index(pair, '=') > 0 && str_cut(&pair, '=', &found) && str_is(found, name))
            return pair.ptr ? pair : STR("");
    }
    return STR_NONE;
}

Str http_media_type(Str content_type)
{
    Str type;
    return str_cut(&content_type, ';', &type) ? str_trim(type) : STR_NONE;
}
