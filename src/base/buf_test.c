#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
/* cmocka wants those first */
#include <cmocka.h>

#include "base/alloc.h"

static void assert_holds(const Buf *buf, const char *expected)
{
    assert_false(buf->failed);
    assert_int_equal(buf->len, strlen(expected));
    assert_memory_equal(buf_str(buf).ptr, expected, buf->len);
}

static void pieces_come_one_after_the_other(void **state)
{
    (void)state;
    Buf buf = buf_new(1000);
    assert_holds(&buf, "");
    buf_append(&buf, STR("ab"));
    buf_append(&buf, STR_NONE);
    buf_append_char(&buf, 'c');
    buf_append_i64(&buf, -12);
    buf_printf(&buf, "<%d>", 7);
    assert_holds(&buf, "abc-12<7>");
    buf_free(&buf);
    assert_holds(&buf, "");
}

static void whole_numbers_are_written_exactly(void **state)
{
    (void)state;
    Buf buf = buf_new(1000);
    buf_append_i64(&buf, 0);
    buf_append_char(&buf, ' ');
    buf_append_i64(&buf, INT64_MAX);
    buf_append_char(&buf, ' ');
    buf_append_i64(&buf, INT64_MIN);
    assert_holds(&buf, "0 9223372036854775807 -9223372036854775808");
    buf_free(&buf);
}

static void the_maximum_is_reached_but_not_passed(void **state)
{
    (void)state;
    Buf buf = buf_new(3);
    buf_append(&buf, STR("ab"));
    buf_append_char(&buf, 'c');
    assert_holds(&buf, "abc");
    buf_append_char(&buf, 'd');
    assert_true(buf.failed);
    assert_null(buf_str(&buf).ptr);
    buf_append(&buf, STR("")); /* stays so */
    assert_true(buf.failed);
    assert_false(buf_reserve(&buf, 0));
    buf_free(&buf);
}

static void a_long_text_grows_it_step_by_step(void **state)
{
    (void)state;
    Arena *arena = arena_new(1 << 22);
    Buf own = buf_new(1 << 20), lent = buf_in_arena(arena, 1 << 20);
    for (int i = 0; i < 50000; i++) {
        buf_append_i64(&own, i);
        buf_append_i64(&lent, i);
    }
    assert_false(own.failed);
    assert_true(str_eq(buf_str(&own), buf_str(&lent)));
    buf_free(&own);
    buf_free(&lent);
    arena_free(&arena);
}

static void lack_of_memory_makes_it_fail(void **state)
{
    (void)state;
    Buf buf = buf_new(1 << 20);
    buf_append(&buf, STR("kept"));
    mem_fail_from(1);
    bool reserved = buf_reserve(&buf, 4096);
    mem_fail_from(0);
    assert_false(reserved);
    assert_true(buf.failed);
    buf_free(&buf);

    Arena *arena = arena_new(600);
    Buf small = buf_in_arena(arena, 1 << 20);
    for (int i = 0; i < 600; i++)
        buf_append_char(&small, 'a');
    assert_true(small.failed);
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_come_one_after_the_other),
        cmocka_unit_test(whole_numbers_are_written_exactly),
        cmocka_unit_test(the_maximum_is_reached_but_not_passed),
        cmocka_unit_test(a_long_text_grows_it_step_by_step),
        cmocka_unit_test(lack_of_memory_makes_it_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
