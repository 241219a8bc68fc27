/* Colours of campaigns, and whether they can be read (WCAG 2.2, 1.4.3). Pure, any thread. */
#ifndef DOMAIN_COLOR_H
#define DOMAIN_COLOR_H

#include "base/str.h"

typedef struct Color {
    uint8_t red, green, blue;
} Color;

typedef struct ColorText {
    char text[8]; /* "#0b7a75" */
} ColorText;

#define COLOR_WHITE ((Color){ 0xff, 0xff, 0xff })
#define COLOR_BLACK ((Color){ 0, 0, 0 })
#define COLOR_DARK_GROUND ((Color){ 0x15, 0x1d, 0x1c }) /* --ground of page.css in the dark */
#define COLOR_LEAST_CONTRAST 4.5

/* "#rrggbb" */
bool color_parse(Str text, Color *out_color);
ColorText color_text(Color color);
/* From 1 to 21, as WCAG defines it. */
double color_contrast(Color a, Color b);
/* `percent` of `b`, the rest of `a`. */
Color color_mix(Color a, Color b, int percent);
/* As bright as it must be for text on COLOR_DARK_GROUND. */
Color color_for_dark(Color color);

#endif
