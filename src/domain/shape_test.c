#include "domain/shape.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/limits.h"

static void headers_are_lines_and_each_is_there_once(void **state UNUSED)
{
    Error err;
    Buf lines = buf_new(shape_headers_room());
    assert_int_equal(shape_add_header(&lines, STR("X-A"), STR("1, 2"), &err), STATUS_OK);
    assert_int_equal(shape_add_header(&lines, STR("X-B"), STR("b"), &err), STATUS_OK);
    assert_int_equal(shape_add_header(&lines, STR("x-a"), STR("3"), &err), STATUS_INVALID);
    assert_int_equal(shape_add_header(&lines, STR("Host"), STR("3"), &err), STATUS_INVALID);
    assert_true(str_is(buf_str(&lines), "X-A: 1, 2\nX-B: b"));
    buf_free(&lines);
}

static void fields_keep_their_names_or_get_one_that_no_other_has(void **state UNUSED)
{
    Error err;
    Buf lines = buf_new(shape_fields_room());
    assert_int_equal(shape_add_field(&lines, STR("email"), STR_NONE, &err), STATUS_OK);
    assert_int_equal(shape_add_field(&lines, STR("referrer.email"), STR("by=whom"), &err), STATUS_OK);
    assert_int_equal(shape_add_field(&lines, STR("id"), STR("email"), &err), STATUS_INVALID);
    assert_int_equal(shape_add_field(&lines, STR("email"), STR("again"), &err), STATUS_INVALID);
    assert_int_equal(shape_add_field(&lines, STR("id"), STR(""), &err), STATUS_INVALID);
    assert_int_equal(shape_add_field(&lines, STR("E-Mail"), STR_NONE, &err), STATUS_INVALID);
    assert_true(str_is(buf_str(&lines), "email=email\nreferrer.email=by=whom"));
    buf_free(&lines);
}

static void the_longest_there_may_be_fit_in_their_room(void **state UNUSED)
{
    Error err;
    char name[LIMIT_HEADER_NAME_LEN + 1], value[LIMIT_HEADER_VALUE_LEN + 1];
    Buf headers = buf_new(shape_headers_room()), fields = buf_new(shape_fields_room());
    memset(value, 'v', LIMIT_HEADER_VALUE_LEN);
    memset(name, 'a', LIMIT_HEADER_NAME_LEN);
    char path[LIMIT_WEBHOOK_FIELD_LEN], field[LIMIT_WEBHOOK_FIELD_LEN];
    memset(path, 'p', sizeof path);
    memset(field, 'f', sizeof field);
    for (int i = 0; i < LIMIT_WEBHOOK_HEADERS; i++) {
        name[0] = (char)('a' + i);
        assert_int_equal(shape_add_header(&headers, (Str){ name, LIMIT_HEADER_NAME_LEN }, (Str){ value, LIMIT_HEADER_VALUE_LEN }, &err), STATUS_OK);
    }
    assert_int_equal(shape_add_header(&headers, STR("X-More"), STR("1"), &err), STATUS_INVALID);
    for (int i = 0; i < LIMIT_WEBHOOK_FIELDS; i++) {
        field[0] = (char)('A' + i);
        path[0] = (char)('a' + i % 26);
        path[1] = (char)('a' + i / 26);
        assert_int_equal(shape_add_field(&fields, (Str){ path, sizeof path }, (Str){ field, sizeof field }, &err), STATUS_OK);
    }
    assert_int_equal(shape_add_field(&fields, STR("id"), STR("more"), &err), STATUS_INVALID);
    buf_free(&headers);
    buf_free(&fields);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers_are_lines_and_each_is_there_once),
        cmocka_unit_test(fields_keep_their_names_or_get_one_that_no_other_has),
        cmocka_unit_test(the_longest_there_may_be_fit_in_their_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
