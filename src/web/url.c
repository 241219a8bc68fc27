#include "web/url.h"

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
