#include "web/qr.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <qrencode.h>
#include <zlib.h>

enum { QUIET = 4, SCALE = 16 };

static const Str link_text = { "https://example.test/uK3p9ZtQ", 29 };

static QRcode *reference(void)
{
    QRcode *code =
        QRcode_encodeData((int)link_text.len, (const unsigned char *)link_text.ptr, 0, QR_ECLEVEL_M);
    assert_non_null(code);
    return code;
}

static bool is_dark(const QRcode *code, int x, int y)
{
    x -= QUIET;
    y -= QUIET;
    return x >= 0 && y >= 0 && x < code->width && y < code->width && (code->data[y * code->width + x] & 1);
}

static uint32_t u32_at(Str png, size_t at)
{
    const unsigned char *p = (const unsigned char *)png.ptr + at;
    assert_true(at + 4 <= png.len);
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* The data of the chunk at `*at`, which is moved behind it. */
static Str next_chunk(Str png, size_t *at, const char *type)
{
    Str data = { png.ptr + *at + 8, u32_at(png, *at) };
    assert_true(*at + 12 + data.len <= png.len);
    assert_memory_equal(png.ptr + *at + 4, type, 4);
    uLong crc = crc32(0, (const Bytef *)data.ptr - 4, (uInt)data.len + 4);
    *at += 12 + data.len;
    assert_int_equal(u32_at(png, *at - 4), crc);
    return data;
}

static void the_png_shows_every_module_with_its_quiet_zone(void **state UNUSED)
{
    Arena *arena = arena_new(1 << 22);
    QRcode *code = reference();
    Str png;
    assert_int_equal(qr_png(arena, link_text, &png), STATUS_OK);
    assert_memory_equal(png.ptr, "\x89PNG\r\n\x1a\n", 8);

    size_t at = 8, size = (size_t)(code->width + 2 * QUIET) * SCALE, row_len = 1 + (size + 7) / 8;
    Str header = next_chunk(png, &at, "IHDR"), packed = next_chunk(png, &at, "IDAT");
    assert_int_equal(next_chunk(png, &at, "IEND").len, 0);
    assert_int_equal(at, png.len);
    assert_int_equal(u32_at(header, 0), size);
    assert_int_equal(u32_at(header, 4), size);
    assert_memory_equal(header.ptr + 8, "\x01\0\0\0\0", 5);

    uint8_t *rows = arena_alloc(arena, row_len * size);
    uLongf len = row_len * size;
    assert_int_equal(uncompress(rows, &len, (const Bytef *)packed.ptr, packed.len), Z_OK);
    assert_int_equal(len, row_len * size);
    for (size_t y = 0; y < size; y++) {
        assert_int_equal(rows[y * row_len], 2); /* what differs from the row above */
        for (size_t i = 1; y && i < row_len; i++)
            rows[y * row_len + i] = (uint8_t)(rows[y * row_len + i] + rows[(y - 1) * row_len + i]);
        for (size_t x = 0; x < size; x++) {
            bool white = rows[y * row_len + 1 + x / 8] >> (7 - x % 8) & 1;
            assert_int_equal(white, !is_dark(code, (int)(x / SCALE), (int)(y / SCALE)));
        }
    }
    QRcode_free(code);
    arena_free(&arena);
}

/* Paints the runs "Mx yhNv1h-Nz" of the path back into modules. */
static size_t paint(Str path, bool *modules, int size)
{
    size_t painted = 0;
    Str run;
    while (str_cut(&path, 'z', &run) && run.len > 0) {
        int x, y, width, back, used = 0;
        char text[64];
        snprintf(text, sizeof text, "%.*s", STR_ARG(run));
        assert_int_equal(sscanf(text, "M%d %dh%dv1h-%d%n", &x, &y, &width, &back, &used), 4);
        assert_int_equal(used, run.len);
        assert_int_equal(width, back);
        for (int i = 0; i < width; i++, painted++)
            modules[y * size + x + i] = true;
    }
    return painted;
}

static void the_svg_shows_the_same_modules(void **state UNUSED)
{
    Arena *arena = arena_new(1 << 22);
    QRcode *code = reference();
    int size = code->width + 2 * QUIET;
    Str svg;
    assert_int_equal(qr_svg(arena, link_text, &svg), STATUS_OK);
    Str head =
        arena_printf(arena, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" ", size, size);
    assert_true(str_starts(svg, head));

    const char *path = strstr(svg.ptr, "<path d=\"");
    assert_non_null(path);
    path += strlen("<path d=\"");
    const char *end = strchr(path, '"');
    assert_string_equal(end, "\"/></svg>\n");
    bool *modules = arena_alloc(arena, (size_t)(size * size));
    size_t painted = paint((Str){ path, (size_t)(end - path) }, modules, size), dark = 0;
    for (int y = 0; y < size; y++)
        for (int x = 0; x < size; x++, dark += is_dark(code, x - 1, y))
            assert_int_equal(modules[y * size + x], is_dark(code, x, y));
    assert_int_equal(painted, dark);
    QRcode_free(code);
    arena_free(&arena);
}

static void what_is_too_long_for_a_qr_code_is_refused(void **state UNUSED)
{
    enum { TOO_LONG = 4000 };
    Arena *arena = arena_new(1 << 22);
    char *text = arena_alloc(arena, TOO_LONG);
    memset(text, 'a', TOO_LONG);
    Str picture;
    assert_int_equal(qr_svg(arena, (Str){ text, TOO_LONG }, &picture), STATUS_INVALID);
    assert_int_equal(qr_png(arena, (Str){ text, TOO_LONG }, &picture), STATUS_INVALID);
    arena_free(&arena);
}

static void without_memory_there_is_no_picture(void **state UNUSED)
{
    Arena *arena = arena_new(512);
    Str picture;
    assert_int_equal(qr_svg(arena, link_text, &picture), STATUS_NOMEM);
    assert_int_equal(qr_png(arena, link_text, &picture), STATUS_NOMEM);
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_png_shows_every_module_with_its_quiet_zone),
        cmocka_unit_test(the_svg_shows_the_same_modules),
        cmocka_unit_test(what_is_too_long_for_a_qr_code_is_refused),
        cmocka_unit_test(without_memory_there_is_no_picture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
