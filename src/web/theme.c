#include "web/theme.h"

#include "base/buf.h"
#include "base/limits.h"
#include "domain/color.h"

enum { MAX_THEME_LEN = LIMIT_CSS_LEN + 2 * LIMIT_URL_LEN + 2048, STRONGER = 25, TINT = 10 };

static void append_color(Buf *css, const char *name, Color color)
{
    buf_printf(css, "--%s:%s;", name, color_text(color).text);
}

/* What of page.css depends on the accent. */
static void append_accent(Buf *css, Color accent, Color ground, Color text, Color on_accent)
{
    append_color(css, "accent", accent);
    append_color(css, "stripe", accent);
    append_color(css, "accent-strong", color_mix(accent, text, STRONGER));
    append_color(css, "tint", color_mix(ground, accent, TINT));
    append_color(css, "on-accent", on_accent);
}

static void append_accents(Buf *css, const Campaign *campaign)
{
    Color accent, dark;
    bool has_light = color_parse(campaign->accent_color, &accent);
    bool has_dark = color_parse(campaign->accent_color_dark, &dark);
    if (has_light) {
        buf_append(css, STR(":root{"));
        append_accent(css, accent, COLOR_WHITE, COLOR_BLACK, COLOR_WHITE);
        buf_append(css, STR("}\n"));
    }
    if (!has_light && !has_dark)
        return;
    buf_append(css, STR("@media (prefers-color-scheme:dark){:root{"));
    append_accent(css, has_dark ? dark : color_for_dark(accent), COLOR_DARK_GROUND, COLOR_WHITE, COLOR_DARK_GROUND);
    buf_append(css, STR("}}\n"));
}

static void append_picture(Buf *css, const char *name, Str url)
{
    if (url.len)
        buf_printf(css, ".%s{background-image:url(\"%.*s\")}\n", name, STR_ARG(url));
}

Str theme_css(const Campaign *campaign, Arena *arena)
{
    Buf css = buf_in_arena(arena, MAX_THEME_LEN);
    append_accents(&css, campaign);
    append_picture(&css, "brand", campaign->logo_url);
    append_picture(&css, "hero", campaign->hero_url);
    buf_append(&css, campaign->custom_css);
    return buf_str(&css);
}
