#include "web/card.h"

#include <math.h>
#include <pthread.h>

#include "web/png.h"
#include "web/qr.h"

enum { ROW_LEN = 1 + CARD_WIDTH, STEPS = 15 };

/* The palette: from the accent to white in STEPS, from the accent to a darker one, and what QR codes are drawn in. */
enum { ACCENT = 0, WHITE = STEPS, SHADE = STEPS + 1, DARK = SHADE + STEPS + 1, COLORS };

static void fill_palette(Color accent, char palette[3 * COLORS])
{
    Color colors[COLORS] = { [DARK] = { 0x14, 0x21, 0x1f } };
    for (int step = 0; step <= STEPS; step++) {
        colors[ACCENT + step] = color_mix(accent, COLOR_WHITE, 100 * step / STEPS);
        colors[SHADE + step] = color_mix(accent, COLOR_BLACK, 22 * step / STEPS);
    }
    for (int i = 0; i < COLORS; i++) {
        palette[3 * i] = (char)colors[i].red;
        palette[3 * i + 1] = (char)colors[i].green;
        palette[3 * i + 2] = (char)colors[i].blue;
    }
}

typedef struct Box {
    int x, y, width, height, radius;
} Box;

/* How much of a pixel lies in the box, in STEPS: by its distance from the rounded edge. */
static int covered(const Box *box, int x, int y)
{
    double half_width = box->width / 2.0, half_height = box->height / 2.0;
    double dx = fabs(x + 0.5 - box->x - half_width) - half_width + box->radius;
    double dy = fabs(y + 0.5 - box->y - half_height) - half_height + box->radius;
    double outside = hypot(fmax(dx, 0), fmax(dy, 0)) + fmin(fmax(dx, dy), 0) - box->radius;
    return (int)(fmin(fmax(0.5 - outside, 0), 1) * STEPS + 0.5);
}

/* Draws where the picture has colour `from` (coverage 0) towards `from` + `direction` * STEPS. */
static void draw(uint8_t *rows, Box box, int from, int direction)
{
    int end_x = box.x + box.width < CARD_WIDTH ? box.x + box.width : CARD_WIDTH;
    int end_y = box.y + box.height < CARD_HEIGHT ? box.y + box.height : CARD_HEIGHT;
    for (int y = box.y > 0 ? box.y : 0; y < end_y; y++)
        for (int x = box.x > 0 ? box.x : 0; x < end_x; x++) {
            int level = covered(&box, x, y);
            if (level)
                rows[y * ROW_LEN + 1 + x] = (uint8_t)(from + direction * level);
        }
}

static void draw_gift(uint8_t *rows)
{
    draw(rows, (Box){ 190, 100, 150, 120, 60 }, ACCENT, 1); /* the bow */
    draw(rows, (Box){ 340, 100, 150, 120, 60 }, ACCENT, 1);
    draw(rows, (Box){ 222, 132, 92, 64, 32 }, WHITE, -1);
    draw(rows, (Box){ 366, 132, 92, 64, 32 }, WHITE, -1);
    draw(rows, (Box){ 130, 210, 420, 96, 18 }, ACCENT, 1); /* the lid */
    draw(rows, (Box){ 160, 322, 360, 216, 18 }, ACCENT, 1);
    draw(rows, (Box){ 312, 210, 56, 96, 0 }, WHITE, -1); /* the ribbon */
    draw(rows, (Box){ 312, 322, 56, 216, 0 }, WHITE, -1);
}

static const Box code_card = { 660, 95, 440, 440, 36 };

/* The same for all but for the palette and the code: drawn once, by the first that needs it. */
static pthread_once_t once = PTHREAD_ONCE_INIT;
static uint8_t background[ROW_LEN * CARD_HEIGHT];

static void draw_background(void)
{
    draw(background, (Box){ 960, -180, 440, 440, 220 }, SHADE, 1);
    draw(background, (Box){ -160, 420, 360, 360, 180 }, SHADE, 1);
    draw_gift(background);
    draw(background, code_card, ACCENT, 1);
}

static void draw_code(uint8_t *rows, const QrModules *code)
{
    int scale = code_card.width / (code->width + 2 * QR_QUIET_MODULES), width = code->width * scale;
    int left = code_card.x + (code_card.width - width) / 2, top = code_card.y + (code_card.height - width) / 2;
    for (int y = 0; y < width; y++)
        for (int x = 0; x < code->width; x++)
            if (code->dark[y / scale * code->width + x])
                memset(rows + (top + y) * ROW_LEN + 1 + left + x * scale, DARK, (size_t)scale);
}

Status card_png(Arena *arena, Color accent, Str link, Str *out_png)
{
    QrModules code;
    Status status = qr_modules(arena, link, &code);
    uint8_t *rows = status ? NULL : arena_alloc(arena, sizeof background);
    if (status || rows == NULL)
        return status ? status : STATUS_NOMEM;
    pthread_once(&once, draw_background);
    memcpy(rows, background, sizeof background);
    draw_code(rows, &code);
    char palette[3 * COLORS];
    fill_palette(accent, palette);
    return png_encode(arena,
                      &(PngImage){ .width = CARD_WIDTH,
                                   .height = CARD_HEIGHT,
                                   .bits = 8,
                                   .palette = { palette, sizeof palette },
                                   .rows = { (const char *)rows, sizeof background } },
                      out_png);
}
