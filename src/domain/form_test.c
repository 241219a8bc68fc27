/* What the extra fields of a campaign take. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "domain/form.h"

static const FormField text = { .label = STR("Shoe size") };
static const FormField needed = { .label = STR("Shoe size"), .required = true };
static const FormField choice = { .label = STR("Country"), .value = STR("NL\r\n\n  DE \n"), .is_select = true };

static Status check(FormField field, Str answer)
{
    return form_check_answer(&field, &answer, NULL);
}

static void nothing_will_do_unless_it_is_needed(void **state UNUSED)
{
    static const Str nothings[] = { { NULL, 0 }, { "", 0 }, { " \t", 2 }, { "\xc2\xa0", 2 } };
    for (size_t i = 0; i < ARRAY_LEN(nothings); i++) {
        assert_int_equal(check(text, nothings[i]), STATUS_OK);
        assert_int_equal(check(choice, nothings[i]), STATUS_OK);
        assert_int_equal(check(needed, nothings[i]), STATUS_INVALID);
    }
    assert_int_equal(check(needed, STR("44")), STATUS_OK);
}

static void a_select_takes_its_choices_alone(void **state UNUSED)
{
    assert_int_equal(check(choice, STR("NL")), STATUS_OK);
    assert_int_equal(check(choice, STR(" DE")), STATUS_OK);
    assert_int_equal(check(choice, STR("nl")), STATUS_INVALID);
    assert_int_equal(check(choice, STR("NL\r\n")), STATUS_OK);
    assert_int_equal(check(choice, STR("FR")), STATUS_INVALID);
}

static void an_answer_is_a_line_of_text_that_fits(void **state UNUSED)
{
    static char many[LIMIT_ANSWER_CHARS + 1];
    memset(many, 'x', sizeof many);
    assert_int_equal(check(text, (Str){ many, sizeof many - 1 }), STATUS_OK);
    assert_int_equal(check(text, (Str){ many, sizeof many }), STATUS_INVALID);
    assert_int_equal(check(text, STR("a\nb")), STATUS_INVALID);
    assert_int_equal(check(text, STR("a\x01")), STATUS_INVALID);
}

static void the_error_names_the_field_by_its_label(void **state UNUSED)
{
    Error err = { 0 };
    Str answer = STR_NONE;
    assert_int_equal(form_check_answer(&needed, &answer, &err), STATUS_INVALID);
    assert_string_equal(err.field, "meta.Shoe size");
}

static void a_long_label_is_cut_between_characters(void **state UNUSED)
{
    static char label[200 * 2];
    for (size_t i = 0; i < sizeof label; i++)
        label[i] = i % 2 ? '\xa9' : '\xc3';
    Error err = { 0 };
    Str answer = STR_NONE;
    FormField field = { .label = { label, sizeof label }, .required = true };
    assert_int_equal(form_check_answer(&field, &answer, &err), STATUS_INVALID);
    assert_true(str_is_utf8(str_of(err.field)));
    assert_true(str_is_utf8(str_of(err.text)));
}

static void an_answer_is_trimmed(void **state UNUSED)
{
    Str answer = STR("  44 ");
    assert_int_equal(form_check_answer(&text, &answer, NULL), STATUS_OK);
    assert_true(str_is(answer, "44"));
}

static Status check_two(FormField first, FormField second)
{
    const FormField both[] = { first, second };
    return form_check(&(FormFields){ both, 2 }, "fields", NULL);
}

static void no_two_fields_have_the_same_id_or_label(void **state UNUSED)
{
    const FormField one = { .id = STR("f1"), .label = STR("Size") };
    assert_int_equal(check_two(one, (FormField){ .id = STR("f2"), .label = STR("Colour") }), STATUS_OK);
    assert_int_equal(check_two(one, (FormField){ .id = STR("f1"), .label = STR("Colour") }), STATUS_INVALID);
    assert_int_equal(check_two(one, (FormField){ .id = STR("f2"), .label = STR("Size") }), STATUS_INVALID);
}

static void a_select_has_choices(void **state UNUSED)
{
    const FormField one = { .id = STR("f1"), .label = STR("Size") };
    FormField select = { .id = STR("f2"), .label = STR("Colour"), .is_select = true, .value = STR(" \n") };
    assert_int_equal(check_two(one, select), STATUS_INVALID);
    select.value = STR("red");
    assert_int_equal(check_two(one, select), STATUS_OK);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_will_do_unless_it_is_needed), cmocka_unit_test(a_select_takes_its_choices_alone),
        cmocka_unit_test(an_answer_is_a_line_of_text_that_fits),
        cmocka_unit_test(no_two_fields_have_the_same_id_or_label), cmocka_unit_test(a_select_has_choices),
        cmocka_unit_test(the_error_names_the_field_by_its_label), cmocka_unit_test(an_answer_is_trimmed),
        cmocka_unit_test(a_long_label_is_cut_between_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
