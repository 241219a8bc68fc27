#include "base/json_out.h"

static void separate(JsonOut *json)
{
    if (json->needs_comma)
        buf_append_char(json->buf, ',');
    json->needs_comma = true;
}

static void open_with(JsonOut *json, char c)
{
    separate(json);
    buf_append_char(json->buf, c);
    json->needs_comma = false;
}

static void close_with(JsonOut *json, char c)
{
    buf_append_char(json->buf, c);
    json->needs_comma = true;
}

void json_begin_object(JsonOut *json)
{
    open_with(json, '{');
}

void json_end_object(JsonOut *json)
{
    close_with(json, '}');
}

void json_begin_array(JsonOut *json)
{
    open_with(json, '[');
}

void json_end_array(JsonOut *json)
{
    close_with(json, ']');
}

static void escape_char(Buf *buf, unsigned char c)
{
    static const char short_forms[] = "btn\0fr"; /* \b \t \n (none) \f \r from 8 on */
    static const char hex[] = "0123456789abcdef";
    if (c == '"' || c == '\\')
        buf_append(buf, (Str){ (char[]){ '\\', (char)c }, 2 });
    else if (c >= 8 && c <= 13 && c != 11)
        buf_append(buf, (Str){ (char[]){ '\\', short_forms[c - 8] }, 2 });
    else
        buf_append(buf, (Str){ (char[]){ '\\', 'u', '0', '0', hex[c >> 4], hex[c & 15] }, 6 });
}

static void append_escaped(Buf *buf, Str s)
{
    size_t plain = 0; /* start of the run that needs no escape */
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (c >= 0x20 && c != '"' && c != '\\' && c != 0x7f)
            continue;
        buf_append(buf, (Str){ s.ptr + plain, i - plain });
        escape_char(buf, c);
        plain = i + 1;
    }
    buf_append(buf, str_skip(s, plain));
}

/* Rare: replaces what is not UTF-8, byte by byte. */
static void append_mended(Buf *buf, Str s)
{
    while (s.len > 0) {
        size_t len = size_min(4, s.len);
        while (len > 0 && !str_is_utf8((Str){ s.ptr, len }))
            len--;
        if (len == 0)
            buf_append(buf, STR("\xef\xbf\xbd"));
        else
            append_escaped(buf, (Str){ s.ptr, len });
        s = str_skip(s, len ? len : 1);
    }
}

/* Most texts are plain ASCII, and one look at each byte is enough for them. */
static bool is_plain(Str s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (c < 0x20 || c >= 0x7f || c == '"' || c == '\\')
            return false;
    }
    return true;
}

static void append_quoted(Buf *buf, Str s)
{
    if (!buf_reserve(buf, s.len + 2))
        return;
    char *at = buf->ptr + buf->len;
    *at = '"';
    if (s.len)
        memcpy(at + 1, s.ptr, s.len);
    at[s.len + 1] = '"';
    buf->len += s.len + 2;
}

static void append_string(Buf *buf, Str s)
{
    if (is_plain(s)) {
        append_quoted(buf, s);
        return;
    }
    buf_append_char(buf, '"');
    if (str_is_utf8(s))
        append_escaped(buf, s);
    else
        append_mended(buf, s);
    buf_append_char(buf, '"');
}

void json_key_str(JsonOut *json, Str name)
{
    separate(json);
    append_string(json->buf, name);
    buf_append_char(json->buf, ':');
    json->needs_comma = false;
}

/* A literal of ours, which needs no look. */
void json_key(JsonOut *json, const char *name)
{
    separate(json);
    append_quoted(json->buf, str_of(name));
    buf_append_char(json->buf, ':');
    json->needs_comma = false;
}

void json_str(JsonOut *json, Str value)
{
    separate(json);
    append_string(json->buf, value);
}

void json_int(JsonOut *json, int64_t value)
{
    separate(json);
    buf_append_i64(json->buf, value);
}

void json_bool(JsonOut *json, bool value)
{
    json_raw(json, value ? STR("true") : STR("false"));
}

void json_null(JsonOut *json)
{
    json_raw(json, STR("null"));
}

void json_raw(JsonOut *json, Str value)
{
    separate(json);
    buf_append(json->buf, value);
}

void json_put_str(JsonOut *json, const char *name, Str value)
{
    json_key(json, name);
    json_str(json, value);
}

void json_put_str_opt(JsonOut *json, const char *name, Str value)
{
    json_key(json, name);
    if (value.ptr)
        json_str(json, value);
    else
        json_null(json);
}

void json_put_int(JsonOut *json, const char *name, int64_t value)
{
    json_key(json, name);
    json_int(json, value);
}

void json_put_id_opt(JsonOut *json, const char *name, int64_t value)
{
    json_key(json, name);
    if (value)
        json_int(json, value);
    else
        json_null(json);
}

void json_put_bool(JsonOut *json, const char *name, bool value)
{
    json_key(json, name);
    json_bool(json, value);
}

void json_put_null(JsonOut *json, const char *name)
{
    json_key(json, name);
    json_null(json);
}
