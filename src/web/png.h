/* PNG (RFC 2083) out of pixels. Pure, any thread. */
#ifndef WEB_PNG_H
#define WEB_PNG_H

#include "base/arena.h"
#include "base/status.h"

typedef struct PngImage {
    size_t width, height;
    int bits;    /* a pixel: 1, or 8 */
    Str palette; /* red, green, blue of each colour; empty: 0 is black, the highest value white */
    Str rows;    /* each begins with a byte for the filter and is filled up to a whole byte */
} PngImage;

Status png_encode(Arena *arena, const PngImage *image, Str *out_png) MUST_USE;

#endif
