/* Files that the binary carries with it: migrations, pages, style sheets (cmake/embed.cmake). */
#ifndef BASE_ASSET_H
#define BASE_ASSET_H

#include "base/str.h"

typedef struct Asset {
    const char *path; /* below src/, e.g. "store/migrations/001_schema.sql" */
    const char *data; /* a NUL stands behind it */
    size_t len;
} Asset;

extern const Asset asset_table[]; /* sorted by path */
extern const size_t asset_count;

/* The file's bytes; { NULL, 0 } when there is none. */
static inline Str asset_find(const char *path)
{
    for (size_t i = 0; i < asset_count; i++)
        if (strcmp(asset_table[i].path, path) == 0)
            return (Str){ asset_table[i].data, asset_table[i].len };
    return STR_NONE;
}

#endif
