#include "base/json_in.h"
#include "base/json_out.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
/* cmocka wants those first */
#include <cmocka.h>

#include "base/limits.h"

static Status parse(Str text, JsonDoc *out_doc)
{
    Error err = { 0 };
    Status status = json_parse(text, out_doc, &err);
    assert_true((status == STATUS_INVALID) == (err.text[0] != 0));
    return status;
}

static void assert_str(Str s, const char *expected)
{
    assert_int_equal(s.len, strlen(expected));
    assert_memory_equal(s.ptr ? s.ptr : "", expected, s.len);
}

/* ---- in ---------------------------------------------------------------- */

static void values_are_read_as_they_are(void **state)
{
    (void)state;
    JsonDoc doc;
    assert_int_equal(
        parse(STR(" {\"s\":\"\\u00e9\\n\",\"i\":9007199254740993,\"r\":1.5,\"b\":true,\"f\":false,"
                  "\"n\":null,\"a\":[1,2],\"o\":{}} \n"),
              &doc),
        STATUS_OK);
    assert_str(json_to_str(json_get(doc.root, "s")), "\xc3\xa9\n");
    assert_true(json_to_int(json_get(doc.root, "i")) == 9007199254740993);
    assert_int_equal(json_type_of(json_get(doc.root, "r")), JSON_TYPE_REAL);
    assert_true(json_to_bool(json_get(doc.root, "b")));
    assert_false(json_to_bool(json_get(doc.root, "f")));
    assert_int_equal(json_type_of(json_get(doc.root, "f")), JSON_TYPE_BOOL);
    assert_int_equal(json_type_of(json_get(doc.root, "n")), JSON_TYPE_NULL);
    assert_int_equal(json_array_len(json_get(doc.root, "a")), 2);
    assert_int_equal(json_to_int(json_array_at(json_get(doc.root, "a"), 1)), 2);
    assert_int_equal(json_type_of(json_get(doc.root, "o")), JSON_TYPE_OBJECT);
    json_doc_free(&doc);
    assert_null(doc.root);
}

static void asking_for_what_is_not_there_is_harmless(void **state)
{
    (void)state;
    JsonDoc doc;
    assert_int_equal(parse(STR("[\"x\"]"), &doc), STATUS_OK);
    const JsonValue *none = json_get(doc.root, "a"); /* not an object */
    assert_null(none);
    assert_int_equal(json_type_of(none), JSON_TYPE_NONE);
    assert_null(json_get(none, "a"));
    assert_null(json_array_at(doc.root, 1));
    assert_int_equal(json_array_len(none), 0);
    assert_null(json_to_str(none).ptr);
    assert_int_equal(json_to_int(json_array_at(doc.root, 0)), 0);
    assert_false(json_to_bool(none));
    json_doc_free(&doc);
    json_doc_free(&doc);
}

static void hostile_texts_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        " \n",
        "{",
        "{}x",
        "{} {}",
        "{'a':1}",
        "{a:1}",
        "[NaN]",
        "[Infinity]",
        "[1,]",
        "{\"a\":1,}",
        "{\"a\":1,\"a\":2}",
        "{\"a\":1,\"\\u0061\":2}",
        "[\"\\u0000\"]",
        "{\"a\\u0000b\":1}",
        "[\"\xff\"]",
        "[\"\xc0\xaf\"]",
        "[\"\xed\xa0\x80\"]",
        "[\"\\ud800\"]",
        "[\"\\udc00\\ud800\"]",
        "[\"\\x41\"]",
        "[\"\t\"]",
        "[01]",
        "[1.]",
        "[.5]",
        "[+1]",
        "[-]",
        "[0x10]",
        "[1e999]",
        "[9223372036854775808]",
        "[-9223372036854775809]",
        "[99999999999999999999999999]",
        "tru",
        "\"a",
        "[1 2]",
        "\xef\xbb\xbf{}",
        "//\n{}",
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        JsonDoc doc;
        if (parse(str_of(bad[i]), &doc) != STATUS_INVALID)
            fail_msg("accepted: %s", bad[i]);
        assert_null(doc.root);
    }
    JsonDoc doc;
    assert_int_equal(parse(STR("[\"a\0b\"]"), &doc), STATUS_INVALID);
    assert_int_equal(parse(STR("{}\0"), &doc), STATUS_INVALID);
}

static Status parse_nested(size_t depth)
{
    char *text = malloc(2 * depth);
    memset(text, '[', depth);
    memset(text + depth, ']', depth);
    JsonDoc doc;
    Status status = parse((Str){ text, 2 * depth }, &doc);
    json_doc_free(&doc);
    free(text);
    return status;
}

static void nesting_has_an_end(void **state)
{
    (void)state;
    assert_int_equal(parse_nested(LIMIT_JSON_DEPTH), STATUS_OK);
    assert_int_equal(parse_nested(LIMIT_JSON_DEPTH + 1), STATUS_INVALID);
    assert_int_equal(parse_nested(1000000), STATUS_INVALID);
    JsonDoc doc; /* brackets within a string are not nesting */
    assert_int_equal(
        parse(STR("\"\\\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\""),
              &doc),
        STATUS_OK);
    json_doc_free(&doc);
}

/* ---- out --------------------------------------------------------------- */

