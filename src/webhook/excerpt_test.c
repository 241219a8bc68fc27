#include "webhook/excerpt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/limits.h"

static void check(Str body, Str expected)
{
    Arena *arena = arena_new(64 * 1024);
    Str got = excerpt_of(body, STR("X-Api-Key: 12345678\nAuthorization: Bearer a-long-secret\nX-Short: no"), arena);
    assert_int_equal(got.len, expected.len);
    assert_memory_equal(got.ptr ? got.ptr : "", expected.ptr ? expected.ptr : "", expected.len);
    assert_true(str_is_utf8(got));
    arena_free(&arena);
}

/* WH-50 */
static void text_stays_and_what_is_none_becomes_dots(void **state UNUSED)
{
    check(STR("{\"received\":true}\n"), STR("{\"received\":true}\n"));
    check(STR("Zo\xc3\xab \xe2\x82\xac"), STR("Zo\xc3\xab \xe2\x82\xac"));
    check((Str){ "a\0b\x1b[31m\x7f", 9 }, STR("a.b.[31m."));
    check(STR("\xff\xfe\xc3"), STR("..."));
    check(STR("\xe2\x80\xae!"), STR("...!")); /* right-to-left override */
    check(STR(""), STR_NONE);
}

static void values_of_own_headers_are_hidden(void **state UNUSED)
{
    check(STR("key 12345678, 12345678 and Bearer a-long-secret"), STR("key ********, ******** and ********************"));
    check(STR("{\"bearer\":\"a-long-secret\"} no"), STR("{\"bearer\":\"*************\"} no"));
    check(STR("cut within: Bearer a-long-s"), STR("cut within: ***************"));
}

static void it_is_cut_between_characters(void **state UNUSED)
{
    char body[2 * LIMIT_ATTEMPT_ANSWER];
    for (size_t i = 0; i < sizeof body; i += 3)
        memcpy(body + i, "\xe2\x82\xac", size_min(3, sizeof body - i));
    check((Str){ body, sizeof body }, (Str){ body, LIMIT_ATTEMPT_ANSWER / 3 * 3 });
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_stays_and_what_is_none_becomes_dots),
        cmocka_unit_test(values_of_own_headers_are_hidden),
        cmocka_unit_test(it_is_cut_between_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
