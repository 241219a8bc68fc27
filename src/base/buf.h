/* A growing byte buffer with a mandatory maximum.
 *
 * Appending never fails halfway: once memory or the maximum is exceeded the buffer is
 * `failed`, further appends do nothing, and the owner checks once at the end. The memory
 * is the arena's, when one was given, else the buffer's own (buf_free). */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/arena.h"

typedef struct Buf {
    char *ptr;
    size_t len, cap, max_len;
    Arena *arena;
    bool failed;
} Buf;

static inline Buf buf_new(size_t max_len)
{
    return (Buf){ .max_len = max_len };
}

static inline Buf buf_in_arena(Arena *arena, size_t max_len)
{
    return (Buf){ .max_len = max_len, .arena = arena };
}

/* Frees the memory when it is the buffer's own, and empties the buffer. */
void buf_free(Buf *buf);
/* Makes room for `len` more bytes; false when the buffer has failed. */
bool buf_reserve(Buf *buf, size_t len);
void buf_append(Buf *buf, Str s);
void buf_append_char(Buf *buf, char c);
void buf_append_i64(Buf *buf, int64_t value);
void buf_printf(Buf *buf, const char *format, ...) PRINTF_LIKE(2, 3);

/* What is in it; { NULL, 0 } when it has failed. */
static inline Str buf_str(const Buf *buf)
{
    return buf->failed ? STR_NONE : (Str){ buf->ptr ? buf->ptr : "", buf->len };
}

#endif
