#include "http/route.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
/* cmocka wants those first */
#include <cmocka.h>

static Arena *arena;

static int make_arena(void **state)
{
    (void)state;
    arena = arena_new(1024 * 1024);
    return arena == NULL;
}

static int free_arena(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

static HttpRequest request_for(const char *path)
{
    return (HttpRequest){ .path = str_of(path), .arena = arena };
}

static bool fits(const char *path, const char *pattern)
{
    HttpRequest request = request_for(path);
    return http_path_match(&request, pattern);
}

static void assert_str(Str s, const char *expected)
{
    assert_int_equal(s.len, strlen(expected));
    assert_memory_equal(s.ptr ? s.ptr : "", expected, s.len);
}

static void a_path_fits_part_by_part(void **state)
{
    (void)state;
    assert_true(fits("/", "/"));
    assert_true(fits("/api/v1/users", "/api/v1/users"));
    assert_false(fits("/api/v1/user", "/api/v1/users"));
    assert_false(fits("/api/v1/users2", "/api/v1/users"));
    assert_false(fits("/api/v1", "/api/v1/users"));
    assert_false(fits("/api/v1/users/7", "/api/v1/users"));
    assert_false(fits("/API/v1/users", "/api/v1/users"));
    assert_false(fits("/", "/a"));
    assert_false(fits("/a", "/"));
}

static void one_trailing_slash_is_ignored(void **state)
{
    (void)state;
    assert_true(fits("/users/", "/users"));
    assert_false(fits("/users//", "/users"));
    assert_false(fits("//users", "/users"));
}

static void an_encoded_slash_does_not_part_a_path(void **state)
{
    (void)state;
    assert_false(fits("/api%2fusers", "/api/users"));
    HttpRequest request = request_for("/r/a%2Fb");
    assert_true(http_path_match(&request, "/r/{code}"));
    assert_str(request.params[0], "a/b");
}

static void parameters_are_decoded_in_order(void **state)
{
    (void)state;
    HttpRequest request = request_for("/a/1/b/%C3%A9%20+x/");
    assert_true(http_path_match(&request, "/a/{id}/b/{name}"));
    assert_str(request.params[0], "1");
    assert_str(request.params[1], "\xc3\xa9 +x");
}

static void unfit_parameters_do_not_match(void **state)
{
    (void)state;
    assert_false(fits("/r/", "/r/{code}"));
    assert_false(fits("/r//x", "/r/{code}/x"));
    assert_false(fits("/r/%", "/r/{code}"));
    assert_false(fits("/r/%4", "/r/{code}"));
    assert_false(fits("/r/%zz", "/r/{code}"));
    assert_false(fits("/r/a%00b", "/r/{code}"));
    assert_false(fits("/r/%ff", "/r/{code}"));
    assert_false(fits("/r/%c0%af", "/r/{code}")); /* an overlong slash */
}

static void more_parameters_than_there_is_room_for_do_not_match(void **state)
{
    (void)state;
    assert_true(fits("/1/2/3/4", "/{a}/{b}/{c}/{d}"));
    assert_false(fits("/1/2/3/4/5", "/{a}/{b}/{c}/{d}/{e}"));
}

static void escapes_are_decoded(void **state)
{
    (void)state;
    Str out;
    assert_true(http_percent_decode(arena, STR("a%20b%2Bc+d%e2%82%ac"), false, &out));
    assert_str(out, "a b+c+d\xe2\x82\xac");
    assert_true(http_percent_decode(arena, STR("a+b%2b"), true, &out));
    assert_str(out, "a b+");
    assert_true(http_percent_decode(arena, STR(""), true, &out));
    assert_str(out, "");
    assert_true(http_percent_decode(arena, STR("%00"), true, &out));
    assert_int_equal(out.len, 1);
}

static void malformed_escapes_and_lack_of_memory_are_told(void **state)
{
    (void)state;
    static const char *const bad[] = { "%", "a%", "%1", "%g1", "%1g", "%%20", "%-1", "%+1", "% 1", "%u0041" };
    Str out = STR("untouched");
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(http_percent_decode(arena, str_of(bad[i]), true, &out));
    assert_str(out, "untouched");
    Arena *small = arena_new(4);
    assert_false(http_percent_decode(small, STR("abcde"), true, &out));
    arena_free(&small);
}

static void form_values_are_found_by_name(void **state)
{
    (void)state;
    Str form = STR("&&a=1&b+c=%C3%A9+x&a=2&empty=&alone&%64=yes&=nameless&");
    assert_str(http_form_value(arena, form, "a"), "1");
    assert_str(http_form_value(arena, form, "b c"), "\xc3\xa9 x");
    assert_str(http_form_value(arena, form, "d"), "yes");
    assert_str(http_form_value(arena, form, ""), "nameless");
    assert_str(http_form_value(arena, STR("a=b=c"), "a"), "b=c");
}

static void an_empty_form_value_differs_from_none(void **state)
{
    (void)state;
    Str form = STR("empty=&alone");
    assert_non_null(http_form_value(arena, form, "empty").ptr);
    assert_non_null(http_form_value(arena, form, "alone").ptr);
    assert_null(http_form_value(arena, form, "none").ptr);
    assert_null(http_form_value(arena, form, "alon").ptr);
    assert_null(http_form_value(arena, form, "alone2").ptr);
    assert_null(http_form_value(arena, STR(""), "a").ptr);
    assert_null(http_form_value(arena, STR_NONE, "a").ptr);
}

static void malformed_form_values_are_none(void **state)
{
    (void)state;
    assert_null(http_form_value(arena, STR("a=%"), "a").ptr);
    assert_null(http_form_value(arena, STR("a=%00"), "a").ptr);
    assert_null(http_form_value(arena, STR("a=%ff"), "a").ptr);
    assert_null(http_form_value(arena, STR("%=1"), "%").ptr);
    assert_null(http_form_value(arena, STR("a%00b=1"), "a").ptr);
}

static void pairs_of_a_form_come_one_by_one_without_the_empty_and_the_malformed(void **state)
{
    (void)state;
    Str form = STR("&&a%5B0%5D=1&b+c=%C3%A9&%=x&d=%&=nameless&alone&e=%00&f=g=h&");
    Str name, value;
    static const char *const expected[][2] = { { "a[0]", "1" }, { "b c", "\xc3\xa9" }, { "alone", "" }, { "f", "g=h" } };
    for (size_t i = 0; i < ARRAY_LEN(expected); i++) {
        assert_true(http_form_next(arena, &form, &name, &value));
        assert_str(name, expected[i][0]);
        assert_str(value, expected[i][1]);
    }
    assert_false(http_form_next(arena, &form, &name, &value));
}

static void a_cookie_is_found_by_its_whole_name(void **state)
{
    (void)state;
    Str header = STR("xrefmill=1; refmill=a=b ;refmill=2; =3; alone; empty=");
    assert_str(http_cookie_value(header, "refmill"), "a=b");
    assert_str(http_cookie_value(header, "empty"), "");
    assert_null(http_cookie_value(header, "alone").ptr);
    assert_null(http_cookie_value(header, "").ptr);
    assert_null(http_cookie_value(STR_NONE, "refmill").ptr);
}

static void a_media_type_comes_without_its_parameters(void **state)
{
    (void)state;
    assert_str(http_media_type(STR("application/json; charset=utf-8")), "application/json");
    assert_str(http_media_type(STR(" text/plain ")), "text/plain");
    assert_null(http_media_type(STR_NONE).ptr);
}

#define IN_ARENA(test) cmocka_unit_test_setup_teardown(test, make_arena, free_arena)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_ARENA(a_path_fits_part_by_part),
        IN_ARENA(one_trailing_slash_is_ignored),
        IN_ARENA(an_encoded_slash_does_not_part_a_path),
        IN_ARENA(parameters_are_decoded_in_order),
        IN_ARENA(unfit_parameters_do_not_match),
        IN_ARENA(more_parameters_than_there_is_room_for_do_not_match),
        IN_ARENA(escapes_are_decoded),
        IN_ARENA(malformed_escapes_and_lack_of_memory_are_told),
        IN_ARENA(form_values_are_found_by_name),
        IN_ARENA(an_empty_form_value_differs_from_none),
        IN_ARENA(malformed_form_values_are_none),
        IN_ARENA(pairs_of_a_form_come_one_by_one_without_the_empty_and_the_malformed),
        IN_ARENA(a_cookie_is_found_by_its_whole_name),
        IN_ARENA(a_media_type_comes_without_its_parameters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
