#include "web/qr.h"

#include <errno.h>
#include <qrencode.h>

#include "base/buf.h"
#include "web/png.h"

enum {
    PIXELS_PER_MODULE = 16, /* some 600 pixels: prints well on a flyer, and is a few KiB */
    MAX_SVG_LEN = 256 * 1024,
};

static void free_code(QRcode **code)
{
    QRcode_free(*code);
}

static Status encode(Str text, QRcode **out_code)
{
    errno = 0;
    *out_code = QRcode_encodeData((int)text.len, (const unsigned char *)text.ptr, 0, QR_ECLEVEL_M);
    if (*out_code)
        return STATUS_OK;
    return errno == ENOMEM ? STATUS_NOMEM : STATUS_INVALID;
}

static bool is_dark(const QRcode *code, int x, int y)
{
    return code->data[y * code->width + x] & 1;
}

/* ---- SVG --------------------------------------------------------------- */

/* One path; each run of dark modules in a row is a rectangle in it. */
static void append_row(Buf *out, const QRcode *code, int y)
{
    for (int x = 0; x < code->width; x++) {
        int from = x;
        while (x < code->width && is_dark(code, x, y))
            x++;
        if (x > from)
            buf_printf(out, "M%d %dh%dv1h-%dz", from + QR_QUIET_MODULES, y + QR_QUIET_MODULES, x - from, x - from);
    }
}

Status qr_svg(Arena *arena, Str text, Str *out_svg)
{
    QRcode *code CLEANUP(free_code) = NULL;
    Status status = encode(text, &code);
    if (status)
        return status;
    int size = code->width + 2 * QR_QUIET_MODULES;
    Buf out = buf_in_arena(arena, MAX_SVG_LEN);
    buf_printf(
        &out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" shape-rendering=\"crispEdges\">"
        "<path fill=\"#fff\" d=\"M0 0h%dv%dH0z\"/><path d=\"",
        size, size, size, size);
    for (int y = 0; y < code->width; y++)
        append_row(&out, code, y);
    buf_append(&out, STR("\"/></svg>\n"));
    *out_svg = buf_str(&out);
    return out.failed ? STATUS_NOMEM : STATUS_OK;
}

/* ---- PNG, one bit a pixel ------------------------------------------------ */

/* The rows as PNG wants them: a byte for the filter, then the pixels, 1 = white. */
static Str pixel_rows(Arena *arena, const QRcode *code, size_t size)
{
    size_t row_len = 1 + (size + 7) / 8;
    uint8_t *rows = arena_alloc(arena, row_len * size);
    if (rows == NULL)
        return STR_NONE;
    for (size_t y = 0; y < size; y++) {
        uint8_t *row = rows + y * row_len;
        memset(row + 1, 0xff, row_len - 1);
        int module_y = (int)(y / PIXELS_PER_MODULE) - QR_QUIET_MODULES;
        for (size_t x = 0; x < size; x++) {
            int module_x = (int)(x / PIXELS_PER_MODULE) - QR_QUIET_MODULES;
            bool inside = module_x >= 0 && module_x < code->width && module_y >= 0 && module_y < code->width;
            if (inside && is_dark(code, module_x, module_y))
                row[1 + x / 8] &= (uint8_t) ~(0x80 >> x % 8);
        }
    }
    return (Str){ (const char *)rows, row_len * size };
}

Status qr_png(Arena *arena, Str text, Str *out_png)
{
    QRcode *code CLEANUP(free_code) = NULL;
    Status status = encode(text, &code);
    if (status)
        return status;
    size_t size = ((size_t)code->width + 2 * QR_QUIET_MODULES) * PIXELS_PER_MODULE;
    Str rows = pixel_rows(arena, code, size);
    if (rows.ptr == NULL)
        return STATUS_NOMEM;
    return png_encode(arena, &(PngImage){ .width = size, .height = size, .bits = 1, .rows = rows }, out_png);
}

/* ---- modules ----------------------------------------------------------- */

Status qr_modules(Arena *arena, Str text, QrModules *out_modules)
{
    QRcode *code CLEANUP(free_code) = NULL;
    Status status = encode(text, &code);
    if (status)
        return status;
    bool *dark = ARENA_ARRAY(arena, bool, (size_t)code->width * (size_t)code->width);
    if (dark == NULL)
        return STATUS_NOMEM;
    for (int i = 0; i < code->width * code->width; i++)
        dark[i] = code->data[i] & 1;
    *out_modules = (QrModules){ code->width, dark };
    return STATUS_OK;
}
