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

/* Each row as what differs from the one above it ("Up", RFC 2083, 6.4): pictures of ours repeat rows, so that packing
 * finds long runs of zeros. `row` takes one. */
static bool pack_rows(z_stream *packer, const PngImage *image, uint8_t *row, size_t row_len)
{
    enum { UP = 2 };
    const uint8_t *rows = (const uint8_t *)image->rows.ptr;
    for (size_t y = 0; y < image->height; y++) {
        const uint8_t *from = rows + y * row_len;
        row[0] = UP;
        for (size_t i = 1; i < row_len; i++)
            row[i] = (uint8_t)(from[i] - (y ? from[i - row_len] : 0));
        packer->next_in = row;
        packer->avail_in = (uInt)row_len;
        if (deflate(packer, y + 1 == image->height ? Z_FINISH : Z_NO_FLUSH) == Z_STREAM_ERROR || packer->avail_in)
            return false;
    }
    return true;
}

static Status pack(Arena *arena, const PngImage *image, Str *out_packed)
{
    enum { QUICK = 3 }; /* a third of the usual time, for hardly more bytes of such pictures */
    z_stream packer = { 0 };
    size_t row_len = image->rows.len / image->height, most_len = compressBound(image->rows.len);
    uint8_t *row = arena_alloc(arena, row_len), *packed = arena_alloc(arena, most_len);
    if (row == NULL || packed == NULL || deflateInit(&packer, QUICK) != Z_OK)
        return STATUS_NOMEM;
    packer.next_out = packed;
    packer.avail_out = (uInt)most_len;
    bool is_whole = pack_rows(&packer, image, row, row_len);
    *out_packed = (Str){ (const char *)packed, packer.total_out };
    return deflateEnd(&packer) == Z_OK && is_whole ? STATUS_OK : STATUS_INTERNAL;
}

Status png_encode(Arena *arena, const PngImage *image, Str *out_png)
{
    Str packed;
    Status status = pack(arena, image, &packed);
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
