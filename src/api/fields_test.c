#include "api/fields.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static const Field fields[] = {
    { "id", FIELD_ID, true, 0, "" },      { "name", FIELD_TEXT, true, 5, "" }, { "code", FIELD_CODE, false, 8, "" },
    { "flag", FIELD_BOOL, false, 0, "" }, { "list", FIELD_ARRAY, false, 0, "" },
    { "days", FIELD_INT, false, 366, "" }, { "total", FIELD_DECIMAL, false, 0, "" }, { "from", FIELD_TIME, false, 0, "" },
    { "any", FIELD_JSON, false, 0, "" },
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

static Str text_of(Reading *reading, const char *total)
{
    char json[128];
    snprintf(json, sizeof json, "{\"id\":1,\"name\":\"x\",\"total\":%s}", total);
    *reading = read_json(json);
    return reading->fits ? field_value(&reading->values, "total")->text : STR_NONE;
}

static void decimals_keep_their_digits(void **state UNUSED)
{
    static const struct {
        const char *json, *text;
    } cases[] = { { "25", "25" }, { "25.5", "25.5" }, { "0.1", "0.1" }, { "\" 25.50 \"", "25.50" },
                  { "1234567890123.45", "1234567890123.45" }, { "0", "0" } };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        Reading reading;
        assert_true(str_is(text_of(&reading, cases[i].json), cases[i].text));
        reading_free(&reading);
    }
    static const char *const bad[] = { "-1", "1e30", "\"1e3\"", "\".5\"", "\"5.\"", "\"1.2.3\"", "\"a\"", "true", "[]",
                                       "\"000000000000000000000000000000000000001\"" };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        Reading reading;
        assert_null(text_of(&reading, bad[i]).ptr);
        assert_string_equal(reading.errors.items[0].field, "total");
        reading_free(&reading);
    }
}

static void numbers_stay_below_their_maximum(void **state UNUSED)
{
    Reading reading = read_json("{\"id\":1,\"name\":\"x\",\"days\":\"366\",\"from\":\"1970-01-02\",\"any\":[1]}");
    assert_true(reading.fits);
    assert_int_equal(field_value(&reading.values, "days")->number, 366);
    assert_int_equal(field_value(&reading.values, "from")->number, 86400000000);
    assert_true(field_value(&reading.values, "any")->given);
    reading_free(&reading);
    static const char *const bad[] = { "367", "-1", "1.0", "\"x\"", "true" };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        char json[64];
        snprintf(json, sizeof json, "{\"id\":1,\"name\":\"x\",\"days\":%s}", bad[i]);
        reading = read_json(json);
        assert_false(reading.fits);
        assert_string_equal(reading.errors.items[0].field, "days");
        reading_free(&reading);
    }
}

static void control_characters_are_refused_and_lines_are_not(void **state UNUSED)
{
    Reading bell = read_json("{\"id\":1,\"name\":\"a\\u0007b\"}"), lines = read_json("{\"id\":1,\"name\":\"a\\r\\n\\tb\"}");
    assert_false(bell.fits);
    assert_string_equal(bell.errors.items[0].field, "name");
    assert_true(lines.fits);
    reading_free(&bell);
    reading_free(&lines);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_and_numeric_strings_are_ids),
        cmocka_unit_test(what_is_no_id_is_refused_by_name),
        cmocka_unit_test(every_wrong_field_is_told_at_once),
        cmocka_unit_test(null_and_blank_are_not_given),
        cmocka_unit_test(decimals_keep_their_digits),
        cmocka_unit_test(numbers_stay_below_their_maximum),
        cmocka_unit_test(codes_may_be_numbers_and_booleans_words),
        cmocka_unit_test(control_characters_are_refused_and_lines_are_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
