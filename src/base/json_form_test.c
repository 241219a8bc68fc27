#include "base/json_form.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/limits.h"

typedef struct Pair {
    const char *name, *value;
} Pair;

static Status read_pairs(const Pair *pairs, size_t count, Buf *out_json)
{
    JsonDoc form;
    assert_int_equal(json_form_begin(&form), STATUS_OK);
    Status status = STATUS_OK;
    Error err = { 0 };
    for (size_t i = 0; !status && i < count; i++)
        status = json_form_put(&form, str_of(pairs[i].name), str_of(pairs[i].value), &err);
    assert_int_equal(status != STATUS_OK, err.text[0] != 0);
    json_dump_to(form.root, out_json);
    json_doc_free(&form);
    return status;
}

#define assert_form(json, ...)                                                                     \
    do {                                                                                           \
        Pair pairs[] = { __VA_ARGS__ };                                                            \
        Buf out = buf_new(4096);                                                                   \
        assert_int_equal(read_pairs(pairs, ARRAY_LEN(pairs), &out), STATUS_OK);                    \
        assert_true(str_is(buf_str(&out), json));                                                  \
        buf_free(&out);                                                                            \
    } while (0)

static void plain_fields_become_members(void **state UNUSED)
{
    assert_form("{\"a\":\"1\",\"b\":\"\"}", { "a", "1" }, { "b", "" });
}

static void brackets_nest_objects_and_arrays(void **state UNUSED)
{
    assert_form("{\"referrer\":{\"field\":\"code\",\"value\":\"u1\"}}", { "referrer[field]", "code" },
                { "referrer[value]", "u1" });
    assert_form("{\"meta\":[{\"field\":\"Size\",\"value\":\"M\"},{\"field\":\"Hue\"}]}", { "meta[0][field]", "Size" },
                { "meta[0][value]", "M" }, { "meta[1][field]", "Hue" });
    assert_form("{\"sources\":[\"Api\",\"Direct\"]}", { "sources[]", "Api" }, { "sources[]", "Direct" });
    assert_form("{\"0\":\"x\"}", { "0", "x" });
}

static void a_value_named_twice_is_the_last_one(void **state UNUSED)
{
    assert_form("{\"a\":\"2\"}", { "a", "1" }, { "a", "2" });
    assert_form("{\"a\":[\"2\"]}", { "a[0]", "1" }, { "a[0]", "2" });
}

static void what_does_not_fit_is_refused(void **state UNUSED)
{
    static const Pair bad[][2] = {
        { { "a", "1" }, { "a[b]", "2" } },   { { "a[b]", "1" }, { "a[0]", "2" } }, { { "a[0]", "1" }, { "a[b]", "2" } },
        { { "x", "1" }, { "a[1]", "2" } },   { { "x", "1" }, { "[a]", "2" } },     { { "x", "1" }, { "a[b", "2" } },
        { { "x", "1" }, { "a[b]c", "2" } },  { { "x", "1" }, { "", "2" } },        { { "x", "1" }, { "a[b]]", "2" } },
        { { "x", "1" }, { "a[999999999999999999]", "2" } },
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        Buf out = buf_new(4096);
        assert_int_equal(read_pairs(bad[i], 2, &out), STATUS_INVALID);
        buf_free(&out);
    }
}

static void depth_is_bounded(void **state UNUSED)
{
    char name[8 + 3 * LIMIT_FORM_DEPTH] = "a";
    for (int i = 1; i < LIMIT_FORM_DEPTH; i++)
        strcat(name, "[b]");
    Buf out = buf_new(4096);
    assert_int_equal(read_pairs(&(Pair){ name, "1" }, 1, &out), STATUS_OK);
    strcat(name, "[b]");
    assert_int_equal(read_pairs(&(Pair){ name, "1" }, 1, &out), STATUS_INVALID);
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_fields_become_members),
        cmocka_unit_test(brackets_nest_objects_and_arrays),
        cmocka_unit_test(a_value_named_twice_is_the_last_one),
        cmocka_unit_test(what_does_not_fit_is_refused),
        cmocka_unit_test(depth_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
