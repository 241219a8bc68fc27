#include "domain/theme.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "domain/color.h"

static bool css_fits(const char *css)
{
    return theme_check_css(str_of(css), "custom_css", NULL) == STATUS_OK;
}

static void contrast_is_as_wcag_defines_it(void **state UNUSED)
{
    Color grey;
    assert_true(color_parse(STR("#767676"), &grey));
    assert_float_equal(color_contrast(COLOR_BLACK, COLOR_WHITE), 21.0, 0.001);
    assert_float_equal(color_contrast(COLOR_WHITE, grey), 4.54, 0.01);
    assert_float_equal(color_contrast(grey, grey), 1.0, 0.001);
}

static void colours_are_six_digits(void **state UNUSED)
{
    const char *const wrong[] = { "", "#fff", "0b7a75f", "#0b7a7g", "#0b7a750", "red" };
    Color color;
    assert_true(color_parse(STR("#0B7a75"), &color));
    assert_string_equal(color_text(color).text, "#0b7a75");
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        assert_false(color_parse(str_of(wrong[i]), &color));
}

static void any_colour_can_be_made_readable_in_the_dark(void **state UNUSED)
{
    for (int red = 0; red < 256; red += 51)
        for (int green = 0; green < 256; green += 51)
            for (int blue = 0; blue < 256; blue += 51) {
                Color light = color_for_dark((Color){ (uint8_t)red, (uint8_t)green, (uint8_t)blue });
                assert_true(color_contrast(light, COLOR_DARK_GROUND) >= COLOR_LEAST_CONTRAST);
            }
}

static void an_accent_must_be_readable_on_its_ground(void **state UNUSED)
{
    Error err;
    assert_int_equal(theme_check_accent(STR("#767676"), "accent_color", false, &err), STATUS_OK);
    assert_int_equal(theme_check_accent(STR(""), "accent_color", false, &err), STATUS_OK);
    assert_int_equal(theme_check_accent(STR("#ffd700"), "accent_color", false, &err), STATUS_INVALID);
    assert_string_equal(err.field, "accent_color");
    assert_non_null(strstr(err.text, "1.4, and 4.5 is needed"));
    assert_int_equal(theme_check_accent(STR("#ffd700"), "accent_color_dark", true, &err), STATUS_OK);
    assert_int_equal(theme_check_accent(STR("#0b7a75"), "accent_color_dark", true, &err), STATUS_INVALID);
}

static void a_picture_has_a_plain_https_url(void **state UNUSED)
{
    const char *const wrong[] = { "http://cdn.example/a.png", "https://cdn.example/a.png\")", "https://cdn.example/a(1).png",
                                  "https://cdn.example/a\\.png", "javascript:alert(1)", "data:image/png;base64,AA",
                                  "https://cdn.example/a;b.png" };
    Str fine = STR(" https://cdn.example/a%20b.png?v=1 "), none = STR("");
    assert_int_equal(theme_check_picture(&fine, "logo_url", NULL), STATUS_OK);
    assert_int_equal(theme_check_picture(&none, "logo_url", NULL), STATUS_OK);
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        Str url = str_of(wrong[i]);
        assert_int_equal(theme_check_picture(&url, "logo_url", NULL), STATUS_INVALID);
    }
}

static void origins_are_scheme_and_host(void **state UNUSED)
{
    const char *const fine[] = { "", " https://shop.example  http://localhost:8080 " };
    const char *const wrong[] = { "shop.example", "https://shop.example/", "https://*.shop.example", "https://a;b", "https://",
                                  "https://Shop.example", "*", "'self'", "https://a,https://b",
                                  "https://1 https://2 https://3 https://4 https://5 https://6 https://7 https://8 https://9 https://10 https://11" };
    for (size_t i = 0; i < ARRAY_LEN(fine); i++) {
        Str origins = str_of(fine[i]);
        assert_int_equal(theme_check_origins(&origins, "embed_origins", NULL), STATUS_OK);
    }
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        Str origins = str_of(wrong[i]);
        assert_int_equal(theme_check_origins(&origins, "embed_origins", NULL), STATUS_INVALID);
    }
}

static void css_that_styles_is_taken(void **state UNUSED)
{
    const char *const fine[] = {
        "", "h1 { color: rgb(1 2 3); }", "/* url(x) */ a:not(.b) { --x: \"(\"; }",
        "@media (min-width: 40rem) { main { max-width: calc(30rem + 2vw) } }",
        "[dir=\"rtl\"] .rows li::before { content: '}' }", "main { background: linear-gradient(red, blue) }",
    };
    for (size_t i = 0; i < ARRAY_LEN(fine); i++)
        assert_true(css_fits(fine[i]));
}

static void css_that_loads_or_escapes_is_refused(void **state UNUSED)
{
    const char *const wrong[] = {
        "a { background: url(https://evil.test/) }", "a { background: URL (x) } b { x: uRl(y) }", "@import 'x';",
        "@font-face { src: local(x) }", "a { b: u\\72l(x) }", "a { width: expression(alert(1)) }", "</style>",
        "a { b: image-set('x' 1x) }", "a { b: src('x') }", "a {", "a } b {", "a { b: ( }", "a { b: 'x }", "/* x",
        "a { b: \"x\n\" }", "@charset \"x\";", "@", "a { b: -webkit-image-set(x) }", "a { b: attr(x) }",
        "((((((((((((((((((", "[}]",
    };
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        if (css_fits(wrong[i]))
            fail_msg("taken: %s", wrong[i]);
    Error err;
    assert_int_equal(theme_check_css(STR("a {}\nb { c: url(x) }"), "custom_css", &err), STATUS_INVALID);
    assert_non_null(strstr(err.text, "Line 2"));
    assert_int_equal(theme_check_css((Str){ "a\0b", 3 }, "custom_css", &err), STATUS_INVALID);
    assert_int_equal(theme_check_css(STR("a { b: \"\xff\" }"), "custom_css", &err), STATUS_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(contrast_is_as_wcag_defines_it),
        cmocka_unit_test(colours_are_six_digits),
        cmocka_unit_test(any_colour_can_be_made_readable_in_the_dark),
        cmocka_unit_test(an_accent_must_be_readable_on_its_ground),
        cmocka_unit_test(a_picture_has_a_plain_https_url),
        cmocka_unit_test(origins_are_scheme_and_host),
        cmocka_unit_test(css_that_styles_is_taken),
        cmocka_unit_test(css_that_loads_or_escapes_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
