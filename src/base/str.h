/* Strings as pointer + length. A Str owns nothing: it points into a request, an arena,
 * a row or a literal, and is valid as long as that is. It may hold any byte; functions
 * that need text check for UTF-8 themselves. Plain values, any thread. */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <string.h>

#include "base/macros.h"

typedef struct Str {
    const char *ptr;
    size_t len;
} Str;

#define STR(literal) ((Str){ "" literal, sizeof(literal) - 1 })
#define STR_NONE ((Str){ NULL, 0 })
/* For printf's "%.*s". */
#define STR_ARG(s) (int)(s).len, (s).ptr ? (s).ptr : ""

static inline Str str_of(const char *text)
{
    return text ? (Str){ text, strlen(text) } : STR_NONE;
}

static inline bool str_is_empty(Str s)
{
    return s.len == 0;
}

static inline bool str_eq(Str a, Str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static inline bool str_is(Str a, const char *text)
{
    return str_eq(a, str_of(text));
}

/* Equal but for the case of ASCII letters. */
bool str_ieq(Str a, Str b);
bool str_starts(Str s, Str prefix);
bool str_ends(Str s, Str suffix);
/* The part from `from` (clamped) on. */
Str str_skip(Str s, size_t from);
/* Without white space (space, tab, CR, LF) at both ends. */
Str str_trim(Str s);
/* Index of the first `c`, or -1. */
ptrdiff_t str_index(Str s, char c);
/* Takes what stands before the next `sep` off the front of `rest` (all of it when there is none).
 * False when `rest` is used up. */
bool str_cut(Str *rest, char sep, Str *out_part);
/* Decimal digits with an optional leading '-', nothing else, within int64. */
bool str_to_i64(Str s, int64_t *out_value);
/* Valid UTF-8 as in RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF. */
bool str_is_utf8(Str s);
/* Characters (code points) of valid UTF-8. */
size_t str_utf8_len(Str s);
/* A control character (C0, DEL, C1), a line or paragraph separator or a bidirectional override, which
 * have no place in a name. */
bool str_has_control(Str s);
/* A character that nobody sees: white space of any kind, zero width, soft hyphen, directional marks.
 * Within names some are right (between the letters of Persian or Hindi words); alone they are nothing. */
bool str_has_invisible(Str s);
/* At least one character that can be seen. */
bool str_has_visible(Str s);

#endif
