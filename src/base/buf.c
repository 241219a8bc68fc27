#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/alloc.h"

void buf_free(Buf *buf)
{
    if (buf->arena == NULL)
        mem_free(buf->ptr);
    *buf = (Buf){ .max_len = buf->max_len, .arena = buf->arena };
}

static char *grow(Buf *buf, size_t cap)
{
    return buf->arena ? arena_extend(buf->arena, buf->ptr, buf->cap, cap) : mem_realloc(buf->ptr, cap);
}

bool buf_reserve(Buf *buf, size_t len)
{
    if (buf->failed)
        return false;
    if (len <= buf->cap - buf->len)
        return true;
    if (len > buf->max_len - buf->len) {
        buf->failed = true;
        return false;
    }
    size_t cap = buf->cap ? buf->cap * 2 : 512;
    while (cap < buf->len + len)
        cap *= 2;
    cap = size_min(cap, buf->max_len);
    char *ptr = grow(buf, cap);
    if (ptr == NULL) {
        buf->failed = true;
        return false;
    }
    buf->ptr = ptr;
    buf->cap = cap;
    return true;
}

void buf_append(Buf *buf, Str s)
{
    if (s.len == 0 || !buf_reserve(buf, s.len))
        return;
    memcpy(buf->ptr + buf->len, s.ptr, s.len);
    buf->len += s.len;
}

void buf_append_char(Buf *buf, char c)
{
    if (buf_reserve(buf, 1))
        buf->ptr[buf->len++] = c;
}

void buf_append_i64(Buf *buf, int64_t value)
{
    char digits[20];
    size_t at = sizeof digits;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    if (value < 0)
        buf_append_char(buf, '-');
    buf_append(buf, (Str){ digits + at, sizeof digits - at });
}

void buf_printf(Buf *buf, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (len < 0 || !buf_reserve(buf, (size_t)len + 1))
        return; /* the extra byte takes vsnprintf's NUL */
    va_start(args, format);
    vsnprintf(buf->ptr + buf->len, (size_t)len + 1, format, args);
    va_end(args);
    buf->len += (size_t)len;
}
