#include "web/png.h"

#include <zlib.h>

#include "base/buf.h"

static void append_u32(Buf *out, uint32_t value)
{
    char bytes[] = { (char)(value >> 24), (char)(value >> 16), (char)(value >> 8), (char)value };
    buf_append(out, (Str){ bytes, sizeof bytes });
}

static void append_chunk(Buf *out, const char type[5], Str data)
{
    append_u32(out, (uint32_t)data.len);
    uLong crc = crc32(0, (const Bytef *)type, 4);
    if (data.len)
        crc = crc32(crc, (const Bytef *)data.ptr, (uInt)data.len);
    buf_append(out, (Str){ type, 4 });
    buf_append(out, data);
    append_u32(out, (uint32_t)crc);
}

static void append_header(Buf *out, const PngImage *image)
{
    enum { GREY = 0, PALETTE = 3 };
    size_t width = image->width, height = image->height;
    char header[13] = { [2] = (char)(width >> 8), [3] = (char)width, [6] = (char)(height >> 8), [7] = (char)height,
                        [8] = (char)image->bits, [9] = image->palette.len ? PALETTE : GREY };
    append_chunk(out, "IHDR", (Str){ header, sizeof header });
}

static Status deflate_all(Arena *arena, Str data, Str *out_packed)
{
    uLongf len = compressBound(data.len);
    Bytef *packed = arena_alloc(arena, len);
    if (packed == NULL ||
        compress2(packed, &len, (const Bytef *)data.ptr, data.len, Z_DEFAULT_COMPRESSION) != Z_OK)
        return STATUS_NOMEM;
    *out_packed = (Str){ (const char *)packed, len };
    return STATUS_OK;
}

Status png_encode(Arena *arena, const PngImage *image, Str *out_png)
{
    Str packed;
    Status status = deflate_all(arena, image->rows, &packed);
    if (status)
        return status;
    Buf out = buf_in_arena(arena, packed.len + image->palette.len + 128);
    buf_append(&out, STR("\x89PNG\r\n\x1a\n"));
    append_header(&out, image);
    if (image->palette.len)
        append_chunk(&out, "PLTE", image->palette);
    append_chunk(&out, "IDAT", packed);
    append_chunk(&out, "IEND", STR(""));
    *out_png = buf_str(&out);
    return out.failed ? STATUS_NOMEM : STATUS_OK;
}
