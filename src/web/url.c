#include "web/url.h"

enum { UTM_MAX_LEN = 200 };

static bool is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

void url_append_component(Buf *out, Str text)
{
    static const char hex[] = "0123456789ABCDEF";
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        unsigned char byte = (unsigned char)c;
        if (is_alnum(c) || c == '-' || c == '.' || c == '_' || c == '~')
            buf_append_char(out, c);
        else
            buf_append(out, (Str){ (char[]){ '%', hex[byte >> 4], hex[byte & 15] }, 3 });
    }
}

Str url_with_query(Arena *arena, Str url, Str more)
{
    ptrdiff_t hash = str_index(url, '#');
    Str base = { url.ptr, hash < 0 ? url.len : (size_t)hash };
    Str fragment = str_skip(url, base.len);
    char last = base.len ? base.ptr[base.len - 1] : 0;
    Str separator = str_index(base, '?') < 0 ? STR("?") : last == '?' || last == '&' ? STR("") : STR("&");

    Buf out = buf_in_arena(arena, url.len + more.len + 1);
    buf_reserve(&out, out.max_len);
    buf_append(&out, base);
    buf_append(&out, separator);
    buf_append(&out, more);
    buf_append(&out, fragment);
    return buf_str(&out);
}

static bool is_utm(Str name)
{
    static const Str known[] = { { "utm_source", 10 }, { "utm_medium", 10 },  { "utm_campaign", 12 },
                                 { "utm_term", 8 },    { "utm_content", 11 }, { "utm_id", 6 } };
    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        if (str_eq(name, known[i]))
            return true;
    return false;
}

static bool is_plain_value(Str value)
{
    for (size_t i = 0; i < value.len; i++)
        if (!is_alnum(value.ptr[i]) && !strchr("-._~%+", value.ptr[i]))
            return false;
    return value.len > 0 && value.len <= UTM_MAX_LEN;
}

static bool query_has(Str query, Str name)
{
    Str pair, found;
    while (str_cut(&query, '&', &pair))
        if (str_cut(&pair, '=', &found) && str_eq(found, name))
            return true;
    return false;
}

static Str query_of(Str url)
{
    Str base = STR_NONE;
    str_cut(&url, '#', &base);
    ptrdiff_t mark = str_index(base, '?');
    return mark < 0 ? STR_NONE : str_skip(base, (size_t)mark + 1);
}

void url_append_utm(Buf *out, Str query, Str url)
{
    Str taken = query_of(url), rest = query, pair;
    while (str_cut(&rest, '&', &pair)) {
        Str value = pair, name;
        if (!str_cut(&value, '=', &name) || !is_utm(name) || !is_plain_value(value))
            continue;
        Str before = { query.ptr, (size_t)(pair.ptr - query.ptr) };
        if (query_has(taken, name) || query_has(before, name))
            continue;
        buf_append_char(out, '&');
        buf_append(out, pair);
    }
}

Str url_host(Str url)
{
    Str rest = str_skip(url, str_starts(url, STR("https://")) ? 8 : 7);
    size_t len = 0;
    while (len < rest.len && !strchr("/?#", rest.ptr[len])) {
        char c = rest.ptr[len];
        if (!is_alnum(c) && c != '-' && c != '.' && c != ':')
            return STR_NONE;
        len++;
    }
    return len ? (Str){ rest.ptr, len } : STR_NONE;
}
