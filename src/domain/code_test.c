#include "domain/code.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const CodeKey key = { { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 } };

static void a_code_is_its_kind_and_seven_letters_or_digits(void **state UNUSED)
{
    Code code = code_of(&key, CODE_USER, 812001);
    assert_int_equal(strlen(code.text), CODE_LEN);
    assert_int_equal(code.text[0], 'u');
    for (size_t i = 1; i < CODE_LEN; i++)
        assert_non_null(strchr("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", code.text[i]));
}

static void every_number_comes_back(void **state UNUSED)
{
    const int64_t far[] = { 0, 1, 62, INT64_C(3521614606207) };
    for (int64_t number = 0; number < 20000; number++) {
        int64_t back;
        Code code = code_of(&key, CODE_CAMPAIGN, number);
        assert_true(code_parse(&key, CODE_CAMPAIGN, str_of(code.text), &back));
        assert_int_equal(back, number);
    }
    for (size_t i = 0; i < ARRAY_LEN(far); i++) {
        int64_t back;
        assert_true(code_parse(&key, CODE_USER, str_of(code_of(&key, CODE_USER, far[i]).text), &back));
        assert_int_equal(back, far[i]);
    }
}

static int by_text(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(Code));
}

static void no_two_numbers_share_a_code(void **state UNUSED)
{
    enum { COUNT = 50000 };
    Code *codes = test_calloc(COUNT, sizeof *codes);
    for (int i = 0; i < COUNT; i++)
        codes[i] = code_of(&key, CODE_USER, i);
    qsort(codes, COUNT, sizeof *codes, by_text);
    for (int i = 1; i < COUNT; i++)
        assert_string_not_equal(codes[i - 1].text, codes[i].text);
    test_free(codes);
}

static void neighbours_kinds_and_keys_look_unrelated(void **state UNUSED)
{
    CodeKey other = key;
    other.bytes[0]++;
    int64_t number;
    assert_string_not_equal(code_of(&key, CODE_USER, 1).text + 1, code_of(&key, CODE_USER, 2).text + 1);
    assert_string_not_equal(code_of(&key, CODE_USER, 1).text + 1, code_of(&key, CODE_CAMPAIGN, 1).text + 1);
    assert_string_not_equal(code_of(&key, CODE_USER, 1).text, code_of(&other, CODE_USER, 1).text);
    assert_true(code_parse(&other, CODE_USER, str_of(code_of(&key, CODE_USER, 1).text), &number));
    assert_int_not_equal(number, 1);
}

static void what_is_no_code_of_the_kind_is_refused(void **state UNUSED)
{
    const char *bad[] = { "", "u", "u1234567x", "c1234567", "u12345-7", "u12345\xc3\xa4", "u 234567" };
    int64_t number;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(code_parse(&key, CODE_USER, str_of(bad[i]), &number));
    assert_false(code_parse(&key, CODE_USER, (Str){ "u123\0567", 8 }, &number));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_code_is_its_kind_and_seven_letters_or_digits),
        cmocka_unit_test(every_number_comes_back),
        cmocka_unit_test(no_two_numbers_share_a_code),
        cmocka_unit_test(neighbours_kinds_and_keys_look_unrelated),
        cmocka_unit_test(what_is_no_code_of_the_kind_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
