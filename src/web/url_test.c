#include "web/url.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void assert_str(Str got, const char *expected)
{
    if (!str_is(got, expected))
        fail_msg("%.*s instead of %s", STR_ARG(got), expected);
}

static void a_parameter_goes_to_the_end_of_the_query(void **state UNUSED)
{
    static const char *const cases[][2] = {
        { "https://shop.example", "https://shop.example?ref=uK3p9ZtQ" },
        { "https://shop.example/", "https://shop.example/?ref=uK3p9ZtQ" },
        { "https://shop.example/a?b=c", "https://shop.example/a?b=c&ref=uK3p9ZtQ" },
        { "https://shop.example/a?b=c&", "https://shop.example/a?b=c&ref=uK3p9ZtQ" },
        { "https://shop.example/a?", "https://shop.example/a?ref=uK3p9ZtQ" },
        { "https://shop.example/a?b=%26&c", "https://shop.example/a?b=%26&c&ref=uK3p9ZtQ" },
    };
    Arena *arena = arena_new(1 << 16);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_str(url_with_query(arena, str_of(cases[i][0]), STR("ref=uK3p9ZtQ")), cases[i][1]);
    arena_free(&arena);
}

static void the_fragment_stays_behind_the_query(void **state UNUSED)
{
    static const char *const cases[][2] = {
        { "https://shop.example/#top", "https://shop.example/?ref=x#top" },
        { "https://shop.example/a?b=c#/d?e=f&g#h", "https://shop.example/a?b=c&ref=x#/d?e=f&g#h" },
        { "https://shop.example/a#b?c", "https://shop.example/a?ref=x#b?c" },
        { "https://shop.example/?#", "https://shop.example/?ref=x#" },
    };
    Arena *arena = arena_new(1 << 16);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_str(url_with_query(arena, str_of(cases[i][0]), STR("ref=x")), cases[i][1]);
    arena_free(&arena);
}

static void without_memory_there_is_no_url(void **state UNUSED)
{
    Arena *arena = arena_new(8);
    assert_null(url_with_query(arena, STR("https://shop.example"), STR("ref=x")).ptr);
    arena_free(&arena);
}

static void a_component_keeps_unreserved_characters_only(void **state UNUSED)
{
    Buf out = buf_new(4096);
    url_append_component(&out, STR("azAZ09-._~"));
    url_append_component(&out, STR(" /?#[]@!$&'()*+,;=%\"<>\\^`{|}\n\x7f\xff\0"));
    assert_str(buf_str(&out),
               "azAZ09-._~%20%2F%3F%23%5B%5D%40%21%24%26%27%28%29%2A%2B%2C%3B%3D%25%22%3C%3E%5C%5E%60"
               "%7B%7C%7D%0A%7F%FF%00");
    buf_free(&out);
}

static void utm_parameters_go_along_as_they_were_sent(void **state UNUSED)
{
    static const char *const cases[][3] = {
        { "utm_source=mail&utm_medium=a%20b+c", "https://shop.example/", "&utm_source=mail&utm_medium=a%20b+c" },
        { "x=1&utm_id=7&next=https://evil.test", "https://shop.example/", "&utm_id=7" },
        { "utm_source=mail&utm_term=t", "https://shop.example/?utm_source=own#f?utm_term=x", "&utm_term=t" },
        { "utm_source=a&utm_source=b", "https://shop.example/", "&utm_source=a" },
        { "utm_source=&utm_term&=&&utm_content==", "https://shop.example/", "" },
        { "utm_source=a%0d\r\nX:y&utm_medium=<b>&utm_term=a#b&utm_other=c", "https://shop.example/", "" },
        { "UTM_SOURCE=mail", "https://shop.example/", "" },
        { "", "https://shop.example/", "" },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        Buf out = buf_new(4096);
        url_append_utm(&out, str_of(cases[i][0]), str_of(cases[i][1]));
        assert_str(buf_str(&out), cases[i][2]);
        buf_free(&out);
    }
}

static void a_utm_parameter_longer_than_any_name_stays_behind(void **state UNUSED)
{
    char query[400] = "utm_source=";
    memset(query + 11, 'x', 201);
    Buf out = buf_new(4096);
    url_append_utm(&out, (Str){ query, 11 + 201 }, STR("https://shop.example/"));
    assert_int_equal(buf_str(&out).len, 0);
    url_append_utm(&out, (Str){ query, 11 + 200 }, STR("https://shop.example/"));
    assert_int_equal(buf_str(&out).len, 1 + 11 + 200);
    buf_free(&out);
}

static void the_host_comes_with_its_port(void **state UNUSED)
{
    static const char *const cases[][2] = {
        { "https://shop.example/a", "shop.example" },    { "http://shop.example", "shop.example" },
        { "https://shop.example?x", "shop.example" },    { "https://shop.example#x", "shop.example" },
        { "http://127.0.0.1:8080/a", "127.0.0.1:8080" }, { "https://Shop-1.example/", "Shop-1.example" },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_str(url_host(str_of(cases[i][0])), cases[i][1]);
}

static void an_odd_host_is_none(void **state UNUSED)
{
    static const char *const odd[] = {
        "",           "https://",    "https:///a", "https://a;script-src/", "https://a,b/", "http://[::1]/",
        "https://*/", "https://a'b/"
    };
    for (size_t i = 0; i < ARRAY_LEN(odd); i++)
        assert_null(url_host(str_of(odd[i])).ptr);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_parameter_goes_to_the_end_of_the_query),
        cmocka_unit_test(the_fragment_stays_behind_the_query),
        cmocka_unit_test(without_memory_there_is_no_url),
        cmocka_unit_test(a_component_keeps_unreserved_characters_only),
        cmocka_unit_test(utm_parameters_go_along_as_they_were_sent),
        cmocka_unit_test(a_utm_parameter_longer_than_any_name_stays_behind),
        cmocka_unit_test(the_host_comes_with_its_port),
        cmocka_unit_test(an_odd_host_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
