#include "domain/color.h"

#include <math.h>
#include <stdio.h>

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool color_parse(Str text, Color *out_color)
{
    int value = 0;
    if (text.len != 7 || text.ptr[0] != '#')
        return false;
    for (size_t i = 1; i < text.len; i++) {
        int digit = hex_digit(text.ptr[i]);
        if (digit < 0)
            return false;
        value = value * 16 + digit;
    }
    *out_color = (Color){ (uint8_t)(value >> 16), (uint8_t)(value >> 8), (uint8_t)value };
    return true;
}

ColorText color_text(Color color)
{
    ColorText out;
    snprintf(out.text, sizeof out.text, "#%02x%02x%02x", color.red, color.green, color.blue);
    return out;
}

static double linear(uint8_t part)
{
    double value = part / 255.0;
    return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4);
}

static double luminance(Color color)
{
    return 0.2126 * linear(color.red) + 0.7152 * linear(color.green) + 0.0722 * linear(color.blue);
}

double color_contrast(Color a, Color b)
{
    double one = luminance(a) + 0.05, other = luminance(b) + 0.05;
    return one > other ? one / other : other / one;
}

static uint8_t mix_part(uint8_t a, uint8_t b, int percent)
{
    return (uint8_t)((a * (100 - percent) + b * percent + 50) / 100);
}

Color color_mix(Color a, Color b, int percent)
{
    return (Color){ mix_part(a.red, b.red, percent), mix_part(a.green, b.green, percent),
                    mix_part(a.blue, b.blue, percent) };
}

Color color_for_dark(Color color)
{
    Color light = color;
    for (int percent = 0; percent <= 100 && color_contrast(light, COLOR_DARK_GROUND) < COLOR_LEAST_CONTRAST + 1; percent += 5)
        light = color_mix(color, COLOR_WHITE, percent);
    return light;
}