static void commas_and_braces_come_right(void **state)
{
    (void)state;
    Buf buf = buf_new(1000);
    JsonOut json = json_out(&buf);
    json_begin_object(&json);
    json_put_str(&json, "s", STR("x"));
    json_put_str_opt(&json, "none", STR_NONE);
    json_put_str_opt(&json, "empty", STR(""));
    json_put_int(&json, "i", -5);
    json_put_id_opt(&json, "id", 0);
    json_put_id_opt(&json, "id2", 2);
    json_put_bool(&json, "b", false);
    json_put_null(&json, "n");
    json_key(&json, "a");
    json_begin_array(&json);
    json_int(&json, 1);
    json_str(&json, STR("y"));
    json_begin_object(&json);
    json_end_object(&json);
    json_begin_array(&json);
    json_end_array(&json);
    json_bool(&json, true);
    json_raw(&json, STR("{\"raw\":1}"));
    json_null(&json);
    json_end_array(&json);
    json_key_str(&json, STR("k\"ey"));
    json_int(&json, 1);
    json_end_object(&json);
    assert_str(buf_str(&buf),
               "{\"s\":\"x\",\"none\":null,\"empty\":\"\",\"i\":-5,\"id\":null,\"id2\":2,\"b\":false,"
               "\"n\":null,\"a\":[1,\"y\",{},[],true,{\"raw\":1},null],\"k\\\"ey\":1}");
    buf_free(&buf);
}

static void every_character_survives_the_round_trip(void **state)
{
    (void)state;
    char all[0x2100 * 3];
    size_t len = 0;
    for (unsigned c = 1; c < 0x2100; c++) {
        if (c < 0x80) {
            all[len++] = (char)c;
        } else if (c < 0x800) {
            all[len++] = (char)(0xc0 | c >> 6);
            all[len++] = (char)(0x80 | (c & 0x3f));
        } else {
            all[len++] = (char)(0xe0 | c >> 12);
            all[len++] = (char)(0x80 | (c >> 6 & 0x3f));
            all[len++] = (char)(0x80 | (c & 0x3f));
        }
    }
    Buf buf = buf_new(1 << 20), again = buf_new(1 << 20);
    JsonOut json = json_out(&buf);
    json_str(&json, (Str){ all, len });
    JsonDoc doc;
    assert_int_equal(parse(buf_str(&buf), &doc), STATUS_OK);
    assert_true(str_eq(json_to_str(doc.root), (Str){ all, len }));
    json_dump_to(doc.root, &again);
    assert_false(again.failed);
    json_doc_free(&doc);
    buf_free(&buf);
    buf_free(&again);
}

static void control_characters_are_escaped(void **state)
{
    (void)state;
    Buf buf = buf_new(1000);
    JsonOut json = json_out(&buf);
    json_str(&json, STR("\b\t\n\v\f\r\x01\x1f\x7f\"\\/\0"));
    assert_str(buf_str(&buf), "\"\\b\\t\\n\\u000b\\f\\r\\u0001\\u001f\\u007f\\\"\\\\/\\u0000\"");
    buf_free(&buf);
}

static void malformed_utf8_is_mended(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        { "\xff", "\xef\xbf\xbd" },
        { "ab\xc3", "ab\xef\xbf\xbd" },
        { "\xc3(", "\xef\xbf\xbd(" },
        { "\xc3\xa9\xa9z", "\xc3\xa9\xef\xbf\xbdz" },
        { "\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
        { "abc\xf0\x9f\x98\x80\xfe\n", "abc\xf0\x9f\x98\x80\xef\xbf\xbd\n" },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        Buf buf = buf_new(1000);
        JsonOut json = json_out(&buf);
        json_str(&json, str_of(cases[i][0]));
        JsonDoc doc;
        assert_int_equal(parse(buf_str(&buf), &doc), STATUS_OK);
        assert_str(json_to_str(doc.root), cases[i][1]);
        json_doc_free(&doc);
        buf_free(&buf);
    }
}

static void a_document_is_dumped_compactly(void **state)
{
    (void)state;
    JsonDoc doc;
    assert_int_equal(
        parse(STR("{ \"a\" : [ 1, true, null, \"\\u20ac\" ] , \"b\" : -9223372036854775808 }"), &doc),
        STATUS_OK);
    Buf buf = buf_new(1000), small = buf_new(5);
    json_dump_to(doc.root, &buf);
    assert_str(buf_str(&buf), "{\"a\":[1,true,null,\"\xe2\x82\xac\"],\"b\":-9223372036854775808}");
    json_dump_to(doc.root, &small);
    assert_true(small.failed);
    json_doc_free(&doc);
    buf_free(&buf);
    buf_free(&small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_read_as_they_are),
        cmocka_unit_test(asking_for_what_is_not_there_is_harmless),
        cmocka_unit_test(hostile_texts_are_refused),
        cmocka_unit_test(nesting_has_an_end),
        cmocka_unit_test(commas_and_braces_come_right),
        cmocka_unit_test(every_character_survives_the_round_trip),
        cmocka_unit_test(control_characters_are_escaped),
        cmocka_unit_test(malformed_utf8_is_mended),
        cmocka_unit_test(a_document_is_dumped_compactly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
