#include "base/str.h"

static char ascii_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

bool str_ieq(Str a, Str b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (ascii_lower(a.ptr[i]) != ascii_lower(b.ptr[i]))
            return false;
    return true;
}

bool str_starts(Str s, Str prefix)
{
    return s.len >= prefix.len && str_eq((Str){ s.ptr, prefix.len }, prefix);
}

bool str_ends(Str s, Str suffix)
{
    return s.len >= suffix.len && str_eq(str_skip(s, s.len - suffix.len), suffix);
}

Str str_skip(Str s, size_t from)
{
    from = size_min(from, s.len);
    return s.ptr ? (Str){ s.ptr + from, s.len - from } : s;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

Str str_trim(Str s)
{
    while (s.len > 0 && is_space(s.ptr[0]))
        s = str_skip(s, 1);
    while (s.len > 0 && is_space(s.ptr[s.len - 1]))
        s.len--;
    return s;
}

ptrdiff_t str_index(Str s, char c)
{
    const char *at = s.len ? memchr(s.ptr, c, s.len) : NULL;
    return at ? at - s.ptr : -1;
}

bool str_cut(Str *rest, char sep, Str *out_part)
{
    if (rest->ptr == NULL)
        return false;
    ptrdiff_t at = str_index(*rest, sep);
    if (at < 0) {
        *out_part = *rest;
        *rest = STR_NONE;
    } else {
        *out_part = (Str){ rest->ptr, (size_t)at };
        *rest = str_skip(*rest, (size_t)at + 1);
    }
    return true;
}

bool str_to_i64(Str s, int64_t *out_value)
{
    bool negative = s.len > 0 && s.ptr[0] == '-';
    if (negative)
        s = str_skip(s, 1);
    if (s.len == 0)
        return false;
    int64_t value = 0; /* kept negative: its range is the larger one */
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] < '0' || s.ptr[i] > '9')
            return false;
        if (__builtin_mul_overflow(value, 10, &value) || __builtin_sub_overflow(value, s.ptr[i] - '0', &value))
            return false;
    }
    if (!negative && __builtin_sub_overflow((int64_t)0, value, &value))
        return false;
    *out_value = value;
    return true;
}

/* Decodes one code point; gives its length in bytes, 0 when it is malformed. */
static size_t utf8_decode(Str s, uint32_t *out_code)
{
    static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
    const unsigned char *p = (const unsigned char *)s.ptr;
    size_t len = p[0] < 0x80 ? 1 : p[0] >> 5 == 6 ? 2 : p[0] >> 4 == 14 ? 3 : p[0] >> 3 == 30 ? 4 : 0;
    if (len == 0 || len > s.len)
        return 0;
    uint32_t code = len == 1 ? p[0] : p[0] & (0x7fu >> len);
    for (size_t i = 1; i < len; i++) {
        if (p[i] >> 6 != 2)
            return 0;
        code = code << 6 | (p[i] & 0x3f);
    }
    if (code < smallest[len] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
        return 0;
    *out_code = code;
    return len;
}

bool str_is_utf8(Str s)
{
    while (s.len > 0) {
        uint32_t code;
        size_t len = utf8_decode(s, &code);
        if (len == 0)
            return false;
        s = str_skip(s, len);
    }
    return true;
}

size_t str_utf8_len(Str s)
{
    size_t count = 0;
    for (size_t i = 0; i < s.len; i++)
        count += ((unsigned char)s.ptr[i] >> 6) != 2;
    return count;
}

typedef bool CodeTest(uint32_t code);

/* Whether a character fits; what is not UTF-8 fits `malformed`. */
static bool any_code(Str s, CodeTest *fits, bool malformed)
{
    while (s.len > 0) {
        uint32_t code;
        size_t len = utf8_decode(s, &code);
        if (len == 0)
            return malformed;
        if (fits(code))
            return true;
        s = str_skip(s, len);
    }
    return false;
}

static bool is_control(uint32_t code)
{
    bool separator = code == 0x2028 || code == 0x2029;
    bool bidi = (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
    return code < 0x20 || (code >= 0x7f && code <= 0x9f) || separator || bidi;
}

/* Unicode's White_Space, and what is Default_Ignorable among the characters that texts really hold. */
static bool is_invisible(uint32_t code)
{
    static const struct {
        uint32_t first, last;
    } ranges[] = { { 0x00, 0x20 },     { 0x7f, 0xa0 },     { 0xad, 0xad },     { 0x34f, 0x34f },     { 0x61c, 0x61c },
                   { 0x115f, 0x1160 }, { 0x1680, 0x1680 }, { 0x17b4, 0x17b5 }, { 0x180b, 0x180f },   { 0x2000, 0x200f },
                   { 0x2028, 0x202f }, { 0x205f, 0x206f }, { 0x2800, 0x2800 }, { 0x3000, 0x3000 },   { 0x3164, 0x3164 },
                   { 0xfe00, 0xfe0f }, { 0xfeff, 0xfeff }, { 0xffa0, 0xffa0 }, { 0xe0000, 0xe0fff } };
    for (size_t i = 0; i < ARRAY_LEN(ranges); i++)
        if (code >= ranges[i].first && code <= ranges[i].last)
            return true;
    return false;
}

static bool is_visible(uint32_t code)
{
    return !is_invisible(code);
}

bool str_has_control(Str s)
{
    return any_code(s, is_control, true);
}

bool str_has_invisible(Str s)
{
    return any_code(s, is_invisible, true);
}

bool str_has_visible(Str s)
{
    return any_code(s, is_visible, false);
}
