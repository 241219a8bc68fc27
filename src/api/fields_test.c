#include "api/fields.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const Field fields[] = {
    { "id", FIELD_ID, true, 0, "" },      { "name", FIELD_TEXT, true, 5, "" }, { "code", FIELD_CODE, false, 8, "" },
    { "flag", FIELD_BOOL, false, 0, "" }, { "list", FIELD_ARRAY, false, 0, "" },
};

typedef struct Reading {
    Arena *arena;
    JsonDoc doc;
    FieldValues values;
    FieldErrors errors;
    bool fits;
} Reading;

static Reading read_json(const char *json)
{
    Reading reading = { .arena = arena_new(4096) };
    assert_int_equal(json_parse(str_of(json), &reading.doc, NULL), STATUS_OK);
    reading.fits = fields_read(fields, ARRAY_LEN(fields), reading.doc.root, reading.arena, &reading.values,
                               &reading.errors);
    return reading;
}

static void reading_free(Reading *reading)
{
    json_doc_free(&reading->doc);
    arena_free(&reading->arena);
}

static void numbers_and_numeric_strings_are_ids(void **state UNUSED)
{
    static const char *const good[] = { "{\"id\":412,\"name\":\"x\"}", "{\"id\":\" 412 \",\"name\":\"x\"}" };
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        Reading reading = read_json(good[i]);
        assert_true(reading.fits);
        assert_int_equal(field_value(&reading.values, "id")->number, 412);
        reading_free(&reading);
    }
}

static void what_is_no_id_is_refused_by_name(void **state UNUSED)
{
    static const char *const bad[] = { "{\"id\":0,\"name\":\"x\"}",    "{\"id\":-1,\"name\":\"x\"}",
                                       "{\"id\":1.5,\"name\":\"x\"}",  "{\"id\":\"4a\",\"name\":\"x\"}",
                                       "{\"id\":true,\"name\":\"x\"}", "{\"id\":[1],\"name\":\"x\"}",
                                       "{\"id\":{},\"name\":\"x\"}",   "{\"id\":\"99999999999999999999\",\"name\":\"x\"}" };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        Reading reading = read_json(bad[i]);
        assert_false(reading.fits);
        assert_int_equal(reading.errors.count, 1);
        assert_string_equal(reading.errors.items[0].field, "id");
        reading_free(&reading);
    }
}

static void every_wrong_field_is_told_at_once(void **state UNUSED)
{
    Reading reading = read_json("{\"name\":\"too long\",\"flag\":\"maybe\",\"list\":{}}");
    assert_false(reading.fits);
    assert_int_equal(reading.errors.count, 4);
    reading_free(&reading);
}

static void null_and_blank_are_not_given(void **state UNUSED)
{
    Reading reading = read_json("{\"id\":1,\"name\":\" x\",\"code\":\" \",\"flag\":null}");
    assert_true(reading.fits);
    assert_false(field_value(&reading.values, "code")->given);
    assert_false(field_value(&reading.values, "flag")->given);
    reading_free(&reading);
    reading = read_json("{\"id\":1,\"name\":\"\"}");
    assert_false(reading.fits);
    reading_free(&reading);
}

static void codes_may_be_numbers_and_booleans_words(void **state UNUSED)
{
    Reading reading = read_json("{\"id\":1,\"name\":\"x\",\"code\":123,\"flag\":\"1\"}");
    assert_true(reading.fits);
    assert_true(str_is(field_value(&reading.values, "code")->text, "123"));
    assert_int_equal(field_value(&reading.values, "flag")->number, 1);
    reading_free(&reading);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_and_numeric_strings_are_ids),
        cmocka_unit_test(what_is_no_id_is_refused_by_name),
        cmocka_unit_test(every_wrong_field_is_told_at_once),
        cmocka_unit_test(null_and_blank_are_not_given),
        cmocka_unit_test(codes_may_be_numbers_and_booleans_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
