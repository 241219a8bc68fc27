#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
/* cmocka wants those first */
#include <cmocka.h>

static void assert_str(Str s, const char *expected)
{
    assert_int_equal(s.len, strlen(expected));
    assert_memory_equal(s.ptr ? s.ptr : "", expected, s.len);
}

static void equality_counts_every_byte(void **state)
{
    (void)state;
    assert_true(str_eq(STR("a\0b"), STR("a\0b")));
    assert_false(str_eq(STR("a\0b"), STR("a\0c")));
    assert_false(str_eq(STR("a"), STR("a\0")));
    assert_true(str_eq(STR_NONE, STR("")));
    assert_true(str_is(STR("abc"), "abc"));
    assert_true(str_ieq(STR("Content-LENGTH"), STR("content-length")));
    assert_false(str_ieq(STR("@["), STR("`{"))); /* 0x20 apart, but no letters */
    assert_false(str_ieq(STR("\xc3\x89"), STR("\xc3\xa9")));
}

static void starts_ends_and_skip_stay_in_bounds(void **state)
{
    (void)state;
    assert_true(str_starts(STR("abc"), STR("ab")));
    assert_false(str_starts(STR("a"), STR("ab")));
    assert_true(str_ends(STR("abc"), STR("bc")));
    assert_false(str_ends(STR("c"), STR("bc")));
    assert_true(str_starts(STR_NONE, STR("")));
    assert_str(str_skip(STR("abc"), 1), "bc");
    assert_str(str_skip(STR("abc"), 9), "");
    assert_str(str_skip(STR_NONE, 1), "");
}

static void trimming_takes_white_space_at_both_ends(void **state)
{
    (void)state;
    assert_str(str_trim(STR(" \t\r\na b\n ")), "a b");
    assert_str(str_trim(STR(" \n")), "");
    assert_str(str_trim(STR_NONE), "");
    assert_str(str_trim(STR("\va")), "\va");
}

static void cutting_gives_every_part_once(void **state)
{
    (void)state;
    Str rest = STR("a,,b,"), part;
    const char *const parts[] = { "a", "", "b", "" };
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        assert_true(str_cut(&rest, ',', &part));
        assert_str(part, parts[i]);
    }
    assert_false(str_cut(&rest, ',', &part));
    rest = STR_NONE;
    assert_false(str_cut(&rest, ',', &part));
    rest = STR("");
    assert_true(str_cut(&rest, ',', &part));
    assert_false(str_cut(&rest, ',', &part));
}

static void whole_numbers_are_exact_or_refused(void **state)
{
    (void)state;
    int64_t value = 7;
    assert_true(str_to_i64(STR("0"), &value) && value == 0);
    assert_true(str_to_i64(STR("9007199254740993"), &value) && value == 9007199254740993);
    assert_true(str_to_i64(STR("9223372036854775807"), &value) && value == INT64_MAX);
    assert_true(str_to_i64(STR("-9223372036854775808"), &value) && value == INT64_MIN);
    static const char *const bad[] = { "",
                                       "-",
                                       "+1",
                                       " 1",
                                       "1 ",
                                       "1.0",
                                       "0x1",
                                       "1e3",
                                       "--1",
                                       "9223372036854775808",
                                       "-9223372036854775809",
                                       "99999999999999999999999" };
    value = 7;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(str_to_i64(str_of(bad[i]), &value));
    assert_false(str_to_i64(STR("1\0"), &value));
    assert_int_equal(value, 7);
}

static void only_proper_utf8_passes(void **state)
{
    (void)state;
    static const char *const good[] = { "",
                                        "a",
                                        "\xc2\x80",
                                        "\xdf\xbf",
                                        "\xe0\xa0\x80",
                                        "\xed\x9f\xbf",
                                        "\xee\x80\x80",
                                        "\xef\xbf\xbf",
                                        "\xf0\x90\x80\x80",
                                        "\xf4\x8f\xbf\xbf" };
    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        assert_true(str_is_utf8(str_of(good[i])));
    static const char *const bad[] = { "\x80",
                                       "\xbf",
                                       "\xc0\x80",
                                       "\xc1\xbf",
                                       "\xe0\x80\x80",
                                       "\xe0\x9f\xbf",
                                       "\xed\xa0\x80",
                                       "\xed\xbf\xbf",
                                       "\xf0\x8f\xbf\xbf",
                                       "\xf4\x90\x80\x80",
                                       "\xf5\x80\x80\x80",
                                       "\xf8\x88\x80\x80\x80",
                                       "\xff",
                                       "\xc3",
                                       "\xe2\x82",
                                       "\xf0\x9f\x98",
                                       "\xc3(",
                                       "a\xe2\x82z" };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(str_is_utf8(str_of(bad[i])));
}

static void characters_are_counted_not_bytes(void **state)
{
    (void)state;
    assert_int_equal(str_utf8_len(STR("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80")), 4);
    assert_int_equal(str_utf8_len(STR("")), 0);
}

static void control_characters_and_overrides_are_found(void **state)
{
    (void)state;
    assert_false(str_has_control(STR("Ren\xc3\xa9 \xd7\x90")));
    static const char *const bad[] = { "\n", "a\x7f", "\xc2\x85", "\xe2\x80\xae", "\xe2\x81\xa6", "\xff" };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_true(str_has_control(str_of(bad[i])));
    assert_true(str_has_control(STR("\0")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equality_counts_every_byte),
        cmocka_unit_test(starts_ends_and_skip_stay_in_bounds),
        cmocka_unit_test(trimming_takes_white_space_at_both_ends),
        cmocka_unit_test(cutting_gives_every_part_once),
        cmocka_unit_test(whole_numbers_are_exact_or_refused),
        cmocka_unit_test(only_proper_utf8_passes),
        cmocka_unit_test(characters_are_counted_not_bytes),
        cmocka_unit_test(control_characters_and_overrides_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
